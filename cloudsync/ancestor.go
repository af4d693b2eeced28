package cloudsync

import (
	"context"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// pastEpoch shows an epoch that has ended as an outbox: its head is where the
// epoch after it began.
type pastEpoch struct {
	edge.Outbox
	end edge.EpochParent
}

func (p pastEpoch) Epoch() string { return p.end.Epoch }

func (p pastEpoch) Head(context.Context, edge.Lane) (uint64, edge.Hash, error) {
	return p.end.Seq, p.end.Hash, nil
}

func (p pastEpoch) HashAt(ctx context.Context, lane edge.Lane, seq uint64) (edge.Hash, error) {
	return p.EpochHashAt(ctx, p.end.Epoch, lane, seq)
}

func (p pastEpoch) Events(ctx context.Context, dst []edge.Event, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	if after >= p.end.Seq {
		return dst, nil
	}
	return p.EpochEvents(ctx, dst, p.end.Epoch, lane, after, min(limit, int(p.end.Seq-after)))
}

// Mark and SetMark: how far HQ holds an epoch that has ended is asked, and not
// remembered.
func (p pastEpoch) Mark(context.Context, edge.Lane) (uint64, error)  { return 0, nil }
func (p pastEpoch) SetMark(context.Context, edge.Lane, uint64) error { return nil }

// ancestry names an incarnation of HQ and an epoch whose ancestors it holds.
type ancestry struct{ ledger, epoch string }

// sendAncestors asks HQ about the epochs before the present one, and sends
// again, as they were, the events that it lacks: an HQ that was restored from a
// backup may have forgotten the end of any of them. It is done once for each
// incarnation of HQ. It takes the lane's replies meanwhile.
func (l *lane) sendAncestors(ctx context.Context) error {
	now := ancestry{l.ledger, l.epoch}
	if l.ends > 0 || *l.complete == now {
		return nil
	}
	chain, err := l.outbox.Ancestors(ctx, l.name)
	for i := 0; i < len(chain) && err == nil; i++ {
		err = l.sendPast(ctx, chain[i])
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, errSilent) {
		return err
	}
	if err != nil { // nothing of the past holds up today's sales
		l.c.Log.Error("events of an earlier epoch could not be sent again", "lane", l.name, "error", err)
		return nil
	}
	*l.complete = now
	return nil
}

// sendPast makes HQ hold the lane of one ended epoch.
func (l *lane) sendPast(ctx context.Context, end edge.EpochParent) error {
	p := newLane(l.session, l.name, pastEpoch{l.outbox, end})
	p.in, p.ends = l.in, end.Seq
	ack, err := p.ask(ctx, end.Seq)
	if err != nil {
		return fmt.Errorf("epoch %s: %w", end.Epoch, err)
	}
	if ack.At == end.Seq {
		if ack.AtHash != end.Hash {
			return fmt.Errorf("epoch %s: %w: event %d differs", end.Epoch, errForked, end.Seq)
		}
		return nil
	}
	if err := p.sameHistory(ctx, ack); err != nil {
		return fmt.Errorf("epoch %s: %w", end.Epoch, err)
	}
	l.c.Log.Warn("HQ lacks events of an earlier epoch: sending them again", "lane", l.name, "epoch", end.Epoch, "held", ack.Mark, "end", end.Seq)
	if err := p.adopt(ctx, ack); err != nil {
		return err
	}
	return p.run(ctx)
}
