package hq

import (
	"context"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (p *projector) move(e *entry) (flaw error) {
	var m edge.StockMove
	if err := json2.Unmarshal(e.Data, &m); err != nil {
		return fmt.Errorf("not a stock move: %w", err)
	}
	if err := m.Check(); err != nil {
		return err
	}
	moves := []edge.StockMove{m}
	if err := checkMoves(moves); err != nil {
		return err
	}
	p.moveAll(e, moves)
	return nil
}

// checkMoves finds what would spoil the sums that moves enter.
func checkMoves(moves []edge.StockMove) error {
	for i := range moves {
		m := &moves[i]
		if err := checkKey("SKU", string(m.SKU)); err != nil {
			return err
		}
		if m.Delta > maxPieces || m.Delta < -maxPieces {
			return fmt.Errorf("stock move of %d pieces of %.40q", m.Delta, m.SKU)
		}
	}
	return nil
}

type stockKey struct {
	shop string
	sku  edge.SKU
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
	return p.db.Insert(ctx, p.tx, "stock", database.Columns{
		database.List("shop", shops), database.List("sku", skus), database.List("quantity", deltas), database.List("changed", changed),
	}, tail, nil)
}
