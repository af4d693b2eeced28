package hq

import (
	"context"
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
	res, err := p.tx.ExecContext(ctx, "update refund_due set given = $1 where node = $2 and id = $3", g.At.UnixMilli(), e.Node, g.Due)
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("payment %.40q was given back and was not due", g.Due), err
	}
	return nil, nil
}
