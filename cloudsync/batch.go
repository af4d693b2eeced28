package cloudsync

import (
	"context"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

const eventOverhead = 256 // bytes of an event besides its data, about

// batch makes a batch of the first events of s: as many as fit, and an event
// that needs a form of its own by itself.
func (l *lane) batch(ctx context.Context, s span) (*Batch, error) {
	limit := int(min(s.to-s.from+1, MaxEvents))
	events, err := l.outbox.Events(ctx, nil, l.name, s.from-1, limit)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].Seq != s.from {
		return nil, fmt.Errorf("event %d is not in the outbox", s.from)
	}
	if events[0].Epoch != l.epoch {
		return nil, errNewEpoch
	}
	prev, err := l.outbox.HashAt(ctx, l.name, s.from-1)
	if err != nil {
		return nil, err
	}
	b := &Batch{Node: l.c.Node, Epoch: l.epoch, Lane: l.name, From: s.from, PrevHash: prev}
	if f := l.forms[s.from]; f != formPlain {
		e := &events[0]
		b.To, b.N, b.Hash, b.Opaque = s.from, 1, e.Hash(prev), NewOpaque(e)
		if f == formWithheld {
			b.Opaque.Withheld, b.Opaque.Data = max(len(e.Data), 1), nil
		}
		return b, nil
	}
	b.Events = l.fitting(events)
	b.N = len(b.Events)
	b.To = s.from + uint64(b.N) - 1
	b.Hash = prev
	for i := range b.Events {
		b.Hash = b.Events[i].Hash(b.Hash)
	}
	return b, nil
}

// fitting is the leading events that go into one batch, at least one.
func (l *lane) fitting(events []edge.Event) []edge.Event {
	size := 0
	for i := range events {
		size += len(events[i].Data) + eventOverhead
		if i > 0 && (size > MaxBatch || l.forms[events[i].Seq] != formPlain) {
			return events[:i]
		}
	}
	return events
}

// publish signs and sends a batch. A RefusalError says that it cannot be
// written, and nothing was sent.
func (l *lane) publish(ctx context.Context, b *Batch) (Ref, error) {
	body, err := l.codec.EncodeBatch(b)
	if err != nil {
		return "", err
	}
	topic := l.topic(BranchUp, l.name)
	sealed := Seal(l.c.Key, KindBatch, topic, body)
	if err := l.link.Publish(ctx, Message{Topic: topic, Payload: sealed}); err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	return RefOf(sealed), nil
}
