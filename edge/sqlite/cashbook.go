package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.CashBook = (*DB)(nil)

// RecordCash records an entry of the cash book.
func (db *DB) RecordCash(ctx context.Context, key string, e edge.CashEntry) (*edge.CashRecord, bool, error) {
	return once(ctx, db, key, callCash, e, func(ctx context.Context, t *tx) (*edge.CashRecord, error) {
		shift, err := cashShift(ctx, t.conn, t.db.opt.Till)
		if err != nil {
			return nil, err
		}
		rel, err := t.releaseInForce(ctx)
		if err != nil {
			return nil, err
		}
		r, err := e.Record(shift, rel.Currency, t.now())
		if err != nil {
			return nil, err
		}
		r.ID, r.Shop, r.Till = t.db.opt.NewID(), t.db.opt.Shop, t.db.opt.Till
		if err := t.audit(ctx, r.Deeds()); err != nil {
			return nil, err
		}
		return r, t.putCash(ctx, r)
	})
}

func (t *tx) putCash(ctx context.Context, r *edge.CashRecord) error {
	if r.Kind == edge.CashFloat {
		err := t.conn.QueryRowContext(ctx, `SELECT coalesce(max(shift), 0) + 1 FROM cash_record WHERE till = ?`, r.Till).Scan(&r.Shift)
		if err != nil {
			return err
		}
	}
	if r.Kind == edge.CashFloat || r.Kind == edge.CashClose {
		e, err := t.epoch(ctx)
		if err != nil {
			return err
		}
		r.Last = &edge.ReceiptMark{Series: e.n}
		err = t.conn.QueryRowContext(ctx, `SELECT last FROM receipt WHERE till = ? AND series = ?`, r.Till, e.n).Scan(&r.Last.Counter)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	ev, err := t.append(ctx, edge.LaneOps, edge.EventCash, r.ID, r)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO cash_record (id, till, shift, kind, event, body, due, given) VALUES (?, ?, ?, ?, ?, ?,
		(SELECT coalesce(max(n), 0) FROM refund_due), (SELECT coalesce(max(n), 0) FROM refund_given))`,
		r.ID, r.Till, r.Shift, r.Kind, ev.ID, []byte(ev.Data))
}

// CashShift is the shift that is open.
func (db *DB) CashShift(ctx context.Context) (*edge.CashShift, error) {
	s, err := cashShift(ctx, db.reader, db.opt.Till)
	return s, fault("sqlite.CashShift", err)
}

func cashShift(ctx context.Context, q querier, till string) (*edge.CashShift, error) {
	s := &edge.CashShift{}
	var due, given int64
	err := q.QueryRowContext(ctx, `SELECT shift, due, given FROM cash_record f WHERE till = ? AND kind = 'float'
		AND NOT EXISTS (SELECT 1 FROM cash_record c WHERE c.till = f.till AND c.shift = f.shift AND c.kind = 'close')
		ORDER BY shift DESC LIMIT 1`, till).Scan(&s.Number, &due, &given)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if s.Records, err = bodies[edge.CashRecord](ctx, q, `SELECT body FROM cash_record WHERE till = ? AND shift = ? ORDER BY n`, till, s.Number); err != nil {
		return nil, err
	}
	x := edge.ZReport{Till: till}
	if err := addUp(ctx, q, &x, *s.Records[0].Last, edge.ReceiptMark{Series: math.MaxUint32, Counter: math.MaxInt64}); err != nil {
		return nil, err
	}
	s.Totals = x.Totals
	// What is taken back of an epoch before the float's was in the drawer then.
	const since = ` AND EXISTS (SELECT 1 FROM event e WHERE e.id = event AND e.epoch >= ?)`
	taken, err := bodies[edge.RefundDue](ctx, q, `SELECT body FROM refund_due WHERE n > ? AND sale IS NULL`+since, due, s.Records[0].Last.Series)
	if err != nil {
		return nil, err
	}
	for i := range taken {
		s.Other += taken[i].Cash()
	}
	back, err := bodies[edge.RefundGiven](ctx, q, `SELECT body FROM refund_given WHERE n > ?`+since, given, s.Records[0].Last.Series)
	if err != nil {
		return nil, err
	}
	for i := range back {
		s.Other -= back[i].Cash()
	}
	return s, nil
}

// CashRecords lists the newest records.
func (db *DB) CashRecords(ctx context.Context, limit int) ([]edge.CashRecord, error) {
	list, err := bodies[edge.CashRecord](ctx, db.reader, `SELECT body FROM cash_record ORDER BY n DESC LIMIT ?`, limit)
	return append([]edge.CashRecord{}, list...), fault("sqlite.CashRecords", err)
}
