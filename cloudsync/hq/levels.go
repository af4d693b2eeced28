package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// ShopOf is the shop that a gateway stands in; an edge.Error of kind NotFound
// where none of that name is enrolled.
func (h *HQ) ShopOf(ctx context.Context, node string) (shop string, err error) {
	const op = "hq.ShopOf"
	err = h.db.Read.QueryRowContext(ctx, "select shop from node where node = $1", node).Scan(&shop)
	if errors.Is(err, sql.ErrNoRows) {
		return "", edge.Errorf(op, edge.NotFound, "no gateway %.64q is enrolled", node)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	return shop, nil
}

// Level is what a shop had of a SKU, and when HQ last heard of the shop.
type Level struct {
	Shop     string
	SKU      edge.SKU
	Quantity int64
	AsOf     time.Time // zero where HQ never heard of it
}

// Levels lists what each shop has of some SKUs, by shop and SKU.
func (h *HQ) Levels(ctx context.Context, skus []edge.SKU) ([]Level, error) {
	const op = "hq.Levels"
	names := make([]string, len(skus))
	for i, sku := range skus {
		names[i] = string(sku)
	}
	among, list := h.db.Among("s.sku", 1, names)
	q := `select s.shop, s.sku, s.quantity, (select coalesce(max(n.seen), 0) from node n where n.shop = s.shop)
		from stock s where ` + among + " order by s.shop, s.sku"
	var levels []Level
	err := database.Select(ctx, h.db.Read, q, list).Each(func(rows *sql.Rows) error {
		var l Level
		var seen int64
		err := rows.Scan(&l.Shop, &l.SKU, &l.Quantity, &seen)
		l.AsOf = database.Time(seen)
		levels = append(levels, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return levels, nil
}
