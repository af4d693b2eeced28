package hq

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// MayTakeMoney refuses to begin a payment on the phone for a cart that the shop
// holds, or may have sold, or that is paid as far as HQ knows.
func (h *HQ) MayTakeMoney(ctx context.Context, id edge.CartID) error {
	const op = "hq.MayTakeMoney"
	if err := h.Project(ctx); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	c, node, err := h.Cart(ctx, id)
	if err != nil {
		return err
	}
	if c.Closed != nil {
		return edge.Errorf(op, edge.Conflict, "this cart was already paid with receipt %s", c.Closed.Receipt)
	}
	s, err := h.SaleOfCart(ctx, id)
	if err == nil {
		return edge.Errorf(op, edge.Conflict, "this cart was already sold with receipt %s", s.Receipt)
	}
	if edge.KindOf(err) != edge.NotFound {
		return err
	}
	o, err := readOrder(ctx, h.db.Read, "cart = $1", id.String())
	if err == nil && o.Taken != nil { // its cart only shows it: a deposit may be paid
		return edge.Errorf(op, edge.Conflict, "order %s was taken in the shop: it is paid there", o.Number())
	}
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return fmt.Errorf("%s: %w", op, err)
	}
	known, err := h.knownUntil(ctx, node)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !c.Claim.ForHQ(h.now(), known) {
		return edge.Errorf(op, edge.Conflict, "the shop takes the money for this cart: choose in the shop to pay on the phone")
	}
	return nil
}

// GiveCart hands the cart to the shop or the phone until a time, where HQ may
// take money for it, and tells the shop. It returns the cart.
func (h *HQ) GiveCart(ctx context.Context, id edge.CartID, to edge.Holder, until time.Time) (*edge.Cart, error) {
	const op = "hq.GiveCart"
	if err := h.Project(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	_, node, err := h.Cart(ctx, id)
	if err != nil {
		return nil, err
	}
	known, err := h.knownUntil(ctx, node)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	const writer = "hq" // it writes no line
	return h.ChangeCart(ctx, id, writer, func(c *edge.Cart) error { return c.Give(to, h.now(), known, until) })
}

// knownUntil is the time, by a node's own clock, until which HQ knows all that
// the node did: its last sample says what it had not confirmed then.
func (h *HQ) knownUntil(ctx context.Context, node string) (time.Time, error) {
	s, _, err := h.LastSample(ctx, node)
	if edge.KindOf(err) == edge.NotFound {
		return time.Time{}, nil
	}
	if err != nil || len(s.Lanes) != len(edge.Lanes()) {
		return time.Time{}, err
	}
	known := s.At
	for _, l := range s.Lanes {
		if l.Waiting > 0 && l.Oldest.Before(known) {
			known = l.Oldest
		}
	}
	return known, nil
}

// RecordPayment records money that came in for a cart, whoever held it, and
// closes the cart. Where the cart turns out to be paid earlier, it returns what
// is due. The same payment again changes nothing; another one under the same id
// is a Conflict.
func (h *HQ) RecordPayment(ctx context.Context, p *edge.PhonePayment) (due *edge.RefundDue, err error) {
	err = h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		due, err = h.recordPayment(ctx, tx, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.RecordPayment: %w", err)
	}
	h.tellMoney(&p.Cart)
	return due, nil
}

func (h *HQ) recordPayment(ctx context.Context, tx *sql.Tx, p *edge.PhonePayment) (due *edge.RefundDue, err error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	c, node, err := readCart(ctx, tx, p.Cart)
	if err != nil {
		return nil, err
	}
	if known, err := h.putPayment(ctx, tx, p, node, body); known || err != nil {
		return nil, err
	}
	paid := edge.Cart{ID: c.ID, Closed: p.Closing()}
	if err := c.Merge(&paid); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := h.storeForNode(ctx, tx, c, node); err != nil {
		return nil, err
	}
	if err := h.settle(ctx, tx, c.ID, node); err != nil {
		return nil, err
	}
	return readDue(ctx, tx, node, p.ID)
}

// putPayment reports whether this very payment was known.
func (h *HQ) putPayment(ctx context.Context, tx *sql.Tx, p *edge.PhonePayment, node string, body []byte) (known bool, err error) {
	const q = "insert into payment (id, cart, node, at, body) values ($1, $2, $3, $4, $5) on conflict (id) do nothing"
	res, err := tx.ExecContext(ctx, q, p.ID, p.Cart.String(), node, p.At.UnixMilli(), body)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); n > 0 || err != nil {
		return false, err
	}
	var before []byte
	if err := tx.QueryRowContext(ctx, "select body from payment where id = $1", p.ID).Scan(&before); err != nil {
		return false, err
	}
	if !bytes.Equal(before, body) {
		return false, edge.Errorf("hq.putPayment", edge.Conflict, "payment %s was recorded before, with another content", p.ID)
	}
	return true, nil
}

// settle makes every payment of a cart due but the earliest. One that is due
// was later than another, and stays so whatever comes.
func (h *HQ) settle(ctx context.Context, tx *sql.Tx, cart edge.CartID, node string) error {
	c, owner, err := readCart(ctx, tx, cart)
	var stands *edge.Closing
	switch {
	case edge.KindOf(err) == edge.NotFound: // forgotten, or its event is yet to come
	case err != nil:
		return err
	case owner == node:
		stands = c.Closed
	}
	var shop string
	if err := tx.QueryRowContext(ctx, "select shop from node where node = $1", node).Scan(&shop); err != nil {
		return err
	}
	const sales = `select body from sale s where s.cart = $1 and s.node = $2
		and not exists (select 1 from refund_due d where d.node = s.node and d.id = s.id)`
	sold, err := readBodies[edge.Sale](ctx, tx, sales, cart.String(), node)
	if err != nil {
		return err
	}
	const payments = `select body from payment p where p.cart = $1 and p.node = $2
		and not exists (select 1 from refund_due d where d.node = p.node and d.id = p.id)`
	paid, err := readBodies[edge.PhonePayment](ctx, tx, payments, cart.String(), node)
	if err != nil {
		return err
	}
	for _, s := range sold {
		stands = edge.FirstClosing(stands, s.Closing())
	}
	for _, p := range paid {
		stands = edge.FirstClosing(stands, p.Closing())
	}
	now := h.now().UTC()
	for _, s := range sold {
		if s.ID != stands.Sale {
			if err := h.putDue(ctx, tx, node, shop, s.Due(*stands, now)); err != nil {
				return err
			}
		}
	}
	for _, p := range paid {
		if p.ID != stands.Sale {
			if err := h.putDue(ctx, tx, node, shop, p.Due(shop, *stands, now)); err != nil {
				return err
			}
		}
	}
	return nil
}

func readBodies[T any](ctx context.Context, tx *sql.Tx, query string, args ...any) (list []*T, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		v := new(T)
		if err := json2.Unmarshal(body, v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

const paidBefore = `select distinct s.cart, s.node from sale s where s.pos >= $1 and s.pos <= $2 and s.cart <> '' and (
	exists (select 1 from sale o where o.cart = s.cart and o.node = s.node and o.id <> s.id)
	or exists (select 1 from payment m where m.cart = s.cart and m.node = s.node))`

// settleSales settles the carts that were sold now and had been paid before, all
// in one query: hardly ever there is one.
func (p *projector) settleSales(ctx context.Context) error {
	if len(p.sales) == 0 {
		return nil
	}
	type paid struct{ cart, node string }
	rows, err := p.tx.QueryContext(ctx, paidBefore, p.sales[0].pos, p.sales[len(p.sales)-1].pos)
	if err != nil {
		return err
	}
	defer rows.Close()
	var list []paid
	for rows.Next() {
		var v paid
		if err := rows.Scan(&v.cart, &v.node); err != nil {
			return err
		}
		list = append(list, v)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, v := range list {
		var id edge.CartID
		if err := id.UnmarshalText([]byte(v.cart)); err != nil {
			return err
		}
		if err := p.settle(ctx, p.tx, id, v.node); err != nil {
			return err
		}
	}
	return nil
}
