package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.Recall = (*DB)(nil)

// Recalled says how far this database and HQ agree on each earlier epoch.
func (db *DB) Recalled(ctx context.Context) (list []edge.LaneMark, err error) {
	const op = "sqlite.Recalled"
	epochs, err := epochsOf(ctx, db.reader)
	if err != nil {
		return nil, fault(op, err)
	}
	present := db.epoch.Load().n
	for i := range epochs {
		if e := &epochs[i]; e.n < present {
			seq, err := agreed(ctx, db.reader, e)
			if err != nil {
				return nil, fault(op, err)
			}
			list = append(list, edge.LaneMark{Epoch: e.id, Seq: seq})
		}
	}
	rest, err := marks(ctx, db.reader, `SELECT epoch, seq FROM recall WHERE epoch NOT IN (SELECT id FROM epoch)`)
	return append(list, rest...), fault(op, err)
}

func marks(ctx context.Context, q querier, query string) (list []edge.LaneMark, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var m edge.LaneMark
		err := rows.Scan(&m.Epoch, &m.Seq)
		list = append(list, m)
		return err
	}, query)
	return list, err
}

// agreed is up to which event of LaneSale in e this database and HQ are known to
// agree: where it was taken back to, or else what HQ held when the epoch after
// it began, as far as it is here.
func agreed(ctx context.Context, q querier, e *epoch) (seq uint64, err error) {
	err = q.QueryRowContext(ctx, `SELECT seq FROM recall WHERE epoch = ?`, e.id).Scan(&seq)
	if !errors.Is(err, sql.ErrNoRows) {
		return seq, err
	}
	last, _, err := head(ctx, q, e.n, edge.LaneSale)
	if err != nil {
		return 0, err
	}
	err = q.QueryRowContext(ctx, `SELECT coalesce(max(json_extract(CAST(v.data AS TEXT), '$.parent.seq')), 0)
		FROM epoch e JOIN event v ON v.epoch = e.n AND v.lane = ? AND v.seq = 1 AND v.type = ?
		WHERE e.n > ? AND json_extract(CAST(v.data AS TEXT), '$.parent.epoch') = ?`,
		edge.LaneSale, edge.EventEpoch, e.n, e.id).Scan(&seq)
	return min(seq, last), err
}

// TakeBack records what a run of events made that HQ holds.
func (db *DB) TakeBack(ctx context.Context, r edge.Run) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.takeBack(ctx, &r)
	})
	return err
}

func (t *tx) takeBack(ctx context.Context, r *edge.Run) error {
	series, held, err := t.recalling(ctx, r)
	if err != nil || r.To <= held {
		return err
	}
	if r.From > held+1 {
		return edge.Errorf("sqlite.TakeBack", edge.Conflict, "events %d to %d of epoch %s do not follow event %d", r.From, r.To, r.Epoch, held)
	}
	if err := t.keep(ctx, r); err != nil {
		return err
	}
	for i := range r.Events {
		if ev := &r.Events[i]; ev.Seq > held {
			if err := t.remake(ctx, series, ev); err != nil {
				return err
			}
		}
	}
	return t.exec(ctx, `INSERT INTO recall (epoch, series, seq) VALUES (?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET seq = excluded.seq`,
		r.Epoch, series, int64(r.To))
}

// recalling is the series of the run's epoch and how far it was taken back. An
// epoch that is not known here says itself in its first event which series it
// has.
func (t *tx) recalling(ctx context.Context, r *edge.Run) (series uint32, held uint64, err error) {
	err = t.conn.QueryRowContext(ctx, `SELECT series, seq FROM recall WHERE epoch = ?`, r.Epoch).Scan(&series, &held)
	if !errors.Is(err, sql.ErrNoRows) {
		return series, held, err
	}
	present, err := t.epoch(ctx)
	if err != nil {
		return 0, 0, err
	}
	e, err := past(ctx, t.conn, r.Epoch)
	switch {
	case err == nil && e.n < present.n:
		held, err = agreed(ctx, t.conn, e)
		return e.n, held, err
	case err != nil && edge.KindOf(err) != edge.NotFound:
		return 0, 0, err
	}
	var opened *edge.EpochOpened
	if err != nil && r.From == 1 && len(r.Events) > 0 && r.Events[0].Type == edge.EventEpoch {
		opened, _ = decode[edge.EpochOpened](r.Events[0].Data)
	}
	if opened == nil || opened.Series == 0 || opened.Series >= present.n {
		return 0, 0, edge.Errorf("sqlite.TakeBack", edge.Invalid, "epoch %.64q is not one before the present", r.Epoch)
	}
	return opened.Series, 0, t.exec(ctx, `INSERT INTO epoch (n, id) VALUES (?, ?) ON CONFLICT DO NOTHING`, opened.Series, r.Epoch)
}

// keep stores the run's events where they are the continuation of those here.
func (t *tx) keep(ctx context.Context, r *edge.Run) error {
	e, err := past(ctx, t.conn, r.Epoch)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return nil // another epoch has its series: a copy of this machine began both
	}
	if err != nil {
		return err
	}
	seq, last, err := head(ctx, t.conn, e.n, edge.LaneSale)
	if err != nil {
		return err
	}
	prev := r.Prev
	for i := range r.Events {
		ev := &r.Events[i]
		h := ev.Hash(prev)
		if ev.Seq == seq+1 && prev == last {
			if err := t.store(ctx, e, ev, h); err != nil {
				return err
			}
			seq, last = ev.Seq, h
		}
		prev = h
	}
	if h, err := hashAt(ctx, t.conn, e.n, edge.LaneSale, r.To); err != nil || h != prev {
		return nil //nolint:nilerr // what is here parts from HQ's before that
	}
	return t.exec(ctx, `INSERT INTO mark (epoch, lane, mark) VALUES (?, ?, ?)
		ON CONFLICT (epoch, lane) DO UPDATE SET mark = max(mark, excluded.mark)`, e.n, edge.LaneSale, int64(r.To))
}

// TakenBack says that nothing of the epochs before the given one is lacking.
func (db *DB) TakenBack(ctx context.Context, epoch string) error {
	if err := db.recount(ctx); err != nil {
		return err
	}
	return db.settlePhoneSales(ctx, epoch)
}

// recount enters those counts again whose books have changed since: one product
// a commit, for that reads a good part of the moves.
func (db *DB) recount(ctx context.Context) error {
	const op = "sqlite.TakenBack"
	recalled, err := marks(ctx, db.reader, `SELECT epoch, seq FROM recall WHERE counted < seq`)
	if err != nil || len(recalled) == 0 {
		return fault(op, err)
	}
	skus, err := moved(ctx, db.reader)
	if err != nil {
		return fault(op, err)
	}
	for _, sku := range skus {
		c, err := miscount(ctx, db.reader, sku)
		if err != nil {
			return fault(op, err)
		}
		if c == nil {
			continue
		}
		_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
			c, err := miscount(ctx, t.conn, sku)
			if err != nil || c == nil { // counted anew meanwhile
				return struct{}{}, err
			}
			m := edge.StockMove{SKU: sku, Reason: edge.StockCounted, Ref: "recount " + t.db.opt.NewID(), At: t.now(), Count: c}
			_, err = t.enter(ctx, []edge.StockMove{m}, true)
			return struct{}{}, err
		})
		if err != nil {
			return err
		}
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		for _, m := range recalled {
			if err := t.exec(ctx, `UPDATE recall SET counted = ? WHERE epoch = ?`, int64(m.Seq), m.Epoch); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// moved lists the products of which moves were taken back.
func moved(ctx context.Context, q querier) (skus []edge.SKU, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var sku edge.SKU
		err := rows.Scan(&sku)
		skus = append(skus, sku)
		return err
	}, `SELECT DISTINCT sku FROM stock_move WHERE recalled = 1`)
	return skus, err
}

// miscount is a product's last count where the books say otherwise now; nil
// where all is well.
func miscount(ctx context.Context, q querier, sku edge.SKU) (*edge.StockCount, error) {
	var c edge.StockCount
	var p place
	err := q.QueryRowContext(ctx, `SELECT c.counted, e.id, c.epoch, c.seq FROM stock_count c JOIN epoch e ON e.n = c.epoch
		WHERE c.sku = ? ORDER BY c.epoch DESC, c.seq DESC, c.n DESC LIMIT 1`, sku).Scan(&c.Counted, &c.AsOf.Epoch, &p.epoch, &p.seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.AsOf.Seq = p.seq
	books, err := stockAsOf(ctx, q, sku, p)
	if err != nil || books == c.Counted {
		return nil, err
	}
	return &c, nil
}
