package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Managers see what people agreed to, and nothing of who did.
func TestConsents(t *testing.T) {
	s := memoryShop(t)
	s.signIn(t)
	require.NoError(t, s.RecordConsent(t.Context(), edge.Consent{Purpose: edge.ForMirror, Version: "1", Place: "k1"}))
	require.NoError(t, s.RecordConsent(t.Context(), edge.Consent{Purpose: edge.ForPhoto, Version: "2", Place: "k1"}))
	list := decode[struct{ Consents []edge.Consent }](t, s.do("GET", "/api/v1/staff/consents?limit=1", ""), 200).Consents
	require.Len(t, list, 1)
	require.Equal(t, edge.ForPhoto, list[0].Purpose)
	require.Equal(t, "2", list[0].Version)
	require.Equal(t, "k1", list[0].Place)
	require.False(t, list[0].At.IsZero())
	requireError(t, s.do("GET", "/api/v1/staff/consents?limit=0", ""), 400, edge.Invalid, "")
}
