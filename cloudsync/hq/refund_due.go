package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (h *HQ) putDue(ctx context.Context, tx *sql.Tx, node, shop string, d *edge.RefundDue) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	const q = `insert into refund_due (node, id, shop, cart, at, body) values ($1, $2, $3, $4, $5, $6)
		on conflict (node, id) do nothing`
	_, err = tx.ExecContext(ctx, q, node, d.ID, shop, d.Cart.String(), d.At.UnixMilli(), body)
	return err
}

// due takes in a shop's word that a payment came second.
func (p *projector) due(ctx context.Context, e *entry) (flaw, err error) {
	var d edge.RefundDue
	if err := json2.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("not a payment that is due: %w", err), nil
	}
	if err := d.Check(); err != nil {
		return err, nil
	}
	if err := checkKey("payment", d.ID); err != nil {
		return err, nil
	}
	return nil, p.putDue(ctx, p.tx, e.Node, e.shop, &d)
}

func readDue(ctx context.Context, db database.Rower, node, id string) (*edge.RefundDue, error) {
	var body []byte
	err := db.QueryRowContext(ctx, "select body from refund_due where node = $1 and id = $2", node, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is due
	}
	if err != nil {
		return nil, err
	}
	var d edge.RefundDue
	return &d, json.Unmarshal(body, &d)
}

// RefundsDue lists the newest payments that came second and were not all given
// back, by themselves or with their sale, at most limit, of one shop, or of all where
// it is empty.
func (h *HQ) RefundsDue(ctx context.Context, shop string, limit int) (due []edge.RefundDue, err error) {
	const op = "hq.RefundsDue"
	const q = "select body from refund_due d where ($1 = '' or shop = $1) and not (" + settledDue + ") order by at desc, node, id limit $2"
	rows, err := h.db.Read.QueryContext(ctx, q, shop, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		var d edge.RefundDue
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		due = append(due, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return due, nil
}
