package hq

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// fill has the gateway sell, move stock and close a day: n sales, each with a
// move of stock behind it, a minute apart.
func (g *gateway) fill(n int) {
	g.t.Helper()
	for i := range n {
		g.add(edge.EventSale, fmt.Sprintf("%s-s%d", g.node, i), testSale(g, fmt.Sprintf("%s-sale-%d", g.node, i), uint64(i+1)))
		g.addMoves(1)
		g.clock.Advance(time.Minute)
	}
	for from := uint64(1); from <= uint64(len(g.events)); from += 100 {
		g.send(g.batch(from, min(from+99, uint64(len(g.events)))))
	}
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

// second enrols another gateway with the same HQ.
func (g *gateway) second(node, shop string) *gateway {
	g.t.Helper()
	other := *g
	other.node, other.key = node, newKey(g.t)
	other.newEpoch("e-" + node)
	require.NoError(g.t, g.hq.Enrol(g.t.Context(), Node{Node: node, Shop: shop, Key: other.key.Public().(ed25519.PublicKey)}))
	return &other
}

// allEvents reads page by page to the end.
func allEvents(t *testing.T, h *HQ, f Filter, limit int) (list []FoundEvent) {
	t.Helper()
	for after := int64(0); ; {
		some, span, err := h.FindEvents(t.Context(), f, after, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(some), limit)
		require.True(t, !span.More || span.Next > after, "it goes on")
		list, after = append(list, some...), span.Next
		if !span.More {
			return list
		}
	}
}

func TestEventsAreFoundOnceAndInOrder(t *testing.T) {
	g := newGateway(t)
	begin := g.clock.Now()
	g.fill(130)
	other := g.second("shop-2", "saigon-1")
	other.fill(20)
	all, err := g.hq.Events(t.Context(), 0, 1000)
	require.NoError(t, err)
	require.Len(t, all, 300)
	for _, limit := range []int{1, 7, 100, 1000} {
		found := allEvents(t, g.hq, Filter{}, limit)
		require.Len(t, found, len(all))
		for i := range found {
			require.Equal(t, all[i], found[i].Record)
		}
	}
	at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
	for name, tt := range map[string]struct {
		f    Filter
		want func(Record) bool
	}{
		"node":  {Filter{Node: "shop-2"}, func(r Record) bool { return r.Event.Node == "shop-2" }},
		"shop":  {Filter{Shop: testShop}, func(r Record) bool { return r.Event.Node == testNode }},
		"type":  {Filter{Types: []string{edge.EventSale}}, func(r Record) bool { return r.Event.Type == edge.EventSale }},
		"types": {Filter{Types: []string{edge.EventSale, edge.EventStock}}, func(Record) bool { return true }},
		"time": {Filter{From: at(100), To: at(135)}, func(r Record) bool {
			return r.Event.Time >= at(100).UnixMilli() && r.Event.Time < at(135).UnixMilli()
		}},
		"all": {Filter{Shop: testShop, Node: testNode, Types: []string{edge.EventStock}, From: at(5), To: at(7)}, func(r Record) bool {
			return r.Event.Type == edge.EventStock && r.Event.Time >= at(5).UnixMilli() && r.Event.Time < at(7).UnixMilli() && r.Event.Node == testNode
		}},
		"nothing": {Filter{Shop: "nowhere"}, func(Record) bool { return false }},
	} {
		var want []Record
		for _, r := range all {
			if tt.want(r) {
				want = append(want, r)
			}
		}
		for _, limit := range []int{3, 1000} {
			var got []Record
			for _, r := range allEvents(t, g.hq, tt.f, limit) {
				got = append(got, r.Record)
			}
			require.Equal(t, want, got, name)
		}
	}
}

func TestSpanNeverPassesWhatIsNotCommitted(t *testing.T) {
	g := newGateway(t)
	g.fill(3)
	_, span, err := g.hq.FindEvents(t.Context(), Filter{Types: []string{"no such"}}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, Span{Next: 6}, span)
	receipts, span, err := g.hq.FindReceipts(t.Context(), Filter{Types: []string{KindSale}, Shop: "nowhere"}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, receipts)
	require.Equal(t, Span{Next: 6}, span)

	g.add(edge.EventSale, "late", testSale(g, "late", 99))
	g.send(g.batch(7, 7))
	_, span, err = g.hq.FindReceipts(t.Context(), Filter{Types: []string{KindSale}}, span.Next, 10)
	require.NoError(t, err)
	require.Equal(t, Span{Next: 6}, span, "it is not projected yet")
	require.NoError(t, g.hq.Project(t.Context()))
	receipts, span, err = g.hq.FindReceipts(t.Context(), Filter{Types: []string{KindSale}}, span.Next, 10)
	require.NoError(t, err)
	require.Equal(t, Span{Next: 7}, span)
	require.Equal(t, "late", receipts[0].ID)

	ahead, err := g.hq.LastEvent(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, ahead)
	_, span, err = g.hq.FindEvents(t.Context(), Filter{}, ahead+100, 10)
	require.NoError(t, err)
	require.Equal(t, ahead+100, span.Next, "a reader that was further, before HQ was restored, does not go back")
}

func TestReceiptsOfAllKinds(t *testing.T) {
	g := newGateway(t)
	sale := testSale(g, "sale-1", 1)
	g.add(edge.EventSale, "e1", sale)
	g.clock.Advance(time.Hour)
	void := edge.Void{
		ID: "void-1", Shop: sale.Shop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 2}, Sale: sale.Ref(),
		Lines: sale.Lines, Total: sale.Total, VAT: sale.VAT, Reason: "wrong shade", Staff: "mai", At: g.clock.Now(),
	}
	g.add(edge.EventVoid, "e2", void)
	refund := edge.Refund{
		ID: "refund-1", Shop: sale.Shop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 3}, Sale: sale.Ref(), Total: sale.Total,
		VAT: sale.VAT, Reason: "broken", Staff: "mai", At: g.clock.Now(),
	}
	for _, l := range sale.Lines {
		refund.Lines = append(refund.Lines, edge.RefundLine{SaleLine: l, To: edge.ToStock})
	}
	g.add(edge.EventRefund, "e3", refund)
	g.send(g.batch(1, 3))
	require.NoError(t, g.hq.Project(t.Context()))
	flaws, err := g.hq.Quarantine(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, flaws)

	kinds := func(f Filter) (list []string) {
		for after := int64(0); ; {
			some, span, err := g.hq.FindReceipts(t.Context(), f, after, 1)
			require.NoError(t, err)
			for _, r := range some {
				list = append(list, r.Kind)
				require.True(t, json.Valid(r.Body))
				require.Equal(t, testShop, r.Shop)
				require.Equal(t, r.Kind == KindSale, r.Amount.Amount > 0, "what is given back is negative")
			}
			if after = span.Next; !span.More {
				return list
			}
		}
	}
	every := []string{KindSale, KindVoid, KindRefund, KindZReport}
	require.Equal(t, []string{KindSale, KindVoid, KindRefund}, kinds(Filter{Types: every}))
	require.Equal(t, []string{KindRefund}, kinds(Filter{Types: []string{KindRefund}}))
	require.Equal(t, []string{KindVoid, KindRefund}, kinds(Filter{Types: every, From: void.At}))
	require.Equal(t, []string{KindSale}, kinds(Filter{Types: every, To: void.At}))
	require.Empty(t, kinds(Filter{Types: []string{KindZReport}}))
	require.Empty(t, kinds(Filter{}))
}

func TestStockByShopAndSKU(t *testing.T) {
	g := newGateway(t)
	g.fill(2)
	other := g.second("shop-2", "saigon-1")
	other.fill(3)
	var got []Figure
	for shop, sku := "", edge.SKU(""); ; {
		some, err := g.hq.FindStock(t.Context(), Filter{}, shop, sku, 1)
		require.NoError(t, err)
		if len(some) == 0 {
			break
		}
		got, shop, sku = append(got, some...), some[0].Shop, some[0].SKU
	}
	for _, f := range got {
		stock, err := g.hq.Stock(t.Context(), f.Shop)
		require.NoError(t, err)
		require.Equal(t, stock[f.SKU], f.Quantity)
		require.Equal(t, edgetest.Lipstick, f.SKU)
	}
	require.Equal(t, []string{testShop, "saigon-1"}, []string{got[0].Shop, got[1].Shop})
	only, err := g.hq.FindStock(t.Context(), Filter{Shop: "saigon-1"}, "", "", 10)
	require.NoError(t, err)
	require.Equal(t, got[1:], only)
}
