package cloudsync

import (
	"context"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

const eventOverhead = 256 // bytes of an event besides its data, about

// packer makes batches of one lane's events in one epoch.
type packer struct {
	node   string
	name   edge.Lane
	epoch  string
	events func(ctx context.Context, after uint64, limit int) ([]edge.Event, error)
	hashAt func(ctx context.Context, seq uint64) (edge.Hash, error)
	forms  map[uint64]form // events that must travel alone
}

// newPacker makes batches of any epoch.
func newPacker(node string, name edge.Lane, epoch string, a edge.Archive) packer {
	return packer{
		node: node, name: name, epoch: epoch, forms: map[uint64]form{},
		events: func(ctx context.Context, after uint64, limit int) ([]edge.Event, error) {
			return a.EpochEvents(ctx, nil, epoch, name, after, limit)
		},
		hashAt: func(ctx context.Context, seq uint64) (edge.Hash, error) {
			return a.EpochHashAt(ctx, epoch, name, seq)
		},
	}
}

// batch makes a batch of the first events of s: as many as fit, and an event
// that needs a form of its own by itself.
func (p *packer) batch(ctx context.Context, s span) (*Batch, error) {
	limit := int(min(s.to-s.from+1, MaxEvents))
	events, err := p.events(ctx, s.from-1, limit)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].Seq != s.from {
		return nil, fmt.Errorf("event %d is not in the outbox", s.from)
	}
	if events[0].Epoch != p.epoch {
		return nil, errNewEpoch
	}
	prev, err := p.hashAt(ctx, s.from-1)
	if err != nil {
		return nil, err
	}
	b := &Batch{Node: p.node, Epoch: p.epoch, Lane: p.name, From: s.from, PrevHash: prev}
	if f := p.forms[s.from]; f != formPlain {
		e := &events[0]
		b.To, b.N, b.Hash, b.Opaque = s.from, 1, e.Hash(prev), NewOpaque(e)
		if f == formWithheld {
			b.Opaque.Withheld, b.Opaque.Data = max(len(e.Data), 1), nil
		}
		return b, nil
	}
	b.Events = p.fitting(events)
	b.N = len(b.Events)
	b.To = s.from + uint64(b.N) - 1
	b.Hash = prev
	for i := range b.Events {
		b.Hash = b.Events[i].Hash(b.Hash)
	}
	return b, nil
}

// fitting is the leading events that go into one batch, at least one.
func (p *packer) fitting(events []edge.Event) []edge.Event {
	size := 0
	for i := range events {
		size += len(events[i].Data) + eventOverhead
		if i > 0 && (size > MaxBatch || p.forms[events[i].Seq] != formPlain) {
			return events[:i]
		}
	}
	return events
}

// divide makes two halves of a span that could not be sent as it is, or its only
// event take the next form.
func (p *packer) divide(s span, why error) ([]span, error) {
	if s.from < s.to {
		middle := s.from + (s.to-s.from)/2
		return []span{{s.from, middle}, {middle + 1, s.to}}, nil
	}
	if p.forms[s.from] == formWithheld {
		return nil, fmt.Errorf("event %d cannot be sent in any form: %w", s.from, why)
	}
	p.forms[s.from]++
	return []span{s}, nil
}

// publish signs and sends a batch. A RefusalError says that it cannot be
// written, and nothing was sent.
func (s *session) publish(ctx context.Context, b *Batch) (Ref, error) {
	m, ref, err := s.sealed(b)
	if err != nil {
		return "", err
	}
	if err := s.link.Publish(ctx, m); err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	return ref, nil
}

func (s *session) sealed(b *Batch) (Message, Ref, error) {
	body, err := s.codec.EncodeBatch(b)
	if err != nil {
		return Message{}, "", err
	}
	topic := s.topic(BranchUp, b.Lane)
	payload := Seal(s.c.Key, KindBatch, topic, body)
	return Message{Topic: topic, Payload: payload}, RefOf(payload), nil
}
