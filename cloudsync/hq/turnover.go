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
	Sum   edge.Money `json:"sum"` // tax included, less what was given back
}

// Turnover sums up the sales made since a moment, by the shops' own clocks,
// ordered by node and currency. Who sold nothing is not listed.
func (h *HQ) Turnover(ctx context.Context, since time.Time) ([]Turnover, error) {
	const op = "hq.Turnover"
	const q = `select node, cast(sum(sales) as bigint), cast(sum(amount) as bigint), currency from (
			select s.node, 1 as sales, s.amount, s.currency from node n join sale s on s.shop = n.shop and s.node = n.node and s.at >= $1
			union all
			select c.node, 0, -c.amount, c.currency from node n join correction c on c.shop = n.shop and c.node = n.node and c.at >= $1
		) as receipts group by node, currency order by node, currency`
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
