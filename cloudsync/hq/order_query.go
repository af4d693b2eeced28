package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Order finds an order; an edge.Error of kind NotFound where there is none.
func (h *HQ) Order(ctx context.Context, id string) (*FoundOrder, error) {
	found, err := h.findOrders(ctx, "hq.Order", " where o.id = $1", id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, edge.Errorf("hq.Order", edge.NotFound, "there is no order %.70q", id)
	}
	return &found[0], nil
}

// OrderOfCart is the cart's live order, or else its last one; an edge.Error of
// kind NotFound where it has none.
func (h *HQ) OrderOfCart(ctx context.Context, cart edge.CartID) (*edge.Order, error) {
	o, err := readOrder(ctx, h.db.Read, "cart = $1 order by live desc, placed desc, n desc limit 1", cart.String())
	if err != nil {
		return nil, fmt.Errorf("hq.OrderOfCart: %w", err)
	}
	return o, nil
}

// OrderByKey is the order that was placed with a key; an edge.Error of kind
// NotFound where none was.
func (h *HQ) OrderByKey(ctx context.Context, cart edge.CartID, key string) (*edge.Order, error) {
	o, err := readOrder(ctx, h.db.Read, "cart = $1 and key = $2", cart.String(), key)
	if err != nil {
		return nil, fmt.Errorf("hq.OrderByKey: %w", err)
	}
	return o, nil
}

// FoundOrder is an order as HQ lists it.
type FoundOrder struct {
	N       int64 // counts the changes of all orders; an order stands where its last one does
	Node    string
	Placed  time.Time // zero before it was
	Changed time.Time
	Paid    bool // its cart is
	Contact bool // to whom it goes is known
	// Held is what tills took for it and did not give back, in minor units.
	Held     int64
	Requests []edge.OrderRequest // of shops, oldest first
	Order    edge.Order
}

// OrderFilter says which orders are wanted; what is empty sets no bound.
type OrderFilter struct {
	Shop   string
	States []string
	Cart   string
}

// FindOrders lists orders in the order of their last changes, those behind n (0
// for all), at most limit (1 to 1000). Who goes on from the last one's N hears
// of every later change.
func (h *HQ) FindOrders(ctx context.Context, f OrderFilter, n int64, limit int) ([]FoundOrder, error) {
	var c conditions
	c.add("o.n > ?", n)
	if f.Shop != "" {
		c.add("o.shop = ?", f.Shop)
	}
	if f.Cart != "" {
		c.add("o.cart = ?", f.Cart)
	}
	if len(f.States) > 0 {
		c.oneOf("o.state", f.States)
	}
	return h.findOrders(ctx, "hq.FindOrders", c.where()+" order by o.n limit "+strconv.Itoa(min(max(limit, 1), maxPage)), c.args...)
}

func (h *HQ) findOrders(ctx context.Context, op, where string, args ...any) ([]FoundOrder, error) {
	q := `select o.n, o.node, o.placed, o.changed, o.body,
		exists (select 1 from cart c where c.id = o.cart and c.state = 'closed'),
		exists (select 1 from contact t where t.cart = o.cart) from orders o` + where
	rows, err := h.db.Read.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []FoundOrder{}
	for rows.Next() {
		var f FoundOrder
		var placed, changed int64
		var body []byte
		if err := rows.Scan(&f.N, &f.Node, &placed, &changed, &body, &f.Paid, &f.Contact); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		f.Placed, f.Changed = database.Time(placed), database.Time(changed)
		if err := json.Unmarshal(body, &f.Order); err != nil {
			return nil, fmt.Errorf("%s: order %d: %w", op, f.N, err)
		}
		list = append(list, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	for i := range list {
		if err := h.findDeeds(ctx, &list[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return list, nil
}

// findDeeds adds what shops did about an order that one of them took.
func (h *HQ) findDeeds(ctx context.Context, f *FoundOrder) (err error) {
	if f.Order.Taken == nil {
		return nil
	}
	if f.Held, err = orderHeld(ctx, h.db.Read, f.Order.ID, ""); err != nil {
		return err
	}
	return database.Select(ctx, h.db.Read, "select body from order_request where of = $1 order by pos", f.Order.ID).Each(func(rows *sql.Rows) error {
		var body []byte
		var r edge.OrderRequest
		if err := rows.Scan(&body); err != nil {
			return err
		}
		err := json.Unmarshal(body, &r)
		f.Requests = append(f.Requests, r)
		return err
	})
}
