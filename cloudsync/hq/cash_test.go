package hq

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestShiftsCloseAtHQ(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	expected := int64(420000)
	end := func(id string, counted int64) edge.CashRecord {
		return edge.CashRecord{
			ID: id, Shop: testShop, Till: "T1", Shift: 1, Kind: edge.CashClose, Amount: edge.Money{Amount: counted, Currency: "VND"},
			Expected: &expected, Reason: "wrong change", Staff: "Lan", At: g.clock.Now().UTC(),
		}
	}
	first, second := end("c1", 400000), end("c2", 420000)
	g.add(edge.EventCash, "ev-1", first)
	g.add(edge.EventCash, "ev-2", edge.CashRecord{ID: "d1", Kind: edge.CashDrawer, Amount: edge.Money{Currency: "VND"}, At: first.At})
	g.add(edge.EventCash, "ev-3", second)
	broken := end("c3", 1)
	broken.Expected = nil
	g.add(edge.EventCash, "ev-4", broken)
	g.send(g.batch(1, 4))
	for range 2 {
		require.NoError(t, g.hq.Project(ctx))
		closed, err := g.hq.ClosedShifts(ctx, testShop, 10)
		require.NoError(t, err)
		require.Equal(t, []edge.CashRecord{second, first}, closed)
		require.EqualValues(t, -20000, closed[1].Difference())
		require.Len(t, g.flaws(), 1)
		none, err := g.hq.ClosedShifts(ctx, "elsewhere", 10)
		require.NoError(t, err)
		require.Empty(t, none)
		require.NoError(t, g.hq.Rebuild(ctx))
	}
}
