package talk

import (
	"context"
	"fmt"
	"time"
)

const (
	keep      = 30 * 24 * time.Hour // after a person's last word: as long as a cart
	keepTaken = 8 * 24 * time.Hour  // longer than a message of an app is taken for a new one
)

// Prune forgets what is older than that.
func (t *Talks) Prune(ctx context.Context) error {
	for query, keep := range map[string]time.Duration{
		"delete from chat where heard < $1":    keep,
		"delete from chat_taken where at < $1": keepTaken,
	} {
		if _, err := t.db.Write.ExecContext(ctx, query, t.now().Add(-keep).UnixMilli()); err != nil {
			return fmt.Errorf("talk.Prune: %w", err)
		}
	}
	return nil
}
