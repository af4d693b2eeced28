package sqlite

import (
	"context"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	pruneAtOnce = 200 // carts of each kind in one commit, so that no sale waits for long
	pruneEvery  = time.Hour
)

// PruneCarts forgets carts that were left alone for longer than keep says, a
// few at a time, and returns how many. A cart of which HQ has not heard all is
// kept: it could come back from there with less than it had, and its line
// numbers would be given out again. So is one of which money was taken.
func (db *DB) PruneCarts(ctx context.Context, keep edge.CartKeep) (int, error) {
	const op = "sqlite.PruneCarts"
	if err := keep.Check(); err != nil {
		return 0, err
	}
	waiting, oldest, err := db.Waiting(ctx, edge.LaneOps)
	if err != nil {
		return 0, err
	}
	now := db.opt.Now()
	before := func(d time.Duration) int64 {
		t := now.Add(-d)
		if waiting > 0 && oldest.Before(t) {
			t = oldest
		}
		return t.UnixMilli()
	}
	kinds := []struct {
		which  string
		before int64
	}{
		{bareCarts, now.Add(-keep.Empty).UnixMilli()}, // HQ never hears of these
		{unsoldCarts, before(keep.Open)},
		{closedCarts, before(keep.Closed)},
	}
	n, err := write(ctx, db, func(ctx context.Context, t *tx) (int, error) {
		sum := 0
		for _, k := range kinds {
			r, err := t.conn.ExecContext(ctx, pruneCarts(k.which), k.before, pruneAtOnce)
			if err != nil {
				return 0, err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return 0, err
			}
			sum += int(n)
		}
		return sum, nil
	})
	return n, fault(op, err)
}

// The kinds of carts, each with an index of its own.
const (
	bareCarts   = `closed = 0 AND bare = 1 AND taken = 0`
	unsoldCarts = `closed = 0 AND bare = 0 AND taken = 0`
	closedCarts = `closed = 1 AND taken = 0`
)

func pruneCarts(which string) string {
	return `DELETE FROM cart WHERE n IN (SELECT n FROM cart WHERE ` + which + ` AND changed < ? ORDER BY changed LIMIT ?)`
}

// KeepCarts forgets old carts now and then until ctx is done.
func (db *DB) KeepCarts(ctx context.Context, keep edge.CartKeep) error {
	if err := keep.Check(); err != nil {
		return err
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		sum := 0
		for n := 1; n > 0 && ctx.Err() == nil; {
			var err error
			if n, err = db.PruneCarts(ctx, keep); err != nil && ctx.Err() == nil {
				db.opt.Log.ErrorContext(ctx, "old carts could not be forgotten", "err", err)
			}
			sum += n
		}
		if err := db.tidied(ctx, "carts", sum); err != nil && ctx.Err() == nil {
			db.opt.Log.ErrorContext(ctx, "the audit log does not say how many carts were forgotten", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
