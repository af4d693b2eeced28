package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Phase is how far the latest bundle has come.
type Phase string

// The phases.
const (
	Refused    Phase = "refused"
	Staged     Phase = "staged"      // it lies beside, whole; nothing has changed yet
	Switching  Phase = "switching"   // its files come into their places
	Probation  Phase = "probation"   // the machine has to work with them
	Committed  Phase = "committed"   // it does
	Returning  Phase = "returning"   // it did not: the files before it come back
	RolledBack Phase = "rolled_back" // they have
)

// done reports whether nothing goes on by itself.
func (p Phase) done() bool {
	return p == "" || p == Refused || p == Committed || p == RolledBack
}

// Installed names what lies, or lay, in the files' places.
type Installed struct {
	Version int64  `json:"version"` // 0 for what was there before the first bundle
	ID      string `json:"id"`      // the folder it is kept in, the SHA-256 of its manifest
}

// Status is what a machine knows of its bundles: the file status.json, which is
// replaced as a whole. What it says is so, whenever the power fails.
type Status struct {
	Trust    Trust     `json:"trust"`
	Running  Installed `json:"running"`  // during an attempt, what ran before it
	Previous Installed `json:"previous"` // what `edge bundle rollback` goes back to
	Attempt  Attempt   `json:"attempt"`
}

// Attempt is what became of the latest bundle.
type Attempt struct {
	Phase  Phase     `json:"phase,omitempty"`
	File   string    `json:"file"`   // SHA-256 of the archive; empty if people went back
	Bundle Installed `json:"bundle"` // zero if the archive could not be read
	Back   Installed `json:"back"`   // what comes back if it fails
	// Why it was refused or had to go: for machines, the part that did not work if
	// it was one, and for people.
	Reason  Reason    `json:"reason"`
	Fault   string    `json:"fault"`
	Changed time.Time `json:"changed"` // when the phase was reached
	// Well are the parts that worked before, and so have to work with it.
	Well     []string  `json:"well"`
	Starts   int       `json:"starts"`   // how often it was begun or gone on with
	Deadline time.Time `json:"deadline"` // by when the machine has to work
}

const statusName = "status.json"

// ReadStatus reads the status in a folder; where none is yet, it is zero.
func ReadStatus(dir string) (Status, error) {
	var s Status
	text, err := os.ReadFile(filepath.Join(dir, statusName))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("the status of the bundles: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s is damaged: restore it from a backup, or move the folder away and begin with a new bundle: %w", filepath.Join(dir, statusName), err)
	}
	return s, nil
}

func (a *Applier) save(s *Status) error {
	s.Attempt.Changed = a.Now()
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(a.disk, filepath.Join(a.Dir, statusName), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the status of the bundles: %w", err)
	}
	level := slog.LevelInfo
	if s.Attempt.Fault != "" {
		level = slog.LevelWarn
	}
	a.Log.Log(context.Background(), level, "bundle", "phase", s.Attempt.Phase, "version", s.Attempt.Bundle.Version,
		"file", s.Attempt.File, "fault", s.Attempt.Fault)
	return nil
}
