package bundle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// How long a machine may take to work, and has to. Together, and with a restart of
// the services after a failure, they are below 90 s.
const (
	DefaultLimit = 45 * time.Second
	DefaultHold  = 15 * time.Second

	maxStarts   = 3 // a bundle with which the machine falls over that often goes
	healthEvery = time.Second
	healthLimit = 5 * time.Second // for one answer
)

// Machine is what a bundle's files are for.
type Machine interface {
	// Fits says why the machine's program could not run with the files, or would
	// be another machine with them.
	Fits(files []File) error
	// Reload has the machine's services work with the files, of which those at the
	// paths have changed, as far as it can whatever goes wrong. It is done again
	// after an interruption.
	Reload(ctx context.Context, changed []string) error
	// Health looks at the parts. It fails if nobody answers.
	Health(ctx context.Context) ([]Part, error)
}

// Part is something of the machine that can work or not.
type Part struct {
	Name  string
	Fault string // for people; empty if it works
	Must  bool   // it has to work whether or not it did before
}

// Applier brings bundles to a machine. Its folder belongs to root alone; what is
// done stands in status.json there, so that it goes on after any interruption.
type Applier struct {
	Root    string // the machine's root folder, / but for tests
	Dir     string // the applier's folder
	Roots   string // the file with the root sets to begin with
	Class   string // of this machine
	Machine Machine
	Limit   time.Duration // see DefaultLimit
	Hold    time.Duration // see DefaultHold
	Now     func() time.Time
	Log     *slog.Logger

	disk disk
}

// Open makes the applier ready and keeps others out until close is called.
func (a *Applier) Open() (closeIt func(), err error) {
	if a.disk == nil {
		a.disk = osDisk{}
	}
	if err := mkdirs(a.disk, a.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder of the bundles: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(a.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the folder of the bundles: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another bundle is being applied: wait until `edge bundle status` says it is done: %w", err), lock.Close())
	}
	return func() { lock.Close() }, nil
}

// status is the machine's, with the root set that trust begins with. Where there is
// none, a Refusal stands beside it.
func (a *Applier) status() (Status, error) {
	s, err := ReadStatus(a.Dir)
	if err == nil {
		s.Trust, err = s.Trust.Begun(a.Roots)
	}
	return s, err
}

// Verify reads an archive and says whether this machine would take it. It changes
// nothing.
func (a *Applier) Verify(archive []byte) (*Bundle, error) {
	s, err := a.status()
	if err != nil {
		return nil, err
	}
	b, _, err := a.verify(s, archive)
	return b, err
}

func (a *Applier) verify(s Status, archive []byte) (*Bundle, Trust, error) {
	b, err := Parse(archive)
	if err != nil {
		return b, s.Trust, err
	}
	if a.Class == "" {
		return b, s.Trust, refuse(Foreign, "it is for %v, and nothing says what this machine is: set class in its edge.yaml", b.Manifest.Classes)
	}
	trust, err := s.Trust.Check(b, a.Class, a.Now())
	if err == nil {
		err = a.Machine.Fits(b.Content())
	}
	return b, trust, err
}

// Apply has the machine run with the bundle in the archive. It returns when the
// machine does; a Refusal if the bundle was not taken, an error if it was and had
// to go. taken is called as soon as the archive is needed no more, and what became
// of it is written down: where the disk has no room for that, it may come again.
func (a *Applier) Apply(ctx context.Context, archive []byte, taken func() error) error {
	s, err := a.status()
	if err != nil && ReasonOf(err) == "" {
		return err
	}
	if !s.Attempt.Phase.done() {
		return errUnfinished
	}
	s.Attempt = Attempt{File: Digest(archive)}
	if err == nil {
		err = a.take(ctx, &s, archive)
	}
	if err != nil {
		s.Attempt.Phase, s.Attempt.Reason, s.Attempt.Fault = Refused, ReasonOf(err), err.Error()
		if unsaved := a.save(&s); unsaved != nil {
			return fmt.Errorf("%w; it is tried again, after: %s", unsaved, s.Attempt.Fault) // no Refusal: nothing is decided
		}
		return errors.Join(err, taken())
	}
	if err := a.save(&s); err != nil {
		return err
	}
	if err := taken(); err != nil || s.Attempt.Phase.done() {
		return err
	}
	return a.goOn(ctx, &s)
}

var errUnfinished = errors.New("a bundle is unfinished: go on with it first")

// take keeps the archive's bundle, to be switched to.
func (a *Applier) take(ctx context.Context, s *Status, archive []byte) error {
	b, trust, err := a.verify(*s, archive)
	if b != nil {
		s.Attempt.Bundle = Installed{b.Manifest.Version, b.ID()}
	}
	if err != nil {
		return err
	}
	s.Attempt.Phase = Committed
	if b.ID() != s.Running.ID {
		s.Attempt.Phase, s.Attempt.Well = Staged, a.well(ctx)
		if err := a.stage(b); err != nil {
			return refuse(Failed, "it cannot be kept: %v", err)
		}
	}
	s.Trust = trust
	return nil
}

// Rollback goes back to what lay in the files' places before the bundle that runs.
func (a *Applier) Rollback(ctx context.Context) error {
	s, err := a.status()
	if err != nil {
		return err
	}
	if !s.Attempt.Phase.done() {
		return errUnfinished
	}
	if s.Previous.ID == "" {
		return fmt.Errorf("there is nothing to go back to")
	}
	if _, err := a.load(s.Previous.ID); err != nil {
		return err
	}
	if least := a.leaving(s.Running.ID).Manifest.MinVersion; s.Previous.Version < least {
		return refuse(Older, "version %d runs, and nobody may go back below version %d", s.Running.Version, least)
	}
	s.Attempt = Attempt{Phase: Returning, Bundle: s.Running, Back: s.Previous, Reason: "by_hand", Fault: "people went back"}
	s.Previous = Installed{}
	if err := a.save(&s); err != nil {
		return err
	}
	if err := a.goOn(ctx, &s); !errors.Is(err, ErrRolledBack) {
		return err
	}
	return nil
}

// Recover brings the files into line after an interruption, whenever it came. It
// is called before the services start; Resume goes on from there.
func (a *Applier) Recover() error {
	s, err := ReadStatus(a.Dir)
	if err != nil || s.Attempt.Phase.done() || s.Attempt.Phase == Staged {
		return err
	}
	at := &s.Attempt
	if at.Phase != Returning {
		if at.Starts++; at.Starts > maxStarts {
			at.Phase, at.Reason, at.Fault = Returning, "restarts", fmt.Sprintf("the machine was started %d times, and did not stay", maxStarts)
		}
		if err := a.save(&s); err != nil {
			return err
		}
	}
	err = a.putAttempt(at)
	if err != nil && at.Phase != Returning {
		at.Phase, at.Reason, at.Fault = Returning, "files", err.Error()
		err = errors.Join(a.save(&s), a.putAttempt(at))
	}
	return err
}

// Resume goes on with what was interrupted, after Recover.
func (a *Applier) Resume(ctx context.Context) error {
	s, err := ReadStatus(a.Dir)
	if err != nil || s.Attempt.Phase.done() {
		return err
	}
	return a.goOn(ctx, &s)
}
