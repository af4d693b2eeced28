package hq

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Who brings an order is told to its shop, and to whoever follows the changes; said
// again it is no change.
func TestShopIsToldWhoBringsItsOrder(t *testing.T) {
	s := newTill(t)
	ctx := t.Context()
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	s.sync()
	_, err := s.hq.SendOrder(ctx, k.ID, edge.Parcel{Carrier: "GHN", Code: "LA3C8U"})
	require.Equal(t, edge.Conflict, edge.KindOf(err), "it is not packed: %v", err)
	_, err = s.hq.SendOrder(ctx, "nothing", edge.Parcel{Carrier: "GHN"})
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	for _, to := range []edge.OrderState{edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked} {
		s.move(k.ID, to, "")
	}
	for _, code := range []string{"LA3C8U", "LA3C8V"} { // the second puts it right
		_, err = s.hq.SendOrder(ctx, k.ID, edge.Parcel{Carrier: "GHN", Code: code})
		require.NoError(t, err)
		s.sync()
		known := s.known(k.ID)
		require.Equal(t, &edge.Parcel{Carrier: "GHN", Code: code}, known.Parcel)
		require.Equal(t, edge.OrderPacked, known.Stands)
	}
	before, err := s.hq.Order(ctx, k.ID)
	require.NoError(t, err)
	_, err = s.hq.SendOrder(ctx, k.ID, edge.Parcel{Carrier: "GHN", Code: "LA3C8V"})
	require.NoError(t, err)
	after, err := s.hq.Order(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, before.N, after.N)
	s.move(k.ID, edge.OrderHandedOver, "")
	s.sync()
	require.Equal(t, "LA3C8V", s.known(k.ID).Parcel.Code, "it stays with the order")
}
