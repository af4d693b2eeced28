package edgetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// AuditLog is the contract of edge.AuditLog.
func AuditLog(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	none, err := s.AuditRecords(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, s.Audit(ctx, edge.AuditRecord{Kind: edge.AuditWrongPIN}))
	voided := edge.AuditRecord{ID: "mine", Shop: "mine", Kind: edge.AuditVoided, Staff: "Lan", Manager: "Linh", About: "T1-1-000001", Reason: "wrong shade"}
	require.NoError(t, s.Audit(ctx, voided))
	list, err := s.AuditRecords(ctx, 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NotEqual(t, "mine", list[0].ID, "the log names its records")
	voided.ID, voided.Shop, voided.At = list[0].ID, list[1].Shop, clock.Now()
	require.Equal(t, voided, list[0], "newest first")
	require.Equal(t, edge.AuditWrongPIN, list[1].Kind)
	newest, err := s.AuditRecords(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, list[:1], newest)

	evs := Chain(t, s, edge.LaneOps)
	last := evs[len(evs)-1]
	require.Equal(t, [2]string{edge.EventAudit, voided.ID}, [2]string{last.Type, last.Subject})
	require.Equal(t, voided, decode[edge.AuditRecord](t, last.Data))

	requireKind(t, edge.Invalid, s.Audit(ctx, edge.AuditRecord{Staff: "Lan"}))
	requireKind(t, edge.Invalid, s.Audit(ctx, edge.AuditRecord{Kind: edge.AuditDrawer, Reason: string(make([]byte, 300))}))
}
