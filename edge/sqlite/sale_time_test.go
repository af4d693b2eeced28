package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// The sales of a stretch of time are those that looking at every one finds,
// whatever the clock did meanwhile, and however many are asked for; those that were
// sold last come first.
func TestSalesOfATimeAreAllFound(t *testing.T) {
	clock := edgetest.NewClock()
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	db.saleTimes.size = 4
	start := clock.Now()
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(0, 6).Draw(r, "sales") {
			clock.Advance(time.Duration(rapid.IntRange(-90, 120).Draw(r, "minutes")) * time.Minute)
			edgetest.Sell(t, db, edgetest.Lipstick)
		}
		all, err := db.Sales(t.Context(), 100_000)
		require.NoError(r, err)
		from := start.Add(time.Duration(rapid.IntRange(-3000, 6000).Draw(r, "from")) * time.Minute)
		until := from.Add(time.Duration(rapid.IntRange(0, 3000).Draw(r, "long")) * time.Minute)
		limit := rapid.IntRange(1, 40).Draw(r, "limit")
		var want []edge.RecordedSale
		for _, s := range all {
			if len(want) < limit && !s.At.Before(from) && s.At.Before(until) {
				want = append(want, s)
			}
		}
		slices.SortStableFunc(want, func(a, b edge.RecordedSale) int { return b.At.Compare(a.At) })
		got, err := db.SalesBetween(t.Context(), from, until, limit)
		require.NoError(r, err)
		require.Equal(r, want, got)
	})
	require.NotEmpty(t, db.saleTimes.blocks)
}
