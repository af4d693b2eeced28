package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"strconv"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What reaches us of a person is cut at these; reports are refused beyond them.
const (
	maxReport   = 256 << 10 // bytes of one request
	maxMessages = 1000      // of one report, as many as Meta's apps send
	maxText     = 4096      // characters of a message
	maxName     = 128       // bytes of an id of a person or a message
	// oldest is the age up to which a message is taken. It is shorter than the
	// names of messages are kept, so that none takes effect twice.
	oldest = 7 * 24 * time.Hour
	ahead  = 10 * time.Minute // an app's clock may be
)

func forbidden(op, format string, args ...any) error {
	return edge.Errorf(op, edge.Forbidden, format, args...)
}

func unreadable(op string, err error) error {
	return &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the report is not of the form that the app sends", Err: err}
}

func sum256(secret string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return m.Sum(nil)
}

// same compares what is secret in a time that does not depend on it.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// within refuses a time that lies further from now than window.
func within(op string, at, now time.Time, window time.Duration) error {
	if age := now.Sub(at); age > window || age < -window {
		return forbidden(op, "the report was signed %s ago, at most %s is taken: check the clock", age.Round(time.Second), window)
	}
	return nil
}

// decode reads JSON of which only some is known.
func decode(op string, body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return unreadable(op, err)
	}
	return nil
}

// millis is a time as most apps write it, as a number or as a string of one.
type millis struct{ time.Time }

func (m *millis) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(trimQuotes(b)), 10, 64)
	if err != nil {
		return err
	}
	m.Time = time.UnixMilli(n)
	return nil
}

// seconds is a time as the others write it.
type seconds struct{ time.Time }

func (s *seconds) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(trimQuotes(b)), 10, 64)
	if err != nil {
		return err
	}
	s.Time = time.Unix(n, 0)
	return nil
}

func trimQuotes(b []byte) []byte {
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		return b[1 : len(b)-1]
	}
	return b
}

// usable keeps what can be taken in of what an app reported, and drops what is
// too old to be told from what came before.
func usable(list []Message, now time.Time) []Message {
	kept := list[:0]
	for _, m := range list {
		if m.ID == "" || m.Person == "" || len(m.ID) > maxName || len(m.Person) > maxName || !storable(m.ID) || !storable(m.Person) {
			continue
		}
		if m.At.After(now) && m.At.Before(now.Add(ahead)) {
			m.At = now
		}
		if age := now.Sub(m.At); age < 0 || age > oldest {
			continue
		}
		m.Text, m.Payload = plain(m.Text), plain(m.Payload)
		kept = append(kept, m)
	}
	return kept
}
