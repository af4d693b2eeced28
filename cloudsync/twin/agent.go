package twin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	lookEach = 5 * time.Second
	maxPause = 10 * time.Minute
)

// Config says what an Agent needs. All but Look are needed.
type Config struct {
	File    string // where the agent remembers
	Class   string // the kind of machine, as bundles name it
	Machine Machine
	// Fetch brings a file, going on where it was cut off, and returns where it is.
	Fetch func(ctx context.Context, sum edge.Hash, size int64) (file string, err error)
	Zone  *time.Location // the shop's, in which windows are
	Now   func() time.Time
	Log   *slog.Logger

	Look time.Duration // at the machine, this often; 5 s
}

// Agent is a gateway's cloudsync.Twin.
type Agent struct {
	c       Config
	wake    chan struct{}
	changed chan struct{}

	mu   sync.Mutex
	m    memory
	last uint64 // number of the last report
}

// New makes an agent that goes on from what its file says; Run starts it.
func New(ctx context.Context, c Config) (*Agent, error) {
	const op = "twin.New"
	if c.File == "" || c.Machine == nil || c.Fetch == nil || c.Zone == nil || c.Now == nil || c.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "file, machine, fetch, zone, clock and log are all needed")
	}
	if err := cloudsync.CheckClass(c.Class); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if c.Look <= 0 {
		c.Look = lookEach
	}
	m, flaw, err := remember(c.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if flaw != nil {
		c.Log.Error("what HQ wants of the machine was not readable, and is asked for anew", "file", c.File, "error", flaw)
	}
	a := &Agent{c: c, m: m, wake: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	if m.N == 0 {
		s, err := c.Machine.Status(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := a.tell(told{Running: s.Running, State: cloudsync.BundleNone}); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return a, nil
}

// Changed implements cloudsync.Twin.
func (a *Agent) Changed() <-chan struct{} { return a.changed }

// Report implements cloudsync.Twin. Each report has a number of its own: it says
// that the machine is so now, also where another one has spoken under its name.
func (a *Agent) Report(context.Context) (*cloudsync.Reported, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = a.next(a.c.Now())
	r := &cloudsync.Reported{
		N: a.last, Class: a.c.Class, Running: a.m.Running, State: a.m.State, Bundle: a.m.Bundle,
		Reason: a.m.Reason, Message: a.m.Message, At: a.m.At,
	}
	if a.m.Desired != nil {
		r.Desired = a.m.Desired.N
	}
	return r, nil
}

// Want implements cloudsync.Twin. A word that is older than the newest changes
// nothing.
func (a *Agent) Want(_ context.Context, d *cloudsync.Desired) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if have := a.m.Desired; have != nil && d.N <= have.N {
		if d.N < have.N {
			a.c.Log.Warn("an older word of HQ about the machine is passed over", "audit", true, "number", d.N, "newest", have.N)
		}
		return nil
	}
	next := a.m
	next.Desired = d
	next.told = told{Running: a.m.Running, State: cloudsync.BundleNone}
	version := int64(0) // stays as it is
	if d.Bundle != nil {
		next.State, next.Bundle, version = cloudsync.BundleAsked, d.Bundle.SHA256, d.Bundle.Version
	}
	if err := a.put(next); err != nil {
		return err
	}
	a.c.Log.Info("HQ's word about the machine", "audit", true, "number", d.N, "version", version)
	offer(a.wake)
	return nil
}

// tell makes t what is reported, if it is new.
func (a *Agent) tell(t told) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t.At = a.m.At
	if t == a.m.told {
		return nil
	}
	next := a.m
	next.told = t
	return a.put(next)
}

// put keeps what is new, and has it reported. The caller holds the lock.
func (a *Agent) put(next memory) error {
	now := a.c.Now().UTC()
	next.At = now
	next.N = a.next(now)
	if err := next.keep(a.c.File); err != nil {
		return fmt.Errorf("twin: %w", err)
	}
	a.m = next
	offer(a.changed)
	return nil
}

// next is a number above those given out. The caller holds the lock.
func (a *Agent) next(now time.Time) uint64 {
	return max(max(a.m.N, a.last)+1, uint64(max(now.UnixMilli(), 1)))
}

// Run keeps the machine on what HQ wants until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	failures := 0
	for {
		wait := a.c.Look
		if err := a.Step(ctx); err != nil && ctx.Err() == nil {
			failures++
			wait = a.c.Look + rand.N(min(a.c.Look<<min(failures, 8), maxPause)) //nolint:gosec // not a secret
			a.c.Log.Warn("the bundle that HQ wants is not on the machine yet", "error", err, "retry_in", wait.Round(time.Second))
		} else {
			failures = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-a.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Step brings the machine as far as it goes now. One goroutine at a time may call
// it.
func (a *Agent) Step(ctx context.Context) error {
	s, err := a.c.Machine.Status(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	d, t := a.m.Desired, a.m.told
	a.mu.Unlock()
	t.Running = s.Running
	if d == nil || d.Bundle == nil {
		return a.tell(t)
	}
	next, over := follow(t, d, s)
	if over || next.State == cloudsync.BundleStaged || next.State == cloudsync.BundleProbation {
		return a.tellOf(d, next)
	}
	if now := a.c.Now(); now.After(d.Exp) {
		next.State, next.Reason = cloudsync.BundleRefused, "expired"
		next.Message = fmt.Sprintf("it could be begun until %s, and the clock of this machine says %s: if the clock is wrong, set it",
			d.Exp.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		return a.tellOf(d, next)
	}
	if s.Unable != nil {
		return a.refuse(d, next, s.Unable)
	}
	return a.bring(ctx, d, next, s)
}

// follow works what the machine says into what was told. over says that the
// bundle has come to its end.
func follow(t told, d *cloudsync.Desired, s Status) (next told, over bool) {
	switch {
	case s.State != cloudsync.BundleNone && s.Bundle == d.Bundle.SHA256:
		t.State, t.Reason, t.Message = s.State, s.Reason, s.Message
	case t.State == cloudsync.BundleCommitted && s.Running < d.Bundle.Version:
		t.State, t.Reason, t.Message = cloudsync.BundleRolledBack, "by_hand", "people went back to an older bundle"
	case s.Running == d.Bundle.Version && !t.State.Final():
		t.State = cloudsync.BundleCommitted // it was there already
	}
	return t, t.State.Final()
}

// bring fetches, verifies and hands over.
func (a *Agent) bring(ctx context.Context, d *cloudsync.Desired, t told, s Status) error {
	file, err := a.c.Fetch(ctx, d.Bundle.SHA256, d.Bundle.Size)
	if err != nil {
		return errors.Join(a.tellOf(d, t), err)
	}
	if t.State == cloudsync.BundleAsked {
		t.State = cloudsync.BundleFetched
		if err := a.tellOf(d, t); err != nil {
			return err
		}
	}
	err = a.c.Machine.Verify(ctx, file)
	if refused, ok := errors.AsType[*Refused](err); ok {
		return a.refuse(d, t, refused)
	}
	if err != nil {
		return err
	}
	t.State = cloudsync.BundleVerified
	if err := a.tellOf(d, t); err != nil || !a.due(d, s) {
		return err
	}
	if err := a.c.Machine.Take(ctx, file); err != nil {
		return err
	}
	a.c.Log.Info("bundle handed to the machine", "audit", true, "version", d.Bundle.Version)
	t.State = cloudsync.BundleStaged
	return a.tellOf(d, t)
}

func (a *Agent) refuse(d *cloudsync.Desired, t told, why *Refused) error {
	a.c.Log.Error("bundle refused", "audit", true, "version", d.Bundle.Version, "reason", why.Reason, "error", why.Message)
	t.State, t.Reason, t.Message = cloudsync.BundleRefused, why.Reason, why.Message
	return a.tellOf(d, t)
}

// due reports whether a bundle may be applied now.
func (a *Agent) due(d *cloudsync.Desired, s Status) bool {
	now := a.c.Now()
	busy := s.State != cloudsync.BundleNone && !s.State.Final()
	a.mu.Lock()
	withdrawn := a.m.Desired != d
	a.mu.Unlock()
	return !busy && !withdrawn && !now.Before(d.NotBefore) && (d.Window == nil || d.Window.Holds(now.In(a.c.Zone)))
}

// tellOf tells how the machine stands with d, unless HQ wants something else by
// now.
func (a *Agent) tellOf(d *cloudsync.Desired, t told) error {
	a.mu.Lock()
	newest := a.m.Desired == d
	a.mu.Unlock()
	if !newest {
		offer(a.wake)
		return nil
	}
	return a.tell(t)
}

func offer(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
