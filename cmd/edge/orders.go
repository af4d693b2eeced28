package main

import (
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// orders is the shop's order desk.
func (g *gateway) orders() (*api.Orders, error) {
	desk := &api.Orders{Book: g.db, Rules: orderRules(g.cfg), Elsewhere: g.db.StockElsewhere, Patience: edge.OrderPatience(g.cfg.Orders.Patience)}
	if g.cfg.HQ.Key != "" {
		var err error
		if desk.HQ, err = firmwarecfg.ParsePublicKey(g.cfg.HQ.Key); err != nil {
			return nil, fmt.Errorf("hq.key: %w", err)
		}
	}
	return desk, nil
}

func orderRules(cfg *firmwarecfg.Edge) edge.OrderRules {
	o := cfg.Orders
	r := edge.OrderRules{
		Deposit: edge.BasisPoints(100 * o.Deposit), FreeFrom: o.FreeFrom, CollectDays: o.CollectDays, Cash: roundingOf(cfg),
	}
	for _, f := range o.Fees {
		r.Fees = append(r.Fees, edge.DeliveryFee(f))
	}
	return r
}
