package cloudsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	json2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mirrorcart/mirrorcart/edge"
)

// maxCartLines is above what edge.Cart.Check lets any party hold.
const maxCartLines = 4 * edge.MaxLines

// Lists of a body decode no further than their limits: two bytes on the wire
// would otherwise become hundreds in memory, millions of times.
type (
	eventList []edge.Event
	cartList  []*edge.Cart
	lineCount []struct{}

	digestList  []Digest
	markList    []edge.LaneReach
	receiptList []edge.Receipt
	stockList   []StockLevel
	faultList   []Fault
)

// UnmarshalJSONFrom reads the events as they come: they are most of what
// crosses the wire, and reading them twice would be most of HQ's work.
func (l *eventList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	const op = "cloudsync.eventList"
	if *l != nil {
		return refuse(op, RefusedUndecodable, "events are there twice")
	}
	switch open, err := dec.ReadToken(); {
	case err != nil:
		return err
	case open.Kind() == 'n': // null
		return nil
	case open.Kind() != '[':
		return refuse(op, RefusedUndecodable, "events are no list")
	}
	*l = eventList{}
	for dec.PeekKind() != ']' {
		if len(*l) == MaxEvents {
			return refuse(op, RefusedTooLarge, "more than %d events", MaxEvents)
		}
		var e edge.Event
		if err := json2.UnmarshalDecode(dec, &e); err != nil {
			return err
		}
		*l = append(*l, e)
	}
	_, err := dec.ReadToken()
	return err
}

// appendTo writes the events into a JSON object that has other members, as
// their tags have it. Their data is checked and taken byte for byte.
func (l eventList) appendTo(object []byte) (b []byte, err error) {
	if len(l) == 0 {
		return object, nil
	}
	size := 0
	for i := range l {
		size += len(l[i].Data) + eventOverhead
	}
	b = slices.Grow(object[:len(object)-len("}")], size)
	text := func(key, value string) {
		if err == nil {
			b, err = jsontext.AppendQuote(append(b, key...), value)
		}
	}
	number := func(key string, value int64) { b = strconv.AppendInt(append(b, key...), value, 10) }
	open := `,"events":[{"node":`
	for i := range l {
		e := &l[i]
		text(open, e.Node)
		text(`,"epoch":`, e.Epoch)
		text(`,"lane":`, string(e.Lane))
		number(`,"seq":`, int64(e.Seq))
		text(`,"id":`, e.ID)
		text(`,"type":`, e.Type)
		number(`,"time":`, e.Time)
		number(`,"mono":`, e.Mono)
		if e.Subject != "" {
			text(`,"subject":`, e.Subject)
		}
		if err == nil && !jsontext.Value(e.Data).IsValid(jsontext.AllowDuplicateNames(true)) {
			err = errors.New("its data is no JSON")
		}
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		b = append(append(b, `,"data":`...), e.Data...)
		open = `},{"node":`
	}
	return append(b, "}]}"...), nil
}

func (l *cartList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxDown, "carts", decodeCart)
	return err
}

func (l *lineCount) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxCartLines, "lines of a cart", func([]byte, any) error { return nil })
	return err
}

func (l *digestList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, MaxDigests, "digests", json.Unmarshal)
	return err
}

func (l *markList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxMarks, "marks", json.Unmarshal)
	return err
}

func (l *haveList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxMarks, "epochs", json.Unmarshal)
	return err
}

func (l *receiptList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxMarks, "receipts", json.Unmarshal)
	return err
}

func (l *stockList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, MaxStock, "SKUs", json.Unmarshal)
	return err
}

func (l *faultList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxFaults, "faults", json.Unmarshal)
	return err
}

func decodeCart(b []byte, cart any) error {
	var count struct {
		Lines lineCount `json:"lines"`
	}
	if err := json.Unmarshal(b, &count); err != nil {
		return err
	}
	return json.Unmarshal(b, cart)
}

// decodeList reads a JSON list of at most limit elements. have is what the same
// key held before: a key that is there twice is refused.
func decodeList[T any](b []byte, have []T, limit int, what string, decode func([]byte, any) error) ([]T, error) {
	const op = "cloudsync.decodeList"
	if have != nil {
		return nil, refuse(op, RefusedUndecodable, "%s are there twice", what)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	switch open, err := dec.Token(); {
	case err != nil:
		return nil, err
	case open == nil: // null
		return nil, nil
	case open != json.Delim('['):
		return nil, refuse(op, RefusedUndecodable, "%s are no list", what)
	}
	list := []T{}
	var raw json.RawMessage
	for dec.More() {
		if len(list) == limit {
			return nil, refuse(op, RefusedTooLarge, "more than %d %s", limit, what)
		}
		var element T
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		if err := decode(raw, &element); err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	return list, nil
}
