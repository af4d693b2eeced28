package cloudsync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// followDown lets HQ's messages take effect, in order and once each, and tells
// HQ how far the shop is: at the start, so that HQ sends what is missing, and
// after whatever came.
func (s *session) followDown(ctx context.Context) error {
	if err := s.confirm(ctx, true); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case d := <-s.down:
			if err := s.applyAll(ctx, d); err != nil {
				return err
			}
		}
		if err := s.confirm(ctx, false); err != nil {
			return err
		}
	}
}

const maxEarly = 64 // messages kept until the ones before them come

// applyAll applies d and what is queued behind it. A message that came before
// its turn is kept: two collectors may send side by side.
func (s *session) applyAll(ctx context.Context, d *Down) error {
	for {
		if len(s.early) >= maxEarly {
			clear(s.early) // HQ sends them again
		}
		if d.Node == s.c.Node {
			s.early[d.N] = d
		}
		select {
		case d = <-s.down:
			continue
		default:
		}
		return s.applyEarly(ctx)
	}
}

// applyEarly applies, in order, all kept messages whose turn has come, and
// forgets those that took effect.
func (s *session) applyEarly(ctx context.Context) error {
	applied, err := s.c.Outbox.Applied(ctx)
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(s.early)) {
		d := s.early[n]
		if d.Prev > applied {
			continue // one before it was lost: HQ sends that again
		}
		if d.N > applied { // else repeated
			if err := s.apply(ctx, d); err != nil {
				return fmt.Errorf("downlink message %d: %w", d.N, err)
			}
			applied = d.N
		}
		delete(s.early, n)
	}
	return nil
}

// apply lets d take effect. What is no use of it is left out, or the node would
// wait for ever behind a message that will never be better.
func (s *session) apply(ctx context.Context, d *Down) error {
	got, flaws := d.delivery(s.c.HQ, s.c.Key)
	for _, err := range flaws {
		level := slog.LevelError
		if errors.Is(err, errUnknownKind) {
			level = slog.LevelWarn
		}
		s.c.Log.Log(ctx, level, "part of a message of HQ left out", "message", d.N, "error", err)
	}
	return s.c.Outbox.Apply(ctx, d.N, got)
}

func (s *session) confirm(ctx context.Context, first bool) error {
	applied, err := s.c.Outbox.Applied(ctx)
	if err != nil {
		return err
	}
	body, err := (&Confirm{Node: s.c.Node, Down: applied, First: first}).Encode()
	if err != nil {
		return err
	}
	topic := s.topic(BranchRsp, "")
	if err := s.link.Publish(ctx, Message{Topic: topic, Payload: Seal(s.c.Key, KindConfirm, topic, body)}); err != nil {
		return fmt.Errorf("publish confirmation: %w", err)
	}
	return nil
}
