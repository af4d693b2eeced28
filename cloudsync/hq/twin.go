package hq

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
)

// Rollouts bring bundles to the gateways' machines.
func (h *HQ) Rollouts() *rollout.Rollouts { return h.rollouts }

// byItself signs in the log for what headquarters does without being asked.
const byItself = "headquarters"

// noteRollout writes down what was done with a rollout.
func (h *HQ) noteRollout(ctx context.Context, tx *sql.Tx, by, what, rollout, detail string) error {
	return h.book.Done(ctx, tx, account.Act{By: cmp.Or(by, byItself), What: what, Subject: rollout, Detail: detail})
}

// publishDesired tells connected nodes which bundle they shall have, over one
// connection, until ctx ends.
func (c *Collector) publishDesired(ctx context.Context, link cloudsync.Link) {
	fresh, stop := c.c.HQ.wishes.watch(struct{}{})
	defer stop()
	tick := time.NewTicker(c.c.Resend)
	defer tick.Stop()
	for {
		due, err := c.c.HQ.rollouts.Due(ctx, c.c.Resend)
		for _, d := range due {
			m, serr := c.c.HQ.sealDesired(d)
			if serr == nil {
				serr = link.Publish(ctx, m)
			}
			if serr != nil && err == nil {
				err = fmt.Errorf("publish to %s: %w", d.Node, serr)
			}
		}
		if err != nil && ctx.Err() == nil {
			c.c.Log.Warn("bundles wanted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-fresh:
		case <-tick.C:
		}
	}
}

func (h *HQ) sealDesired(d *cloudsync.Desired) (cloudsync.Message, error) {
	body, err := d.Encode()
	if err != nil {
		return cloudsync.Message{}, err
	}
	topic := cloudsync.Topic{Node: d.Node, Branch: cloudsync.BranchDesired}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(h.key, cloudsync.KindDesired, topic, body), Retain: true}, nil
}

// reported takes in how a node's machine stands.
func (h *HQ) reported(ctx context.Context, t cloudsync.Topic, payload []byte) error {
	const op = "hq.reported"
	body, err := h.authentic(ctx, cloudsync.KindReported, t, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	r, err := cloudsync.DecodeReported(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if r.Node != t.Node {
		return &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: fmt.Sprintf("a report of %s came on %s", r.Node, t)}
	}
	env, err := cloudsync.Open(payload) // as it was opened before
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return h.rollouts.Report(ctx, env.Key, r)
}

// desiredBy seals what a node that asks over HTTPS should be told; nothing where
// it knows.
func (h *HQ) desiredBy(ctx context.Context, node string) ([]cloudsync.Message, error) {
	d, err := h.rollouts.Wanted(ctx, node)
	if err != nil || d == nil {
		return nil, err
	}
	m, err := h.sealDesired(d)
	if err != nil {
		return nil, fmt.Errorf("hq.desiredBy: %w", err)
	}
	return []cloudsync.Message{m}, nil
}
