package edgetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ConsentLog is the contract of edge.ConsentLog.
func ConsentLog(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	none, err := s.Consents(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, none)
	at := clock.Now().UTC().Truncate(time.Millisecond)
	require.NoError(t, s.RecordConsent(ctx, edge.Consent{Purpose: edge.ForMirror, Version: "1", Place: "k1", At: at.Add(time.Hour)}))
	for _, bad := range []edge.Consent{{Purpose: "anything", Version: "1"}, {Purpose: edge.ForPhoto}, {Purpose: edge.ForPhoto, Version: "1\n"}, {Purpose: edge.ForPhoto, Version: "1", Place: "\x00"}} {
		requireKind(t, edge.Invalid, s.RecordConsent(ctx, bad))
	}
	a := OrderAsk(Cream, 1, 320000, edge.PayOnReceipt)
	a.Remember = true
	for range 2 { // once, however often it is asked
		_, _, err = s.PlaceOrder(ctx, "order-00001", a)
		require.NoError(t, err)
	}
	list, err := s.Consents(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.Consent{
		{Purpose: edge.ForFinding, Version: a.Agreed, At: at}, {Purpose: edge.ForOrder, Version: a.Agreed, At: at}, {Purpose: edge.ForMirror, Version: "1", Place: "k1", At: at},
	}, list)
	list, err = s.Consents(ctx, 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// RecordConsent implements edge.ConsentLog.
func (m *Memory) RecordConsent(_ context.Context, c edge.Consent) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putConsent(c)
}

func (m *Memory) putConsent(c edge.Consent) error {
	c.At = m.at()
	if err := c.Check(); err != nil {
		return err
	}
	m.consents = append(m.consents, c)
	return nil
}

// Consents implements edge.ConsentLog.
func (m *Memory) Consents(_ context.Context, limit int) ([]edge.Consent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Clone(m.consents)
	slices.Reverse(list)
	return append([]edge.Consent{}, list[:min(limit, len(list))]...), nil
}
