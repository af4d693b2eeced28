package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Whatever a shop does, HQ comes to the same stock and turnover from its events,
// can use every one of them, and finds that they add up.
func TestAnyDaysAddUpHereToo(t *testing.T) {
	open := func(_ *rapid.T, now func() time.Time) edgetest.Shop { return edgetest.NewMemory(now) }
	edgetest.Days(t, 6, open, func(rt *rapid.T, s edgetest.Shop) {
		g := newGateway(t)
		evs := edgetest.Chain(rt, s, edge.LaneSale)
		g.newEpoch(s.Epoch())
		for _, e := range evs {
			g.add(e.Type, e.ID, e.Data)
		}
		for from := uint64(1); from <= uint64(len(evs)); from += cloudsync.MaxEvents {
			g.send(g.batch(from, min(from+cloudsync.MaxEvents-1, uint64(len(evs)))))
		}
		require.NoError(rt, g.hq.Project(rt.Context()))
		require.Empty(rt, g.flaws())
		told, err := g.hq.FindDiscrepancies(rt.Context(), Filter{}, 0, 100)
		require.NoError(rt, err)
		for _, d := range told {
			require.Equal(rt, audit.UnknownSale, d.Kind, d.Message)
			require.Equal(rt, "T2-1-000001", d.Subject)
		}
		here, err := g.hq.Stock(rt.Context(), testShop)
		require.NoError(rt, err)
		there, err := s.Stock(rt.Context())
		require.NoError(rt, err)
		for sku, n := range there {
			require.Equal(rt, n, here[sku], sku)
		}
		turnover(rt, g.hq, edgetest.Reckon(rt, evs))
	})
}

// turnover holds HQ's turnover against what the receipts come to.
func turnover(t *rapid.T, h *HQ, r *edgetest.Reckoning) {
	var net int64
	for _, amount := range r.Amounts {
		net += amount
	}
	list := allSold(t, h)
	if len(r.Amounts) == 0 {
		require.Empty(t, list)
		return
	}
	require.Len(t, list, 1)
	require.Equal(t, edge.Money{Amount: net, Currency: "VND"}, list[0].Sum)
	var reports int
	require.NoError(t, h.db.Read.QueryRowContext(t.Context(), "select count(*) from z_report").Scan(&reports))
	require.Equal(t, len(r.Zs), reports)
}
