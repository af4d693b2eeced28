package edgetest

import (
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// order takes an order, or ends one.
func (d *days) order(t *rapid.T) {
	key := d.key()
	terms := rapid.SampledFrom([]edge.OrderTerms{edge.PayDeposit, edge.PayFull, edge.PayOnReceipt}).Draw(t, "terms")
	ask := OrderAsk(Cream, rapid.IntRange(1, 3).Draw(t, "pieces"), 320000, terms)
	k, _, err := d.PlaceOrder(t.Context(), key, ask)
	require.NoError(t, err)
	d.orders = append(d.orders, k.ID)
	remember(d, key, k, func(t *rapid.T) (*edge.KnownOrder, bool, error) { return d.PlaceOrder(t.Context(), key, ask) })
}

// orderMoney takes money for an order, or after HQ rejected it gives it back.
func (d *days) orderMoney(t *rapid.T) {
	if len(d.orders) == 0 {
		t.Skip("nothing is ordered yet")
	}
	k, err := d.KnownOrder(t.Context(), rapid.SampledFrom(d.orders).Draw(t, "order"))
	require.NoError(t, err)
	if k.Stands == edge.OrderPlaced && rapid.Bool().Draw(t, "rejected") {
		d.heard++
		require.NoError(t, d.Apply(t.Context(), d.heard, Told(t, &k.Order, edge.OrderRejected, d.clock.Now(), 0)))
		k, err = d.KnownOrder(t.Context(), k.ID)
		require.NoError(t, err)
	}
	key, ask := d.key(), edge.OrderPaying{Order: k.ID, Back: rapid.Bool().Draw(t, "back"), Staff: "Lan"}
	may := k.Due
	if ask.Back {
		may, ask.Reason = k.Refundable, "x"
	}
	ask.Payment = edge.Payment{Method: edge.Cash, Amount: rapid.Int64Range(1, may+1000).Draw(t, "amount")}
	m, _, err := d.PayOrder(t.Context(), key, ask)
	if ask.Payment.Amount > may || k.Stands == edge.OrderDepositPending && ask.Payment.Amount < k.Taken.Deposit {
		requireKind(t, edge.Conflict, err)
		return
	}
	require.NoError(t, err)
	after, err := d.KnownOrder(t.Context(), k.ID)
	require.NoError(t, err)
	require.GreaterOrEqual(t, after.Paid, int64(0))
	require.LessOrEqual(t, after.Paid, k.Total.Amount)
	remember(d, key, m, func(t *rapid.T) (*edge.OrderMoney, bool, error) { return d.PayOrder(t.Context(), key, ask) })
}
