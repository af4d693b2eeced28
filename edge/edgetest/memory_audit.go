package edgetest

import (
	"context"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Audit implements edge.AuditLog.
func (m *Memory) Audit(_ context.Context, r edge.AuditRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putAudit(r)
}

func (m *Memory) putAudit(r edge.AuditRecord) error {
	r.ID, r.Shop, r.At = newID(), "shop", m.at()
	if err := r.Check(); err != nil {
		return err
	}
	m.append(edge.LaneOps, edge.EventAudit, r.ID, r)
	m.audit = append(m.audit, r)
	return nil
}

// deeds records deeds together with what they are of.
func (m *Memory) deeds(list []edge.AuditRecord) {
	for _, r := range list {
		if err := m.putAudit(r.Legible()); err != nil {
			panic(err)
		}
	}
}

// AuditRecords implements edge.AuditLog.
func (m *Memory) AuditRecords(_ context.Context, limit int) ([]edge.AuditRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []edge.AuditRecord{}
	for _, r := range slices.Backward(m.audit) {
		if len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}
