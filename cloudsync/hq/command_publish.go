package hq

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// publishCommands tells connected nodes what is asked of them, over one
// connection, until ctx ends.
func (c *Collector) publishCommands(ctx context.Context, link cloudsync.Link) {
	fresh, stop := c.c.HQ.commands.watch("")
	defer stop()
	tick := time.NewTicker(c.c.Resend)
	defer tick.Stop()
	for {
		list, err := c.c.HQ.dueCommands(ctx, c.c.Resend)
		for _, m := range list {
			if perr := link.Publish(ctx, m); perr != nil && err == nil {
				err = fmt.Errorf("publish to %s: %w", m.Topic, perr)
			}
		}
		if err != nil && ctx.Err() == nil {
			c.c.Log.Warn("commands", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-fresh:
		case <-tick.C:
		}
	}
}

// responded takes what came on a node's rsp topic: its confirmation of downlink
// messages, its answer to a command, or its question for what it lacks, which is
// replied to. waiting says that downlink messages wait for the node.
func (h *HQ) responded(ctx context.Context, t cloudsync.Topic, payload []byte) (reply *cloudsync.Message, waiting bool, err error) {
	env, err := cloudsync.Open(payload)
	switch {
	case err == nil && env.Kind == cloudsync.KindRsp:
		return nil, false, h.answered(ctx, t, payload)
	case err == nil && env.Kind == cloudsync.KindRecall:
		m, err := h.recalled(ctx, t, payload)
		if err != nil {
			return nil, false, err
		}
		return &m, false, nil
	}
	waiting, err = h.confirmed(ctx, t, payload) // it says what else is wrong
	return nil, waiting, err
}
