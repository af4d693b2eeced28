package hq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// maxDownWait bounds the pause after which messages that a node does not confirm
// go again. It grows to that: a thin line may still be busy with the first ones.
const maxDownWait = time.Minute

// downlink publishes what waits for the nodes over one connection.
type downlink struct {
	hq     *HQ
	link   cloudsync.Link
	log    *slog.Logger
	resend time.Duration
	stock  time.Duration
	work   chan downWork
	sent   map[string]downSent // by node
}

// downWork asks for a node's messages: those not yet sent over this connection
// or, from the start, all that it has not confirmed.
type downWork struct {
	node    string
	restart bool
}

// downSent is what was sent to a node.
type downSent struct {
	first uint64 // of those sent last time from the start: where the node stands
	last  uint64
	at    time.Time     // when that was
	wait  time.Duration // before they go again
}

func newDownlink(c CollectorConfig, link cloudsync.Link) *downlink {
	return &downlink{
		hq: c.HQ, link: link, log: c.Log, resend: c.Resend, stock: c.Stock,
		work: make(chan downWork, 64), sent: map[string]downSent{},
	}
}

// send and restart never wait: what does not fit the queue goes with the next
// round of resending.
func (d *downlink) send(node string)    { d.ask(downWork{node: node}) }
func (d *downlink) restart(node string) { d.ask(downWork{node: node, restart: true}) }

func (d *downlink) ask(w downWork) {
	select {
	case d.work <- w:
	default:
	}
}

func (d *downlink) run(ctx context.Context) {
	fresh, stop := d.hq.downs.watch(struct{}{})
	defer stop()
	tick := time.NewTicker(d.resend)
	defer tick.Stop()
	stock := time.NewTicker(d.stock)
	defer stock.Stop()
	for {
		var due []downWork
		var err error
		select {
		case <-ctx.Done():
			return
		case w := <-d.work:
			due = []downWork{w}
		case <-fresh:
			due, err = d.behind(ctx, false)
		case <-tick.C:
			due, err = d.behind(ctx, true)
		case <-stock.C:
			err = d.hq.tellStock(ctx)
		}
		for _, w := range due {
			err = errors.Join(err, d.publish(ctx, w))
		}
		if err != nil && ctx.Err() == nil {
			d.log.Warn("downlink", "error", err)
		}
	}
}

// behind lists the work that the connected nodes are waiting for. Those that had
// theirs only just are left in peace.
func (d *downlink) behind(ctx context.Context, restart bool) ([]downWork, error) {
	nodes, err := d.hq.behind(ctx)
	due := make([]downWork, 0, len(nodes))
	for _, n := range nodes {
		if s := d.sent[n]; !restart || time.Since(s.at) >= s.wait {
			due = append(due, downWork{n, restart})
		}
	}
	return due, err
}

func (d *downlink) publish(ctx context.Context, w downWork) error {
	const atOnce = 32
	s := d.sent[w.node]
	after := s.last
	if w.restart {
		after = 0
	}
	list, err := d.hq.pendingDown(ctx, w.node, after, atOnce)
	if err != nil {
		return err
	}
	if w.restart && len(list) > 0 {
		if s.wait = min(2*s.wait, max(maxDownWait, d.resend)); s.first != list[0].n {
			s.wait = d.resend / 2 // it has moved on
		}
		s.first = list[0].n
	}
	for _, p := range list {
		if err := d.link.Publish(ctx, p.message); err != nil {
			return fmt.Errorf("publish to %s: %w", w.node, err)
		}
		s.last, s.at = p.n, time.Now()
	}
	d.sent[w.node] = s
	return nil
}
