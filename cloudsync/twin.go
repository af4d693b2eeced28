package cloudsync

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Limits of what HQ wants and a node reports.
const (
	maxTwin       = 4 << 10 // bytes of either body
	maxReason     = 64      // characters
	minutesOfADay = 24 * 60
)

// Desired is the bundle that HQ wants a node's machine to have. It is retained; of
// several the one with the highest number counts, in whatever order they come.
type Desired struct {
	V    int    `json:"v"`
	Node string `json:"node"`
	N    uint64 `json:"n"` // only grows for the node; follows HQ's clock, in milliseconds
	// Bundle is nil where the machine stays as it is, whatever was wanted before.
	Bundle    *BundleRef `json:"bundle,omitempty"`
	NotBefore time.Time  `json:"not_before,omitzero"` // by HQ's clock; not applied earlier
	Window    *Window    `json:"window,omitempty"`    // nil for any time of day
	Exp       time.Time  `json:"exp,omitzero"`        // by HQ's clock; not begun later. With a bundle only, and then always
}

// BundleRef names a bundle's file, which HQ serves by its hash.
type BundleRef struct {
	Version int64     `json:"version"`
	SHA256  edge.Hash `json:"sha256"`
	Size    int64     `json:"size"` // bytes
}

// Window is the part of a day in which a bundle may be applied, by the shop's
// clock: while nobody is in the shop.
type Window struct {
	From int `json:"from"` // minutes after midnight
	To   int `json:"to"`   // likewise; before From where it goes on over midnight
}

// Holds reports whether the time of day of t, in its own zone, is in the window.
func (w Window) Holds(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if w.From < w.To {
		return w.From <= m && m < w.To
	}
	return w.From <= m || m < w.To
}

// Check refuses a window that is none.
func (w Window) Check() error {
	if w.From < 0 || w.From >= minutesOfADay || w.To < 0 || w.To >= minutesOfADay || w.From == w.To {
		return edge.Errorf("cloudsync.Window.Check", edge.Invalid, "from minute %d to %d of a day is no window", w.From, w.To)
	}
	return nil
}

// BundleState is how a machine stands with the bundle that HQ wants.
type BundleState string

// The states. A bundle goes through them in this order, and ends in one of the
// last three.
const (
	BundleNone       BundleState = "none"  // HQ wants nothing
	BundleAsked      BundleState = "asked" // it is not here yet
	BundleFetched    BundleState = "fetched"
	BundleVerified   BundleState = "verified" // and waits for its time
	BundleStaged     BundleState = "staged"   // in the hands of the machine, which applies it
	BundleProbation  BundleState = "probation"
	BundleCommitted  BundleState = "committed"
	BundleRolledBack BundleState = "rolled_back" // the machine did not work with it, and has the one before again
	BundleRefused    BundleState = "refused"     // it was not applied; the machine is as it was
)

// BundleStates lists the states.
func BundleStates() []BundleState {
	return []BundleState{
		BundleNone, BundleAsked, BundleFetched, BundleVerified, BundleStaged, BundleProbation,
		BundleCommitted, BundleRolledBack, BundleRefused,
	}
}

// Final reports whether nothing follows this state.
func (s BundleState) Final() bool {
	return s == BundleCommitted || s == BundleRolledBack || s == BundleRefused
}

// Reported is how a machine stands. It is retained, and sent again whenever HQ
// says what it wants.
type Reported struct {
	V       int         `json:"v"`
	Node    string      `json:"node"`
	N       uint64      `json:"n"`       // only grows; follows the machine's clock, in milliseconds
	Desired uint64      `json:"desired"` // the number of HQ's newest word that came; 0 for none
	Class   string      `json:"class"`   // the kind of machine, as bundles name it
	Running int64       `json:"running"` // the version of the bundle in force; 0 for none
	State   BundleState `json:"state"`
	Bundle  edge.Hash   `json:"bundle"`            // of the file that State is about; zeros for none
	Reason  string      `json:"reason,omitempty"`  // of the last two states, for machines
	Message string      `json:"message,omitempty"` // for people
	At      time.Time   `json:"at"`                // since when the state is that, by the machine's clock
}

// Twin is the machine as HQ wants it and as it is. Package twin has one.
type Twin interface {
	// Want takes HQ's word. It waits for nothing but the disk.
	Want(ctx context.Context, d *Desired) error
	// Report is how the machine stands.
	Report(ctx context.Context) (*Reported, error)
	// Changed delivers a value when Report has something new to say.
	Changed() <-chan struct{}
}

// followTwin brings HQ's word to the machine, and tells HQ how it stands: at the
// start, after each word, and after each change.
func (s *session) followTwin(ctx context.Context) error {
	if s.c.Twin == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		if err := s.report(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case d := <-s.desired:
			if err := s.c.Twin.Want(ctx, d); err != nil {
				s.c.Log.Warn("HQ's word about the machine could not be kept", "number", d.N, "error", err)
			}
		case <-s.c.Twin.Changed():
		}
	}
}

// report sends how the machine stands. What goes wrong on the machine is no
// reason to give the line up.
func (s *session) report(ctx context.Context) error {
	r, err := s.c.Twin.Report(ctx)
	if err != nil {
		s.c.Log.Warn("HQ is not told how the machine stands", "error", err)
		return nil
	}
	r.Node = s.c.Node
	body, err := r.Encode()
	if err != nil {
		return err
	}
	topic := s.topic(BranchReported, "")
	if err := s.link.Publish(ctx, Message{Topic: topic, Payload: Seal(s.c.Key, KindReported, topic, body), Retain: true}); err != nil {
		return fmt.Errorf("publish report: %w", err)
	}
	return nil
}

// Encode writes the JSON of what is wanted.
func (d *Desired) Encode() ([]byte, error) {
	d.V = version
	return encodeJSON("cloudsync.Desired.Encode", d)
}

// DecodeDesired reads what HQ wants and checks its form.
func DecodeDesired(body []byte) (*Desired, error) {
	const op = "cloudsync.DecodeDesired"
	var d Desired
	if err := decodeTwin(op, body, &d, func() (int, string, uint64) { return d.V, d.Node, d.N }); err != nil {
		return nil, err
	}
	if d.Window != nil {
		if err := d.Window.Check(); err != nil {
			return nil, refuse(op, RefusedUndecodable, "%v", err)
		}
	}
	switch b := d.Bundle; {
	case b == nil && (d.Window != nil || !d.NotBefore.IsZero() || !d.Exp.IsZero()):
		return nil, refuse(op, RefusedUndecodable, "number %d has times without a bundle", d.N)
	case b != nil && (b.Version < 1 || b.Version > maxSeq || b.Size < 1 || b.Size > edge.MaxAssetBytes || b.SHA256 == edge.Hash{}):
		return nil, refuse(op, RefusedUndecodable, "number %d: version %d of %d bytes is no bundle", d.N, b.Version, b.Size)
	case b != nil && d.Exp.IsZero():
		return nil, refuse(op, RefusedUndecodable, "number %d never expires", d.N)
	}
	return &d, nil
}

// Encode writes the JSON of the report.
func (r *Reported) Encode() ([]byte, error) {
	r.V = version
	r.Reason, r.Message = shorten(r.Reason, maxReason), shorten(r.Message, maxText)
	return encodeJSON("cloudsync.Reported.Encode", r)
}

var className = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckClass refuses what no kind of machine may be called.
func CheckClass(class string) error {
	if !className.MatchString(class) {
		return edge.Errorf("cloudsync.CheckClass", edge.Invalid, "%.70q is no kind of machine: use 1 to 63 of a-z, 0-9, - and _", class)
	}
	return nil
}

// DecodeReported reads a report and checks its form.
func DecodeReported(body []byte) (*Reported, error) {
	const op = "cloudsync.DecodeReported"
	var r Reported
	if err := decodeTwin(op, body, &r, func() (int, string, uint64) { return r.V, r.Node, r.N }); err != nil {
		return nil, err
	}
	if err := CheckClass(r.Class); err != nil {
		return nil, refuse(op, RefusedUndecodable, "%v", err)
	}
	known := false
	for _, s := range BundleStates() {
		known = known || s == r.State
	}
	switch {
	case !known:
		return nil, refuse(op, RefusedUndecodable, "state %.20q is unknown", r.State)
	case (r.State == BundleNone) != (r.Bundle == edge.Hash{}):
		return nil, refuse(op, RefusedUndecodable, "state %s of bundle %s", r.State, r.Bundle)
	case r.Desired > maxSeq || r.Running < 0 || r.Running > maxSeq || r.At.IsZero():
		return nil, refuse(op, RefusedUndecodable, "HQ's word %d, version %d", r.Desired, r.Running)
	case len(r.Reason) > maxReason || len(r.Message) > maxText:
		return nil, refuse(op, RefusedTooLarge, "a reason of %d and a message of %d bytes", len(r.Reason), len(r.Message))
	}
	return &r, nil
}

// decodeTwin reads a body and checks what both have in common.
func decodeTwin(op string, body []byte, v any, head func() (version int, node string, n uint64)) error {
	if len(body) > maxTwin {
		return refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(body), maxTwin)
	}
	err := decodeJSON(op, body, v, func() int { got, _, _ := head(); return got })
	if err != nil {
		return err
	}
	_, node, n := head()
	if err := CheckNode(node); err != nil {
		return refuse(op, RefusedUndecodable, "%v", err)
	}
	if n == 0 || n > maxSeq {
		return refuse(op, RefusedUndecodable, "number %d", n)
	}
	return nil
}
