package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

func errOrdered(order string) error {
	o := edge.Order{ID: order}
	return edge.Errorf("sqlite.order", edge.Conflict, "this cart is that of order %s: take money for the order", o.Number())
}

// notOrdered refuses the cart that shows an order.
func (t *tx) notOrdered(ctx context.Context, cart edge.CartID) error {
	var id string
	err := t.conn.QueryRowContext(ctx, `SELECT id FROM shop_order WHERE cart = ?`, cart.String()).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return errOrdered(id)
}

// PlaceOrder makes an order, with the cart that shows it.
func (db *DB) PlaceOrder(ctx context.Context, key string, a edge.OrderAsk) (*edge.KnownOrder, bool, error) {
	return once(ctx, db, key, callOrder, a, func(ctx context.Context, t *tx) (*edge.KnownOrder, error) {
		r, err := t.releaseInForce(ctx)
		if err != nil {
			return nil, err
		}
		var from *edge.Cart
		var before []byte
		if a.Cart != nil {
			if err := t.notOrdered(ctx, *a.Cart); err != nil {
				return nil, err
			}
			if from, before, err = loadCart(ctx, t.conn, *a.Cart); err != nil {
				return nil, err
			}
		}
		o, err := a.Place(from, r, t.now())
		if err != nil {
			return nil, err
		}
		o.ID = t.db.opt.NewID()
		rand.Read(o.Cart[:]) // never fails (crypto/rand)
		if err := t.moveLines(ctx, o, from, before); err != nil {
			return nil, err
		}
		ev, err := t.append(ctx, edge.LaneSale, edge.EventOrder, o.ID, o)
		if err != nil {
			return nil, err
		}
		err = t.exec(ctx, `INSERT INTO shop_order (id, cart, state, at, body) VALUES (?, ?, ?, ?, ?)`,
			o.ID, o.Cart.String(), o.State(), o.Since().UnixMilli(), []byte(ev.Data))
		if err != nil {
			return nil, err
		}
		if err := t.putContact(ctx, o.ID, &a); err != nil {
			return nil, err
		}
		if o.State() == edge.OrderPlaced { // else with what is paid first
			if err := t.ticket(ctx, edge.PrintOrder, o.ID, a.Staff); err != nil {
				return nil, err
			}
		}
		return knownOrder(ctx, t.conn, o.ID)
	})
}

// moveLines takes what is ordered out of a cart and into the order's own.
func (t *tx) moveLines(ctx context.Context, o *edge.Order, from *edge.Cart, before []byte) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	w := edge.EpochWriter(e.id)
	own, err := o.OwnCart(o.Cart, w, t.now())
	if err != nil {
		return err
	}
	if err := t.changedCart(ctx, own, nil); err != nil || from == nil {
		return err
	}
	if err := o.LeaveCart(from, w); err != nil {
		return err
	}
	return t.changedCart(ctx, from, before)
}

// changedCart stores a cart and tells HQ, where it is not as before.
func (t *tx) changedCart(ctx context.Context, c *edge.Cart, before []byte) error {
	body, err := t.saveCart(ctx, c, before)
	if err != nil || body == nil {
		return err
	}
	_, err = t.appendBody(ctx, edge.LaneOps, edge.EventCart, c.ID.String(), body)
	return err
}

// PayOrder takes money for an order or gives it back.
func (db *DB) PayOrder(ctx context.Context, key string, p edge.OrderPaying) (*edge.OrderMoney, bool, error) {
	return once(ctx, db, key, callOrderMoney, p, func(ctx context.Context, t *tx) (*edge.OrderMoney, error) {
		k, err := knownOrder(ctx, t.conn, p.Order)
		if err != nil {
			return nil, err
		}
		m, err := p.Money(k, t.now())
		if err != nil {
			return nil, err
		}
		m.ID = t.db.opt.NewID()
		return m, t.putOrderMoney(ctx, k, m)
	})
}

// putOrderMoney stores money of the order k with everything that must commit with
// it. Shop and Receipt are given here.
func (t *tx) putOrderMoney(ctx context.Context, k *edge.KnownOrder, m *edge.OrderMoney) (err error) {
	m.Shop = t.db.opt.Shop
	if m.Receipt, err = t.nextReceipt(ctx); err != nil {
		return err
	}
	ev, err := t.append(ctx, edge.LaneSale, m.Type(), m.Order, m)
	if err != nil {
		return err
	}
	err = t.exec(ctx, `INSERT INTO order_money (id, of, till, series, counter, event, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Order, m.Receipt.Till, m.Receipt.Series, int64(m.Receipt.Counter), ev.ID, []byte(ev.Data))
	if err != nil {
		return err
	}
	if err := t.audit(ctx, m.Deeds(k)); err != nil {
		return err
	}
	if k.Own && k.Stands == edge.OrderDepositPending {
		if err := t.stepOrder(ctx, &k.Order, edge.OrderPlaced, ""); err != nil {
			return err
		}
	}
	return t.ticket(ctx, edge.PrintOrder, m.ID, m.Staff)
}

// stepOrder brings an order that is not placed yet to another state.
func (t *tx) stepOrder(ctx context.Context, o *edge.Order, to edge.OrderState, reason string) error {
	if err := o.Move(edge.ByShop, to, reason, t.now()); err != nil {
		return err
	}
	ev, err := t.append(ctx, edge.LaneSale, edge.EventOrder, o.ID, o)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE shop_order SET state = ?, at = ?, body = ? WHERE id = ?`, o.State(), o.Since().UnixMilli(), []byte(ev.Data), o.ID)
}

// AskOrder asks HQ to change or cancel an order.
func (db *DB) AskOrder(ctx context.Context, key string, a edge.Asking) (*edge.KnownOrder, bool, error) {
	return once(ctx, db, key, callOrderRequest, a, func(ctx context.Context, t *tx) (*edge.KnownOrder, error) {
		k, err := knownOrder(ctx, t.conn, a.Order)
		if err != nil {
			return nil, err
		}
		r, err := a.Request(k, t.now())
		if err != nil {
			return nil, err
		}
		if err := t.audit(ctx, r.Deeds(k)); err != nil {
			return nil, err
		}
		if k.Abandons(r) {
			err = t.stepOrder(ctx, &k.Order, edge.OrderCancelled, r.Reason)
		} else {
			err = t.putRequest(ctx, r)
		}
		if err != nil {
			return nil, err
		}
		return knownOrder(ctx, t.conn, a.Order)
	})
}

func (t *tx) putRequest(ctx context.Context, r *edge.OrderRequest) error {
	r.ID, r.Shop = t.db.opt.NewID(), t.db.opt.Shop
	ev, err := t.append(ctx, edge.LaneSale, edge.EventOrderRequest, r.Order, r)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO order_request (id, of, event, body) VALUES (?, ?, ?, ?)`, r.ID, r.Order, ev.ID, []byte(ev.Data))
}

// CollectOrder hands an order over.
func (db *DB) CollectOrder(ctx context.Context, key string, c edge.Collecting) (*edge.KnownOrder, bool, error) {
	return once(ctx, db, key, callCollected, c, func(ctx context.Context, t *tx) (*edge.KnownOrder, error) {
		k, err := knownOrder(ctx, t.conn, c.Order)
		if edge.KindOf(err) == edge.NotFound && err != nil && c.Pass != nil && c.Pass.Order == c.Order {
			k, err = passedOrder(ctx, t.conn, c.Pass)
		}
		if err != nil {
			return nil, err
		}
		if k.Taken == nil { // it is paid with its cart
			closed, err := closingOf(ctx, t.conn, k.Cart)
			if err != nil {
				return nil, err
			}
			c.Paid = closed != nil
		}
		done, err := c.Collect(k, t.now())
		if err != nil {
			return nil, err
		}
		ev, err := t.append(ctx, edge.LaneSale, edge.EventOrderCollected, done.Order, done)
		if err != nil {
			return nil, err
		}
		err = t.exec(ctx, `INSERT INTO order_collected (of, event, body) VALUES (?, ?, ?)`, done.Order, ev.ID, []byte(ev.Data))
		return k.HandedOver(done), err
	})
}

// passedOrder is an order that is known here by what was scanned alone.
func passedOrder(ctx context.Context, q querier, p *edge.PickUpPass) (*edge.KnownOrder, error) {
	k := p.Known()
	done, err := bodies[edge.Collection](ctx, q, `SELECT body FROM order_collected WHERE of = ?`, p.Order)
	if err == nil && len(done) > 0 {
		k.Collected = &done[0]
	}
	return k, err
}

// remakeOrder adds an order, or the later state of one.
func (t *tx) remakeOrder(ctx context.Context, ev *edge.Event, o *edge.Order) error {
	return t.fit(ctx, ev, `INSERT INTO shop_order (id, cart, state, at, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, at = excluded.at, body = excluded.body
		WHERE state IN ('quoted', 'deposit_pending') AND excluded.at >= at`,
		o.ID, o.Cart.String(), o.State(), o.Since().UnixMilli(), []byte(ev.Data))
}
