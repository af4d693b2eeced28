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

// Prune forgets what is older than that, and returns how many conversations.
func (t *Talks) Prune(ctx context.Context) (conversations int, err error) {
	const op = "talk.Prune"
	if _, err := t.db.Write.ExecContext(ctx, "delete from chat_taken where at < $1", t.now().Add(-keepTaken).UnixMilli()); err != nil {
		return 0, fmt.Errorf("%s: %w", op, err)
	}
	res, err := t.db.Write.ExecContext(ctx, "delete from chat where heard < $1", t.now().Add(-keep).UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("%s: %w", op, err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
