package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestOrdersOnTheBoard(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	first, err := g.order("key-00001", edge.Collect)
	require.NoError(t, err)
	_, err = g.hq.MoveOrder(ctx, first.ID, edge.ByHQ, edge.OrderRejected, "none left")
	require.NoError(t, err)
	g.clock.Advance(time.Minute)
	second, err := g.order("key-00002", edge.Collect)
	require.NoError(t, err)
	_, err = g.hq.MoveOrder(ctx, second.ID, edge.ByHQ, edge.OrderRejected, "none left")
	require.NoError(t, err)
	g.clock.Advance(time.Minute)
	third, err := g.order("key-00003", edge.Collect)
	require.NoError(t, err)

	for shop, want := range map[string]map[edge.OrderState]int64{
		"":        {edge.OrderRejected: 2, edge.OrderPlaced: 1},
		testShop:  {edge.OrderRejected: 2, edge.OrderPlaced: 1},
		"nowhere": {},
	} {
		counts, err := g.hq.CountOrders(ctx, shop)
		require.NoError(t, err)
		require.Equal(t, want, counts, shop)
	}
	ids := func(list []FoundOrder, err error) (ids []string) {
		t.Helper()
		require.NoError(t, err)
		for _, f := range list {
			ids = append(ids, f.Order.ID)
		}
		return ids
	}
	require.Equal(t, []string{second.ID, first.ID}, ids(g.hq.OrdersIn(ctx, "", edge.OrderRejected, 10)), "of those that are over the last ones first")
	require.Equal(t, []string{second.ID}, ids(g.hq.OrdersIn(ctx, testShop, edge.OrderRejected, 1)))
	require.Empty(t, ids(g.hq.OrdersIn(ctx, "nowhere", edge.OrderRejected, 10)))
	require.Equal(t, []string{third.ID}, ids(g.hq.OrdersIn(ctx, "", edge.OrderPlaced, 10)))

	require.Contains(t, ids(g.hq.OrdersNumbered(ctx, " "+third.Number()+" ")), third.ID)
	require.Contains(t, ids(g.hq.OrdersNumbered(ctx, third.Number()[2:])), third.ID)
	for _, bad := range []string{"", "A", "1234567", "%%%%%%", "ab'cde"} {
		_, err := g.hq.OrdersNumbered(ctx, bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), bad)
	}
}

// What a shop asks shows until HQ brings the order further.
func TestOrdersThatShopsAskAbout(t *testing.T) {
	s := newTill(t)
	ctx := t.Context()
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	s.sync()
	s.move(k.ID, edge.OrderAccepted, "")
	asked := func(shop string) []FoundOrder {
		t.Helper()
		list, err := s.hq.OrdersAsked(ctx, shop, 10)
		require.NoError(t, err)
		return list
	}
	require.Empty(t, asked(""))
	s.clock.Advance(time.Hour)
	_, _, err := s.shop.AskOrder(ctx, "ask-00001", edge.Asking{Order: k.ID, Wish: edge.WishChange, Reason: "in the evening", Staff: "Lan"})
	require.NoError(t, err)
	s.sync()
	list := asked("")
	require.Len(t, list, 1)
	require.Equal(t, list, asked(list[0].Order.Shop))
	require.Empty(t, asked("nowhere"))
	require.Len(t, list[0].Asked(), 1)
	require.Equal(t, "in the evening", list[0].Asked()[0].Reason)

	s.clock.Advance(time.Hour)
	s.move(k.ID, edge.OrderAllocated, "")
	require.Empty(t, asked(""))
	found, err := s.hq.Order(ctx, k.ID)
	require.NoError(t, err)
	require.Empty(t, found.Asked(), "it was answered")
	require.Len(t, found.Requests, 1)
}
