package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// recorded is a sale and whether it had been recorded before.
type recorded struct {
	sale     *edge.Sale
	replayed bool
}

// RecordSale sells a cart with the release in force.
func (db *DB) RecordSale(ctx context.Context, key string, co edge.Checkout) (*edge.Sale, bool, error) {
	const op = "sqlite.RecordSale"
	if len(key) < 8 || len(key) > 80 {
		return nil, false, edge.Errorf(op, edge.Invalid, "the idempotency key has %d characters, want 8 to 80", len(key))
	}
	asked, err := json.Marshal(co)
	if err != nil {
		return nil, false, fault(op, err)
	}
	digest := sha256.Sum256(asked)
	r, err := write(ctx, db, func(ctx context.Context, t *tx) (recorded, error) {
		s, err := t.answered(ctx, key, digest[:])
		if s != nil || err != nil {
			return recorded{s, true}, err
		}
		if s, err = t.sell(ctx, co); err != nil {
			return recorded{}, err
		}
		err = t.exec(ctx, `INSERT INTO request (key, digest, sale) VALUES (?, ?, ?)`, key, digest[:], s.ID)
		return recorded{s, false}, err
	})
	return r.sale, r.replayed, err
}

// answered is the sale that a request with this key made before, nil where
// there was none.
func (t *tx) answered(ctx context.Context, key string, digest []byte) (*edge.Sale, error) {
	var before, body []byte
	err := t.conn.QueryRowContext(ctx, `SELECT r.digest, s.body FROM request r JOIN sale s ON s.id = r.sale WHERE r.key = ?`, key).Scan(&before, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case string(before) != string(digest):
		return nil, edge.Errorf("sqlite.RecordSale", edge.Conflict, "this idempotency key was used for another sale: make a new key for each check-out")
	}
	return decode[edge.Sale](body)
}

// sell makes the sale and everything that must commit with it.
func (t *tx) sell(ctx context.Context, co edge.Checkout) (*edge.Sale, error) {
	c, before, err := loadCart(ctx, t.conn, co.Cart)
	if err != nil {
		return nil, err
	}
	r, err := t.db.releaseInForce(ctx, t.conn)
	if err != nil {
		return nil, err
	}
	s, err := co.Sale(c, r, t.now())
	if err != nil {
		return nil, err
	}
	s.ID, s.Shop = t.db.opt.NewID(), t.db.opt.Shop
	if err := t.number(ctx, s); err != nil {
		return nil, err
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		_, err := t.move(ctx, edge.StockMove{SKU: l.SKU, Delta: -int64(l.Quantity), Reason: edge.StockSale, Ref: s.ID, At: s.At})
		if err != nil {
			return nil, err
		}
	}
	c.Closed = &edge.Closing{Sale: s.ID, Receipt: s.Receipt.String(), At: s.At}
	if _, err := t.saveCart(ctx, c, before); err != nil {
		return nil, err
	}
	event, err := t.append(ctx, edge.LaneSale, edge.EventSale, s.ID, s)
	if err != nil {
		return nil, err
	}
	if _, err := t.append(ctx, edge.LaneOps, edge.EventCart, c.ID.String(), c); err != nil {
		return nil, err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return s, t.exec(ctx, `INSERT INTO sale (id, cart, checkout, till, series, counter, event, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Cart.String(), s.Checkout, s.Receipt.Till, s.Receipt.Series, int64(s.Receipt.Counter), event, body)
}

// number gives the sale its check-out and receipt numbers.
func (t *tx) number(ctx context.Context, s *edge.Sale) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	s.Receipt = edge.Receipt{Till: t.db.opt.Till, Series: e.n}
	err = t.conn.QueryRowContext(ctx, `INSERT INTO receipt (till, series, last) VALUES (?, ?, 1)
		ON CONFLICT (till, series) DO UPDATE SET last = last + 1 RETURNING last`, s.Receipt.Till, e.n).Scan(&s.Receipt.Counter)
	if err != nil {
		return err
	}
	return t.conn.QueryRowContext(ctx, `SELECT coalesce(max(checkout), 0) + 1 FROM sale WHERE cart = ?`, s.Cart.String()).Scan(&s.Checkout)
}

// now is the time in the precision that is stored.
func (t *tx) now() time.Time { return t.db.opt.Now().UTC().Truncate(time.Millisecond) }

// move stores a stock move and reports whether it was new.
func (t *tx) move(ctx context.Context, m edge.StockMove) (bool, error) {
	res, err := t.conn.ExecContext(ctx, `INSERT INTO stock_move (sku, delta, reason, ref, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (ref, sku, reason) DO NOTHING`, m.SKU, m.Delta, m.Reason, m.Ref, m.At.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Sales lists the newest sales.
func (db *DB) Sales(ctx context.Context, limit int) (sales []edge.RecordedSale, err error) {
	const op = "sqlite.Sales"
	n := db.epoch.Load().n
	confirmed, err := mark(ctx, db.reader, n, edge.LaneSale)
	if err != nil {
		return nil, fault(op, err)
	}
	// What HQ lacked of an older epoch stands in the present one again.
	rows, err := db.reader.QueryContext(ctx, `SELECT body,
		NOT EXISTS (SELECT 1 FROM event e WHERE e.id = sale.event AND e.epoch = ? AND e.seq > ?)
		FROM sale ORDER BY n DESC LIMIT ?`, n, int64(confirmed), limit)
	if err != nil {
		return nil, fault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		var r edge.RecordedSale
		if err := rows.Scan(&body, &r.Confirmed); err != nil {
			return nil, fault(op, err)
		}
		s, err := decode[edge.Sale](body)
		if err != nil {
			return nil, fault(op, err)
		}
		r.Sale = *s
		sales = append(sales, r)
	}
	return sales, fault(op, rows.Err())
}

// MoveStock records moves that are no sale.
func (db *DB) MoveStock(ctx context.Context, moves []edge.StockMove) error {
	for i := range moves {
		if err := moves[i].Check(); err != nil {
			return err
		}
	}
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		for _, m := range moves {
			isNew, err := t.move(ctx, m)
			if err != nil {
				return struct{}{}, err
			}
			if !isNew {
				continue
			}
			if _, err := t.append(ctx, edge.LaneSale, edge.EventStock, string(m.SKU), m); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// Stock is what the shop has of each SKU by its own moves.
func (db *DB) Stock(ctx context.Context) (map[edge.SKU]int64, error) {
	const op = "sqlite.Stock"
	rows, err := db.reader.QueryContext(ctx, `SELECT sku, quantity FROM stock`)
	if err != nil {
		return nil, fault(op, err)
	}
	defer rows.Close()
	stock := map[edge.SKU]int64{}
	for rows.Next() {
		var sku edge.SKU
		var n int64
		if err := rows.Scan(&sku, &n); err != nil {
			return nil, fault(op, err)
		}
		stock[sku] = n
	}
	return stock, fault(op, rows.Err())
}
