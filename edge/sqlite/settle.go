package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// settle writes the gateway's name and first epoch into a new database, and
// takes the present epoch from an old one, unless there is reason to begin
// another.
func (db *DB) settle(ctx context.Context, how start) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		err := t.exec(ctx, `INSERT INTO gateway (one, node, shop) VALUES (1, ?, ?) ON CONFLICT DO NOTHING`, db.opt.Node, db.opt.Shop)
		if err != nil {
			return struct{}{}, err
		}
		if how.old != "" {
			if db.saved, err = t.salvage(ctx, how.old); err != nil {
				return struct{}{}, err
			}
		}
		e, err := t.settleEpoch(ctx, how)
		if err != nil {
			return struct{}{}, err
		}
		n, err := t.carry(ctx, e, db.saved.beyond)
		db.saved.Events += n
		return struct{}{}, errors.Join(err, t.remakeAll(ctx, e, db.saved))
	})
	if err != nil {
		return fmt.Errorf("sqlite.Open: %w", err)
	}
	db.wrote.Store(db.opt.Now().UnixMilli())
	// Both may wait, a till that has just started may not.
	if err := errors.Join(db.tell(ctx), db.disk.look()); err != nil {
		db.opt.Log.WarnContext(ctx, "the ledger's witness and the room for sales are tried again", "err", err)
	}
	return nil
}

// settleEpoch is the present epoch, or a new one: in a new database, in one that
// takes another's place, and in one that the witness does not recognise.
func (t *tx) settleEpoch(ctx context.Context, how start) (*epoch, error) {
	e, err := t.epoch(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return t.openEpoch(ctx, nil, 0)
	}
	if err != nil {
		return nil, err
	}
	d, err := t.doubtOf(ctx, e)
	if err != nil || d == nil && !how.reopen {
		return e, err
	}
	above := max(e.n, t.db.witness.series())
	if d != nil && d.stranger {
		above = edge.FarFrom(above)
	}
	held := map[edge.Lane]uint64{}
	for _, lane := range edge.Lanes() {
		if held[lane], err = mark(ctx, t.conn, e.n, lane); err != nil {
			return nil, err
		}
	}
	opened, err := t.openEpoch(ctx, held, above)
	if err != nil {
		return nil, err
	}
	if d == nil {
		d = &doubt{why: "a backup was put in place"}
	}
	t.db.opt.Log.WarnContext(ctx, "new epoch and receipt series opened at the start", "why", d.why, "epoch", opened.id, "series", opened.n, "series_before", e.n)
	return opened, nil
}
