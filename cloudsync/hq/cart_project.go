package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// cartEntry is what a node knows of a cart, on its way into the table of carts.
type cartEntry struct {
	*entry
	cart edge.Cart
}

// heldCart is a cart as HQ has it, or will have it.
type heldCart struct {
	edge.Cart
	node    string
	changed bool
	twice   bool // paid, as far as its states tell
}

func (p *projector) cart(e *entry) (flaw error) {
	c := cartEntry{entry: e}
	if err := json2.Unmarshal(e.Data, &c.cart); err != nil {
		return fmt.Errorf("not a cart: %w", err)
	}
	if err := c.cart.Check(); err != nil {
		return err
	}
	p.carts = append(p.carts, c)
	return nil
}

// storeCarts merges the carts with what HQ has of them, as mergeCart does one,
// and stores what comes of it at once.
func (p *projector) storeCarts(ctx context.Context) error {
	if len(p.carts) == 0 {
		return nil
	}
	held, err := p.heldCarts(ctx)
	if err != nil {
		return err
	}
	var changed []*heldCart
	for i := range p.carts {
		c := &p.carts[i]
		h := held[c.cart.ID]
		if h == nil {
			h = &heldCart{Cart: edge.Cart{ID: c.cart.ID}, node: c.Node}
		}
		if flaw := h.join(&c.cart, c.Node); flaw != nil {
			p.refuse(c.entry, flaw)
			continue
		}
		held[c.cart.ID] = h
		if !h.changed {
			h.changed = true
			changed = append(changed, h)
		}
	}
	if err := p.putCarts(ctx, changed); err != nil {
		return err
	}
	for _, h := range changed {
		p.told = append(p.told, h.ID)
		if !h.twice {
			continue
		}
		if err := p.settle(ctx, p.tx, h.ID, h.node); err != nil {
			return err
		}
	}
	return nil
}

// join merges what node knows of the cart. A flaw changes nothing.
func (h *heldCart) join(c *edge.Cart, node string) (flaw error) {
	if h.node != node {
		return errForeignCart
	}
	joined := edge.Cart{ID: h.ID}
	for _, part := range []*edge.Cart{&h.Cart, c} {
		if err := joined.Merge(part); err != nil {
			return err
		}
	}
	if err := joined.Check(); err != nil {
		return err
	}
	h.twice = h.twice || edge.SecondClosing(h.Closed, c.Closed) != nil
	h.Cart = joined
	return nil
}

// heldCarts reads the carts that the entries are about.
func (p *projector) heldCarts(ctx context.Context) (map[edge.CartID]*heldCart, error) {
	condition, ids := p.db.Among("id", 1, database.Pluck(p.carts, func(c *cartEntry) string { return c.cart.ID.String() }))
	held := make(map[edge.CartID]*heldCart, len(p.carts))
	err := database.Select(ctx, p.tx, "select node, body from cart where "+condition, ids).Each(func(rows *sql.Rows) error {
		var h heldCart
		var body []byte
		if err := rows.Scan(&h.node, &body); err != nil {
			return err
		}
		err := json2.Unmarshal(body, &h.Cart)
		held[h.ID] = &h
		return err
	})
	return held, err
}

func (p *projector) putCarts(ctx context.Context, list []*heldCart) error {
	bodies := make([][]byte, len(list))
	for i, h := range list {
		var err error
		if bodies[i], err = json.Marshal(&h.Cart); err != nil {
			return err
		}
	}
	now := p.nowMillis()
	return p.db.Insert(ctx, p.tx, "cart", database.Columns{
		database.Of("id", list, func(h **heldCart) string { return (*h).ID.String() }),
		database.Of("node", list, func(h **heldCart) string { return (*h).node }),
		database.List("body", bodies),
		database.Of("changed", list, func(**heldCart) int64 { return now }),
		database.Of("state", list, func(h **heldCart) string { return cartState(&(*h).Cart) }),
		database.Of("code", list, func(h **heldCart) string { return (*h).Code() }),
	}, replaceCart, nil)
}
