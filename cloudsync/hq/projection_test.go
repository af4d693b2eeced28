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

func testSale(g *gateway, id string, counter uint64) edge.Sale {
	return edge.Sale{
		ID: id, Shop: testShop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: counter},
		Lines: []edge.SaleLine{{SKU: edgetest.Lipstick, Quantity: 2, Price: 199000, Total: 398000}},
		Total: edge.Money{Amount: 398000, Currency: "VND"}, At: g.clock.Now(), Offline: true,
	}
}

func TestSalesTakeEffectOnce(t *testing.T) {
	g := newGateway(t)
	changed, cancel := g.hq.Watch()
	defer cancel()
	g.add(edge.EventEpoch, "ev-0", edge.EpochOpened{})
	g.add(edge.EventSale, "ev-1", testSale(g, "s1", 1))
	g.add(edge.EventSale, "ev-2", testSale(g, "s2", 2))
	g.addMoves(10)
	g.send(g.batch(1, 13))
	require.EqualValues(t, 6, g.stock(), "10 came in, 2 lines of 2 were sold")
	require.Len(t, changed, 1)

	first := g.events[1:3]
	g.newEpoch("e2") // HQ's copy is thought lost: the shop sends again under the old ids
	g.add(edge.EventEpoch, "ev-9", edge.EpochOpened{})
	for _, e := range first {
		g.add(e.Type, e.ID, e.Data)
	}
	g.add(edge.EventSale, "ev-3", testSale(g, "s3", 3))
	g.send(g.batch(1, 4))
	require.EqualValues(t, 4, g.stock())
	sales, err := g.hq.Sales(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, 3)
	for i, id := range []string{"s1", "s2", "s3"} {
		require.Equal(t, id, sales[i].Sale.ID)
		require.Equal(t, testNode, sales[i].Node)
		require.Equal(t, g.clock.Now(), sales[i].Received)
	}
	require.Equal(t, testSale(g, "s1", 1), sales[0].Sale)
	require.Empty(t, g.flaws())

	page, err := g.hq.Sales(t.Context(), sales[0].Cursor, 1)
	require.NoError(t, err)
	require.Equal(t, sales[1:2], page)
	newest, err := g.hq.LatestSales(t.Context(), "", 2)
	require.NoError(t, err)
	require.Equal(t, []Sale{sales[2], sales[1]}, newest)

	require.NoError(t, g.hq.Rebuild(t.Context()))
	again, err := g.hq.Sales(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, sales, again)
	require.EqualValues(t, 4, g.stock())
}

func TestEventsThatCannotBeUsedBlockNothing(t *testing.T) {
	g := newGateway(t)
	g.add("from.the.future", "a", json.RawMessage(`{}`))
	g.add(edge.EventSale, "b", json.RawMessage(`[]`))
	g.add(edge.EventStock, "c", edge.StockMove{SKU: "X"})
	g.add(edge.EventCart, "d", json.RawMessage(`{"id":"!"}`))
	g.add(edge.EventCart, "e", edge.Cart{Lines: []edge.Line{{SKU: ""}}})
	g.add(edge.EventSale, "f", testSale(g, "s1", 1))
	g.add(edge.EventSale, "f", testSale(g, "s2", 2))
	g.add(edge.EventSale, "g", testSale(g, "s1", 3))
	huge := testSale(g, "s4", 4)
	huge.Lines[0].Quantity = 1 << 40
	g.add(edge.EventSale, "h", huge)
	g.add(edge.EventStock, "i", edge.StockMove{SKU: "X", Delta: 1 << 40, Reason: edge.StockGoodsIn, Ref: "r", At: g.clock.Now()})
	g.addMoves(1)
	ack := g.send(g.batch(1, 11))
	require.EqualValues(t, 11, ack.Mark)
	require.EqualValues(t, -1, g.stock(), "the good sale and the good move took effect")
	require.Len(t, g.flaws(), 9)
	require.NoError(t, g.hq.Rebuild(t.Context()))
	require.Len(t, g.flaws(), 9)
}

// What is wrong with an event goes to the log, and who knows a cart's id may
// change the cart.
func TestFlawsNameNoCart(t *testing.T) {
	g := newGateway(t)
	require.NoError(t, g.hq.Enrol(t.Context(), Node{Node: "shop-2", Shop: testShop, Key: newKey(t).Public().(ed25519.PublicKey)}))
	cart := edge.NewCart(edge.CartID{1}, g.clock.Now())
	_, err := g.hq.OpenCart(t.Context(), cart, "shop-2", true)
	require.NoError(t, err)
	g.add(edge.EventCart, "a", cart)
	broken := edge.NewCart(edge.CartID{2}, g.clock.Now())
	broken.Claim.Holder = "nobody"
	g.add(edge.EventCart, "b", broken)
	g.send(g.batch(1, 2))
	require.NoError(t, g.hq.Project(t.Context()))
	require.Len(t, g.flaws(), 2)
	for _, flaw := range g.flaws() {
		require.NotContains(t, flaw, cart.ID.String())
		require.NotContains(t, flaw, broken.ID.String())
	}
}

// A sale that no till makes is set aside, and the sums of the others stay.
func TestAbsurdSalesSpoilNoSum(t *testing.T) {
	g := newGateway(t)
	g.add(edge.EventEpoch, "opened", edge.EpochOpened{})
	n := uint64(0)
	sale := func(change func(*edge.Sale)) {
		n++
		id := fmt.Sprint("s", n)
		s := testSale(g, id, n)
		change(&s)
		g.add(edge.EventSale, id, s)
	}
	worth := func(amounts ...int64) func(*edge.Sale) {
		return func(s *edge.Sale) {
			line := s.Lines[0]
			s.Lines, s.Total.Amount = nil, 0
			for _, a := range amounts {
				line.Total = a
				s.Lines = append(s.Lines, line)
				s.Total.Amount += a // as it overflows
			}
		}
	}
	absurd := []func(*edge.Sale){
		worth(1 << 62), worth(1 << 62), worth(-1 << 63), worth(1<<45 + 1), worth(-1<<45 - 1), worth(1<<45, 1),
		worth(1<<62, 1<<62, 1<<62, 1<<62), // comes to 0
		func(s *edge.Sale) { s.Total.Amount++ },
		func(s *edge.Sale) { s.Lines = nil },
		func(s *edge.Sale) { s.Total.Currency = "" },
		func(s *edge.Sale) { s.Total.Currency = "vnd" },
		func(s *edge.Sale) { s.Total.Currency = "VND\n" },
	}
	for _, change := range absurd {
		sale(change)
	}
	sale(worth(1 << 45))
	sale(worth(-1 << 45))
	sale(worth(398000))
	g.send(g.batch(1, uint64(len(g.events))))
	require.EqualValues(t, -6, g.stock(), "three sales of 2 pieces took effect")
	require.Len(t, g.flaws(), len(absurd))
	require.Equal(t, []Turnover{{Shop: testShop, Node: testNode, Sales: 3, Sum: edge.Money{Amount: 398000, Currency: "VND"}}}, allSold(t, g.hq))
}

func TestShopsShowHowTheyStand(t *testing.T) {
	g := newGateway(t)
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Shop{{Node: testNode, Shop: testShop, Lanes: []Lane{}}}, shops)

	g.addMoves(3)
	g.send(g.batch(1, 1))
	g.clock.Advance(time.Minute)
	g.send(g.batch(3, 3))
	g.clock.Advance(time.Minute)
	g.newEpoch("e2")
	g.add(edge.EventSale, "s", testSale(g, "s", 1))
	g.send(g.batch(1, 1))
	require.NoError(t, g.hq.Project(t.Context()))
	shops, err = g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Shop{{
		Node: testNode, Shop: testShop, Up: true, Seen: g.clock.Now(), LastEvent: g.clock.Now(), LastSale: g.clock.Now(), Sales: 1,
		Epochs: 2, Renewed: g.clock.Now(),
		Lanes: []Lane{{Lane: edge.LaneSale, Epoch: "e2", Mark: 1, Seen: 1}},
	}}, shops)
}
