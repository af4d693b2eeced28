package edgetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Due is the contract of second payments.
func Due(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	none := func() {
		t.Helper()
		due, err := s.RefundsDue(ctx, 10)
		require.NoError(t, err)
		require.Empty(t, due)
	}
	c := FillCart(t, s, Lipstick, 1)
	co := edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c), Staff: "Lan"}
	_, _, err := s.RecordSecondPayment(ctx, "due-00001", co)
	requireKind(t, edge.Conflict, err)
	none()

	// The phone holds the cart, and the clerk takes money with a manager's reason.
	_, err = s.ChangeCart(ctx, c.ID, func(c *edge.Cart, _ edge.Writer) error {
		return c.ToPhone(clock.Now(), clock.Now().Add(time.Hour))
	})
	require.NoError(t, err)
	_, _, err = s.RecordSale(ctx, "key-00001", co)
	requireKind(t, edge.Conflict, err)
	co.Override = &edge.Approval{Staff: "Mai", Reason: "the phone is empty"}
	clock.Advance(time.Minute)
	sale, _, err := s.RecordSale(ctx, "key-00001", co)
	require.NoError(t, err)
	require.Equal(t, co.Override, sale.Override)

	// HQ took it before: the sale's payment is the second, however often it is told.
	phone, err := s.Cart(ctx, c.ID)
	require.NoError(t, err)
	phone.Closed = &edge.Closing{Sale: "bank-0001", Receipt: "bank 1", At: sale.At.Add(-time.Second)}
	clock.Advance(time.Minute)
	for range 2 {
		merged, err := s.MergeCart(ctx, phone)
		require.NoError(t, err)
		require.Equal(t, phone.Closed, merged.Closed)
	}
	due, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.RefundDue{{
		ID: sale.ID, Shop: sale.Shop, Cart: c.ID, Taken: edge.HeldByShop, Total: sale.Total, Payments: sale.Payments,
		Stands: *phone.Closed, Override: co.Override, Staff: "Lan", At: clock.Now(),
	}}, due)
	evs := Chain(t, s, edge.LaneSale)
	require.Equal(t, []string{edge.EventEpoch, edge.EventSale, edge.EventDue}, types(evs))
	require.Equal(t, due[0], decode[edge.RefundDue](t, evs[2].Data))
	require.NoError(t, due[0].Check())

	// Money on top of that sells nothing, and is due.
	second, replayed, err := s.RecordSecondPayment(ctx, "due-00002", co)
	require.NoError(t, err)
	require.False(t, replayed)
	again, replayed, err := s.RecordSecondPayment(ctx, "due-00002", co)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, second, again)
	require.Equal(t, *phone.Closed, second.Stands)
	due, err = s.RefundsDue(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []edge.RefundDue{*second}, due)
	stock, err := s.Stock(ctx)
	require.NoError(t, err)
	require.EqualValues(t, -1, stock[Lipstick])

	_, _, err = s.VoidSale(ctx, "void-00001", edge.Voiding{Sale: sale.Ref(), Reason: "paid on the phone", Staff: "Lan"})
	require.NoError(t, err)
	due, err = s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.RefundDue{*second}, due, "the sale's money is given back")
	laterElsewhere(t, s)
	partly(t, s)
	giveBack(t, s, second, sale)
	none()
}

// giveBack gives a second payment back, once.
func giveBack(t *testing.T, s Shop, second *edge.RefundDue, sale *edge.Sale) {
	ctx := t.Context()
	ask := edge.GivingBack{Due: second.ID, Method: edge.Cash, Staff: "Lan"}
	for name, tc := range map[string]struct {
		ask  edge.GivingBack
		kind edge.Kind
	}{
		"nobody's":       {edge.GivingBack{Due: "nobody", Method: edge.Cash}, edge.NotFound},
		"a sale's":       {edge.GivingBack{Due: sale.ID, Method: edge.Cash}, edge.Conflict},
		"by phone":       {edge.GivingBack{Due: second.ID, Method: edge.ByPhone}, edge.Invalid},
		"not as it came": {edge.GivingBack{Due: second.ID, Method: edge.Card, Reference: "1"}, edge.Forbidden},
		"no reason":      {edge.GivingBack{Due: second.ID, Method: edge.Card, Reference: "1", Approval: &edge.Approval{Staff: "Mai"}}, edge.Invalid},
		"card, no slip":  {edge.GivingBack{Due: second.ID, Method: edge.Card}, edge.Invalid},
		"cash, a slip":   {edge.GivingBack{Due: second.ID, Method: edge.Cash, Reference: "1"}, edge.Invalid},
		"another's key":  {ask, edge.Conflict},
		"no such method": {edge.GivingBack{Due: second.ID}, edge.Invalid},
	} {
		key := "given-" + second.ID
		if name == "another's key" {
			key = "due-00002"
		}
		_, _, err := s.GiveBack(ctx, key, tc.ask)
		requireKind(t, tc.kind, err)
	}
	given, replayed, err := s.GiveBack(ctx, "given-00001", ask)
	require.NoError(t, err)
	require.False(t, replayed)
	require.Equal(t, &edge.RefundGiven{
		Due: second.ID, Shop: second.Shop, Total: second.Total, Staff: "Lan", At: given.At,
		Back: edge.Payback{Method: edge.Cash, Amount: second.Total.Amount},
	}, given)
	require.NoError(t, given.Check())
	require.Equal(t, *given, lastOf[edge.RefundGiven](t, s, edge.EventGiven, second.ID))
	again, replayed, err := s.GiveBack(ctx, "given-00001", ask)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, given, again)
	_, _, err = s.GiveBack(ctx, "given-00002", ask)
	requireKind(t, edge.Conflict, err)
}

// A payment elsewhere that came after the shop's is not the shop's to give back.
func laterElsewhere(t *testing.T, s Shop) {
	ctx := t.Context()
	sale := Sell(t, s, Glasses)
	before, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	phone, err := s.Cart(ctx, sale.Cart)
	require.NoError(t, err)
	mine := *phone.Closed
	phone.Closed = &edge.Closing{Sale: "bank-0002", Receipt: "bank 2", At: sale.At.Add(time.Second)}
	merged, err := s.MergeCart(ctx, phone)
	require.NoError(t, err)
	require.Equal(t, &mine, merged.Closed)
	after, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// A sale whose payment is due stays so until all of it went back.
func partly(t *testing.T, s Shop) {
	ctx := t.Context()
	before, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	sale := SellTo(t, s, "key-partly", Lipstick, 2)
	refund := func(key string) {
		_, _, err := s.RefundSale(ctx, key, edge.Refunding{
			Sale: sale.Ref(), Lines: []edge.Return{{SKU: Lipstick, Quantity: 1, To: edge.ToStock}}, Reason: "another shade", Staff: "Lan",
		})
		require.NoError(t, err)
	}
	refund("refund-0001")
	c, err := s.Cart(ctx, sale.Cart)
	require.NoError(t, err)
	c.Closed = &edge.Closing{Sale: "bank-0003", Receipt: "bank 3", At: sale.At.Add(-time.Second)}
	_, err = s.MergeCart(ctx, c)
	require.NoError(t, err)
	due, err := s.RefundsDue(ctx, 1)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, sale.ID, due[0].ID)
	refund("refund-0002")
	after, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, before, after)
}
