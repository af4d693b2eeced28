package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// A second payment is due until the shop says that it was given back, or that
// its sale was voided.
func TestSecondPaymentsAreGivenBack(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	at := g.clock.Now().UTC()
	sale := testSale(g, "s1", 1)
	sale.Payments = edge.Payments{{Method: edge.Cash, Amount: sale.Total.Amount}}
	stands := edge.Closing{Sale: "s0-elsewhere", Receipt: "bank 1", At: sale.At}
	due := sale.Due(stands, at)
	byHand := *due
	byHand.ID = "by-hand-1"
	g.add(edge.EventSale, "ev-1", sale)
	g.add(edge.EventDue, "ev-2", due)
	g.add(edge.EventDue, "ev-3", byHand)
	g.send(g.batch(1, 3))
	require.NoError(t, g.hq.Project(ctx))
	require.ElementsMatch(t, []string{"s1", "by-hand-1"}, g.due(""))

	given, err := edge.GivingBack{Due: byHand.ID, Method: edge.Cash, Staff: "Lan"}.Of(&byHand, at)
	require.NoError(t, err)
	g.add(edge.EventGiven, "ev-4", given)
	unknown := *given
	unknown.Due = "nobody-knows"
	g.add(edge.EventGiven, "ev-5", unknown)
	less := *given
	less.Back.Amount--
	g.add(edge.EventGiven, "ev-6", less)
	g.send(g.batch(4, 6))
	require.NoError(t, g.hq.Project(ctx))
	require.Equal(t, []string{"s1"}, g.due(""))
	require.Len(t, g.flaws(), 2)
	require.NoError(t, g.hq.Rebuild(ctx))
	require.Equal(t, []string{"s1"}, g.due(""))

	history := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: sale}}
	void, err := edge.Voiding{Sale: sale.Ref(), Reason: "paid on the phone", Staff: "Lan"}.Void(history, at)
	require.NoError(t, err)
	void.ID, void.Shop, void.Receipt = "v1", sale.Shop, edge.Receipt{Till: sale.Receipt.Till, Series: sale.Receipt.Series, Counter: sale.Receipt.Counter + 1}
	g.add(edge.EventVoid, "ev-7", void)
	g.send(g.batch(7, 7))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.due(""))
	require.Len(t, g.flaws(), 2)
}

// A shop that was put back gives the same money back again, for it does not know;
// people are told, once.
func TestMoneyThatAShopGaveBackTwice(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	sale := testSale(g, "s1", 1)
	due := sale.Due(edge.Closing{Sale: "s0-elsewhere", Receipt: "bank 1", At: sale.At}, g.clock.Now().UTC())
	due.ID, due.Payments = "by-hand-1", edge.Payments{{Method: edge.Cash, Amount: sale.Total.Amount}}
	g.add(edge.EventDue, "ev-1", due)
	for _, id := range []string{"ev-2", "ev-3"} {
		g.clock.Advance(time.Minute)
		given, err := edge.GivingBack{Due: due.ID, Method: edge.Cash, Staff: "Lan"}.Of(due, g.clock.Now().UTC())
		require.NoError(t, err)
		g.add(edge.EventGiven, id, given)
	}
	g.send(g.batch(1, 3))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.due(""))
	told := g.flaws()
	require.Len(t, told, 1)
	require.NoError(t, g.hq.Rebuild(ctx))
	require.Empty(t, g.due(""))
	require.Len(t, g.flaws(), 1)
}
