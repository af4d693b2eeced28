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
// messages or its answer to a command. waiting says that downlink messages wait
// for the node.
func (h *HQ) responded(ctx context.Context, t cloudsync.Topic, payload []byte) (waiting bool, err error) {
	env, err := cloudsync.Open(payload)
	if err == nil && env.Kind == cloudsync.KindRsp {
		return false, h.answered(ctx, t, payload)
	}
	return h.confirmed(ctx, t, payload) // it says what else is wrong
}
