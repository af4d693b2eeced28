package hq

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// longName is one that compresses badly and fits no page of an index.
func longName(seed uint64) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	random := rand.New(rand.NewPCG(seed, 0))
	name := make([]byte, 9000)
	for i := range name {
		name[i] = letters[random.IntN(len(letters))]
	}
	return string(name)
}

// A name that no index takes is set aside, and the events after it flow.
func TestNamesTooLongForAnIndexHoldUpNothing(t *testing.T) {
	g := newGateway(t)
	n := 0
	add := func(kind string, data any) {
		n++
		g.add(kind, fmt.Sprintf("ev-%d", n), data)
	}
	receipt := func(till string) edge.Receipt { return edge.Receipt{Till: till, Series: 1, Counter: uint64(n + 1)} }
	sold := func(change func(*edge.Sale)) edge.Sale {
		s := testSale(g, fmt.Sprintf("s-%d", n), uint64(n+1))
		change(&s)
		return s
	}
	void := func(change func(*edge.Void)) edge.Void {
		s := testSale(g, "s-0", 1)
		v := edge.Void{ID: fmt.Sprintf("v-%d", n), Receipt: receipt("T2"), Sale: s.Ref(), Lines: s.Lines, Total: s.Total, At: g.clock.Now()}
		change(&v)
		return v
	}
	add(edge.EventSale, sold(func(*edge.Sale) {}))
	good := n
	g.add(edge.EventSale, longName(1), sold(func(s *edge.Sale) { s.ID = "of a long event" }))
	add(edge.EventSale, sold(func(s *edge.Sale) { s.ID = longName(2) }))
	add(edge.EventSale, sold(func(s *edge.Sale) { s.Receipt.Till = longName(3) }))
	add(edge.EventSale, sold(func(s *edge.Sale) { s.Lines[0].SKU = edge.SKU(longName(4)) }))
	add(edge.EventStock, edge.StockMove{SKU: edge.SKU(longName(5)), Delta: 1, Reason: edge.StockGoodsIn, Ref: "r", At: g.clock.Now()})
	add(edge.EventVoid, void(func(v *edge.Void) { v.ID = longName(6) }))
	add(edge.EventVoid, void(func(v *edge.Void) { v.Sale.ID = longName(7) }))
	add(edge.EventVoid, void(func(v *edge.Void) { v.Sale.Receipt.Till = longName(8) }))
	add(edge.EventVoid, void(func(v *edge.Void) { v.Receipt.Till = longName(9) }))
	add(edge.EventZ, edge.ZReport{
		ID: "z", Till: longName(10), Series: 1, Number: 1, From: 1, To: 1, At: g.clock.Now(), Missing: 1,
	})
	add(edge.EventEInvoice, edge.EInvoice{Sale: longName(11), State: edge.EInvoicePending, At: g.clock.Now()})
	bad := len(g.events) - good
	add(edge.EventSale, sold(func(*edge.Sale) {}))
	g.send(g.batch(1, uint64(len(g.events))))
	require.EqualValues(t, -4, g.stock(), "both good sales took effect")
	require.Len(t, g.flaws(), bad)
}

// Members that an event should not have are no concern of what it does have.
func TestSuperfluousMembersHoldUpNothing(t *testing.T) {
	g := newGateway(t)
	with := func(v any, members map[string]any) json.RawMessage {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		var m map[string]any
		require.NoError(t, json.Unmarshal(b, &m))
		for k, v := range members {
			m[k] = v
		}
		b, err = json.Marshal(m)
		require.NoError(t, err)
		return b
	}
	s := testSale(g, "s1", 1)
	s.Cart = edge.CartID{1}
	again := testSale(g, "s2", 2)
	again.Cart = s.Cart
	g.add(edge.EventSale, "ev-1", with(s, map[string]any{"ID": 5, "LINES": "none"}))
	g.add(edge.EventSale, "ev-2", with(again, map[string]any{"Total": "none"}))
	v := edge.Void{ID: "v1", Receipt: number("T1", 3), Sale: s.Ref(), Lines: s.Lines, Total: s.Total, At: g.clock.Now()}
	line := with(s.Lines[0], map[string]any{"to": 5})
	g.add(edge.EventVoid, "ev-3", with(v, map[string]any{"lines": []json.RawMessage{line}, "approval": "no"}))
	g.send(g.batch(1, uint64(len(g.events))))
	require.NoError(t, g.hq.Project(t.Context()))
	require.Empty(t, g.flaws())
	sales, err := g.hq.Sales(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Equal(t, []string{"s2"}, g.due(""), "the cart was sold twice")
}

// While a shop sends and sends, who asks for the projection gets what was there
// when they asked, and records are held against each other.
func TestProjectionEndsWhileEventsCome(t *testing.T) {
	g := newGateway(t)
	g.hq.projectAtOnce = 1
	g.add(edge.EventSale, "ev-1", testSale(g, "s1", 1))
	g.add(edge.EventSale, "ev-2", testSale(g, "s2", 1))
	g.send(g.batch(1, 2))
	var sending sync.WaitGroup
	stop := make(chan struct{})
	sending.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				from := uint64(len(g.events) + 1)
				g.addMoves(3)
				g.send(g.batch(from, from+2))
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := g.hq.Project(ctx)
	close(stop)
	sending.Wait()
	require.NoError(t, err)
	sales, err := g.hq.Sales(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, 2)
	found, err := g.hq.FindDiscrepancies(t.Context(), Filter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, found, 1, "two receipts of one number")
}
