package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// order is what a part of a chain is to be, as the one line of JSON that its
// standard input begins with: a shop's gateway or a collector.
type order struct {
	Shop  *Shop         `json:",omitempty"`
	Again []edge.CartID `json:",omitempty"` // sales that were asked for and not answered
	Rate  float64       // sales a second; 0 for as many as it can

	Collector string        `json:",omitempty"`
	HQ        *Headquarters `json:",omitempty"`
}

func (o *order) name() string {
	if o.Shop != nil {
		return "gateway " + o.Shop.Node
	}
	return "collector " + o.Collector
}

// Part is a part of a chain in a process of its own. It does what stands in the
// first line of in until the end of in, and then comes to an end of its work; or
// until it is killed.
//
// A gateway prints "try CART" before each sale and "sold CART RECEIPT" once it
// is on disk.
func Part(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	var o order
	d := json.NewDecoder(in)
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf("what part to be: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	leave := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, io.MultiReader(d.Buffered(), in)) // its end is what matters
		close(leave)
	}()
	switch {
	case o.Shop != nil:
		g := &gateway{order: o, out: out, leave: leave, log: log}
		return g.run(ctx)
	case o.HQ != nil:
		h, err := o.HQ.Open(ctx, log)
		if err != nil {
			return err
		}
		collecting := Go(ctx, o.HQ.Collector(h, o.Collector, log).Run)
		<-leave
		return errors.Join(collecting.Stop(), h.Close())
	}
	return errors.New("what part to be: neither shop nor headquarters is named")
}

// gateway is a shop's.
type gateway struct {
	order
	db    *sqlite.DB
	out   io.Writer
	leave <-chan struct{}
	log   *slog.Logger
}

const (
	clerks = 4 // of a gateway, who sell at the same time
	// repeated is every how many sales a clerk sends the same one again, as after
	// an answer that was lost.
	repeated = 8
	// patience is how long headquarters may confirm nothing before a gateway
	// gives up.
	patience = 2 * time.Minute
)

func (g *gateway) run(ctx context.Context) (err error) {
	if g.db, err = g.Shop.Open(ctx, g.log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.db.Close()) }()
	up, err := g.Shop.Uplink(g.db, g.db, g.Shop.Dialer(g.log), g.log)
	if err != nil {
		return err
	}
	line := Go(ctx, up.Run)
	defer func() { err = errors.Join(err, line.Stop()) }()
	if err := g.repeat(ctx); err != nil {
		return err
	}
	group, sctx := errgroup.WithContext(ctx)
	turn := g.turns()
	for range clerks {
		group.Go(func() error { return g.clerk(sctx, turn) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := g.drain(ctx); err != nil {
		return fmt.Errorf("%w: %+v", err, up.Status())
	}
	return nil
}

// repeat asks again for the sales that were not answered, under the same keys.
func (g *gateway) repeat(ctx context.Context) error {
	for _, id := range g.Again {
		c, err := g.db.Cart(ctx, id)
		if err == nil {
			err = g.sell(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// turns gives a value for each sale that may be made; it is closed where there
// is no limit.
func (g *gateway) turns() <-chan time.Time {
	if g.Rate > 0 {
		return time.Tick(time.Duration(float64(time.Second) / g.Rate))
	}
	always := make(chan time.Time)
	close(always)
	return always
}

// clerk sells until it is time to leave.
func (g *gateway) clerk(ctx context.Context, turn <-chan time.Time) error {
	for n := 0; ; n++ {
		select {
		case <-g.leave:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-turn:
		}
		c, err := Cart(ctx, g.db)
		if err != nil {
			return err
		}
		fmt.Fprintf(g.out, "try %s\n", c.ID)
		if err := g.sell(ctx, c); err != nil {
			return err
		}
		if n%repeated == 0 {
			if err := g.sell(ctx, c); err != nil {
				return err
			}
		}
	}
}

// sell sells a cart, or gets the answer of before.
func (g *gateway) sell(ctx context.Context, c *edge.Cart) error {
	s, err := Sell(ctx, g.db, c)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(g.out, "sold %s %s\n", c.ID, s.Receipt)
	return err
}

// drain waits until headquarters has confirmed all there is.
func (g *gateway) drain(ctx context.Context) error {
	last, since := uint64(0), time.Now()
	for {
		var left uint64
		for _, lane := range edge.Lanes() {
			n, _, err := g.db.Waiting(ctx, lane)
			if err != nil {
				return err
			}
			left += n
		}
		if left == 0 {
			return nil
		}
		if left != last {
			last, since = left, time.Now()
		}
		if time.Since(since) > patience {
			return fmt.Errorf("headquarters does not confirm the last %d events", left)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
