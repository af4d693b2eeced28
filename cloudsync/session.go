package cloudsync

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

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
	err := s.agree(ctx)
	s.healthy = err == nil || errors.Is(err, errNewEpoch) // which HQ's answer is the cause of
	if err != nil {
		return err
	}
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
