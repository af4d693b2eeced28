package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// TurnoverStep is the finest step of Turnover. Every time zone's hours and days
// begin with one.
const TurnoverStep = 15 * time.Minute

// Turnover is what a gateway sold in a part of a stretch of time, in one
// currency.
type Turnover struct {
	Shop  string
	Node  string
	Part  int // of the stretch, from 0
	Sales int64
	Sum   edge.Money // tax included, less what was given back
}

// Turnover sums up what was sold from a moment on and before another, by the
// shops' own clocks, in parts as long as step, ordered by part, shop, gateway
// and currency. What was nothing is not listed. The moments and step are whole
// TurnoverSteps, or the error is an edge.Error of kind Invalid.
func (h *HQ) Turnover(ctx context.Context, from, to time.Time, step time.Duration) ([]Turnover, error) {
	const op = "hq.Turnover"
	if step < TurnoverStep || step%TurnoverStep != 0 || from.UnixMilli()%TurnoverStep.Milliseconds() != 0 || to.UnixMilli()%TurnoverStep.Milliseconds() != 0 {
		return nil, edge.Errorf(op, edge.Invalid, "from %s to %s in steps of %s: want whole quarters of an hour", from, to, step)
	}
	const q = `select (slot - $1) / $2 as part, shop, node, currency, cast(sum(sales) as bigint), cast(sum(amount) as bigint) from turnover
		where slot >= $1 and slot < $3 group by part, shop, node, currency order by part, shop, node, currency`
	rows, err := h.db.Read.QueryContext(ctx, q, slotOf(from.UnixMilli()), int64(step/TurnoverStep), slotOf(to.UnixMilli()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Turnover{}
	for rows.Next() {
		var t Turnover
		if err := rows.Scan(&t.Part, &t.Shop, &t.Node, &t.Sum.Currency, &t.Sales, &t.Sum.Amount); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}

func slotOf(ms int64) int64 { return ms / TurnoverStep.Milliseconds() }

// sumAtOnce bounds the positions that one step adds up.
const sumAtOnce = 20_000

// sumUpSome adds the receipts of some positions to the turnover, up to what is
// projected.
func (h *HQ) sumUpSome(ctx context.Context) (pos int64, busy bool, err error) {
	const q = `insert into turnover (slot, shop, node, currency, sales, amount, last_at)
		select at / $1 as slot, shop, node, currency, sum(sales), sum(amount), max(at * sales) from (
			select at, shop, node, currency, 1 as sales, amount from sale where pos > $2 and pos <= $3
			union all
			select at, shop, node, currency, 0, -amount from correction where pos > $2 and pos <= $3
		) as receipts where true group by slot, shop, node, currency
		on conflict (slot, shop, node, currency) do update set sales = turnover.sales + excluded.sales, amount = turnover.amount + excluded.amount,
			last_at = case when excluded.last_at > turnover.last_at then excluded.last_at else turnover.last_at end`
	busy, err = h.inProjection(ctx, func(tx *sql.Tx) error {
		from, to, err := nextPositions(ctx, tx, "turnover", sumAtOnce)
		if pos = to; err != nil || from == to {
			return err
		}
		if _, err := tx.ExecContext(ctx, q, TurnoverStep.Milliseconds(), from, to); err != nil {
			return err
		}
		return setProgress(ctx, tx, "turnover", to)
	})
	if err != nil {
		return 0, busy, fmt.Errorf("turnover: %w", err)
	}
	return pos, busy, nil
}
