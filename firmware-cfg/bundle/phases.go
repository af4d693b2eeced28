package bundle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrRolledBack is in the error of a bundle with which the machine did not work.
var ErrRolledBack = errors.New("the machine runs with what it had before")

// goOn takes an attempt from its phase to its end. Every phase is saved before it
// begins and can be begun again.
func (a *Applier) goOn(ctx context.Context, s *Status) error {
	at := &s.Attempt
	for {
		var err error
		switch at.Phase {
		case Staged:
			a.begin(s)
		case Switching:
			err = a.switchOver(ctx, at)
		case Probation:
			err = a.prove(ctx, at)
		case Returning:
			err = a.comeBack(ctx, at)
		case Refused:
			return errors.Join(a.prune(s), &Refusal{at.Reason, at.Fault})
		case Committed:
			return a.prune(s)
		case RolledBack:
			return errors.Join(a.prune(s), fmt.Errorf("version %d: %s: %w", at.Bundle.Version, at.Fault, ErrRolledBack))
		default:
			return fmt.Errorf("phase %q is none", at.Phase)
		}
		if err != nil {
			return err
		}
		switch at.Phase {
		case Committed:
			s.Running, s.Previous = at.Bundle, at.Back
		case RolledBack:
			s.Running = at.Back
		default: // it is not decided yet
		}
		if err := a.save(s); err != nil {
			return err
		}
	}
}

// begin keeps what lies in the files' places. From here on it can come back; a
// machine that cannot keep it stays as it is.
func (a *Applier) begin(s *Status) {
	at := &s.Attempt
	next, err := a.load(at.Bundle.ID)
	if err == nil {
		at.Back, err = a.found(s.Running, next)
	}
	at.Phase, at.Starts = Switching, 1
	if err != nil {
		at.Phase, at.Reason, at.Fault = Refused, Failed, err.Error()
	}
}

// switchOver has the files in their places, and services that work with them.
func (a *Applier) switchOver(ctx context.Context, at *Attempt) error {
	err := a.putAttempt(at)
	if err == nil {
		err = a.reload(ctx, at)
	}
	if ctx.Err() != nil {
		return ctx.Err() // stopped: it goes on later
	}
	at.Phase, at.Deadline = Probation, a.Now().Add(a.Limit)
	if err != nil {
		at.Phase, at.Reason, at.Fault = Returning, "reload", err.Error()
	}
	return nil
}

func (a *Applier) comeBack(ctx context.Context, at *Attempt) error {
	if err := a.putAttempt(at); err != nil {
		return err
	}
	err := a.reload(ctx, at)
	if ctx.Err() != nil {
		return ctx.Err() // stopped: it goes on later
	}
	if err != nil { // it was so before the bundle came, and trying again mends nothing
		at.Fault = fmt.Sprintf("%s; and on the way back: %v", at.Fault, err)
	}
	at.Phase = RolledBack
	return nil
}

// both are the attempt's bundle and what comes back if it fails, in the order in
// which its phase puts the first in the place of the second. Of the second no more
// is needed than which files go with it, and nothing waits for it if it is damaged.
func (a *Applier) both(at *Attempt) (next, other *Bundle, err error) {
	to, from := at.Bundle.ID, at.Back.ID
	if at.Phase == Returning {
		to, from = from, to
	}
	if next, err = a.load(to); err != nil {
		return nil, nil, err
	}
	return next, a.leaving(from), nil
}

// leaving is a bundle whose files go. If it is damaged, they stay, and do no harm
// but to whoever looks for them.
func (a *Applier) leaving(id string) *Bundle {
	b, err := a.load(id)
	if err != nil {
		a.Log.Warn("files that only this bundle brought stay where they are", "err", err)
		return &Bundle{}
	}
	return b
}

func (a *Applier) putAttempt(at *Attempt) error {
	next, other, err := a.both(at)
	if err != nil {
		return err
	}
	return a.put(next, other)
}

func (a *Applier) reload(ctx context.Context, at *Attempt) error {
	next, other, err := a.both(at)
	if err != nil {
		return err
	}
	return a.Machine.Reload(ctx, changed(next, other))
}

// prove waits until the machine has worked for long enough, or has had its time.
func (a *Applier) prove(ctx context.Context, at *Attempt) error {
	// A power cut takes time that the machine did not have; a clock may stand
	// anywhere after one.
	left := at.Deadline.Sub(a.Now())
	if left <= 0 || left > a.Limit {
		left = a.Limit
	}
	begun, well := time.Now(), time.Time{}
	for {
		part, fault := a.fault(ctx, at.Well)
		switch {
		case ctx.Err() != nil:
			return ctx.Err() // stopped: it goes on later
		case fault != "" && time.Since(begun) >= left:
			at.Phase, at.Reason, at.Fault = Returning, Reason(part), fault
			return nil
		case fault != "":
			well = time.Time{}
		case well.IsZero():
			well = time.Now()
		case time.Since(well) >= a.Hold:
			at.Phase = Committed
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(healthEvery):
		}
	}
}

// well are the parts that work now.
func (a *Applier) well(ctx context.Context) []string {
	parts, _ := a.health(ctx) // of a machine that does not answer, none
	var list []string
	for _, p := range parts {
		if p.Fault == "" {
			list = append(list, p.Name)
		}
	}
	return list
}

// fault is the part that does not work although it has to, and what is wrong with
// it; both empty for nothing.
func (a *Applier) fault(ctx context.Context, well []string) (part, fault string) {
	parts, err := a.health(ctx)
	if err != nil {
		return "gateway", fmt.Sprintf("the gateway does not answer: %v", err)
	}
	for _, p := range parts {
		if p.Fault != "" && (p.Must || slices.Contains(well, p.Name)) {
			return p.Name, p.Name + ": " + p.Fault
		}
	}
	return "", ""
}

func (a *Applier) health(ctx context.Context) ([]Part, error) {
	ctx, stop := context.WithTimeout(ctx, healthLimit)
	defer stop()
	return a.Machine.Health(ctx)
}
