package hq

import (
	"context"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// CollectorConfig says how a collector reaches the broker. HQ, Dialer and Log
// are needed.
type CollectorConfig struct {
	HQ     *HQ
	Dialer cloudsync.Dialer
	Log    *slog.Logger

	// Partitions are those that this collector serves, 0 to 63, on a broker
	// without shared subscriptions; each must have one collector at least. Where
	// none is named, all collectors share all messages.
	Partitions []int

	Backoff cloudsync.Backoff // 1 s to 5 s: collectors are few, and thousands of shops wait for them
	Workers int               // batches opened at once; a node's stay in order; 2
	Resend  time.Duration     // downlink messages not confirmed for so long go again; 5 s
	Stock   time.Duration     // the shops are told this often what stock has changed; 1 min
	Carts   edge.CartKeep     // how long old carts are kept; edge.DefaultCartKeep
}

// Collector takes in what the shops send and publishes the replies and the
// downlink messages. Several may run side by side.
type Collector struct {
	c  CollectorConfig
	up atomic.Bool
}

// NewCollector makes a collector; Run starts it.
func NewCollector(c CollectorConfig) *Collector {
	if c.Backoff.Max <= 0 {
		c.Backoff.Max = 5 * time.Second
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	if c.Resend <= 0 {
		c.Resend = 5 * time.Second
	}
	if c.Stock <= 0 {
		c.Stock = time.Minute
	}
	if c.Carts == (edge.CartKeep{}) {
		c.Carts = edge.DefaultCartKeep()
	}
	return &Collector{c: c}
}

// Connected reports whether the broker can be reached.
func (c *Collector) Connected() bool { return c.up.Load() }

// Run collects until ctx ends, keeps the projections up to date meanwhile, and
// forgets old carts.
func (c *Collector) Run(ctx context.Context) error {
	if err := c.c.Carts.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { c.project(ctx) })
	wg.Go(func() { _ = c.c.HQ.forgetOld(ctx, c.c.Carts) }) // its only error was checked for above
	wg.Go(func() { c.c.HQ.forgetVisits(ctx) })
	wg.Go(func() { c.follow(ctx) })
	filters, err := c.filters()
	if err != nil {
		return err
	}
	session := func() cloudsync.Session { return cloudsync.Session{Filters: filters} }
	cloudsync.Redial(ctx, c.c.Dialer, c.c.Backoff, c.c.Log, session, func(ctx context.Context, link cloudsync.Link) (bool, error) {
		c.c.Log.Info("the line to the broker is up")
		c.up.Store(true)
		defer c.up.Store(false)
		return true, c.collect(ctx, link)
	})
	cancel()
	return nil
}

func (c *Collector) filters() ([]string, error) {
	if len(c.c.Partitions) == 0 {
		group, err := c.c.HQ.Secret("collectors")
		if err != nil {
			return nil, err
		}
		return append(cloudsync.SharedFilters(hex.EncodeToString(group[:16])), cloudsync.FilterState, cloudsync.FilterReported), nil
	}
	var list []string
	for _, p := range c.c.Partitions {
		list = append(list, cloudsync.PartitionFilters(p)...)
	}
	return list, nil
}

// project runs the projections whenever a mark has moved.
func (c *Collector) project(ctx context.Context) {
	passed, stop := c.c.HQ.passed.watch(struct{}{})
	defer stop()
	var p pace
	for {
		wait := time.Duration(0)
		if err := c.c.HQ.projectBehind(ctx, &p); err != nil && ctx.Err() == nil {
			c.c.Log.Error("projection failed, trying again", "error", err)
			wait = time.Second
		}
		retry := make(<-chan time.Time)
		if wait > 0 {
			retry = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-passed:
		case <-retry:
		}
	}
}

// collect serves one connection: messages go to a worker by their node, so
// that a node's batches keep the order in which they came.
func (c *Collector) collect(ctx context.Context, link cloudsync.Link) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	d := newDownlink(c.c, link)
	wg.Go(func() { d.run(ctx) })
	wg.Go(func() { c.publishCommands(ctx, link) })
	wg.Go(func() { c.publishDesired(ctx, link) })
	queues := make([]chan cloudsync.Message, c.c.Workers)
	for i := range queues {
		queues[i] = make(chan cloudsync.Message, 16)
		committing := make(chan received, groupBatches)
		wg.Go(func() { c.work(ctx, d, queues[i], committing) })
		wg.Go(func() { c.reply(ctx, link, committing) })
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-link.Messages():
			t, err := cloudsync.ParseTopic(m.Topic)
			if err != nil {
				c.c.Log.Warn("message ignored", "error", err)
				continue
			}
			select {
			case queues[slot(t.Node, len(queues))] <- m:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

func slot(node string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(node))
	return int(h.Sum32() % uint32(n))
}

// reply waits for the commits and publishes the acks, in the order in which the
// batches came. Meanwhile work reads on, so that many batches are committed
// together.
func (c *Collector) reply(ctx context.Context, link cloudsync.Link, committing <-chan received) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-committing:
			m, err := c.c.HQ.answer(ctx, r)
			if err == nil {
				err = link.Publish(ctx, m)
			}
			if err != nil && ctx.Err() == nil {
				c.c.Log.Warn("batch not acknowledged", "topic", r.topic, "error", err)
			}
		}
	}
}

func (c *Collector) work(ctx context.Context, d *downlink, queue <-chan cloudsync.Message, committing chan<- received) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-queue:
			if err := c.handle(ctx, d, m, committing); err != nil && ctx.Err() == nil {
				c.c.Log.Warn("message not handled", "topic", m.Topic, "error", err)
			}
		}
	}
}

func (c *Collector) handle(ctx context.Context, d *downlink, m cloudsync.Message, committing chan<- received) error {
	t, err := cloudsync.ParseTopic(m.Topic)
	if err != nil {
		return err
	}
	switch t.Branch {
	case cloudsync.BranchUp:
		if t.Lane == cloudsync.LaneTele {
			return c.c.HQ.sampled(ctx, t, m.Payload)
		}
		select {
		case committing <- c.c.HQ.receive(ctx, t, m.Payload):
		case <-ctx.Done():
		}
		return nil
	case cloudsync.BranchRsp:
		reply, waiting, err := c.c.HQ.responded(ctx, t, m.Payload)
		if waiting {
			d.send(t.Node)
		}
		if err == nil && reply != nil {
			err = d.link.Publish(ctx, *reply)
		}
		return err
	case cloudsync.BranchReported:
		return c.c.HQ.reported(ctx, t, m.Payload)
	case cloudsync.BranchState:
		if err := c.c.HQ.heard(ctx, t, m.Payload); err != nil {
			return err
		}
		d.restart(t.Node)
		c.c.HQ.commands.tell("")
		c.c.HQ.wishes.tell(struct{}{})
		return nil
	}
	return errors.New("not a topic for HQ: " + m.Topic)
}
