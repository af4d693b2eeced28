package sqlite

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.AuditLog = (*DB)(nil)

// Audit records who did what.
func (db *DB) Audit(ctx context.Context, r edge.AuditRecord) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.putAudit(ctx, r)
	})
	return err
}

func (t *tx) putAudit(ctx context.Context, r edge.AuditRecord) error {
	r.ID, r.Shop, r.At = t.db.opt.NewID(), t.db.opt.Shop, t.now()
	if err := r.Check(); err != nil {
		return err
	}
	ev, err := t.append(ctx, edge.LaneOps, edge.EventAudit, r.ID, r)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO audit (id, event, body) VALUES (?, ?, ?)`, r.ID, ev.ID, []byte(ev.Data))
}

// audit records deeds together with what they are of.
func (t *tx) audit(ctx context.Context, deeds []edge.AuditRecord) error {
	for _, r := range deeds {
		if err := t.putAudit(ctx, r.Legible()); err != nil {
			return err
		}
	}
	return nil
}

// AuditRecords lists the newest records.
func (db *DB) AuditRecords(ctx context.Context, limit int) ([]edge.AuditRecord, error) {
	list, err := bodies[edge.AuditRecord](ctx, db.reader, `SELECT body FROM audit ORDER BY n DESC LIMIT ?`, limit)
	return append([]edge.AuditRecord{}, list...), fault("sqlite.AuditRecords", err)
}
