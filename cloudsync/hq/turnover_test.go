package hq

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// allSold is the turnover of all times, in one part.
func allSold(t interface {
	require.TestingT
	Context() context.Context
}, h *HQ,
) []Turnover {
	const century = 100 * 8760 * time.Hour
	list, err := h.Turnover(t.Context(), time.UnixMilli(0), time.UnixMilli(0).Add(century), century)
	require.NoError(t, err)
	return list
}

func TestTurnoverByTheHour(t *testing.T) {
	g := newGateway(t)
	begin := g.clock.Now().Truncate(time.Hour)
	sell := func(id string, at time.Time) {
		s := testSale(g, id, 0)
		s.At = at
		g.add(edge.EventSale, "e-"+id, s)
	}
	sell("before", begin.Add(-time.Millisecond))
	sell("first", begin)
	sell("second", begin.Add(59*time.Minute))
	sell("third", begin.Add(2*time.Hour+time.Minute))
	line := testSale(g, "", 0).Lines[0]
	g.add(edge.EventVoid, "e-void", edge.Void{
		ID: "void", Shop: testShop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 99}, Sale: edge.SaleRef{ID: "third"},
		Lines: []edge.SaleLine{line}, Total: edge.Money{Amount: line.Total, Currency: "VND"}, At: begin.Add(23 * time.Hour),
	})
	sell("after", begin.Add(24*time.Hour))
	g.send(g.batch(1, uint64(len(g.events))))
	require.NoError(t, g.hq.Project(t.Context()))
	require.Empty(t, g.flaws())

	sold := func(part int, sales, amount int64) Turnover {
		return Turnover{Shop: testShop, Node: testNode, Part: part, Sales: sales, Sum: edge.Money{Amount: amount, Currency: "VND"}}
	}
	day, err := g.hq.Turnover(t.Context(), begin, begin.Add(24*time.Hour), time.Hour)
	require.NoError(t, err)
	require.Equal(t, []Turnover{sold(0, 2, 2*398000), sold(2, 1, 398000), sold(23, 0, -398000)}, day)
	whole, err := g.hq.Turnover(t.Context(), begin, begin.Add(24*time.Hour), 24*time.Hour)
	require.NoError(t, err)
	require.Equal(t, []Turnover{sold(0, 3, 2*398000)}, whole)
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, begin.Add(24*time.Hour).UTC(), shops[0].LastSale)

	for _, odd := range []func() error{
		func() error {
			_, err := g.hq.Turnover(t.Context(), begin.Add(time.Minute), begin, time.Hour)
			return err
		},
		func() error {
			_, err := g.hq.Turnover(t.Context(), begin, begin.Add(time.Millisecond), time.Hour)
			return err
		},
		func() error { _, err := g.hq.Turnover(t.Context(), begin, begin, time.Minute); return err },
	} {
		require.Equal(t, edge.Invalid, edge.KindOf(odd()))
	}
}
