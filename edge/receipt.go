package edge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Receipt is a receipt's number. Counter is gap-free per till and series, over
// sales, voids and refunds alike; a new epoch starts a new series. It is made
// at the till and never renamed.
type Receipt struct {
	Till    string `json:"till"`
	Series  uint32 `json:"series"`
	Counter uint64 `json:"counter"`
}

// leap bounds how far FarFrom goes.
const leap = 1 << 24

// FarFrom is a receipt series not below the given one, for a till of which
// somebody unknown may have begun further series: that nobody else has begun the
// one after it is as good as certain.
func FarFrom(series uint32) uint32 {
	return series + min(rand.Uint32N(leap), math.MaxUint32-1-series)
}

func (r Receipt) String() string { return fmt.Sprintf("%s-%d-%06d", r.Till, r.Series, r.Counter) }

// ParseReceipt reads what String writes, as it stands on a ticket.
func ParseReceipt(s string) (Receipt, error) {
	bad := Errorf("edge.ParseReceipt", Invalid, "receipt %.60q: type it as it is printed, for example T1-1-000042", s)
	rest, counter, ok := cutLast(s)
	if !ok {
		return Receipt{}, bad
	}
	till, series, ok := cutLast(rest)
	n, err1 := strconv.ParseUint(series, 10, 32)
	c, err2 := strconv.ParseUint(counter, 10, 63)
	r := Receipt{Till: till, Series: uint32(n), Counter: c}
	if !ok || err1 != nil || err2 != nil || r.Check() != nil || r.String() != s {
		return Receipt{}, bad
	}
	return r, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// Check refuses a number that no till gives out.
func (r Receipt) Check() error {
	if r.Till == "" || len(r.Till) > 32 || r.Series == 0 || r.Counter == 0 || r.Counter > maxCounter {
		return Errorf("edge.Receipt.Check", Invalid, "receipt %.60q: want a till, a series and a counter from 1", r.String())
	}
	return nil
}

const maxCounter = 1<<63 - 1 // what a database's integer holds
