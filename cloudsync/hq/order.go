package hq

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// OrderRequest is what a shopper orders: all that a cart holds.
type OrderRequest struct {
	Cart edge.CartID
	Key  string // 8 to 64 bytes, drawn by who asks: asked again with it, the order is the same
	Way  edge.OrderWay
	// Phone orders. An order that is delivered needs an address, which this phone
	// entered.
	Phone PhoneKey
}

// PlaceOrder places an order, and tells its shop. A cart has one live order at a
// time; one that was paid cannot be ordered any more.
func (h *HQ) PlaceOrder(ctx context.Context, r OrderRequest) (*edge.Order, error) {
	const op = "hq.PlaceOrder"
	if len(r.Key) < 8 || len(r.Key) > 64 || !database.Storable(r.Key) {
		return nil, edge.Errorf(op, edge.Invalid, "the key of an order has %d bytes, want 8 to 64", len(r.Key))
	}
	if r.Way != edge.Collect && r.Way != edge.Deliver {
		return nil, edge.Errorf(op, edge.Invalid, "way %.20q of an order: want %s or %s", r.Way, edge.Collect, edge.Deliver)
	}
	if err := h.Project(ctx); err != nil { // a sale may be here that the cart does not know of
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	release, err := h.Release(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	_, node, err := h.Cart(ctx, r.Cart)
	if err != nil {
		return nil, err
	}
	place, err := h.CartNode(ctx, node)
	if err != nil {
		return nil, err
	}
	stock, err := h.Stock(ctx, place.Shop)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var o *edge.Order
	err = h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if o, err = readOrder(ctx, tx, "cart = $1 and key = $2", r.Cart.String(), r.Key); edge.KindOf(err) != edge.NotFound || err == nil {
			return err
		}
		c, _, err := readCart(ctx, tx, r.Cart)
		if err != nil {
			return err
		}
		if err := h.mayOrder(ctx, tx, c, node, &r); err != nil {
			return err
		}
		o = &edge.Order{ID: h.newID(), Cart: c.ID, Shop: place.Shop, Way: r.Way, Note: c.Fields[edge.Note].Text, Release: release.Version}
		if o.Lines, o.Total, err = edge.OrderLines(c, release, stock); err != nil {
			return err
		}
		if r.Way == edge.Collect {
			o.Code = orderCode()
		}
		if err := o.Begin(edge.ByShopper, edge.OrderPlaced, h.now()); err != nil {
			return err
		}
		return h.putOrder(ctx, tx, o, node, r.Key)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.toldOfOrder(o)
	return o, nil
}

// mayOrder refuses to order a cart that was paid, is ordered already, or goes to
// nobody knows where.
func (h *HQ) mayOrder(ctx context.Context, tx *sql.Tx, c *edge.Cart, node string, r *OrderRequest) error {
	const op = "hq.PlaceOrder"
	if c.Closed != nil {
		return edge.Errorf(op, edge.Conflict, "this cart was paid with receipt %s", c.Closed.Receipt)
	}
	var n int
	const sold = "select count(*) from sale where cart = $1 and node = $2"
	if err := tx.QueryRowContext(ctx, sold, c.ID.String(), node).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return edge.Errorf(op, edge.Conflict, "this cart was sold in the shop")
	}
	const live = "select count(*) from orders where cart = $1 and live = 1"
	if err := tx.QueryRowContext(ctx, live, c.ID.String()).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return edge.Errorf(op, edge.Conflict, "this cart is ordered already: cancel that order first")
	}
	if r.Way == edge.Collect {
		return nil
	}
	contact, err := h.readContact(ctx, tx, c.ID, &r.Phone)
	if edge.KindOf(err) == edge.NotFound || err == nil && contact.Address == nil {
		return edge.Errorf(op, edge.Invalid, "an order that is delivered wants an address")
	}
	return err
}

// orderCode is what a shopper shows to collect an order: 30 bits, in characters
// that nobody takes for another.
func orderCode() string {
	const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = letters[b[i]%byte(len(letters))]
	}
	return string(b[:3]) + "-" + string(b[3:])
}

// putOrder stores a new order and queues the news for its shop.
func (h *HQ) putOrder(ctx context.Context, tx *sql.Tx, o *edge.Order, node, key string) error {
	if err := o.Check(); err != nil {
		return err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	n, err := nextOrderChange(ctx, tx)
	if err != nil {
		return err
	}
	const q = `insert into orders (id, n, cart, node, shop, key, state, live, placed, changed, amount, currency, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	_, err = tx.ExecContext(ctx, q, o.ID, n, o.Cart.String(), node, o.Shop, key, o.State(), toInt(o.State().Live()),
		database.Millis(o.Placed()), o.Since().UnixMilli(), o.Total.Amount, o.Total.Currency, body)
	if err != nil {
		return err
	}
	return h.queueOrder(ctx, tx, o, node)
}

func nextOrderChange(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, "select coalesce(max(n), 0) + 1 from orders").Scan(&n)
	return n, err
}

// MoveOrder brings an order to another state, where edge.Order.Move allows it,
// and tells the shop and the phone. Where money is held for an order that ends so,
// that is due to be given back at once.
func (h *HQ) MoveOrder(ctx context.Context, id string, by edge.OrderParty, to edge.OrderState, reason string) (*edge.Order, error) {
	var o *edge.Order
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if o, err = readOrder(ctx, tx, "id = $1", id); err != nil {
			return err
		}
		before := o.State()
		if err := o.Move(by, to, reason, h.now()); err != nil || o.State() == before {
			return err
		}
		if held, err := orderHeld(ctx, tx, id, ""); err != nil || held > 0 && endsInRefund(o) {
			if err := errors.Join(err, o.Move(edge.ByHQ, edge.OrderRefundDue, reason, h.now())); err != nil {
				return err
			}
		}
		return h.changeOrder(ctx, tx, o)
	})
	if err != nil {
		return nil, fmt.Errorf("hq.MoveOrder: %w", err)
	}
	h.toldOfOrder(o)
	return o, nil
}

// SendOrder says who brings an order, where edge.Order.Send allows it, and tells
// the shop and the phone.
func (h *HQ) SendOrder(ctx context.Context, id string, p edge.Parcel) (*edge.Order, error) {
	var o *edge.Order
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if o, err = readOrder(ctx, tx, "id = $1", id); err != nil {
			return err
		}
		before := o.Parcel
		if err := o.Send(p); err != nil || before != nil && *before == *o.Parcel {
			return err
		}
		return h.changeOrder(ctx, tx, o)
	})
	if err != nil {
		return nil, fmt.Errorf("hq.SendOrder: %w", err)
	}
	h.toldOfOrder(o)
	return o, nil
}

func (h *HQ) toldOfOrder(o *edge.Order) {
	h.carts.tell(o.Cart)
	h.changed.tell(struct{}{})
	h.downs.tell(struct{}{})
}

// readOrder reads the order that fits a condition; an edge.Error of kind
// NotFound where there is none.
func readOrder(ctx context.Context, db database.Rower, condition string, args ...any) (*edge.Order, error) {
	var body []byte
	err := db.QueryRowContext(ctx, "select body from orders where "+condition, args...).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.readOrder", edge.NotFound, "there is no such order")
	}
	if err != nil {
		return nil, err
	}
	var o edge.Order
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	return &o, nil
}
