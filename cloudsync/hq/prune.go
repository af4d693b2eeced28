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
		query string
		keep  time.Duration
	}{
		{"delete from incident where closed > 0 and closed < $1", keepIncident},
		{"delete from webhook_dead where at < $1", keepUndelivered},
	} {
		if _, err := h.db.Write.ExecContext(ctx, old.query, now.Add(-old.keep).UnixMilli()); err != nil {
			return fmt.Errorf("hq.pruneTold: %w", err)
		}
	}
	return h.talks.Prune(ctx)
}
