package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// RecordSecondPayment records money that was taken for a cart that was paid.
func (db *DB) RecordSecondPayment(ctx context.Context, key string, co edge.Checkout) (*edge.RefundDue, bool, error) {
	return once(ctx, db, key, callDue, co, func(ctx context.Context, t *tx) (*edge.RefundDue, error) {
		c, _, err := loadCart(ctx, t.conn, co.Cart)
		if err != nil {
			return nil, err
		}
		r, err := t.releaseInForce(ctx)
		if err != nil {
			return nil, err
		}
		d, err := co.Second(c, r, t.now())
		if err != nil {
			return nil, err
		}
		d.ID, d.Shop = t.db.opt.NewID(), t.db.opt.Shop
		return d, t.putDue(ctx, d, nil)
	})
}

// saleDue makes the payment of the sale that second names due, if this ledger
// holds it and has not done so before.
func (t *tx) saleDue(ctx context.Context, second *edge.Closing, stands edge.Closing) error {
	var known bool
	err := t.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM refund_due WHERE id = ?)`, second.Sale).Scan(&known)
	if err != nil || known {
		return err
	}
	s, err := saleByID(ctx, t.conn, second.Sale)
	if edge.KindOf(err) == edge.NotFound {
		return nil // HQ took that money, and says so itself
	}
	if err != nil {
		return err
	}
	return t.putDue(ctx, s.Due(stands, t.now()), &s.ID)
}

func (t *tx) putDue(ctx context.Context, d *edge.RefundDue, sale *string) error {
	event, err := t.append(ctx, edge.LaneSale, edge.EventDue, d.ID, d)
	if err != nil {
		return err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO refund_due (id, cart, sale, event, body) VALUES (?, ?, ?, ?, ?)`,
		d.ID, d.Cart.String(), sale, event.ID, body)
}

// GiveBack records that the money of a second payment was given back.
func (db *DB) GiveBack(ctx context.Context, key string, g edge.GivingBack) (*edge.RefundGiven, bool, error) {
	return once(ctx, db, key, callGiven, g, func(ctx context.Context, t *tx) (*edge.RefundGiven, error) {
		const op = "sqlite.GiveBack"
		var body []byte
		var ofSale, given bool
		err := t.conn.QueryRowContext(ctx, `SELECT body, sale IS NOT NULL, EXISTS (SELECT 1 FROM refund_given WHERE due = d.id)
			FROM refund_due d WHERE id = ?`, g.Due).Scan(&body, &ofSale, &given)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil, edge.Errorf(op, edge.NotFound, "payment %.64q is not due", g.Due)
		case err != nil:
			return nil, err
		case ofSale:
			return nil, edge.Errorf(op, edge.Conflict, "this payment is a sale's: void the sale or refund it")
		case given:
			return nil, edge.Errorf(op, edge.Conflict, "this payment was given back already")
		}
		d, err := decode[edge.RefundDue](body)
		if err != nil {
			return nil, err
		}
		back, err := g.Of(d, t.now())
		if err != nil {
			return nil, err
		}
		back.Shop = t.db.opt.Shop
		ev, err := t.append(ctx, edge.LaneSale, edge.EventGiven, d.ID, back)
		if err != nil {
			return nil, err
		}
		if err := t.audit(ctx, back.Deeds()); err != nil {
			return nil, err
		}
		return back, t.exec(ctx, `INSERT INTO refund_given (due, event, body) VALUES (?, ?, ?)`, d.ID, ev.ID, []byte(ev.Data))
	})
}

// RefundsDue lists the newest payments that are due to be given back, those of
// sales until all of it was.
func (db *DB) RefundsDue(ctx context.Context, limit int) (due []edge.RefundDue, err error) {
	due, err = bodies[edge.RefundDue](ctx, db.reader, `SELECT body FROM refund_due d
		WHERE coalesce((SELECT sum(json_extract(CAST(r.body AS TEXT), '$.total.amount')) FROM reversal r WHERE r.sale = d.sale), -1)
			< json_extract(CAST(d.body AS TEXT), '$.total.amount')
		AND NOT EXISTS (SELECT 1 FROM refund_given g WHERE g.due = d.id) ORDER BY n DESC LIMIT ?`, limit)
	return due, fault("sqlite.RefundsDue", err)
}

// closingOf is how a cart was closed by the first sale that this ledger made of
// it; nil where there was none.
func closingOf(ctx context.Context, q querier, id edge.CartID) (*edge.Closing, error) {
	var body []byte
	err := q.QueryRowContext(ctx, `SELECT body FROM sale WHERE cart = ? ORDER BY checkout LIMIT 1`, id.String()).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := decode[edge.Sale](body)
	if err != nil {
		return nil, err
	}
	return s.Closing(), nil
}
