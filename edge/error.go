package edge

import (
	"errors"
	"fmt"
)

// Kind classes an error for machines; edge/api has the one table that turns it
// into an HTTP status.
type Kind string

// The kinds of error.
const (
	Internal     Kind = "internal"     // our fault; the message for people says nothing more
	Invalid      Kind = "invalid"      // the request can never be right as it stands
	NotFound     Kind = "not_found"    // no such thing
	Conflict     Kind = "conflict"     // right in itself, at odds with what is there
	Unauthorized Kind = "unauthorized" // sign in first
	Forbidden    Kind = "forbidden"    // signed in, not allowed
	Expired      Kind = "expired"      // was right once
	Withdrawn    Kind = "withdrawn"    // was right until somebody took it back
	TooEarly     Kind = "too_early"    // will be right later
	TooLarge     Kind = "too_large"    // over a limit
	TooMany      Kind = "too_many"     // slow down
	Unavailable  Kind = "unavailable"  // try again later
)

// Error is an error with a class for machines and a sentence for people. Msg
// says what happened and how to mend it, and never holds personal data.
type Error struct {
	Op   string // where, as package.Function
	Kind Kind
	Msg  string
	Err  error // the cause, or nil
}

func (e *Error) Error() string {
	s := e.Msg
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without a cause.
func Errorf(op string, kind Kind, format string, args ...any) *Error {
	return &Error{Op: op, Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of the outermost Error in err's chain, Internal where
// there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
