package hq

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (g *gateway) matters(k MatterKind) []Matter {
	g.t.Helper()
	list, err := g.hq.Matters(g.t.Context(), k, testShop, 100)
	require.NoError(g.t, err)
	return list
}

func (g *gateway) waiting() int64 {
	g.t.Helper()
	n, err := g.hq.WaitingMatters(g.t.Context())
	require.NoError(g.t, err)
	return n
}

func TestAPersonSettlesMatters(t *testing.T) {
	g := newGateway(t)
	g.add("from.the.future", "e-1", struct{}{})
	g.add(edge.EventVoid, "e-2", edge.Void{
		ID: "void", Shop: testShop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 2}, Sale: edge.SaleRef{ID: "unknown"},
		Lines: testSale(g, "", 0).Lines, Total: edge.Money{Amount: 398000, Currency: "VND"}, At: g.clock.Now(),
	})
	g.addMoves(2)
	g.send(g.batch(1, 2))
	g.send(g.batch(4, 4))
	require.NoError(t, g.hq.Project(t.Context()))
	g.clock.Advance(time.Minute)
	require.NoError(t, g.hq.LookForIncidents(t.Context()))

	event := g.matters(MatterEvent)
	require.Len(t, event, 1)
	require.Equal(t, "from.the.future", event[0].Of)
	require.Equal(t, "sale 1", event[0].Subject)
	require.Contains(t, event[0].What, "unknown to this version")
	aside, err := g.hq.SetAside(t.Context(), event[0].N)
	require.NoError(t, err)
	require.Equal(t, "from.the.future", string(aside.Type))
	_, err = g.hq.SetAside(t.Context(), 99)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	record := g.matters(MatterRecord)
	require.Len(t, record, 1)
	require.Equal(t, string(audit.UnknownSale), record[0].Of)
	gap := g.matters(MatterIncident)
	require.Len(t, gap, 1, "that an event was set aside is told by the event")
	require.Equal(t, string(IncidentGap), gap[0].Of)
	require.EqualValues(t, 3, g.waiting())
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, [3]int64{1, 1, 1}, [3]int64{shops[0].Incidents, shops[0].Quarantined, shops[0].Differing})

	for _, bad := range [][2]string{{"", "note"}, {"Mai", " "}, {strings.Repeat("x", maxName+1), "note"}, {"Mai", strings.Repeat("x", maxNote+1)}, {"Mai\x00", "note"}} {
		require.Equal(t, edge.Invalid, edge.KindOf(g.hq.Settle(t.Context(), MatterEvent, event[0].N, bad[0], bad[1])))
	}
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.Settle(t.Context(), MatterEvent, 99, "Mai", "note")))
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.Settle(t.Context(), "sale", 1, "Mai", "note")))
	for i, m := range []Matter{event[0], record[0], gap[0]} {
		require.True(t, m.Waiting())
		require.NoError(t, g.hq.Settle(t.Context(), m.Kind, m.N, " Mai ", "the till was updated"))
		require.EqualValues(t, 2-i, g.waiting())
		require.Equal(t, edge.Conflict, edge.KindOf(g.hq.Settle(t.Context(), m.Kind, m.N, "Lan", "me too")))
		after := g.matters(m.Kind)[0]
		require.Equal(t, Settled{At: g.clock.Now(), By: "Mai", Note: "the till was updated"}, after.Settled)
		require.False(t, after.Waiting())
	}
	shops, err = g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, [3]int64{}, [3]int64{shops[0].Incidents, shops[0].Quarantined, shops[0].Differing})

	require.NoError(t, g.hq.LookForIncidents(t.Context()))
	require.Len(t, g.matters(MatterIncident), 1, "a gap that lasts is no second one")
	require.Zero(t, g.matters(MatterIncident)[0].Mended)
	g.send(g.batch(3, 3))
	require.NoError(t, g.hq.LookForIncidents(t.Context()))
	require.Equal(t, g.clock.Now(), g.matters(MatterIncident)[0].Mended)
}

// What happens anew is a new matter, also where somebody has settled the last.
func TestASettledMismatchIsOver(t *testing.T) {
	g := newGateway(t)
	g.addMoves(2)
	g.send(g.batch(1, 2))
	for i := range 2 {
		other := newGatewayTwin(g)
		for range 2 {
			other.add(edge.EventStock, string(rune('a'+i))+"-twin", edge.StockMove{SKU: "X", Delta: 1, Reason: edge.StockGoodsIn, Ref: "r", At: g.clock.Now()})
		}
		other.deliver(other.seal(other.batch(1, 2)))
		list := g.matters(MatterIncident)
		require.NotEmpty(t, list)
		require.Equal(t, string(IncidentMismatch), list[0].Of)
		require.True(t, list[0].Waiting())
		require.NoError(t, g.hq.Settle(t.Context(), MatterIncident, list[0].N, "Mai", "a cloned disk"))
		require.Len(t, g.matters(MatterIncident), i+1)
	}
}

// newGatewayTwin is the same machine with another history.
func newGatewayTwin(g *gateway) *gateway {
	twin := *g
	twin.newEpoch(g.epoch)
	return &twin
}
