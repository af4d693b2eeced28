package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// given takes in a shop's word that a second payment was given back.
func (p *projector) given(ctx context.Context, e *entry) (flaw, err error) {
	var g edge.RefundGiven
	if err := json2.Unmarshal(e.Data, &g); err != nil {
		return fmt.Errorf("not money that was given back: %w", err), nil
	}
	if err := g.Check(); err != nil {
		return err, nil
	}
	var given int64
	err = p.tx.QueryRowContext(ctx, "select given from refund_due where node = $1 and id = $2", e.Node, g.Due).Scan(&given)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("payment %.40q was given back and was not due", g.Due), nil
	case err != nil:
		return nil, err
	case given > 0 && given != g.At.UnixMilli(): // by a shop that was put back, and did not know
		return fmt.Errorf("payment %.40q, of %s, was given back twice", g.Due, g.Total), nil
	}
	_, err = p.tx.ExecContext(ctx, "update refund_due set given = $1 where node = $2 and id = $3", g.At.UnixMilli(), e.Node, g.Due)
	return nil, err
}
