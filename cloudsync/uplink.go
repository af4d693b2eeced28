package cloudsync

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// session is one connection's worth of an uplink.
type session struct {
	*Uplink
	id      string
	link    Link
	lanes   []*lane
	down    chan *Down
	early   map[uint64]*Down // by number, downlink messages that wait for those before them
	orders  *orders
	back    chan *Batch // answers to Recall
	desired chan *Desired
	healthy bool // HQ answered
}

func (u *Uplink) newSession() *session {
	s := &session{Uplink: u, id: nonce(), down: make(chan *Down, 64), early: map[uint64]*Down{}, back: make(chan *Batch, 4), desired: make(chan *Desired, 4)}
	for _, name := range edge.Lanes() {
		s.lanes = append(s.lanes, newLane(s, name, u.c.Outbox))
	}
	s.orders = newOrders(s)
	return s
}

func nonce() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *session) topic(b Branch, l edge.Lane) string {
	return Topic{Node: s.c.Node, Branch: b, Lane: l}.String()
}

func (s *session) describe() Session {
	d := Session{Filters: []string{s.topic(BranchDown, "")}}
	if s.c.Commands != nil {
		d.Filters = append(d.Filters, s.topic(BranchCmd, ""))
	}
	if s.c.Twin != nil {
		d.Filters = append(d.Filters, s.topic(BranchDesired, ""))
	}
	if will, err := s.state(false); err == nil {
		d.Will = &will
	} else {
		s.c.Log.Error("connecting without a will", "error", err)
	}
	for _, l := range s.lanes {
		d.Filters = append(d.Filters, s.topic(BranchAck, l.name))
	}
	return d
}

// state is the retained message that says whether this session is on.
func (s *session) state(up bool) (Message, error) {
	body, err := (&State{Node: s.c.Node, Session: s.id, Up: up}).Encode()
	if err != nil {
		return Message{}, err
	}
	topic := s.topic(BranchState, "")
	return Message{Topic: topic, Payload: Seal(s.c.Key, KindState, topic, body), Retain: true}, nil
}

func (s *session) announce(ctx context.Context, up bool) error {
	m, err := s.state(up)
	if err == nil {
		err = s.link.Publish(ctx, m)
	}
	if err != nil {
		return fmt.Errorf("publish state: %w", err)
	}
	return nil
}

func (s *session) run(ctx context.Context) error {
	if err := s.announce(ctx, true); err != nil {
		return err
	}
	err := together(ctx, s.receive, s.followDown, s.send)
	// A link that closes in good order takes no will with it.
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if perr := s.announce(bye, false); perr != nil {
		s.c.Log.Debug("could not say goodbye", "error", perr)
	}
	return err
}

// send agrees with HQ where each lane stands, then keeps all lanes moving.
func (s *session) send(ctx context.Context) error {
	if err := s.agree(ctx); err != nil {
		return err
	}
	s.healthy = true
	s.status.setUp(true)
	s.c.Log.Info("the line is up: HQ answers")
	fs := []func(context.Context) error{s.wakeLanes, s.orders.run, s.sendSamples, s.recall, s.followTwin}
	for _, l := range s.lanes {
		fs = append(fs, l.run)
	}
	return together(ctx, fs...)
}

// wakeLanes hands the outbox's one signal to every lane.
func (s *session) wakeLanes(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.c.Outbox.Changed():
		}
		for _, l := range s.lanes {
			select {
			case l.wake <- struct{}{}:
			default:
			}
		}
	}
}

// receive verifies what arrives and hands it to whoever it is for. It never
// waits: a lane that is behind loses an ack, and the next one says the same.
func (s *session) receive(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.link.Messages():
			if err := s.dispatch(m); err != nil {
				s.c.Log.Warn("message refused", "audit", true, "topic", m.Topic, "error", err)
			}
		}
	}
}

func (s *session) dispatch(m Message) error {
	t, err := ParseTopic(m.Topic)
	if err != nil {
		return err
	}
	env, err := Open(m.Payload)
	if err != nil {
		return err
	}
	if err := env.Verify(s.hq[env.Key], m.Topic); err != nil {
		return err
	}
	switch {
	case env.Kind == KindDown && t.Branch == BranchDown:
		d, err := s.codec.DecodeDown(env.Body)
		if err == nil {
			offer(s.down, d)
		}
		return err
	case env.Kind == KindRecalled && t.Branch == BranchDown:
		b, err := s.codec.DecodeBatch(env.Body)
		if err == nil {
			offer(s.back, b)
		}
		return err
	case env.Kind == KindDesired && t.Branch == BranchDesired:
		d, err := DecodeDesired(env.Body)
		if err == nil && d.Node != s.c.Node {
			err = refuse("cloudsync.dispatch", RefusedForged, "what HQ wants of node %s", d.Node)
		}
		if err == nil {
			offer(s.desired, d)
		}
		return err
	case env.Kind == KindCmd && t.Branch == BranchCmd:
		c, err := DecodeCmd(env.Body)
		if err == nil {
			offer(s.orders.in, c)
		}
		return err
	}
	i := slices.IndexFunc(s.lanes, func(l *lane) bool { return l.name == t.Lane })
	if t.Branch != BranchAck || i < 0 {
		return refuse("cloudsync.dispatch", RefusedUndecodable, "envelope kind %d is not expected here", env.Kind)
	}
	r, err := s.decodeReply(env)
	if err != nil {
		return err
	}
	offer(s.lanes[i].in, r)
	s.orders.replied(r)
	return nil
}

// reply is HQ's answer to a batch: an ack or a nack.
type reply struct {
	ack  *Ack
	nack *Nack
}

func (r reply) ref() Ref {
	if r.ack != nil {
		return r.ack.Ref
	}
	return r.nack.Ref
}

func (s *session) decodeReply(env Envelope) (r reply, err error) {
	switch env.Kind {
	case KindAck:
		r.ack, err = DecodeAck(env.Body)
		if err == nil && r.ack.Node != s.c.Node {
			err = refuse("cloudsync.decodeReply", RefusedForged, "an ack for node %.64q", r.ack.Node)
		}
	case KindNack:
		r.nack, err = DecodeNack(env.Body)
	default:
		err = refuse("cloudsync.decodeReply", RefusedUndecodable, "envelope kind %d is no reply", env.Kind)
	}
	return r, err
}

func offer[T any](ch chan<- T, v T) {
	select {
	case ch <- v:
	default:
	}
}
