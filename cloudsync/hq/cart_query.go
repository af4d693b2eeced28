package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// SaleOfCart finds the sale that was made of a cart by the cart's own node; an
// edge.Error of kind NotFound where HQ holds none. Of several, it is the one
// that the cart says closed it, else the first to come.
func (h *HQ) SaleOfCart(ctx context.Context, cart edge.CartID) (*edge.Sale, error) {
	const op = "hq.SaleOfCart"
	c, node, err := readCart(ctx, h.db.Read, cart)
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
	err = h.db.Read.QueryRowContext(ctx, q, cart.String(), node, closedBy).Scan(&body)
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

// CartNode is the gateway that a cart comes from, as HQ knows it.
type CartNode struct {
	Node  string
	Shop  string
	Up    bool      // connected, by the rule of Shops
	Known time.Time // by the gateway's own clock, until when HQ knows all that it did
}

// CartNode finds the gateway of a name; an edge.Error of kind NotFound where
// none of that name is enrolled.
func (h *HQ) CartNode(ctx context.Context, node string) (CartNode, error) {
	const op = "hq.CartNode"
	n := CartNode{Node: node}
	var up bool
	var since, seen int64
	err := h.db.Read.QueryRowContext(ctx, "select shop, up, since, seen from node where node = $1", node).Scan(&n.Shop, &up, &since, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return n, edge.Errorf(op, edge.NotFound, "no gateway %.64q is enrolled", node)
	}
	if err != nil {
		return n, fmt.Errorf("%s: %w", op, err)
	}
	n.Up = connected(up, database.Time(since), database.Time(seen), h.now())
	if n.Known, err = h.knownUntil(ctx, node); err != nil {
		return n, fmt.Errorf("%s: %w", op, err)
	}
	return n, nil
}
