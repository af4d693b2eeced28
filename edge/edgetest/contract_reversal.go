package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// SellTo sells quantity pieces of sku for cash, under the key.
func SellTo(t T, s Shop, key string, sku edge.SKU, quantity int) *edge.Sale {
	t.Helper()
	c := FillCart(t, s, sku, quantity)
	sale, _, err := s.RecordSale(t.Context(), key, edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c), Staff: "Lan"})
	require.NoError(t, err)
	return sale
}

// stockOf is what the shop has of sku.
func stockOf(t T, s edge.Ledger, sku edge.SKU) int64 {
	t.Helper()
	stock, err := s.Stock(t.Context())
	require.NoError(t, err)
	return stock[sku]
}

// lastOf is the newest event of the sale lane, which must be of that type.
func lastOf[V any](t T, s Shop, kind, subject string) V {
	t.Helper()
	evs := Chain(t, s, edge.LaneSale)
	last := evs[len(evs)-1]
	require.Equal(t, kind, last.Type)
	require.Equal(t, subject, last.Subject)
	return decode[V](t, last.Data)
}

// Voids is the contract of VoidSale.
func Voids(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	cash := SellTo(t, s, "key-sale-1", Lipstick, 2)
	card := sellByCard(t, s)
	require.EqualValues(t, -2, stockOf(t, s, Lipstick))

	clock.Advance(-24 * time.Hour) // a clock that jumps changes no order
	ask := edge.Voiding{Sale: cash.Ref(), Reason: "wrong shade", Staff: "Lan", Offline: true}
	void, replayed, err := s.VoidSale(ctx, "key-void-1", ask)
	require.NoError(t, err)
	require.False(t, replayed)
	require.Equal(t, &edge.Void{
		ID: void.ID, Shop: cash.Shop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 3}, Sale: cash.Ref(),
		Lines: cash.Lines, Total: cash.Total, VAT: cash.VAT,
		Back:   []edge.Payback{{Method: edge.Cash, Amount: 398000}},
		Reason: "wrong shade", Staff: "Lan", At: clock.Now(), Offline: true,
	}, void)
	require.Equal(t, *void, lastOf[edge.Void](t, s, edge.EventVoid, void.ID))
	require.Zero(t, stockOf(t, s, Lipstick))
	h, err := s.Sale(ctx, edge.SaleRef{ID: cash.ID})
	require.NoError(t, err)
	require.Equal(t, void, h.Void)
	require.Equal(t, *cash, h.Sale, "the sale itself stays")
	require.Empty(t, h.Left())

	again, replayed, err := s.VoidSale(ctx, "key-void-1", ask)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, void, again)

	byReceipt := edge.SaleRef{Receipt: card.Receipt}
	refunded := SellTo(t, s, "key-sale-2", Cream, 2)
	_, _, err = s.RefundSale(ctx, "key-refund", edge.Refunding{
		Sale: refunded.Ref(), Reason: "allergic", Back: []edge.Payback{{Method: edge.Cash, Amount: 320000}},
		Lines: []edge.Return{{SKU: Cream, Quantity: 1, To: edge.ToLoss}},
	})
	require.NoError(t, err)
	for _, tc := range []struct {
		name, key string
		ask       edge.Voiding
		kind      edge.Kind
		says      string
	}{
		{"twice", "key-void-2", ask, edge.Conflict, "void already"},
		{"key of another void", "key-void-1", edge.Voiding{Sale: card.Ref(), Reason: "x", References: []string{"1"}}, edge.Conflict, "idempotency key"},
		{"key of a sale", "key-sale-1", ask, edge.Conflict, "idempotency key"},
		{"short key", "short", ask, edge.Invalid, "8 to 80"},
		{"no reason", "key-void-3", edge.Voiding{Sale: card.Ref(), Reason: " ", References: []string{"1"}}, edge.Invalid, "why"},
		{"a card number", "key-void-3", edge.Voiding{Sale: card.Ref(), Reason: "card 4111 1111 1111 1111", References: []string{"1"}}, edge.Invalid, "card number"},
		{"no slip", "key-void-3", edge.Voiding{Sale: byReceipt, Reason: "x"}, edge.Invalid, "slip number"},
		{"after a refund", "key-void-3", edge.Voiding{Sale: refunded.Ref(), Reason: "x"}, edge.Conflict, "refund the rest"},
		{"a void", "key-void-3", edge.Voiding{Sale: edge.SaleRef{Receipt: void.Receipt}, Reason: "x"}, edge.Conflict, void.Receipt.String()},
		{"unknown id", "key-void-3", edge.Voiding{Sale: edge.SaleRef{ID: "nobody"}, Reason: "x"}, edge.NotFound, "nobody"},
		{"another gateway's", "key-void-3", edge.Voiding{Sale: edge.SaleRef{Receipt: edge.Receipt{Till: "T9", Series: 1, Counter: 1}}, Reason: "x"}, edge.NotFound, "T9-1-000001"},
		{"no receipt", "key-void-3", edge.Voiding{Reason: "x"}, edge.Invalid, "till"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := s.VoidSale(t.Context(), tc.key, tc.ask)
			requireKind(t, tc.kind, err)
			require.ErrorContains(t, err, tc.says)
		})
	}
	second, _, err := s.VoidSale(ctx, "key-void-3", edge.Voiding{Sale: byReceipt, Reason: "x", References: []string{"slip 2"}})
	require.NoError(t, err)
	require.EqualValues(t, 6, second.Receipt.Counter, "refused voids take no number")
	require.Equal(t, []edge.Payback{{Method: edge.Card, Amount: 890000, Reference: "slip 2"}}, second.Back)
}

func sellByCard(t *testing.T, s Shop) *edge.Sale {
	c := FillCart(t, s, Glasses, 1)
	sale, _, err := s.RecordSale(t.Context(), "key-card", edge.Checkout{
		Cart: c.ID, Payments: edge.Payments{{Method: edge.Card, Amount: 890000, Reference: "slip 1"}}, TaxCode: "0300588569",
	})
	require.NoError(t, err)
	require.EqualValues(t, "0300588569", sale.TaxCode)
	return sale
}

// Refunds is the contract of RefundSale for the shop's own sales.
func Refunds(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	sale := SellTo(t, s, "key-sale-1", Lipstick, 3)
	clock.Advance(48 * time.Hour)
	_, _, err := s.CloseDay(ctx, "key-close", "Lan")
	require.NoError(t, err)

	one := edge.Refunding{
		Sale: sale.Ref(), Reason: "allergic", Staff: "Mai",
		Lines: []edge.Return{{SKU: Lipstick, Quantity: 1, To: edge.ToStock}, {SKU: Lipstick, Quantity: 1, To: edge.ToLoss}},
		Back:  []edge.Payback{{Method: edge.Cash, Amount: 300000}, {Method: edge.Card, Amount: 98000, Reference: "slip 3"}},
	}
	_, _, err = s.RefundSale(ctx, "key-refund-1", one)
	requireKind(t, edge.Forbidden, err)
	one.Approval = &edge.Approval{Staff: "Mai", Reason: "no cash left"}
	first, replayed, err := s.RefundSale(ctx, "key-refund-1", one)
	require.NoError(t, err)
	require.False(t, replayed)
	require.EqualValues(t, 2, first.Receipt.Counter)
	require.Equal(t, sale.Ref(), first.Sale)
	require.Equal(t, edge.Money{Amount: 398000, Currency: "VND"}, first.Total)
	require.Equal(t, one.Back, first.Back)
	require.Equal(t, "Mai", first.Staff)
	require.Equal(t, clock.Now(), first.At)
	require.Equal(t, sale.Lines[0].Name, first.Lines[0].Name)
	require.Equal(t, *first, lastOf[edge.Refund](t, s, edge.EventRefund, first.ID))
	require.EqualValues(t, -2, stockOf(t, s, Lipstick), "three sold, two came back, one of them broken")

	again, replayed, err := s.RefundSale(ctx, "key-refund-1", one)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, first, again)

	rest := func(n int, amount int64) edge.Refunding {
		return edge.Refunding{
			Sale: edge.SaleRef{Receipt: sale.Receipt}, Reason: "x", Back: []edge.Payback{{Method: edge.Cash, Amount: amount}},
			Lines: []edge.Return{{SKU: Lipstick, Quantity: n, To: edge.ToStock}},
		}
	}
	refusedRefunds(t, s, rest)
	h, err := s.Sale(ctx, edge.SaleRef{Receipt: sale.Receipt})
	require.NoError(t, err)
	require.Equal(t, map[edge.SKU]int{Lipstick: 1}, h.Left())
	byItself := rest(1, 199000)
	byItself.Back = nil
	last, _, err := s.RefundSale(ctx, "key-refund-2", byItself)
	require.NoError(t, err)
	require.Equal(t, []edge.Payback{{Method: edge.Cash, Amount: 199000}}, last.Back)
	require.EqualValues(t, 5, last.Receipt.Counter, "refused refunds take no number; a sale and its void did")
	require.Equal(t, sale.VAT, first.VAT+last.VAT, "the parts' tax comes to the whole's")
	_, _, err = s.RefundSale(ctx, "key-refund-3", rest(1, 199000))
	requireKind(t, edge.Conflict, err)
	h, err = s.Sale(ctx, sale.Ref())
	require.NoError(t, err)
	require.Equal(t, []edge.Refund{*first, *last}, h.Refunds)
	require.EqualValues(t, 1, h.Z)
}

func refusedRefunds(t *testing.T, s Shop, rest func(int, int64) edge.Refunding) {
	change := func(f func(*edge.Refunding)) edge.Refunding {
		r := rest(1, 199000)
		f(&r)
		return r
	}
	price := int64(1)
	for _, tc := range []struct {
		name string
		ask  edge.Refunding
		kind edge.Kind
		says string
	}{
		{"more than is left", rest(2, 398000), edge.Conflict, "3 of LIP-01-RED, 2 of them refunded"},
		{"more in two lines", change(func(r *edge.Refunding) { r.Lines = append(r.Lines, r.Lines[0]) }), edge.Conflict, "1 more cannot be"},
		{"not on the receipt", change(func(r *edge.Refunding) { r.Lines[0].SKU = Cream }), edge.Conflict, "has no CAR-01"},
		{"less money", rest(1, 198999), edge.Conflict, "198.999"},
		{"more money", rest(1, 199001), edge.Conflict, "199.001"},
		{"otherwise than paid", change(func(r *edge.Refunding) { r.Back[0].Method, r.Back[0].Reference = edge.Card, "1" }), edge.Forbidden, "a manager has to approve"},
		{"money taken", change(func(r *edge.Refunding) {
			r.Back = []edge.Payback{{Method: edge.Cash, Amount: 199001}, {Method: edge.Cash, Amount: -1}}
		}), edge.Conflict, "199.001"},
		{"no slip", change(func(r *edge.Refunding) { r.Back[0].Method = edge.Card }), edge.Invalid, "slip"},
		{"strange method", change(func(r *edge.Refunding) { r.Back[0].Method = "shells" }), edge.Invalid, "shells"},
		{"no lines", change(func(r *edge.Refunding) { r.Lines = nil }), edge.Invalid, "no line"},
		{"no pieces", rest(0, 0), edge.Invalid, "0 pieces"},
		{"minus a piece", rest(-1, 199000), edge.Invalid, "-1 pieces"},
		{"nowhere", change(func(r *edge.Refunding) { r.Lines[0].To = "" }), edge.Invalid, "want stock or loss"},
		{"a price", change(func(r *edge.Refunding) { r.Lines[0].Price = &price }), edge.Invalid, "leave out the price"},
		{"no reason", change(func(r *edge.Refunding) { r.Reason = "" }), edge.Invalid, "why"},
		{"never given out", change(func(r *edge.Refunding) { r.Sale.Receipt.Counter = 99 }), edge.NotFound, "never given out"},
		{"a refund", change(func(r *edge.Refunding) { r.Sale.Receipt.Counter = 2 }), edge.Conflict, "T1-1-000002"},
		{"unknown id", change(func(r *edge.Refunding) { r.Sale = edge.SaleRef{ID: "nobody"} }), edge.NotFound, "nobody"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := s.RefundSale(t.Context(), "key-refused", tc.ask)
			requireKind(t, tc.kind, err)
			require.ErrorContains(t, err, tc.says)
		})
	}
	voided := SellTo(t, s, "key-sale-2", Cream, 1)
	_, _, err := s.VoidSale(t.Context(), "key-void-1", edge.Voiding{Sale: voided.Ref(), Reason: "x"})
	require.NoError(t, err)
	_, _, err = s.RefundSale(t.Context(), "key-refused", edge.Refunding{Sale: voided.Ref(), Reason: "x", Lines: []edge.Return{{SKU: Cream, Quantity: 1, To: edge.ToStock}}})
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "is void")
}

// ForeignRefunds is the contract of RefundSale for receipts of others.
func ForeignRefunds(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	price := int64(310000)
	ask := edge.Refunding{
		Sale: edge.SaleRef{Receipt: edge.Receipt{Till: "T2", Series: 4, Counter: 17}}, Reason: "allergic",
		Lines:    []edge.Return{{SKU: Cream, Quantity: 2, To: edge.ToLoss, Price: &price}},
		Back:     []edge.Payback{{Method: edge.Cash, Amount: 620000}},
		Approval: &edge.Approval{Staff: "Mai", Reason: "saw the ticket"},
	}
	for name, tc := range map[string]struct {
		change func(*edge.Refunding)
		kind   edge.Kind
	}{
		"nobody approved": {func(r *edge.Refunding) { r.Approval = nil }, edge.Forbidden},
		"no name":         {func(r *edge.Refunding) { r.Approval = &edge.Approval{Reason: "x"} }, edge.Forbidden},
		"no reason":       {func(r *edge.Refunding) { r.Approval = &edge.Approval{Staff: "Mai"} }, edge.Invalid},
		"no price":        {func(r *edge.Refunding) { r.Lines = []edge.Return{{SKU: Cream, Quantity: 2, To: edge.ToLoss}} }, edge.Invalid},
		"unknown product": {func(r *edge.Refunding) {
			r.Lines = []edge.Return{{SKU: "NO", Quantity: 2, To: edge.ToLoss, Price: &price}}
		}, edge.NotFound},
		"too little": {func(r *edge.Refunding) { r.Back = []edge.Payback{{Method: edge.Cash, Amount: 640000}} }, edge.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			bad := ask
			tc.change(&bad)
			_, _, err := s.RefundSale(t.Context(), "key-refused", bad)
			requireKind(t, tc.kind, err)
		})
	}
	r, _, err := s.RefundSale(ctx, "key-foreign", ask)
	require.NoError(t, err)
	require.Equal(t, edge.SaleRef{Receipt: ask.Sale.Receipt}, r.Sale)
	require.EqualValues(t, 1, r.Receipt.Counter)
	require.EqualValues(t, 620000, r.Total.Amount)
	require.EqualValues(t, 45926, r.VAT)
	require.Equal(t, ask.Approval, r.Approval)
	require.Equal(t, Release(1).Variants[2].Name, r.Lines[0].Name)
	require.Zero(t, stockOf(t, s, Cream), "they came back, and were written off")
	require.Equal(t, *r, lastOf[edge.Refund](t, s, edge.EventRefund, r.ID))

	// The number of a series that this shop once had and lost may be anybody's.
	_, err = s.OpenEpoch(ctx, nil, 6)
	require.NoError(t, err)
	for i, series := range []uint32{3, 7} {
		ask.Sale.Receipt = edge.Receipt{Till: "T1", Series: series, Counter: 1}
		_, _, err = s.RefundSale(ctx, fmt.Sprintf("key-lost-%d", i), ask)
		if series == 7 {
			requireKind(t, edge.Conflict, err)
			require.ErrorContains(t, err, "T1-7-000001")
		} else {
			require.NoError(t, err)
		}
	}
}
