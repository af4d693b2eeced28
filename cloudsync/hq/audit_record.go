package hq

import (
	"context"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// audited finds what is wrong with a shop's word of who did what. It is read from
// the inbox where somebody asks; that a person was forgotten answers what HQ
// asked for.
func (p *projector) audited(ctx context.Context, e *entry) (flaw, err error) {
	var r edge.AuditRecord
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("not an audit record: %w", err), nil
	}
	if flaw = r.Check(); flaw != nil || r.Kind != edge.AuditForgot {
		return flaw, nil
	}
	const q = `insert into person_answer (ask, node, shop, at, event, epoch, lane, seq, hash, says, sealed)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 where exists (select 1 from person_ask where id = $12)
		on conflict (ask, node, event) do nothing`
	_, err = p.tx.ExecContext(ctx, q, r.About, e.Node, e.shop, r.At.UnixMilli(), e.ID, e.Epoch, string(e.Lane), int64(e.Seq), e.hash[:], r.Reason, []byte{}, r.About)
	return nil, err
}
