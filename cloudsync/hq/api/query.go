package api

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

const (
	maxLimit     = 1000
	defaultLimit = 100
	maxName      = 200 // bytes of a filter's value
	maxCursor    = 500
)

// cursor names a place in a list, for the list alone to read.
func cursor(list, place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + place))
}

// place reads a cursor of a list; empty is the list's begin.
func place(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	rest, ok := strings.CutPrefix(string(b), list+":")
	if err != nil || !ok || len(cursor) > maxCursor || !utf8.ValidString(rest) {
		return "", invalid("after=%.40q is no cursor of this list: give what next was, or leave it out", cursor)
	}
	return rest, nil
}

// position reads a cursor that is a position in HQ's log.
func position(list, cursor string) (int64, error) {
	s, err := place(list, cursor)
	if s == "" || err != nil {
		return 0, err
	}
	pos, err := strconv.ParseInt(s, 10, 64)
	if err != nil || pos < 0 {
		return 0, invalid("after=%.40q is no cursor of this list: give what next was, or leave it out", cursor)
	}
	return pos, nil
}

func positionCursor(list string, pos int64) string { return cursor(list, strconv.FormatInt(pos, 10)) }

// filterOf reads the filter of an address.
func filterOf(c *gin.Context) (f hq.Filter, err error) {
	for _, name := range []string{"shop", "node", "type"} {
		v, given := c.GetQuery(name)
		if given && (v == "" || len(v) > maxName) {
			return f, invalid("%s=%.40q: want 1 to %d bytes, or leave it out", name, v, maxName)
		}
	}
	f.Shop, f.Node = c.Query("shop"), c.Query("node")
	if t := c.Query("type"); t != "" {
		f.Types = strings.Split(t, ",")
	}
	if f.From, err = timeOf("from", c.Query("from")); err != nil {
		return f, err
	}
	f.To, err = timeOf("to", c.Query("to"))
	return f, err
}

func timeOf(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, invalid("%s=%.40q: want a time as 2026-11-21T09:00:00+07:00 (write + as %%2B in an address)", name, s)
	}
	return t, nil
}

func limitOf(c *gin.Context) (int, error) {
	s, ok := c.GetQuery("limit")
	if !ok {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return 0, invalid("limit=%.20q: want a number from 1 to %d", s, maxLimit)
	}
	return n, nil
}

func truthOf(c *gin.Context, name string) (bool, error) {
	switch s := c.Query(name); s {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	default:
		return false, invalid("%s=%.20q: want true or false", name, s)
	}
}
