package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// MoveStock records moves that files bring.
func (db *DB) MoveStock(ctx context.Context, moves []edge.StockMove) error {
	for i := range moves {
		if err := moves[i].Check(); err != nil {
			return err
		}
	}
	_, err := write(ctx, db, func(ctx context.Context, t *tx) ([]edge.StockMove, error) {
		return t.enter(ctx, moves, false)
	})
	return err
}

// EnterStock records moves that people bring.
func (db *DB) EnterStock(ctx context.Context, key string, entry edge.StockEntry) ([]edge.StockMove, bool, error) {
	return once(ctx, db, key, callStock, entry, func(ctx context.Context, t *tx) ([]edge.StockMove, error) {
		moves, err := entry.At(t.now())
		if err != nil {
			return nil, err
		}
		for i := range moves {
			if err := t.stocked(ctx, moves[i].SKU); err != nil {
				return nil, err
			}
		}
		return t.enter(ctx, moves, true)
	})
}

// stocked refuses a product that neither the catalogue nor the stock knows.
func (t *tx) stocked(ctx context.Context, sku edge.SKU) error {
	r, err := t.releaseInForce(ctx)
	if err != nil {
		return err
	}
	if _, ok := r.Variant(sku); ok {
		return nil
	}
	var known bool
	err = t.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM stock WHERE sku = ?)`, sku).Scan(&known)
	if err == nil && !known {
		err = edge.Errorf("sqlite.EnterStock", edge.NotFound, "product %s is neither in catalogue %d nor in stock: read its code again", sku, r.Version)
	}
	return err
}

// enter records the moves that are new, each with its event, and returns them.
// One whose ref is known is left out; where strict, it must be the same.
func (t *tx) enter(ctx context.Context, moves []edge.StockMove, strict bool) ([]edge.StockMove, error) {
	entered := []edge.StockMove{}
	for _, m := range moves {
		known, err := t.entered(ctx, &m, strict)
		if err != nil {
			return nil, err
		}
		if known {
			continue
		}
		e, err := t.epoch(ctx)
		if err != nil {
			return nil, err
		}
		place := place{epoch: e.n}
		if m.Reason == edge.StockCounted {
			if place, err = t.count(ctx, &m); err != nil {
				return nil, err
			}
		}
		ev, err := t.append(ctx, edge.LaneSale, edge.EventStock, string(m.SKU), m)
		if err != nil {
			return nil, err
		}
		if m.Reason != edge.StockCounted {
			place.seq = ev.Seq
		}
		if m.Delta != 0 {
			if err := t.move(ctx, &m, place); err != nil {
				return nil, err
			}
		}
		entered = append(entered, m)
	}
	return entered, nil
}

// entered reports whether the move's ref is known already.
func (t *tx) entered(ctx context.Context, m *edge.StockMove, strict bool) (bool, error) {
	query, same := `SELECT delta FROM stock_move WHERE ref = ? AND sku = ? AND reason = ?`, m.Delta
	args := []any{m.Ref, m.SKU, m.Reason}
	if m.Reason == edge.StockCounted {
		query, same = `SELECT counted FROM stock_count WHERE ref = ? AND sku = ?`, m.Count.Counted
		args = args[:2]
	}
	var was int64
	err := t.conn.QueryRowContext(ctx, query, args...).Scan(&was)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case strict && was != same:
		return false, edge.Errorf("sqlite.EnterStock", edge.Conflict, "%s of %s with reference %q is entered already, with %d pieces: give this one another reference", m.Reason, m.SKU, m.Ref, was)
	}
	return true, nil
}

// place is where a move stands in LaneSale, over all epochs.
type place struct {
	epoch uint32
	seq   uint64
}

// count works out the move's delta, stores the count, and says where its move
// stands: where the shelf was looked at, so that an overlapping count sees it.
func (t *tx) count(ctx context.Context, m *edge.StockMove) (place, error) {
	const op = "sqlite.EnterStock"
	p := place{seq: m.Count.AsOf.Seq}
	e, err := past(ctx, t.conn, m.Count.AsOf.Epoch)
	if err != nil {
		return p, err
	}
	p.epoch = e.n
	last, _, err := head(ctx, t.conn, e.n, edge.LaneSale)
	if err != nil {
		return p, err
	}
	if p.seq > last {
		return p, edge.Errorf(op, edge.Invalid, "%s is counted as of %d, the ledger ends at %d: send the mark that was shown when counting began", m.SKU, p.seq, last)
	}
	var later bool
	err = t.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM stock_count WHERE sku = ? AND (epoch, seq) > (?, ?))`, m.SKU, p.epoch, int64(p.seq)).Scan(&later)
	if err != nil {
		return p, err
	}
	if later {
		return p, edge.Errorf(op, edge.Conflict, "%s was counted again after this count, and that one is entered: this one says nothing any more", m.SKU)
	}
	books, err := stockAsOf(ctx, t.conn, m.SKU, p)
	if err != nil {
		return p, err
	}
	m.Delta = m.Count.Counted - books
	return p, t.exec(ctx, `INSERT INTO stock_count (sku, ref, counted, epoch, seq, delta) VALUES (?, ?, ?, ?, ?, ?)`,
		m.SKU, m.Ref, m.Count.Counted, p.epoch, int64(p.seq), m.Delta)
}

// stockAsOf is the stock by the moves up to p. It reads the moves after p
// alone: all but counts, and what was taken back, stand in the order they were
// stored in.
func stockAsOf(ctx context.Context, q querier, sku edge.SKU, p place) (n int64, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT coalesce((SELECT quantity FROM stock WHERE sku = ?1), 0) - coalesce((
			SELECT sum(delta) FROM stock_move WHERE sku = ?1 AND (epoch, seq) > (?2, ?3) AND n > coalesce((
				SELECT n FROM stock_move WHERE (epoch, seq) <= (?2, ?3) AND reason <> 'count' AND recalled = 0 ORDER BY n DESC LIMIT 1), 0)), 0)`,
		sku, p.epoch, int64(p.seq)).Scan(&n)
	return n, err
}

// imply stores the moves that a record implies, whose event is seq of the
// present epoch.
func (t *tx) imply(ctx context.Context, moves []edge.StockMove, seq uint64) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	for i := range moves {
		if err := t.move(ctx, &moves[i], place{e.n, seq}); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) move(ctx context.Context, m *edge.StockMove, p place) error {
	return t.exec(ctx, `INSERT INTO stock_move (sku, delta, reason, ref, at, epoch, seq) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		m.SKU, m.Delta, m.Reason, m.Ref, m.At.UnixMilli(), p.epoch, int64(p.seq))
}

// CountMark is the present end of LaneSale.
func (db *DB) CountMark(ctx context.Context) (m edge.LaneMark, err error) {
	err = db.reader.QueryRowContext(ctx, `SELECT e.id, max(v.seq) FROM event v JOIN epoch e ON e.n = v.epoch
		WHERE v.lane = ? AND v.epoch = (SELECT max(n) FROM epoch)`, edge.LaneSale).Scan(&m.Epoch, &m.Seq)
	return m, fault("sqlite.CountMark", err)
}

// Stock is what the shop has of each SKU by its own moves.
func (db *DB) Stock(ctx context.Context) (map[edge.SKU]int64, error) {
	stock, err := stockNow(ctx, db.reader)
	return stock, fault("sqlite.Stock", err)
}

// StockOf is what the shop has of these SKUs.
func (db *DB) StockOf(ctx context.Context, skus []edge.SKU) (map[edge.SKU]int64, error) {
	const op = "sqlite.StockOf"
	list, err := json.Marshal(append([]edge.SKU{}, skus...))
	if err != nil {
		return nil, fault(op, err)
	}
	stock, err := readStock(ctx, db.reader, `SELECT sku, quantity FROM stock WHERE sku IN (SELECT value FROM json_each(?))`, string(list))
	return stock, fault(op, err)
}

func stockNow(ctx context.Context, q querier) (map[edge.SKU]int64, error) {
	return readStock(ctx, q, `SELECT sku, quantity FROM stock`)
}

func readStock(ctx context.Context, q querier, query string, args ...any) (map[edge.SKU]int64, error) {
	stock := map[edge.SKU]int64{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var sku edge.SKU
		var n int64
		err := rows.Scan(&sku, &n)
		stock[sku] = n
		return err
	}, query, args...)
	return stock, err
}
