package edgetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// OrdersPaidTwice is the contract of orders whose money two tills took that did
// not know of each other: what is too much goes back, by whom HQ's word leaves it,
// while the order goes on.
func OrdersPaidTwice(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	k, _, err := s.PlaceOrder(ctx, "order-00001", OrderAsk(Glasses, 1, 890000, edge.PayOnReceipt))
	require.NoError(t, err)
	pay := edge.OrderPaying{Order: k.ID, Payment: edge.Payment{Method: edge.Cash, Amount: 920000}, Staff: "Lan"}
	_, _, err = s.PayOrder(ctx, "order-money-1", pay)
	require.NoError(t, err)
	told := uint64(0)
	tell := func(state edge.OrderState, elsewhere int64) *edge.KnownOrder {
		t.Helper()
		told++
		clock.Advance(time.Minute)
		require.NoError(t, s.Apply(ctx, told, Told(t, &k.Order, state, clock.Now(), elsewhere)))
		now, err := s.KnownOrder(ctx, k.ID)
		require.NoError(t, err)
		return now
	}
	require.Zero(t, tell(edge.OrderAccepted, 0).Refundable)
	require.EqualValues(t, 500000, tell(edge.OrderAccepted, 500000).Refundable)
	require.EqualValues(t, 920000, tell(edge.OrderAccepted, 1000000).Refundable, "no more than was taken here")
	require.EqualValues(t, 920000, tell(edge.OrderCompleted, 920000).Refundable, "it is too much ever after")
	now := tell(edge.OrderAccepted, 920000)
	require.Zero(t, now.Due)

	pay.Back, pay.Reason, pay.Payment.Amount = true, "paid at another till", 920001
	_, _, err = s.PayOrder(ctx, "order-money-2", pay)
	requireKind(t, edge.Conflict, err)
	pay.Payment.Amount = 920000
	_, _, err = s.PayOrder(ctx, "order-money-2", pay)
	require.NoError(t, err)
	now, err = s.KnownOrder(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderAccepted, now.Stands)
	require.Zero(t, now.Refundable)
	require.Zero(t, now.Due)
	require.Equal(t, now.Total.Amount, now.Paid)
}
