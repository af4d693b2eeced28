package hq

import (
	"context"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

func (p *projector) move(e *entry) {
	var m edge.StockMove
	if err := json2.Unmarshal(e.Data, &m); err != nil {
		p.refuse(e, fmt.Errorf("not a stock move: %w", err))
		return
	}
	if err := m.Check(); err != nil {
		p.refuse(e, err)
		return
	}
	if err := checkMoves([]edge.StockMove{m}); err != nil {
		p.refuse(e, err)
		return
	}
	p.moveAll(e, []edge.StockMove{m})
}

// checkMoves finds what would spoil the sums that moves enter.
func checkMoves(moves []edge.StockMove) error {
	for _, m := range moves {
		if !storable(string(m.SKU)) {
			return fmt.Errorf("stock move of a SKU that no database takes: %.40q", m.SKU)
		}
		if m.Delta > maxPieces || m.Delta < -maxPieces {
			return fmt.Errorf("stock move of %d pieces of %.40q", m.Delta, m.SKU)
		}
	}
	return nil
}

func (p *projector) moveAll(e *entry, moves []edge.StockMove) {
	for _, m := range moves {
		p.stock[stockKey{e.shop, m.SKU}] += m.Delta
	}
}

func (p *projector) storeStock(ctx context.Context) error {
	var shops, skus []string
	var deltas, changed []int64
	for k, delta := range p.stock {
		shops, skus, deltas = append(shops, k.shop), append(skus, string(k.sku)), append(deltas, delta)
		changed = append(changed, p.nowMillis())
	}
	const tail = "on conflict (shop, sku) do update set quantity = stock.quantity + excluded.quantity, changed = excluded.changed"
	return p.dialect.insert(ctx, p.tx, "stock", columns{{"shop", shops}, {"sku", skus}, {"quantity", deltas}, {"changed", changed}}, tail, nil)
}
