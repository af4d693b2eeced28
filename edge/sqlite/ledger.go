package sqlite

import (
	"context"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// RecordSale sells a cart with the release in force.
func (db *DB) RecordSale(ctx context.Context, key string, co edge.Checkout) (*edge.Sale, bool, error) {
	a, err := newAsk(key, callSale, co)
	if err != nil {
		return nil, false, err
	}
	r, err := write(ctx, db, func(ctx context.Context, t *tx) (answer[*edge.Sale], error) {
		id, _, err := t.before(ctx, a)
		if err != nil {
			return answer[*edge.Sale]{}, err
		}
		if id != "" {
			s, err := saleByID(ctx, t.conn, id)
			return answer[*edge.Sale]{s, true}, err
		}
		s, err := t.sell(ctx, co)
		if err != nil {
			return answer[*edge.Sale]{}, err
		}
		err = t.exec(ctx, `INSERT INTO request (key, call, digest, sale) VALUES (?, ?, ?, ?)`, a.key, a.call, a.digest[:], s.ID)
		return answer[*edge.Sale]{s, false}, err
	})
	return r.reply, r.replayed, err
}

// sell makes the sale and everything that must commit with it.
func (t *tx) sell(ctx context.Context, co edge.Checkout) (*edge.Sale, error) {
	c, s, err := t.price(ctx, co)
	if err != nil {
		return nil, err
	}
	return s, t.putSale(ctx, s, c)
}

// price makes the sale of a cart with the release in force.
func (t *tx) price(ctx context.Context, co edge.Checkout) (*cartToSell, *edge.Sale, error) {
	c, err := t.loadToSell(ctx, co.Cart)
	if err != nil {
		return nil, nil, err
	}
	if c.order.Valid {
		return nil, nil, errOrdered(c.order.String)
	}
	r, err := t.releaseInForce(ctx)
	if err != nil {
		return nil, nil, err
	}
	co.Deal = c.deal
	s, err := co.Sale(c.Cart, r, t.now())
	if err == nil && c.deal != nil && len(c.deal.Parts) > 0 {
		c.deal.Parts = nil // they are the sale's now
		err = t.saveDeal(ctx, co.Cart, c.deal)
	}
	return c, s, err
}

// putSale gives a sale of c its name and numbers and stores it, with everything
// that must commit with it.
func (t *tx) putSale(ctx context.Context, s *edge.Sale, c *cartToSell) (err error) {
	if s.ID == "" {
		s.ID = t.db.opt.NewID()
	}
	s.Shop, s.Checkout = t.db.opt.Shop, c.checkout
	if s.Receipt, err = t.nextReceipt(ctx); err != nil {
		return err
	}
	event, err := t.append(ctx, edge.LaneSale, edge.EventSale, s.ID, s)
	if err != nil {
		return err
	}
	if err := t.imply(ctx, s.Moves(), event.Seq); err != nil {
		return err
	}
	c.Closed = s.Closing()
	body, err := t.saveCart(ctx, c.Cart, c.body)
	if err != nil {
		return err
	}
	if body != nil { // else HQ has closed it, and told of that
		if _, err := t.appendBody(ctx, edge.LaneOps, edge.EventCart, c.ID.String(), body); err != nil {
			return err
		}
	}
	err = t.exec(ctx, `INSERT INTO sale (id, cart, checkout, till, series, counter, event, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Cart.String(), s.Checkout, s.Receipt.Till, s.Receipt.Series, int64(s.Receipt.Counter), event.ID, []byte(event.Data))
	if err != nil {
		return err
	}
	if err := t.audit(ctx, s.Deeds()); err != nil {
		return err
	}
	if s.Elsewhere {
		return nil // nobody stands at the till; it can be printed when asked for
	}
	return t.ticket(ctx, edge.PrintReceipt, s.ID, s.Staff)
}

// nextReceipt takes the next receipt number, of the present epoch's series or,
// where its first could be another machine's, of a new one.
func (t *tx) nextReceipt(ctx context.Context) (edge.Receipt, error) {
	e, err := t.epoch(ctx)
	if err != nil {
		return edge.Receipt{}, err
	}
	r, err := t.nextOf(ctx, e)
	if err != nil || r.Counter > 1 {
		return r, err
	}
	if own, err := t.ownSeries(ctx, e); err != nil || own {
		return r, err
	}
	if err := t.exec(ctx, `DELETE FROM receipt WHERE till = ? AND series = ?`, r.Till, r.Series); err != nil {
		return r, err
	}
	if e, err = t.openEpoch(ctx, nil, edge.FarFrom(e.n)); err != nil {
		return r, err
	}
	t.db.opt.Log.WarnContext(ctx, "this database is new, and headquarters, which may know another machine of this name, was not heard yet: receipts are numbered in a series of their own",
		"epoch", e.id, "series", e.n)
	return t.nextOf(ctx, e)
}

func (t *tx) nextOf(ctx context.Context, e *epoch) (edge.Receipt, error) {
	r := edge.Receipt{Till: t.db.opt.Till, Series: e.n}
	// In two steps: what an INSERT returns goes through a table of its own.
	err := t.exec(ctx, `INSERT INTO receipt (till, series, last) VALUES (?, ?, 1)
		ON CONFLICT (till, series) DO UPDATE SET last = last + 1`, r.Till, r.Series)
	if err != nil {
		return r, err
	}
	err = t.conn.QueryRowContext(ctx, `SELECT last FROM receipt WHERE till = ? AND series = ?`, r.Till, r.Series).Scan(&r.Counter)
	return r, err
}

// now is the time in the precision that is stored.
func (t *tx) now() time.Time { return t.db.opt.Now().UTC().Truncate(time.Millisecond) }

// Sales lists the newest sales.
func (db *DB) Sales(ctx context.Context, limit int) ([]edge.RecordedSale, error) {
	return db.salesWhere(ctx, `TRUE ORDER BY n DESC LIMIT ?`, limit)
}

func (db *DB) salesWhere(ctx context.Context, which string, args ...any) (sales []edge.RecordedSale, err error) {
	const op = "sqlite.Sales"
	n := db.epoch.Load().n
	confirmed, err := mark(ctx, db.reader, n, edge.LaneSale)
	if err != nil {
		return nil, fault(op, err)
	}
	// What HQ lacked of an older epoch stands in the present one again.
	rows, err := db.reader.QueryContext(ctx, `SELECT body,
		NOT EXISTS (SELECT 1 FROM event e WHERE e.id = sale.event AND e.epoch = ? AND e.seq > ?)
		FROM sale WHERE `+which, append([]any{n, int64(confirmed)}, args...)...)
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
