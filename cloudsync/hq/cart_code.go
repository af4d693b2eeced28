package hq

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// CartByCode finds the cart of a code, as edge.ParseCode gives it, and the node
// it comes from: one that changed since a time. It is an edge.Error of kind
// NotFound where there is none, or more than one. Codes are short: the caller
// limits how often they are tried.
func (h *HQ) CartByCode(ctx context.Context, code string, since time.Time) (c *edge.Cart, node string, err error) {
	const op = "hq.CartByCode"
	const q = "select node, body from cart where code = $1 and code <> '' and changed >= $2 limit 2"
	found := 0
	err = database.Select(ctx, h.db.Read, q, code, since.UnixMilli()).Each(func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&node, &body); err != nil {
			return err
		}
		found++
		c = new(edge.Cart)
		return json.Unmarshal(body, c)
	})
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("%s: %w", op, err)
	case found != 1:
		return nil, "", edge.Errorf(op, edge.NotFound, "no cart has this code")
	}
	return c, node, nil
}

// NodeKey is the newest key of a gateway; an edge.Error of kind NotFound where
// it is not enrolled.
func (h *HQ) NodeKey(ctx context.Context, node string) (ed25519.PublicKey, error) {
	const op = "hq.NodeKey"
	var key []byte
	err := h.db.Read.QueryRowContext(ctx, "select public_key from node_key where node = $1 order by added desc, key_id limit 1", node).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "node %.64s is not enrolled", node)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return key, nil
}
