package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// SaleOfCart finds the sale that was made of a cart by the cart's own node; an
// edge.Error of kind NotFound where HQ holds none. Of several, it is the one
// that the cart says closed it, else the first to come.
func (h *HQ) SaleOfCart(ctx context.Context, cart edge.CartID) (*edge.Sale, error) {
	const op = "hq.SaleOfCart"
	c, node, err := readCart(ctx, h.read, cart)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	closedBy := ""
	if c.Closed != nil {
		closedBy = c.Closed.Sale
	}
	const q = `select body from sale where cart = $1 and node = $2
		order by case when id = $3 then 0 else 1 end, pos limit 1`
	var body []byte
	err = h.read.QueryRowContext(ctx, q, cart.String(), node, closedBy).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "no sale of this cart is known here")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var s edge.Sale
	if err := json2.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &s, nil
}

// NodeUp reports whether a gateway is connected, by the rule of Shops; an
// edge.Error of kind NotFound where there is none of that name.
func (h *HQ) NodeUp(ctx context.Context, node string) (bool, error) {
	const op = "hq.NodeUp"
	var up bool
	var since, seen int64
	err := h.read.QueryRowContext(ctx, "select up, since, seen from node where node = $1", node).Scan(&up, &since, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return false, edge.Errorf(op, edge.NotFound, "no gateway %.64q is enrolled", node)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	return connected(up, fromMillis(since), fromMillis(seen), h.now()), nil
}
