package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Sync measures the line between shops and headquarters.
type Sync struct {
	Plan
	Events    int       // of all shops together, to be drained
	Singles   int       // sales made one by one on an idle line
	Reconnect bool      // measure too how all shops come back after the broker's restart
	Progress  io.Writer // hears how far the shops are with selling
}

// tills is how many people sell at once while the outboxes are filled.
const tills = 64

// Check reports what is wrong with what is asked for.
func (s Sync) Check() error {
	switch {
	case s.Events < 1 || s.Events > 10_000_000:
		return fmt.Errorf("--events is %d: want 1 to 10000000", s.Events)
	case s.Singles < 1 || s.Singles > 100_000:
		return fmt.Errorf("--singles is %d: want 1 to 100000", s.Singles)
	}
	return s.Plan.Check()
}

// Run measures; whether all arrived exactly once is for the report to tell.
func (s Sync) Run(ctx context.Context) (r *SyncReport, err error) {
	err = s.with(ctx, func(m *syncing) error {
		steps := []func(context.Context) error{m.fill, m.weigh, m.drain, m.singles}
		if s.Reconnect {
			steps = append(steps, m.reconnect)
		}
		for _, step := range append(steps, m.count) {
			if err := step(ctx); err != nil {
				return err
			}
		}
		r = m.report
		return nil
	})
	return r, err
}

// with does something with a chain on which nobody is connected yet.
func (s Sync) with(ctx context.Context, do func(*syncing) error) (err error) {
	if err := s.Check(); err != nil {
		return err
	}
	chain, err := Start(ctx, s.Plan)
	if err != nil {
		return err
	}
	m := &syncing{Sync: s, chain: chain, report: &SyncReport{Sync: s}}
	defer func() { err = errors.Join(err, m.close(), chain.Stop()) }()
	if err := m.open(ctx); err != nil {
		return err
	}
	return do(m)
}

// syncing is a measurement under way.
type syncing struct {
	Sync
	chain      *Chain
	hqs        []*hq.HQ
	collectors []*Running
	branches   []*branch
	up         meter
	report     *SyncReport
}

// open opens the shops and headquarters, and nobody is connected yet.
func (m *syncing) open(ctx context.Context) error {
	m.branches = make([]*branch, len(m.chain.Shops))
	err := m.each(ctx, func(ctx context.Context, i int) (err error) {
		m.branches[i], err = m.chain.Shops[i].branch(ctx, m.Log)
		return err
	})
	if err != nil {
		return err
	}
	ledgers := 1
	if m.Database == Postgres { // a file has one process that writes to it
		ledgers = m.Collectors
	}
	for range ledgers {
		h, err := m.chain.HQ.Open(ctx, m.Log)
		if err != nil {
			return err
		}
		m.hqs = append(m.hqs, h)
	}
	return nil
}

// each does something with every shop, with a bounded number at once.
func (m *syncing) each(ctx context.Context, do func(context.Context, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(tills)
	for i := range m.branches {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}

// fill sells in all shops in turn until there are events enough, and until each
// shop has sold.
func (m *syncing) fill(ctx context.Context) error {
	const perSale = 3 // events: the cart, the sale, the closed cart
	n := max((m.Events+perSale-1)/perSale, len(m.branches))
	progress := process.NewProgress(m.Progress, "sales", uint64(n))
	var next atomic.Int64
	var telling sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for range min(tills, n) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := m.branches[i%len(m.branches)].sellOne(ctx); err != nil {
					return err
				}
				telling.Lock()
				progress.Set(uint64(i))
				telling.Unlock()
			}
		})
	}
	return g.Wait()
}

// drain connects everybody and waits until headquarters has confirmed all.
func (m *syncing) drain(ctx context.Context) error {
	for i := range m.Collectors {
		c := m.chain.HQ.Collector(m.hqs[i%len(m.hqs)], CollectorName(i), m.Log)
		m.collectors = append(m.collectors, Go(ctx, c.Run))
	}
	debug.FreeOSMemory()
	memory, err := watchMemory()
	if err != nil {
		return err
	}
	start := time.Now()
	err = m.each(ctx, func(_ context.Context, i int) error {
		return m.branches[i].connect(ctx, &m.up, m.Log)
	})
	if err != nil {
		return err
	}
	if err := m.confirmed(ctx); err != nil {
		return err
	}
	took := time.Since(start)
	m.report.EventsPerS = float64(m.report.Events) / took.Seconds()
	m.report.BytesPerEvent = float64(m.up.sale.Load()+m.up.other.Load()) / float64(m.report.Events)
	m.report.BytesPerSale = float64(m.up.sale.Load()) / float64(m.report.Sales)
	m.report.RSS, err = memory.stop()
	return err
}

// confirmed waits until headquarters has confirmed all that was recorded.
func (m *syncing) confirmed(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, b := range m.branches {
		g.Go(func() error { return b.confirmed(ctx) })
	}
	return g.Wait()
}

// weigh counts what is in the outboxes.
func (m *syncing) weigh(ctx context.Context) error {
	for _, b := range m.branches {
		m.report.Sales += len(b.printed)
		for _, lane := range edge.Lanes() {
			n, _, err := b.db.Waiting(ctx, lane)
			if err != nil {
				return err
			}
			m.report.Events += int(n)
		}
	}
	return nil
}

// pause is between one single sale and the next: nobody else's work is under way.
const pause = 20 * time.Millisecond

// singles sells in one shop, one sale at a time, and measures each from the
// request to headquarters' ack on the shop's disk.
func (m *syncing) singles(ctx context.Context) error {
	b := m.branches[0]
	took := make([]time.Duration, 0, m.Singles)
	for range m.Singles {
		c, err := Cart(ctx, b.db)
		if err != nil {
			return err
		}
		if err := b.confirmed(ctx); err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		start := time.Now()
		if err := b.sell(ctx, c); err != nil {
			return err
		}
		if err := b.laneConfirmed(ctx, edge.LaneSale); err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	m.report.AckMS = quantiles(took)
	return b.confirmed(ctx)
}

// reconnect restarts the broker. While it is away every shop sells once more.
func (m *syncing) reconnect(ctx context.Context) error {
	m.chain.Broker.Kill()
	err := m.each(ctx, func(ctx context.Context, i int) error { return m.branches[i].sellOne(ctx) })
	if err != nil {
		return err
	}
	start := time.Now()
	if err := m.chain.Broker.Restart(ctx); err != nil {
		return err
	}
	if err := m.confirmed(ctx); err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	m.report.ReconnectS = &took
	return nil
}

// count looks at headquarters what became of it all.
func (m *syncing) count(ctx context.Context) (err error) {
	m.report.Account, err = account(ctx, m.hqs[0], m.branches)
	return err
}

func (m *syncing) close() error {
	var errs []error
	var mu sync.Mutex
	err := m.each(context.Background(), func(_ context.Context, i int) error {
		if m.branches[i] == nil {
			return nil
		}
		err := m.branches[i].close()
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
		return nil
	})
	errs = append(errs, err)
	for _, c := range m.collectors {
		errs = append(errs, c.Stop())
	}
	for _, h := range m.hqs {
		errs = append(errs, h.Close())
	}
	return errors.Join(errs...)
}
