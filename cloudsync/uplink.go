package cloudsync

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ProbeEvery is how often an uplink with nothing to send asks HQ for its mark,
// unless it is told otherwise: by it HQ knows that the shop is there.
const ProbeEvery = 30 * time.Second

// UplinkConfig says who the shop is and how to reach HQ. The fields of the
// first group are needed; the others have defaults.
type UplinkConfig struct {
	Node   string
	Key    ed25519.PrivateKey  // signs batches
	HQ     []ed25519.PublicKey // verify acks and downlink messages
	Outbox edge.Outbox
	Dialer Dialer
	Log    *slog.Logger

	// With both the shop does what HQ commands.
	Archive  edge.Archive
	Commands edge.CommandLog
	// With it the shop takes back what HQ holds of its past and its database
	// lacks.
	Recall edge.Recall

	// With it HQ brings bundles to the machine.
	Twin Twin

	// Acked, where set, is told how long HQ took to confirm each batch, from its
	// being sent. It must not block.
	Acked func(edge.Lane, time.Duration)

	Machine   Machine
	Telemetry time.Duration // a sample of how the shop is, this often; 30 s

	Backoff Backoff
	Window  int           // batches of a lane in flight; 8
	Resend  time.Duration // without progress for so long, send again from the mark; 5 s
	Probe   time.Duration // with nothing to send, ask HQ for its mark this often; ProbeEvery
	Silence time.Duration // without an answer of HQ for so long, dial anew; 1 min, or 2 Probe if that is longer
}

// Uplink is the shop's side of the line to HQ.
type Uplink struct {
	c      UplinkConfig
	hq     map[KeyID]ed25519.PublicKey
	codec  *Codec
	status *statusBoard
	clock  hqClock
	shed   atomic.Uint64 // samples

	// Of the sessions, which follow each other.
	complete map[edge.Lane]*ancestry // what HQ is known to hold of earlier epochs
	// moved says that a new epoch was opened because HQ knows of a later one: a
	// shop that was put back, with all that it knows, to before its last epoch
	// finds nothing else that differs. Of two gateways under one name each would
	// always find the other's, so it is done once after a start.
	moved atomic.Bool
}

// NewUplink makes an uplink; Run starts it.
func NewUplink(c UplinkConfig) (*Uplink, error) {
	const op = "cloudsync.NewUplink"
	if err := CheckNode(c.Node); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(c.Key) != ed25519.PrivateKeySize || len(c.HQ) == 0 || c.Outbox == nil || c.Dialer == nil || c.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "key, HQ's public key, outbox, dialer and log are all needed")
	}
	if c.Window <= 0 {
		c.Window = 8
	}
	if c.Resend <= 0 {
		c.Resend = 5 * time.Second
	}
	if (c.Archive == nil) != (c.Commands == nil) {
		return nil, edge.Errorf(op, edge.Invalid, "commands need both the archive and a memory of commands")
	}
	if c.Telemetry <= 0 {
		c.Telemetry = 30 * time.Second
	}
	if c.Probe <= 0 {
		c.Probe = ProbeEvery
	}
	if c.Silence <= 0 {
		c.Silence = max(time.Minute, 2*c.Probe)
	}
	hq := map[KeyID]ed25519.PublicKey{}
	for _, pub := range c.HQ {
		if len(pub) != ed25519.PublicKeySize {
			return nil, edge.Errorf(op, edge.Invalid, "HQ's public key has %d bytes, want %d", len(pub), ed25519.PublicKeySize)
		}
		hq[IDOf(pub)] = pub
	}
	codec, err := NewCodec()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	complete := map[edge.Lane]*ancestry{}
	for _, lane := range edge.Lanes() {
		complete[lane] = &ancestry{}
	}
	return &Uplink{c: c, hq: hq, codec: codec, status: newStatusBoard(), complete: complete}, nil
}

// Status is how the line stands.
func (u *Uplink) Status() Status { return u.status.get() }

// Watch delivers a value soon after the status changed; values may merge.
// Call cancel when done.
func (u *Uplink) Watch() (changed <-chan struct{}, cancel func()) { return u.status.watch() }

// Run keeps the line up until ctx ends.
func (u *Uplink) Run(ctx context.Context) error {
	var s *session
	silent := false
	begin := func() Session {
		s = u.newSession()
		d := s.describe()
		d.Silent = silent
		return d
	}
	Redial(ctx, noticing{u}, u.c.Backoff, u.c.Log, begin, func(ctx context.Context, link Link) (bool, error) {
		s.link = link
		defer u.status.setUp(false)
		err := s.run(ctx)
		u.status.ended(errors.Is(err, ErrLinkLost) || errors.Is(context.Cause(ctx), ErrLinkLost))
		silent = errors.Is(err, errSilent)
		return s.healthy, err
	})
	return nil
}
