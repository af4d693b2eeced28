package cloudsync

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// errNewEpoch ends a session because the events to come are of another epoch.
var errNewEpoch = errors.New("a new epoch was opened")

// errSilent ends a session because HQ does not answer, though the line stands.
var errSilent = errors.New("headquarters does not answer")

// errForked ends a session because HQ's history is not the shop's.
var errForked = errors.New("HQ holds another history")

// agree asks HQ how far it holds each lane. HQ's answer to a fresh question is
// the truth and is adopted, also when it is less than before: HQ was restored.
// Where HQ holds what the shop does not, the shop lost data or has a double;
// then a new epoch begins and the session ends.
func (s *session) agree(ctx context.Context) error {
	forked, unheard, known := false, true, uint32(0)
	for _, l := range s.lanes {
		switch err := l.sync(ctx); {
		case errors.Is(err, errForked):
			forked = true
		case err != nil:
			return fmt.Errorf("lane %s: %w", l.name, err)
		}
		known, unheard = max(known, l.series), unheard && l.mark == 0
	}
	// An epoch that HQ never heard of, in a series that it knows, is of a database
	// that was begun anew and knew nothing of the one before it.
	mine := s.c.Outbox.Series()
	behind := (known > mine || unheard && known == mine) && !s.moved.Load()
	if !forked && !behind {
		for _, l := range s.lanes {
			if err := l.outbox.SetMark(ctx, l.name, l.mark); err != nil { // also where it says nothing new: HQ was heard
				return err
			}
			if err := l.sendAncestors(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	held := map[edge.Lane]uint64{}
	for _, l := range s.lanes {
		seq, err := l.common(ctx)
		if err != nil {
			return fmt.Errorf("lane %s: find the last common event: %w", l.name, err)
		}
		held[l.name] = seq
	}
	old := s.c.Outbox.Epoch()
	epoch, err := s.c.Outbox.OpenEpoch(ctx, held, edge.FarFrom(max(known, mine)))
	if err != nil {
		return fmt.Errorf("open a new epoch: %w", err)
	}
	if behind {
		s.moved.Store(true)
	}
	s.c.Log.Error("HQ holds another history than this shop: a new epoch and receipt series were opened",
		"epoch_before", old, "epoch", epoch, "common", held,
		"mend", "look whether a backup was restored here, or whether a second gateway runs under this name")
	return errNewEpoch
}

// sync asks HQ for the lane's mark and adopts it; errForked when HQ holds what
// the shop does not.
func (l *lane) sync(ctx context.Context) error {
	head, _, err := l.outbox.Head(ctx, l.name)
	if err != nil {
		return err
	}
	ack, err := l.ask(ctx, head)
	if err != nil {
		return err
	}
	l.series = ack.Series
	if err := l.sameHistory(ctx, ack); err != nil {
		return err
	}
	return l.adopt(ctx, ack)
}

// resync is sync in the middle of a session.
func (l *lane) resync(ctx context.Context) error {
	if err := l.sync(ctx); err != nil {
		return err
	}
	if l.ends == 0 && l.series > l.outbox.Series() && !l.moved.Load() {
		return fmt.Errorf("%w: it knows of receipt series %d", errForked, l.series)
	}
	return l.sendAncestors(ctx)
}

// sameHistory compares HQ's hash at its mark with the shop's.
func (l *lane) sameHistory(ctx context.Context, ack *Ack) error {
	if l.ends > 0 && ack.Mark > l.ends {
		return nil // what HQ holds beyond the end was lost here; the epoch after it says so
	}
	hash, err := l.outbox.HashAt(ctx, l.name, ack.Mark)
	switch {
	case edge.KindOf(err) == edge.NotFound && err != nil:
		return fmt.Errorf("%w: it holds event %d, which is not here", errForked, ack.Mark)
	case err != nil:
		return err
	case hash != ack.Hash:
		return fmt.Errorf("%w: event %d differs", errForked, ack.Mark)
	case ack.Fork:
		return fmt.Errorf("%w: after event %d", errForked, ack.Mark)
	}
	return nil
}

// common finds the last event that HQ and the shop share, by halving: from it
// back the histories are one, after it they differ or HQ has nothing.
func (l *lane) common(ctx context.Context) (uint64, error) {
	head, _, err := l.outbox.Head(ctx, l.name)
	if err != nil {
		return 0, err
	}
	top, err := l.ask(ctx, head)
	if err != nil {
		return 0, err
	}
	var failed error
	differs := func(seq uint64) bool {
		if failed != nil {
			return true
		}
		var ack *Ack
		var mine edge.Hash
		if ack, failed = l.ask(ctx, seq); failed != nil {
			return true
		}
		mine, failed = l.outbox.HashAt(ctx, l.name, seq)
		return failed != nil || ack.At != seq || ack.AtHash != mine
	}
	// Search finds the first of 1..top.At that differs.
	n := sort.Search(int(top.At), func(i int) bool { return differs(uint64(i) + 1) })
	return uint64(n), failed
}

// ask sends a probe for event seq and waits for HQ's answer to it, asking
// again, ever less often, when none comes. Only an answer to this very question
// counts, whichever time it was asked: on a slow line the first comes last.
func (l *lane) ask(ctx context.Context, seq uint64) (*Ack, error) {
	hash, err := l.outbox.HashAt(ctx, l.name, seq)
	if err != nil {
		return nil, err
	}
	asked := map[Ref]bool{}
	begun := time.Now()
	for patience := l.c.Resend; ; patience *= 2 {
		b := &Batch{
			Node: l.c.Node, Epoch: l.epoch, Lane: l.name, From: seq + 1, To: seq, PrevHash: hash, Hash: hash, Nonce: nonce(),
		}
		ref, err := l.publish(ctx, b)
		if err != nil {
			return nil, err
		}
		asked[ref] = true
		left := l.c.Silence - time.Since(begun)
		ack, err := l.answer(ctx, asked, min(patience, left))
		if ack != nil || err != nil {
			return ack, err
		}
		l.status.setUp(false)
		if patience >= left {
			return nil, errSilent
		}
	}
}

// answer waits for the reply to one of the questions, nil when none comes in
// time.
func (l *lane) answer(ctx context.Context, asked map[Ref]bool, within time.Duration) (*Ack, error) {
	patience := time.NewTimer(within)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, nil
		case r := <-l.in:
			switch {
			case !asked[r.ref()]:
			case r.nack != nil:
				return nil, &RefusalError{Op: "cloudsync.ask", Code: r.nack.Code, Msg: "HQ refused: " + r.nack.Msg}
			case r.ack.Epoch == l.epoch && r.ack.Lane == l.name:
				l.clock.set(r.ack.Time)
				l.setShut(r.ack.Revoked)
				l.setClone(r.ack.Clone)
				return r.ack, nil
			}
		}
	}
}
