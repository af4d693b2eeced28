package hq

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Turnover is what a gateway sold in a stretch of time, in one currency.
type Turnover struct {
	Node  string     `json:"node"`
	Sales int64      `json:"sales"`
	Sum   edge.Money `json:"sum"` // tax included
}

// Turnover sums up the sales made since a moment, by the shops' own clocks,
// ordered by node and currency. Who sold nothing is not listed.
func (h *HQ) Turnover(ctx context.Context, since time.Time) ([]Turnover, error) {
	const op = "hq.Turnover"
	const q = `select n.node, count(*), cast(sum(s.amount) as bigint), s.currency from node n
		join sale s on s.shop = n.shop and s.node = n.node and s.at >= $1
		group by n.node, s.currency order by n.node, s.currency`
	rows, err := h.read.QueryContext(ctx, q, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Turnover{}
	for rows.Next() {
		var t Turnover
		if err := rows.Scan(&t.Node, &t.Sales, &t.Sum.Amount, &t.Sum.Currency); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}
