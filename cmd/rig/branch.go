package rig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// branch is a shop that is open: it sells, and tells when headquarters has
// confirmed what it sold.
type branch struct {
	shop   *Shop
	db     *sqlite.DB
	outbox *watchedOutbox
	line   *Running // nil while it does not run

	mu      sync.Mutex
	printed []printed
}

// printed is what a customer was given: a sale's id and its receipt's number.
type printed struct {
	sale    string
	receipt edge.Receipt
}

func (s *Shop) branch(ctx context.Context, log *slog.Logger) (*branch, error) {
	db, err := s.Open(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Node, err)
	}
	return &branch{shop: s, db: db, outbox: &watchedOutbox{DB: db, marks: map[edge.Lane]uint64{}, moved: make(chan struct{}, 1)}}, nil
}

// sell sells one cart, and notes what was printed.
func (b *branch) sell(ctx context.Context, c *edge.Cart) error {
	s, err := Sell(ctx, b.db, c)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.printed = append(b.printed, printed{s.ID, s.Receipt})
	return nil
}

// sellOne fills a cart and sells it.
func (b *branch) sellOne(ctx context.Context) error {
	c, err := Cart(ctx, b.db)
	if err != nil {
		return err
	}
	return b.sell(ctx, c)
}

// connect starts the line; what goes up is counted in up.
func (b *branch) connect(ctx context.Context, up *meter, log *slog.Logger) error {
	d := meteredDialer{b.shop.Dialer(log), up}
	uplink, err := b.shop.Uplink(b.db, b.outbox, d, log)
	if err != nil {
		return err
	}
	b.line = Go(ctx, uplink.Run)
	return nil
}

func (b *branch) close() error {
	var err error
	if b.line != nil {
		err = b.line.Stop()
	}
	return errors.Join(err, b.db.Close())
}

// confirmed waits until headquarters' ack for all that the branch has recorded
// is verified and stored. One at a time may wait.
func (b *branch) confirmed(ctx context.Context) error {
	for _, lane := range edge.Lanes() {
		if err := b.laneConfirmed(ctx, lane); err != nil {
			return err
		}
	}
	return nil
}

func (b *branch) laneConfirmed(ctx context.Context, lane edge.Lane) error {
	head, _, err := b.db.Head(ctx, lane)
	if err != nil {
		return err
	}
	for b.outbox.mark(lane) < head {
		select {
		case <-b.outbox.moved:
		case <-ctx.Done():
			return fmt.Errorf("%s: headquarters confirmed %d of %d events, lane %s: %w", b.shop.Node, b.outbox.mark(lane), head, lane, ctx.Err())
		}
	}
	return nil
}

// watchedOutbox tells when a mark is stored.
type watchedOutbox struct {
	*sqlite.DB
	mu    sync.Mutex
	marks map[edge.Lane]uint64
	moved chan struct{} // has a value when a mark was stored
}

func (o *watchedOutbox) SetMark(ctx context.Context, lane edge.Lane, mark uint64) error {
	if err := o.DB.SetMark(ctx, lane, mark); err != nil {
		return err
	}
	o.mu.Lock()
	o.marks[lane] = mark
	o.mu.Unlock()
	select {
	case o.moved <- struct{}{}:
	default:
	}
	return nil
}

func (o *watchedOutbox) mark(lane edge.Lane) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.marks[lane]
}

// meter counts the bytes of payload that go up.
type meter struct{ sale, other atomic.Int64 }

func (m *meter) count(msg cloudsync.Message) {
	t, err := cloudsync.ParseTopic(msg.Topic)
	switch {
	case err != nil || t.Branch != cloudsync.BranchUp:
	case t.Lane == edge.LaneSale:
		m.sale.Add(int64(len(msg.Payload)))
	default:
		m.other.Add(int64(len(msg.Payload)))
	}
}

// meteredDialer is a line with a meter.
type meteredDialer struct {
	cloudsync.Dialer
	up *meter
}

func (d meteredDialer) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	l, err := d.Dialer.Dial(ctx, s)
	if err != nil {
		return nil, err
	}
	return meteredLink{l, d.up}, nil
}

type meteredLink struct {
	cloudsync.Link
	up *meter
}

func (l meteredLink) Publish(ctx context.Context, m cloudsync.Message) error {
	l.up.count(m)
	return l.Link.Publish(ctx, m)
}
