package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// What a phone paid waits for the shop's past: the sale may be in it. It waits
// through a restart, and in each new epoch again.
func TestWhatAPhonePaidWaitsForThePast(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	message := uint64(0)
	tell := func(id string) {
		t.Helper()
		message++
		c := edgetest.FillCart(t, l.db, edgetest.Lipstick, 2)
		word := edgetest.PaidByPhone(t, id, c.ID, c.Claim.Until, false)
		require.NoError(t, l.db.Apply(ctx, message, edge.Delivery{Records: []edge.Record{word}}))
	}
	sold := func(id string) bool {
		t.Helper()
		_, err := l.db.Sale(ctx, edge.SaleRef{ID: id})
		if err != nil {
			require.Equal(t, edge.NotFound, edge.KindOf(err))
		}
		return err == nil
	}
	tell("bank-0001")
	require.False(t, sold("bank-0001"), "HQ has not said whether it holds more of the past")
	l.stop()
	l.start()
	require.False(t, sold("bank-0001"))
	require.NoError(t, l.db.TakenBack(ctx, "another epoch"))
	require.False(t, sold("bank-0001"))
	require.NoError(t, l.db.TakenBack(ctx, l.db.Epoch()))
	require.True(t, sold("bank-0001"))
	tell("bank-0002")
	require.True(t, sold("bank-0002"), "nothing is lacking in this epoch any more")

	_, err := l.db.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	tell("bank-0003")
	require.False(t, sold("bank-0003"))
	require.NoError(t, l.db.TakenBack(ctx, l.db.Epoch()))
	require.True(t, sold("bank-0003"))
}
