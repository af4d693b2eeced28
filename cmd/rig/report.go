package rig

import (
	"encoding/json"
	"io"
)

// Report is what a measurement found.
type Report interface {
	Print(w io.Writer) error // a table, for people
	Err() error              // what was lost, doubled or missing; nil where nothing was
}

// Tell writes a report as one line of JSON or as a table. Its error is the
// report's own where the writing went well.
func Tell(w io.Writer, r Report, asJSON bool) error {
	write := r.Print
	if asJSON {
		write = func(w io.Writer) error { return json.NewEncoder(w).Encode(r) }
	}
	if err := write(w); err != nil {
		return err
	}
	return r.Err()
}
