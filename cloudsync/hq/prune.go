package hq

import (
	"context"
	"fmt"
	"time"
)

// What people were told is no part of the ledger, and is forgotten in the end.
const (
	keepIncident    = 400 * 24 * time.Hour // that is over: as long as the shops keep their sales
	keepUndelivered = 90 * 24 * time.Hour  // what a webhook would not take: it is in the ledger too
)

// pruneTold forgets what is older than that.
func (h *HQ) pruneTold(ctx context.Context) error {
	now := h.now()
	for _, old := range []struct {
		what, query string
		keep        time.Duration
	}{
		{"incidents", "delete from incident where closed > 0 and closed < $1", keepIncident},
		{"undelivered notices", "delete from webhook_dead where at < $1", keepUndelivered},
	} {
		res, err := h.db.Write.ExecContext(ctx, old.query, now.Add(-old.keep).UnixMilli())
		if err != nil {
			return fmt.Errorf("hq.pruneTold: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return fmt.Errorf("hq.pruneTold: %w", err)
		}
		h.tidied(old.what, int(n))
	}
	n, err := h.talks.Prune(ctx)
	h.tidied("conversations", n)
	return err
}

// tidied writes down how much of something was forgotten because its time was
// over.
func (h *HQ) tidied(what string, n int) {
	if n > 0 {
		h.log.Info("what was kept for long enough was forgotten", "audit", true, "what", what, "count", n)
	}
}
