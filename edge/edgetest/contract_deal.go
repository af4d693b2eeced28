package edgetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Deals is the contract of what staff settle about a cart before it is paid: it
// is the cart's at every till, and no money that was taken gets lost.
func Deals(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	clerk, manager := edge.Discounter{Staff: "Lan", Most: 1000}, &edge.Discounter{Staff: "Mai", Most: 5000}
	c := FillCart(t, s, Lipstick, 2) // 398.000
	settle := func(change func(*edge.OpenCart) error) error {
		_, err := s.LabelCart(ctx, c.ID, change)
		return err
	}
	slip := func(id string, amount int64) edge.PaidPart {
		return edge.PaidPart{ID: id, Payment: edge.Payment{Method: edge.Card, Amount: amount, Reference: id}, Staff: "Lan", At: clock.Now()}
	}
	fifth := edge.Discount{SKU: Lipstick, Rate: 2000, Reason: "tester"}
	require.NoError(t, settle(func(o *edge.OpenCart) error {
		if err := o.Park(edge.Parking{Name: "red coat", Staff: "Lan", At: clock.Now()}, "comes back at six"); err != nil {
			return err
		}
		return o.Reduce(fifth, clerk, manager, Release(1))
	}))
	require.NoError(t, settle(func(o *edge.OpenCart) error { return o.Take(slip("S-1", 100000)) }))
	require.NoError(t, settle(func(o *edge.OpenCart) error { return o.Take(slip("S-1", 100000)) }), "sent again")
	requireKind(t, edge.Conflict, settle(func(o *edge.OpenCart) error { return o.Take(slip("S-1", 100001)) }))

	fifth.Staff = "Mai"
	want := edge.Deal{
		Name: "red coat", Note: "comes back at six", Discounts: []edge.Reduced{{Discount: fifth, Most: 2000}}, Parts: []edge.PaidPart{slip("S-1", 100000)},
	}
	o, err := s.OpenCart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, want, o.Deal)
	require.Equal(t, "red coat", o.Parked.Name)
	_, err = s.OpenCart(ctx, edge.CartID{9})
	requireKind(t, edge.NotFound, err)

	// Whoever sells the cart sells it so, and with what was paid of it.
	fifth.Staff = ""
	co := edge.Checkout{
		Cart: c.ID, Staff: "Hoa", Discounter: edge.Discounter{Staff: "Hoa", Most: 500}, Discounts: []edge.Discount{fifth},
		Payments: edge.Payments{{Method: edge.Cash, Amount: 318400}},
	}
	_, _, err = s.RecordSale(ctx, "key-sale-1", co)
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "100000 was taken by card")
	_, _, err = s.RequestTransfer(ctx, "key-ask-1", edge.TransferAsk{Cart: c.ID, Amount: 318400, Discounts: co.Discounts, Code: "MC7K3J9XQ2T8W", Text: "x", Life: time.Hour})
	requireKind(t, edge.Conflict, err)
	co.Payments = edge.Payments{slip("S-1", 100000).Payment, {Method: edge.Cash, Amount: 218400}}
	sale, _, err := s.RecordSale(ctx, "key-sale-1", co)
	require.NoError(t, err)
	require.Equal(t, "Mai", sale.Discounts[0].Staff)
	again, replayed, err := s.RecordSale(ctx, "key-sale-1", co)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, sale, again)
	o, err = s.OpenCart(ctx, c.ID)
	require.NoError(t, err)
	require.Empty(t, o.Deal.Parts, "they are the sale's")
	requireKind(t, edge.Conflict, settle(func(o *edge.OpenCart) error { return o.Take(slip("S-2", 1)) }))

	// What was taken of a cart that was emptied is not forgotten until it went back.
	c = FillCart(t, s, Cream, 1)
	require.NoError(t, settle(func(o *edge.OpenCart) error { return o.Take(slip("S-3", 100000)) }))
	_, err = s.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error { return c.SetQuantity(w, c.Lines[0].ID, 0) })
	require.NoError(t, err)
	FillCart(t, s, Glasses, 1)
	carts, err := s.OpenCarts(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []edge.CartID{c.ID}, cartIDs(carts))
	require.NoError(t, settle(func(o *edge.OpenCart) error {
		o.GiveBack("S-3", "Lan", "VND")
		return nil
	}))
	carts, err = s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.NotContains(t, cartIDs(carts), c.ID)
}
