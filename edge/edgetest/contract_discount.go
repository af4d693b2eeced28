package edgetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Discounts is the contract of sales that are cheaper than the catalogue: what
// is recorded, given back and closed.
func Discounts(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	c := FillCart(t, s, Lipstick, 3)
	co := edge.Checkout{
		Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 537200}}, Staff: "Lan", Discounter: edge.Discounter{Staff: "Lan", Most: 1000},
		Discounts: []edge.Discount{{SKU: Lipstick, Amount: 59700, Reason: "tester"}, {Amount: 100, Reason: "regular"}},
	}
	_, _, err := s.RecordSale(ctx, "key-00001", co)
	requireKind(t, edge.Forbidden, err)
	require.ErrorContains(t, err, "Lan gives discounts of at most 10 %")
	co.Discounter = edge.Discounter{Staff: "Mai", Most: 5000}
	sale, _, err := s.RecordSale(ctx, "key-00001", co)
	require.NoError(t, err)
	require.EqualValues(t, 537200, sale.Total.Amount)
	require.Equal(t, []edge.Discount{{SKU: Lipstick, Amount: 59700, Reason: "tester", Staff: "Mai"}, {Amount: 100, Reason: "regular", Staff: "Mai"}}, sale.Discounts)
	line := sale.Lines[0]
	require.EqualValues(t, 199000, line.Price)
	require.EqualValues(t, 59800, line.Discount)
	require.EqualValues(t, 537200, line.Total)
	require.EqualValues(t, 39793, line.VAT, "8 % within what was paid")
	require.Equal(t, *sale, lastOf[edge.Sale](t, s, edge.EventSale, sale.ID))

	other := co
	other.Discounts = co.Discounts[:1]
	_, _, err = s.RecordSale(ctx, "key-00001", other)
	requireKind(t, edge.Conflict, err)

	give := func(key string, pieces int, amount int64) *edge.Refund {
		r, _, err := s.RefundSale(ctx, key, edge.Refunding{
			Sale: sale.Ref(), Reason: "allergic", Lines: []edge.Return{{SKU: Lipstick, Quantity: pieces, To: edge.ToStock}},
			Back: []edge.Payback{{Method: edge.Cash, Amount: amount}},
		})
		require.NoError(t, err)
		return r
	}
	first, rest := give("key-refund-1", 1, 179066), give("key-refund-2", 2, 358134)
	require.EqualValues(t, 19934, first.Lines[0].Discount)
	require.Equal(t, sale.VAT, first.VAT+rest.VAT)

	SellTo(t, s, "key-sale-2", Cream, 1)
	z, _, err := s.CloseDay(ctx, "key-close", "Mai")
	require.NoError(t, err)
	require.Equal(t, edge.ZDiscounts{Count: 2, Amount: 59800}, z[0].Totals[0].Discounts)
	require.EqualValues(t, 320000, z[0].Totals[0].Net())
	Reckon(t, Chain(t, s, edge.LaneSale)).AddsUp(t, s)
}
