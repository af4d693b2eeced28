package hq

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// table is all that a table holds, as text.
func table(t *testing.T, h *HQ, name, order string) (list []string) {
	t.Helper()
	rows, err := h.db.Read.QueryContext(t.Context(), "select * from "+name+" order by "+order)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		require.NoError(t, rows.Scan(values...))
		line := ""
		for _, v := range values {
			line += fmt.Sprintf("%s|", *v.(*[]byte))
		}
		list = append(list, line)
	}
	require.NoError(t, rows.Err())
	return list
}

// addDay writes a day of a shop: sales, one of them void, one refunded in part,
// invoices, a Z report.
func (g *gateway) addDay(day int) {
	id := func(what string, n int) string { return fmt.Sprintf("%s-%s-%d-%d", g.node, what, day, n) }
	counter := uint64(day*10 + 1)
	receipt := func() edge.Receipt {
		counter++
		return edge.Receipt{Till: "T1", Series: 1, Counter: counter - 1}
	}
	g.addMoves(7)
	for n := range 4 {
		s := testSale(g, id("sale", n), 0)
		s.Receipt = receipt()
		g.add(edge.EventSale, id("e-sale", n), s)
	}
	line := testSale(g, "", 0).Lines[0]
	total := edge.Money{Amount: line.Total, Currency: "VND"}
	g.add(edge.EventVoid, id("e-void", 0), edge.Void{
		ID: id("void", 0), Shop: testShop, Receipt: receipt(), Sale: edge.SaleRef{ID: id("sale", 0)}, Lines: []edge.SaleLine{line}, Total: total, At: g.clock.Now(),
	})
	half := line
	half.Quantity, half.Total = 1, 199000
	g.add(edge.EventRefund, id("e-refund", 0), edge.Refund{
		ID: id("refund", 0), Shop: testShop, Receipt: receipt(), Sale: edge.SaleRef{ID: id("sale", 1)}, At: g.clock.Now(),
		Lines: []edge.RefundLine{{SaleLine: half, To: edge.ToLoss}}, Total: edge.Money{Amount: 199000, Currency: "VND"},
	})
	for n, state := range []edge.EInvoiceState{edge.EInvoicePending, edge.EInvoiceIssued} {
		g.clock.Advance(time.Second)
		g.add(edge.EventEInvoice, id("e-inv", n), edge.EInvoice{Sale: id("sale", 2), State: state, Reference: "K1", At: g.clock.Now()})
	}
	g.add(edge.EventZ, id("e-z", 0), edge.ZReport{
		ID: id("z", 0), Shop: testShop, Till: "T1", Series: 1, Number: uint32(day + 1), From: uint64(day*10 + 1), To: counter - 1, At: g.clock.Now(),
		Totals: []edge.ZTotal{{
			Currency: "VND", Sales: edge.ZCount{Count: 4, Amount: 4 * 398000}, Voids: edge.ZCount{Count: 1, Amount: 398000}, Refunds: edge.ZCount{Count: 1, Amount: 199000},
			Methods: []edge.ZMethod{{Method: edge.Cash, Taken: 4 * 398000, Given: 398000 + 199000}},
			Rates:   []edge.ZRate{{Amount: 3*398000 - 199000}},
		}},
	})
	g.add("from.the.future", id("e-future", 0), struct{}{})
}

// Rebuilt from the inbox alone, all tables are what they were.
func TestRebuildMakesTheSame(t *testing.T) {
	g := newGateway(t)
	other := newGatewayOf(t, g.hq, g.clock, "shop-2")
	other.newEpoch("e-other")
	tables := map[string]string{
		"sale": "pos", "correction": "pos", "z_report": "pos", "einvoice": "node, sale", "stock": "shop, sku", "node_total": "node", "turnover": "slot, shop, node, currency",
		"projected": "node, id", "quarantine": "n", "projection": "name",
	}
	state := func() map[string][]string {
		all := map[string][]string{}
		for name, order := range tables {
			all[name] = table(t, g.hq, name, order)
			require.NotEmpty(t, all[name], name)
		}
		return all
	}
	for day := range 5 {
		for _, shop := range []*gateway{g, other} {
			from := uint64(len(shop.events) + 1)
			shop.addDay(day)
			for ; from <= uint64(len(shop.events)); from += 5 {
				shop.send(shop.batch(from, min(from+4, uint64(len(shop.events)))))
			}
		}
		require.NoError(t, g.hq.Project(t.Context()))
	}
	sent := g.events
	g.newEpoch("e-next") // some come again under their old ids
	for _, e := range sent[20:40] {
		g.add(e.Type, e.ID, e.Data)
	}
	g.send(g.batch(1, 20))
	require.NoError(t, g.hq.Project(t.Context()))

	before := state()
	require.Len(t, before["sale"], 40)
	require.Len(t, before["correction"], 20)
	require.Len(t, before["z_report"], 10)
	require.Len(t, before["einvoice"], 10)
	require.Len(t, before["quarantine"], 10)
	stock, err := g.hq.Stock(t.Context(), testShop)
	require.NoError(t, err)
	// Of each day and shop 7 come in, 8 are sold, 2 come back; one more comes
	// back broken and leaves again.
	require.EqualValues(t, 5*2*(7-8+2), stock[edgetest.Lipstick])
	require.Equal(t, []Turnover{
		{Shop: testShop, Node: testNode, Sales: 20, Sum: edge.Money{Amount: 5 * (3*398000 - 199000), Currency: "VND"}},
		{Shop: testShop, Node: "shop-2", Sales: 20, Sum: edge.Money{Amount: 5 * (3*398000 - 199000), Currency: "VND"}},
	}, allSold(t, g.hq))
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 20, shops[0].Sales)

	require.NoError(t, g.hq.Rebuild(t.Context()))
	require.Equal(t, before, state())
}
