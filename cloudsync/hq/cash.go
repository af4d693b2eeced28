package hq

import (
	"context"
	"database/sql"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// cash takes in a record of a till's cash book.
func (p *projector) cash(ctx context.Context, e *entry) (flaw, err error) {
	var r edge.CashRecord
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("not a record of the cash book: %w", err), nil
	}
	if err := r.Check(); err != nil {
		return err, nil
	}
	const q = `insert into cash (pos, node, shop, id, kind, at, expected, body) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (node, id) do nothing`
	res, err := p.tx.ExecContext(ctx, q, e.pos, e.Node, e.shop, r.ID, string(r.Kind), r.At.UnixMilli(), r.Expected, []byte(e.Data))
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("cash record %.40q is held already from another event", r.ID), err
	}
	return nil, nil
}

// ClosedShifts lists the ends of a shop's newest shifts, at most limit: what was
// counted, and what was expected.
func (h *HQ) ClosedShifts(ctx context.Context, shop string, limit int) (list []edge.CashRecord, err error) {
	err = database.Select(ctx, h.db.Read, "select body from cash where shop = $1 and kind = $2 order by pos desc limit $3", shop, string(edge.CashClose), limit).Each(func(rows *sql.Rows) error {
		var body []byte
		var r edge.CashRecord
		if err := rows.Scan(&body); err != nil {
			return err
		}
		err := json2.Unmarshal(body, &r)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.ClosedShifts: %w", err)
	}
	return list, nil
}
