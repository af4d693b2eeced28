package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"time"
)

// Crash kills whatever a chain consists of, again and again, while its shops
// sell, and counts what became of the sales.
type Crash struct {
	Plan
	Kills int
	Every time.Duration // between kills, on average
	Rate  float64       // sales a second that each shop tries, 0 for as many as it can
	Seed  uint64        // the same one makes the same choice of victims
	// Part makes the command that runs Part in a process of its own.
	Part func() *exec.Cmd
	// Progress, if not nil, is told of each kill.
	Progress func(kills int)
}

// Check reports what is wrong with it.
func (c Crash) Check() error {
	switch {
	case c.Kills < 1 || c.Kills > 1_000_000:
		return fmt.Errorf("--kills is %d: want 1 to 1000000", c.Kills)
	case c.Every < 10*time.Millisecond || c.Every > time.Hour:
		return fmt.Errorf("--every is %s: want 10ms to 1h", c.Every)
	case !(c.Rate >= 0 && c.Rate <= 100_000):
		return fmt.Errorf("--rate is %v: want 0 to 100000", c.Rate)
	case c.Database == SQLite && c.Collectors > 1:
		return fmt.Errorf("--collectors is %d: with --hq %s want 1, for its database serves one process", c.Collectors, SQLite)
	}
	return c.Plan.Check()
}

// victim is something that is killed, and started again at once.
type victim struct {
	kind   string
	strike func(context.Context) error
}

// crash is a Crash that is under way.
type crash struct {
	Crash
	chain      *Chain
	shops      []*part
	collectors []*part
	tally      *tally
	died       chan error // of parts that nobody killed
}

// Run crashes the chain, lets what is left arrive, and counts.
func (c Crash) Run(ctx context.Context) (_ *CrashReport, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	chain, err := Start(ctx, c.Plan)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, chain.Stop()) }()
	r := &crash{Crash: c, chain: chain, tally: newTally(), died: make(chan error, 1)}
	defer r.kill()
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	if err := r.sell(ctx); err != nil {
		return nil, err
	}
	report := &CrashReport{Seed: c.Seed, Began: time.Now(), Victims: map[string]int{}}
	if err := r.strike(ctx, report); err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	h, err := chain.HQ.Open(ctx, c.Log)
	if err != nil {
		return nil, err
	}
	err = errors.Join(r.tally.count(ctx, h, report), h.Close())
	report.Took = time.Since(report.Began)
	return report, err
}

// start starts a part for each collector and each shop.
func (r *crash) start(ctx context.Context) error {
	for i := range r.Collectors {
		p, err := r.part(ctx, order{Collector: CollectorName(i), HQ: &r.chain.HQ}, nil)
		if err != nil {
			return err
		}
		r.collectors = append(r.collectors, p)
	}
	for i := range r.chain.Shops {
		p, err := r.shop(ctx, i)
		if err != nil {
			return err
		}
		r.shops = append(r.shops, p)
	}
	return nil
}

// shop starts shop i, which begins with the sales that it had no time to answer.
func (r *crash) shop(ctx context.Context, i int) (*part, error) {
	s := &r.chain.Shops[i]
	o := order{Shop: s, Again: r.tally.unanswered(s.Node), Rate: r.Rate}
	return r.part(ctx, o, func(line string) { r.tally.hear(s.Node, line) })
}

func (r *crash) victims() []victim {
	list := []victim{{"broker", func(ctx context.Context) error {
		r.chain.Broker.Kill()
		return r.chain.Broker.Restart(ctx)
	}}}
	for i := range r.shops {
		list = append(list, victim{"gateway", func(ctx context.Context) (err error) {
			r.shops[i].kill()
			r.shops[i], err = r.shop(ctx, i)
			return err
		}})
	}
	for i := range r.collectors {
		list = append(list, victim{"collector", func(ctx context.Context) (err error) {
			r.collectors[i].kill()
			r.collectors[i], err = r.part(ctx, order{Collector: CollectorName(i), HQ: &r.chain.HQ}, nil)
			return err
		}})
	}
	return list
}

// sell waits until every shop has sold something: before that there is nothing to
// lose.
func (r *crash) sell(ctx context.Context) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		n, err := r.tally.sellers()
		if err != nil || n == len(r.shops) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-r.died:
			return err
		case <-look.C:
		}
	}
}

// strike kills, one victim after the other.
func (r *crash) strike(ctx context.Context, report *CrashReport) error {
	rnd := rand.New(rand.NewPCG(r.Seed, 0)) //nolint:gosec // it is to be repeated
	victims := r.victims()
	for report.Kills < r.Kills {
		pause := time.Duration(rnd.Int64N(int64(2 * r.Every)))
		v := victims[rnd.IntN(len(victims))]
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-r.died:
			return err
		case <-time.After(pause):
		}
		if err := v.strike(ctx); err != nil {
			return fmt.Errorf("after %d kills: %s: %w", report.Kills, v.kind, err)
		}
		report.Kills++
		report.Victims[v.kind]++
		if r.Progress != nil {
			r.Progress(report.Kills)
		}
	}
	return nil
}

// settle lets the shops sell no more, waits until headquarters has confirmed all
// that they have, and ends the collectors.
func (r *crash) settle(ctx context.Context) error {
	for _, parts := range [][]*part{r.shops, r.collectors} {
		for _, p := range parts {
			p.leave()
		}
		for _, p := range parts {
			select {
			case <-p.ended:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	select {
	case err := <-r.died:
		return err
	default:
		return nil
	}
}

// kill ends whatever still runs.
func (r *crash) kill() {
	for _, p := range append(r.shops, r.collectors...) {
		if p != nil {
			p.kill()
		}
	}
}
