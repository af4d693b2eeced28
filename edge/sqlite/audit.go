package sqlite

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.AuditLog = (*DB)(nil)

// Audit records who did what.
func (db *DB) Audit(ctx context.Context, r edge.AuditRecord) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		r.ID, r.Shop, r.At = t.db.opt.NewID(), t.db.opt.Shop, t.now()
		if err := r.Check(); err != nil {
			return struct{}{}, err
		}
		ev, err := t.append(ctx, edge.LaneOps, edge.EventAudit, r.ID, r)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.exec(ctx, `INSERT INTO audit (id, event, body) VALUES (?, ?, ?)`, r.ID, ev.ID, []byte(ev.Data))
	})
	return err
}

// AuditRecords lists the newest records.
func (db *DB) AuditRecords(ctx context.Context, limit int) ([]edge.AuditRecord, error) {
	list, err := bodies[edge.AuditRecord](ctx, db.reader, `SELECT body FROM audit ORDER BY n DESC LIMIT ?`, limit)
	return append([]edge.AuditRecord{}, list...), fault("sqlite.AuditRecords", err)
}
