package hq

import (
	"context"
	"fmt"
	"time"
)

const followEvery = time.Second

// follow keeps up with what other collectors of the same database do, looks for
// incidents, and ends what they mend.
func (c *Collector) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	h := c.c.HQ
	var projected int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.LookForIncidents(ctx); err != nil && ctx.Err() == nil {
			c.c.Log.Warn("looking for incidents", "error", err)
		}
		passed, pos, err := h.progress(ctx)
		if err != nil {
			if ctx.Err() == nil {
				c.c.Log.Warn("looking after the ledger", "error", err)
			}
			continue
		}
		if pos != projected {
			projected = pos
			h.changed.tell(struct{}{})
		}
		if passed > pos { // a collector may have died before it projected
			h.passed.tell(struct{}{})
		}
	}
}

// progress is how far the marks and the projection are.
func (h *HQ) progress(ctx context.Context) (passed, projected int64, err error) {
	const q = "select (select coalesce(max(last), 0) from passage), pos from projection where name = 'inbox'"
	if err := h.db.Read.QueryRowContext(ctx, q).Scan(&passed, &projected); err != nil {
		return 0, 0, fmt.Errorf("hq.progress: %w", err)
	}
	return passed, projected, nil
}
