package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// maxFigures bounds the figures of one message: a till that stores them must
	// not keep a sale waiting.
	maxFigures = 10_000
	// stockSlack is how far back a message looks behind the one before it: a
	// change has its time a little before it can be seen.
	stockSlack = time.Minute
)

// stockRange is a run of shops, by name, and since when their figures are told;
// Since 0 tells all of them. Of a shop with too many for a message it is a run
// of SKUs: those from FirstSKU up to the one before NextSKU.
type stockRange struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Since    int64    `json:"since"` // milliseconds since 1970
	FirstSKU edge.SKU `json:"first_sku,omitempty"`
	NextSKU  edge.SKU `json:"next_sku,omitempty"`
}

// tellStock queues, for each node that has taken in what it was told before, the
// figures of stock that changed since. It is for one caller every now and then.
func (h *HQ) tellStock(ctx context.Context) error {
	var queued bool
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		queued = false
		due, err := stockDue(ctx, tx)
		if err != nil {
			return err
		}
		for node, since := range due {
			if err := h.queueStock(ctx, tx, node, since); err != nil {
				return err
			}
			queued = true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hq.tellStock: %w", err)
	}
	if queued {
		h.downs.tell(struct{}{})
	}
	return nil
}

// stockDue lists the nodes for which figures have changed, and since when.
func stockDue(ctx context.Context, tx *sql.Tx) (map[string]int64, error) {
	const q = `select n.node, n.stock_told from node n
		where n.stock_told - $1 < (select coalesce(max(changed), 0) from stock)
		and not exists (select 1 from down d where d.node = n.node and d.stock = 1 and d.n > n.down_mark)`
	rows, err := tx.QueryContext(ctx, q, stockSlack.Milliseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	due := map[string]int64{}
	for rows.Next() {
		var node string
		var told int64
		if err := rows.Scan(&node, &told); err != nil {
			return nil, err
		}
		due[node] = max(told-stockSlack.Milliseconds(), 0)
	}
	return due, rows.Err()
}

// queueStock queues messages with the figures that changed since a time, and
// takes back older ones that tell the same.
func (h *HQ) queueStock(ctx context.Context, tx *sql.Tx, node string, since int64) error {
	ranges, err := stockRanges(ctx, tx, since)
	if err != nil || len(ranges) == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, "delete from down where node = $1 and stock = 1", node); err != nil {
		return err
	}
	for i := range ranges {
		if err := h.queueSituation(ctx, tx, node, situation{Stock: &ranges[i]}); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "update node set stock_told = $1 where node = $2", h.nowMillis(), node)
	return err
}

// stockRanges divides the shops so that no message gets too large; none where
// nothing has changed.
func stockRanges(ctx context.Context, tx *sql.Tx, since int64) ([]stockRange, error) {
	// Of each shop the first SKU of every maxFigures, and how many they are.
	rows, err := tx.QueryContext(ctx, `select shop, min(sku), count(*) from (
			select shop, sku, (row_number() over (partition by shop order by sku) - 1) / $1 as part from stock where changed >= $2) as figure
		group by shop, part order by shop, part`, maxFigures, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []stockRange
	room := 0
	for rows.Next() {
		var shop string
		var first edge.SKU
		var n int
		if err := rows.Scan(&shop, &first, &n); err != nil {
			return nil, err
		}
		last := len(list) - 1
		switch {
		case last >= 0 && list[last].To == shop: // more of it
			list[last].NextSKU = first
			list = append(list, stockRange{From: shop, To: shop, Since: since, FirstSKU: first})
			room = 0
		case n > room:
			list = append(list, stockRange{From: shop, To: shop, Since: since})
			room = maxFigures - n
		default:
			list[last].To = shop
			room -= n
		}
	}
	return list, rows.Err()
}

// figures are those of the range's shops as they are now.
func (h *HQ) figures(ctx context.Context, in *stockRange) ([]edge.ShopStock, error) {
	const q = `select s.shop, s.sku, s.quantity, (select coalesce(max(n.seen), 0) from node n where n.shop = s.shop)
		from stock s where s.shop >= $1 and s.shop <= $2 and s.changed >= $3 and s.sku >= $4 and (s.sku < $5 or $5 = '')
		order by s.shop, s.sku limit $6`
	rows, err := h.db.Read.QueryContext(ctx, q, in.From, in.To, in.Since, in.FirstSKU, in.NextSKU, 2*edge.MaxShopStock)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []edge.ShopStock
	for rows.Next() {
		var shop string
		var sku edge.SKU
		var n, seen int64
		if err := rows.Scan(&shop, &sku, &n, &seen); err != nil {
			return nil, err
		}
		if len(list) == 0 || list[len(list)-1].Shop != shop {
			list = append(list, edge.ShopStock{
				Shop: shop, Place: h.places[shop], AsOf: time.UnixMilli(seen).UTC(), Update: in.Since > 0 || in.FirstSKU != "", Levels: map[edge.SKU]int64{},
			})
		}
		list[len(list)-1].Levels[sku] = n
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("there are no figures to tell")
	}
	return list, nil
}
