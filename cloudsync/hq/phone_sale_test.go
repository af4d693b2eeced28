package hq

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// phoneSales are the sales that the shop is to make.
func (g *gateway) phoneSales() (list []edge.Record) {
	g.t.Helper()
	for _, d := range g.downs() {
		for _, p := range d.Parts {
			if r := decodeRecord(g, p); r != nil && r.Kind == edge.RecordSale {
				list = append(list, *r)
			}
		}
	}
	return list
}

// onPhone lets a phone ask for a cart's money by a code.
func (g *gateway) onPhone(cart *edge.Cart, amount int64) *edge.Transfer {
	g.t.Helper()
	ctx := g.t.Context()
	require.NoError(g.t, cart.ToPhone(g.clock.Now(), g.clock.Now().Add(time.Hour)))
	_, err := g.hq.OpenCart(ctx, cart, testNode, true)
	require.NoError(g.t, err)
	tr, err := g.hq.RequestPhoneTransfer(ctx, PhoneAsk{
		Cart: cart.ID, Amount: amount, Key: "key-0001", Prefix: "MC", Life: 15 * time.Minute,
		Text: func(total edge.Money, purpose string) (string, error) { return fmt.Sprint(total.Amount, purpose), nil },
	})
	require.NoError(g.t, err)
	return tr
}

// sells makes the sale of what the shop was told, as its ledger does.
func (g *gateway) sells(r *edge.Record, counter uint64) *edge.Sale {
	g.t.Helper()
	s := g.tellsSale(r, counter)
	require.NoError(g.t, g.hq.Project(g.t.Context()))
	return s
}

// tellsSale is sells before HQ looks at what it took in.
func (g *gateway) tellsSale(r *edge.Record, counter uint64) *edge.Sale {
	g.t.Helper()
	p, err := edge.ReadPhoneSale(r)
	require.NoError(g.t, err)
	s := p.Sale(r.ID, edgetest.Release(1), g.clock.Now().UTC())
	s.Shop, s.Checkout, s.Receipt = testShop, 1, edge.Receipt{Till: "T1", Series: 1, Counter: counter}
	n := uint64(len(g.events) + 1)
	g.add(edge.EventSale, fmt.Sprintf("sale-%d", n), s)
	g.send(g.batch(n, n))
	return s
}

func TestWhatAPhonePaidIsASaleOfTheShop(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	cart := testCart(t, 2)
	tr := g.onPhone(cart, 398000)
	require.Empty(t, g.phoneSales(), "nothing is paid yet")
	paid := g.takes(g.sent("FT1", 398000), tr.Code)
	g.takes(g.sent("FT1", 398000), tr.Code) // told again
	g.takes(g.sent("FT2", 398000), tr.Code) // paid again
	words := g.phoneSales()
	require.Len(t, words, 1)
	require.Equal(t, paid.ID, words[0].ID)

	s := g.sells(&words[0], 7)
	require.Equal(t, edge.Money{Amount: 398000, Currency: "VND"}, s.Total)
	known, err := g.hq.SaleOfCart(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, s.Receipt, known.Receipt)
	c, _, err := g.hq.Cart(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, s.Closing(), c.Closed, "sale and payment are one")
	stock, err := g.hq.Stock(ctx, testShop)
	require.NoError(t, err)
	require.EqualValues(t, -2, stock[edgetest.Lipstick])
	due := g.due(testShop)
	require.Len(t, due, 1, "the second money alone")
	require.NotEqual(t, paid.ID, due[0])
}

// What is collected in the shop leaves its shelf, what is delivered does not.
func TestWhatAnOrderBringsLeavesNoShelfHere(t *testing.T) {
	for way, left := range map[edge.OrderWay]int64{edge.Collect: -2, edge.Deliver: 0} {
		t.Run(string(way), func(t *testing.T) {
			g := orderingGateway(t)
			ctx := t.Context()
			require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
			_, err := g.order("key-00001", way)
			require.NoError(t, err)
			tr := g.onPhone(testCart(t, 2), 398000)
			g.takes(g.sent("FT1", 398000), tr.Code)
			words := g.phoneSales()
			require.Len(t, words, 1)
			s := g.sells(&words[0], 1)
			require.Equal(t, way == edge.Deliver, s.Elsewhere)
			stock, err := g.hq.Stock(ctx, testShop)
			require.NoError(t, err)
			require.Equal(t, left, stock[edgetest.Lipstick])
		})
	}
}
