package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Cart finds a cart and the node it comes from; an edge.Error of kind NotFound
// where there is none.
func (h *HQ) Cart(ctx context.Context, id edge.CartID) (*edge.Cart, string, error) {
	c, node, err := readCart(ctx, h.db.Read, id)
	if err != nil {
		return nil, "", fmt.Errorf("hq.Cart: %w", err)
	}
	return c, node, nil
}

func readCart(ctx context.Context, db database.Rower, id edge.CartID) (*edge.Cart, string, error) {
	var node string
	var body []byte
	err := db.QueryRowContext(ctx, "select node, body from cart where id = $1", id.String()).Scan(&node, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", edge.Errorf("hq.readCart", edge.NotFound, "cart %s is not known here", id)
	}
	if err != nil {
		return nil, "", err
	}
	var c edge.Cart
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, "", fmt.Errorf("cart %s: %w", id, err)
	}
	return &c, node, nil
}

// OpenCart takes in a cart that a code brought, signed by node: it is made
// known here if it was not, and merged otherwise. Where a phone shows the cart,
// the first such time is kept and the node is told. It returns the merged cart.
// A cart of another node is a Conflict.
func (h *HQ) OpenCart(ctx context.Context, opened *edge.Cart, node string, onPhone bool) (*edge.Cart, error) {
	const op = "hq.OpenCart"
	var merged *edge.Cart
	first := false
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		merged, err = h.mergeCart(ctx, tx, opened, node)
		if err != nil || !onPhone || merged.Opened != nil {
			return err
		}
		now := h.now().UTC().Truncate(time.Second)
		merged.Opened, first = &now, true
		return h.storeForNode(ctx, tx, merged, node)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(opened.ID)
	if first {
		h.changed.tell(struct{}{})
		h.downs.tell(struct{}{})
	}
	return merged, nil
}

// errForeignCart does not say which: a cart's id is no matter for a log.
var errForeignCart = edge.Errorf("hq", edge.Conflict, "the cart is of another gateway")

// mergeCart stores what node knows of a cart. What would make the cart
// impossible is an edge.Error and changes nothing. Where it shows that the cart
// was paid twice, the later payment becomes due.
func (h *HQ) mergeCart(ctx context.Context, tx *sql.Tx, c *edge.Cart, node string) (*edge.Cart, error) {
	const op = "hq.mergeCart"
	if err := c.Check(); err != nil {
		return nil, err
	}
	have, owner, err := readCart(ctx, tx, c.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound:
		have = &edge.Cart{ID: c.ID}
	case err != nil:
		return nil, err
	case owner != node:
		return nil, fmt.Errorf("%s: %w", op, errForeignCart)
	}
	second := edge.SecondClosing(have.Closed, c.Closed)
	if err := have.Merge(c); err != nil {
		return nil, err
	}
	if err := have.Check(); err != nil {
		return nil, err
	}
	if err := h.storeCart(ctx, tx, have, node); err != nil || second == nil {
		return have, err
	}
	return have, h.settle(ctx, tx, have.ID, node)
}

const replaceCart = "on conflict (id) do update set body = excluded.body, changed = excluded.changed, state = excluded.state, code = excluded.code"

func (h *HQ) storeCart(ctx context.Context, tx *sql.Tx, c *edge.Cart, node string) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	const q = "insert into cart (id, node, body, changed, state, code) values ($1, $2, $3, $4, $5, $6) " + replaceCart
	_, err = tx.ExecContext(ctx, q, c.ID.String(), node, body, h.nowMillis(), cartState(c), c.Code())
	return err
}

// storeForNode stores a cart together with the downlink message that brings it
// to its node.
func (h *HQ) storeForNode(ctx context.Context, tx *sql.Tx, c *edge.Cart, node string) error {
	if err := h.storeCart(ctx, tx, c, node); err != nil {
		return err
	}
	return h.queueDown(ctx, tx, node, &cloudsync.Down{Carts: []*edge.Cart{c}})
}

// ChangeCart runs change, which edits as writer w, and stores the outcome
// together with a downlink message for the cart's node. An error of change is
// returned and changes nothing.
func (h *HQ) ChangeCart(ctx context.Context, id edge.CartID, w edge.Writer, change func(*edge.Cart) error) (*edge.Cart, error) {
	const op = "hq.ChangeCart"
	if !w.Valid() {
		return nil, edge.Errorf(op, edge.Invalid, "writer %.20q: want 1 to 16 of a-z and 0-9", w)
	}
	var c *edge.Cart
	var node string
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		c, node, err = readCart(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		if err := c.Check(); err != nil {
			return err
		}
		return h.storeForNode(ctx, tx, c, node)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(id)
	h.changed.tell(struct{}{})
	h.downs.tell(struct{}{})
	return c, nil
}
