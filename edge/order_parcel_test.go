package edge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// brought is an order that was brought to a state, on the shortest way there.
func brought(t *testing.T, way edge.OrderWay, to ...edge.OrderState) *edge.Order {
	t.Helper()
	o := anOrder(way)
	require.NoError(t, o.Begin(edge.ByShopper, edge.OrderPlaced, orderTime))
	for i, s := range to {
		require.NoError(t, o.Move(edge.ByHQ, s, "", orderTime.Add(time.Duration(i+1)*time.Minute)))
	}
	return o
}

func TestParcelIsSaidWhileTheOrderTravels(t *testing.T) {
	packed := []edge.OrderState{edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked}
	road := append(packed, edge.OrderHandedOver, edge.OrderInTransit, edge.OrderOutForDelivery)
	for name, tc := range map[string]struct {
		way  edge.OrderWay
		to   []edge.OrderState
		want bool
	}{
		"placed":          {edge.Deliver, nil, false},
		"allocated":       {edge.Deliver, packed[:2], false},
		"packed":          {edge.Deliver, packed, true},
		"on the road":     {edge.Deliver, road, true},
		"failed":          {edge.Deliver, append(road[:6:6], edge.OrderDeliveryFailed), true},
		"on the way back": {edge.Deliver, append(road[:5:5], edge.OrderReturning), true},
		"delivered":       {edge.Deliver, append(road[:6:6], edge.OrderDelivered), false},
		"collected here":  {edge.Collect, packed, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := brought(t, tc.way, tc.to...)
			require.Equal(t, tc.want, o.Travels())
			err := o.Send(edge.Parcel{Carrier: " GHN ", Code: " LA3C8U "})
			if !tc.want {
				require.Equal(t, edge.Conflict, edge.KindOf(err))
				require.Nil(t, o.Parcel)
				return
			}
			require.NoError(t, err)
			require.Equal(t, &edge.Parcel{Carrier: "GHN", Code: "LA3C8U"}, o.Parcel)
			require.NoError(t, o.Check())
			r, err := o.Record(0)
			require.NoError(t, err)
			k, err := edge.KnowOrder(nil, r, edge.OrderDeeds{})
			require.NoError(t, err)
			require.Equal(t, o.Parcel, k.Parcel, "the shop is told")
		})
	}
}

func TestParcelsThatNobodyCouldFollow(t *testing.T) {
	for name, p := range map[string]edge.Parcel{
		"no carrier":    {Carrier: " "},
		"long carrier":  {Carrier: strings.Repeat("x", 65)},
		"no plain text": {Carrier: "a\nb"},
		"a long code":   {Carrier: "GHN", Code: strings.Repeat("1", 41)},
		"an address":    {Carrier: "GHN", Code: "https://a.example"},
		"a sentence":    {Carrier: "GHN", Code: "ask at the desk"},
	} {
		o := brought(t, edge.Deliver, edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked)
		require.Equal(t, edge.Invalid, edge.KindOf(o.Send(p)), name)
		require.Nil(t, o.Parcel, name)
		o.Parcel = &p
		if strings.TrimSpace(p.Carrier) == p.Carrier {
			require.Equal(t, edge.Invalid, edge.KindOf(o.Check()), name)
		}
	}
	require.NoError(t, (&edge.Parcel{Carrier: "Shop's own van"}).Check(), "the chain's own people have no code")
}
