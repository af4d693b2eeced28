package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mattn/go-sqlite3"

	"github.com/mirrorcart/mirrorcart/edge"
)

// remake makes the rows that follow from an event of LaneSale in an earlier
// epoch, as far as they are not here: the sales and all else that a lost
// database knew. It makes no event. Stock moves whatever becomes of the record:
// HQ counts them as well.
func (t *tx) remake(ctx context.Context, series uint32, ev *edge.Event) error {
	at := place{series, ev.Seq}
	switch ev.Type {
	case edge.EventSale:
		return remakeOf(ctx, t, ev, func(s *edge.Sale) error { return t.remakeSale(ctx, ev, s, at) })
	case edge.EventVoid:
		return remakeOf(ctx, t, ev, func(v *edge.Void) error {
			return t.remakeReversal(ctx, ev, reversal{kind: ev.Type, id: v.ID, sale: v.Sale, receipt: v.Receipt, moves: v.Moves()}, at)
		})
	case edge.EventRefund:
		return remakeOf(ctx, t, ev, func(r *edge.Refund) error {
			return t.remakeReversal(ctx, ev, reversal{kind: ev.Type, id: r.ID, sale: r.Sale, receipt: r.Receipt, moves: r.Moves()}, at)
		})
	case edge.EventZ:
		return remakeOf(ctx, t, ev, func(z *edge.ZReport) error {
			return t.fit(ctx, ev, `INSERT INTO z_report (id, till, series, number, first, last, event, body) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
				WHERE NOT EXISTS (SELECT 1 FROM z_report WHERE id = ?1)`,
				z.ID, z.Till, z.Series, z.Number, int64(z.From), int64(z.To), ev.ID, []byte(ev.Data))
		})
	case edge.EventEInvoice:
		return remakeOf(ctx, t, ev, func(e *edge.EInvoice) error { return t.remakeEInvoice(ctx, ev, e) })
	case edge.EventDue:
		return remakeOf(ctx, t, ev, func(d *edge.RefundDue) error {
			return t.fit(ctx, ev, `INSERT INTO refund_due (id, cart, sale, event, body) SELECT ?1, ?2, (SELECT id FROM sale WHERE id = ?1), ?3, ?4
				WHERE NOT EXISTS (SELECT 1 FROM refund_due WHERE id = ?1)`, d.ID, d.Cart.String(), ev.ID, []byte(ev.Data))
		})
	case edge.EventGiven:
		return remakeOf(ctx, t, ev, func(g *edge.RefundGiven) error {
			return t.fit(ctx, ev, `INSERT INTO refund_given (due, event, body) SELECT ?1, ?2, ?3
				WHERE NOT EXISTS (SELECT 1 FROM refund_given WHERE due = ?1)`, g.Due, ev.ID, []byte(ev.Data))
		})
	case edge.EventTransfer:
		return remakeOf(ctx, t, ev, func(tr *edge.Transfer) error { return t.remakeTransfer(ctx, series, tr) })
	case edge.EventOrder:
		return remakeOf(ctx, t, ev, func(o *edge.Order) error { return t.remakeOrder(ctx, ev, o) })
	case edge.EventOrderPaid, edge.EventOrderRefunded:
		return remakeOf(ctx, t, ev, func(m *edge.OrderMoney) error {
			err := t.fit(ctx, ev, `INSERT INTO order_money (id, of, till, series, counter, event, body) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
				WHERE NOT EXISTS (SELECT 1 FROM order_money WHERE id = ?1)`,
				m.ID, m.Order, m.Receipt.Till, m.Receipt.Series, int64(m.Receipt.Counter), ev.ID, []byte(ev.Data))
			return errors.Join(err, t.givenOut(ctx, ev, m.Receipt))
		})
	case edge.EventOrderRequest:
		return remakeOf(ctx, t, ev, func(r *edge.OrderRequest) error {
			return t.fit(ctx, ev, `INSERT INTO order_request (id, of, event, body) SELECT ?1, ?2, ?3, ?4
				WHERE NOT EXISTS (SELECT 1 FROM order_request WHERE id = ?1)`, r.ID, r.Order, ev.ID, []byte(ev.Data))
		})
	case edge.EventOrderCollected:
		return remakeOf(ctx, t, ev, func(c *edge.Collection) error {
			return t.fit(ctx, ev, `INSERT INTO order_collected (of, event, body) SELECT ?1, ?2, ?3
				WHERE NOT EXISTS (SELECT 1 FROM order_collected WHERE of = ?1)`, c.Order, ev.ID, []byte(ev.Data))
		})
	case edge.EventStock:
		return remakeOf(ctx, t, ev, func(m *edge.StockMove) error { return t.remakeMove(ctx, ev, m, at) })
	}
	return nil
}

// remakeOf hands an event's data to do; data that does not decode is left out.
func remakeOf[T any](ctx context.Context, t *tx, ev *edge.Event, do func(*T) error) error {
	v, err := decode[T](ev.Data)
	if err != nil {
		t.leaveOut(ctx, ev, err)
		return nil
	}
	return do(v)
}

func (t *tx) leaveOut(ctx context.Context, ev *edge.Event, why error) {
	t.db.opt.Log.ErrorContext(ctx, "a record of the past does not fit beside those made since and is left out", "event", ev.ID, "type", ev.Type, "of", ev.Subject, "err", why)
}

// fit adds a row, unless the rows that are here forbid it.
func (t *tx) fit(ctx context.Context, ev *edge.Event, query string, args ...any) error {
	err := t.exec(ctx, query, args...)
	if e, ok := errors.AsType[sqlite3.Error](err); ok && e.Code == sqlite3.ErrConstraint {
		t.leaveOut(ctx, ev, err)
		return nil
	}
	return err
}

func (t *tx) remakeSale(ctx context.Context, ev *edge.Event, s *edge.Sale, at place) error {
	if err := t.remakeMoves(ctx, ev, s.Moves(), at); err != nil {
		return err
	}
	// Its cart may have been sold again since, as the first time for all we knew.
	err := t.fit(ctx, ev, `INSERT INTO sale (id, cart, checkout, till, series, counter, event, body)
		SELECT ?1, ?2, max(?3, (SELECT coalesce(max(checkout), 0) + 1 FROM sale WHERE cart = ?2)), ?4, ?5, ?6, ?7, ?8
		WHERE NOT EXISTS (SELECT 1 FROM sale WHERE id = ?1)`,
		s.ID, s.Cart.String(), s.Checkout, s.Receipt.Till, s.Receipt.Series, int64(s.Receipt.Counter), ev.ID, []byte(ev.Data))
	if err != nil {
		return err
	}
	if err := t.givenOut(ctx, ev, s.Receipt); err != nil {
		return err
	}
	c, err := t.loadToSell(ctx, s.Cart)
	if err != nil && edge.KindOf(err) == edge.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if c.deal != nil && c.deal.Spend(s.Payments) {
		if err := t.saveDeal(ctx, s.Cart, c.deal); err != nil {
			return err
		}
	}
	second := edge.SecondClosing(c.Closed, s.Closing())
	c.Closed = edge.FirstClosing(c.Closed, s.Closing())
	if second != nil {
		if err := t.saleDue(ctx, second, *c.Closed); err != nil {
			return err
		}
	}
	_, err = t.saveCart(ctx, c.Cart, c.body)
	return err
}

// givenOut makes the series go on above a receipt.
func (t *tx) givenOut(ctx context.Context, ev *edge.Event, r edge.Receipt) error {
	return t.fit(ctx, ev, `INSERT INTO receipt (till, series, last) VALUES (?, ?, ?)
		ON CONFLICT (till, series) DO UPDATE SET last = max(last, excluded.last)`, r.Till, r.Series, int64(r.Counter))
}

func (t *tx) remakeReversal(ctx context.Context, ev *edge.Event, r reversal, at place) error {
	if err := t.remakeMoves(ctx, ev, r.moves, at); err != nil {
		return err
	}
	err := t.fit(ctx, ev, `INSERT INTO reversal (id, kind, of_receipt, sale, till, series, counter, event, body)
		SELECT ?1, ?2, ?3, (SELECT id FROM sale WHERE id = ?4), ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM reversal WHERE id = ?1)`,
		r.id, r.column(), r.sale.Receipt.String(), r.sale.ID, r.receipt.Till, r.receipt.Series, int64(r.receipt.Counter), ev.ID, []byte(ev.Data))
	if err != nil {
		return err
	}
	return t.givenOut(ctx, ev, r.receipt)
}

// remakeEInvoice adds a state that may follow the one in force.
func (t *tx) remakeEInvoice(ctx context.Context, ev *edge.Event, e *edge.EInvoice) error {
	now, err := einvoice(ctx, t.conn, e.Sale)
	if err != nil {
		return err
	}
	if known, err := e.Follow(now); known || err != nil {
		return nil //nolint:nilerr // it has gone further since
	}
	return t.fit(ctx, ev, `INSERT INTO einvoice (sale, state, reference, event, body) VALUES (?, ?, ?, ?, ?)`,
		e.Sale, e.State, e.Reference, ev.ID, []byte(ev.Data))
}

// remakeMove adds a move that somebody entered. Of one that was entered again
// since, under its old reference, the later stands: the earlier is taken off
// again, at HQ too.
func (t *tx) remakeMove(ctx context.Context, ev *edge.Event, m *edge.StockMove, at place) error {
	if err := m.Check(); err != nil {
		t.leaveOut(ctx, ev, err)
		return nil
	}
	if m.Count != nil {
		if err := t.remakeCount(ctx, ev, m, &at); err != nil {
			return err
		}
	}
	if m.Delta == 0 {
		return nil
	}
	var when int64
	err := t.conn.QueryRowContext(ctx, `SELECT at FROM stock_move WHERE ref = ? AND sku = ? AND reason = ?`, m.Ref, m.SKU, m.Reason).Scan(&when)
	if errors.Is(err, sql.ErrNoRows) || err == nil && when == m.At.UnixMilli() {
		return t.remakeMoves(ctx, ev, []edge.StockMove{*m}, at)
	}
	if err != nil {
		return err
	}
	m.Ref += " / " + ev.ID
	err = t.remakeMoves(ctx, ev, []edge.StockMove{*m}, at)
	if err != nil || m.Count != nil {
		return err // what was counted since is right, see TakenBack
	}
	off := edge.StockMove{SKU: m.SKU, Delta: -m.Delta, Reason: edge.StockGoodsIn, Ref: "twice " + ev.ID, At: t.now()}
	if _, err := t.append(ctx, edge.LaneSale, edge.EventStock, string(m.SKU), off); err != nil {
		return err
	}
	return t.remakeMoves(ctx, ev, []edge.StockMove{off}, at)
}

// remakeCount adds what was counted, and moves at to where that was.
func (t *tx) remakeCount(ctx context.Context, ev *edge.Event, m *edge.StockMove, at *place) error {
	e, err := past(ctx, t.conn, m.Count.AsOf.Epoch)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	*at = place{e.n, m.Count.AsOf.Seq}
	return t.fit(ctx, ev, `INSERT INTO stock_count (sku, ref, counted, epoch, seq, delta) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (ref, sku) DO NOTHING`, m.SKU, m.Ref, m.Count.Counted, at.epoch, int64(at.seq), m.Delta)
}

// remakeMoves adds the moves that are not here.
func (t *tx) remakeMoves(ctx context.Context, ev *edge.Event, moves []edge.StockMove, at place) error {
	for i := range moves {
		m := &moves[i]
		err := t.fit(ctx, ev, `INSERT INTO stock_move (sku, delta, reason, ref, at, epoch, seq, recalled) VALUES (?, ?, ?, ?, ?, ?, ?, 1)
			ON CONFLICT (ref, sku, reason) DO NOTHING`, m.SKU, m.Delta, m.Reason, m.Ref, m.At.UnixMilli(), at.epoch, int64(at.seq))
		if err != nil {
			return err
		}
	}
	return nil
}
