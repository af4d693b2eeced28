package edgetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ZReports is the contract of CloseDay.
func ZReports(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	_, _, err := s.CloseDay(ctx, "key-close-0", "Lan")
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "nothing to close")

	void, refund := SellTo(t, s, "key-sale-1", Lipstick, 2), SellTo(t, s, "key-sale-2", Cream, 2)
	clock.Advance(-24 * time.Hour) // yesterday follows today: the numbers still do
	card := sellByCard(t, s)
	_, _, err = s.VoidSale(ctx, "key-void", edge.Voiding{Sale: void.Ref(), Reason: "x"})
	require.NoError(t, err)
	_, _, err = s.RefundSale(ctx, "key-refund", edge.Refunding{
		Sale: refund.Ref(), Reason: "x", Lines: []edge.Return{{SKU: Cream, Quantity: 1, To: edge.ToStock}},
		Back: []edge.Payback{{Method: edge.Card, Amount: 320000, Reference: "slip 4"}}, Approval: &edge.Approval{Staff: "Mai", Reason: "no cash"},
	})
	require.NoError(t, err)
	seq, hash, err := s.Head(ctx, edge.LaneSale)
	require.NoError(t, err)

	list, replayed, err := s.CloseDay(ctx, "key-close-1", "Lan")
	require.NoError(t, err)
	require.False(t, replayed)
	require.Len(t, list, 1)
	z := list[0]
	require.Equal(t, edge.ZReport{
		ID: z.ID, Shop: void.Shop, Till: "T1", Series: 1, Number: 1, From: 1, To: 5,
		Totals: []edge.ZTotal{{
			Currency: "VND",
			Sales:    edge.ZCount{Count: 3, Amount: 398000 + 640000 + 890000, VAT: void.VAT + refund.VAT + card.VAT},
			Voids:    edge.ZCount{Count: 1, Amount: 398000, VAT: void.VAT},
			Refunds:  edge.ZCount{Count: 1, Amount: 320000, VAT: 23704},
			Methods:  []edge.ZMethod{{Method: edge.Card, Taken: 890000, Given: 320000}, {Method: edge.Cash, Taken: 1038000, Given: 398000}},
			Rates:    []edge.ZRate{{Rate: 800, Amount: 320000, VAT: refund.VAT - 23704}, {Rate: 1000, Amount: 890000, VAT: card.VAT}},
		}},
		Chain: edge.ChainMark{LaneMark: edge.LaneMark{Epoch: s.Epoch(), Seq: seq}, Hash: hash},
		Staff: "Lan", At: clock.Now(),
	}, z)
	require.Equal(t, z, lastOf[edge.ZReport](t, s, edge.EventZ, z.ID))

	again, replayed, err := s.CloseDay(ctx, "key-close-1", "Mai")
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, list, again)
	_, _, err = s.CloseDay(ctx, "key-close-2", "Lan")
	requireKind(t, edge.Conflict, err)
	_, _, err = s.CloseDay(ctx, "key-sale-1", "Lan")
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "idempotency key")
	_, _, err = s.VoidSale(ctx, "key-void-2", edge.Voiding{Sale: card.Ref(), Reason: "x", References: []string{"slip"}})
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "closed by Z report 1")

	// A new series begins; the next Z closes both.
	open1 := SellTo(t, s, "key-sale-3", Cream, 1)
	_, err = s.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	_, _, err = s.VoidSale(ctx, "key-void-3", edge.Voiding{Sale: open1.Ref(), Reason: "x"})
	require.NoError(t, err, "its series is not closed yet")
	list, _, err = s.CloseDay(ctx, "key-close-3", "Lan")
	require.NoError(t, err)
	require.Len(t, list, 2)
	for i, want := range []edge.ZReport{{Series: 1, Number: 2, From: 6, To: 6}, {Series: 2, Number: 1, From: 1, To: 1}} {
		require.Equal(t, want, edge.ZReport{Series: list[i].Series, Number: list[i].Number, From: list[i].From, To: list[i].To})
	}
	require.EqualValues(t, 320000, list[0].Totals[0].Net())
	require.EqualValues(t, -320000, list[1].Totals[0].Net())
	require.Equal(t, s.Epoch(), list[0].Chain.Epoch)

	all, err := s.ZReports(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.ZReport{list[1], list[0], z}, all, "newest first")
	all, err = s.ZReports(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []edge.ZReport{list[1]}, all)
	_, _, err = s.CloseDay(ctx, "short", "Lan")
	requireKind(t, edge.Invalid, err)
}

// EInvoices is the contract of PutEInvoice.
func EInvoices(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	sale := Sell(t, s, Cream)
	h, err := s.Sale(ctx, sale.Ref())
	require.NoError(t, err)
	require.Equal(t, edge.EInvoice{Sale: sale.ID, State: edge.EInvoiceNone}, h.EInvoice)

	step := func(state edge.EInvoiceState, ref string) error {
		return s.PutEInvoice(ctx, edge.EInvoice{Sale: sale.ID, State: state, Reference: ref, At: clock.Now()})
	}
	requireKind(t, edge.Conflict, step(edge.EInvoiceIssued, "1C26T 42"))
	require.NoError(t, step(edge.EInvoicePending, ""))
	require.NoError(t, step(edge.EInvoicePending, ""), "the same again")
	require.NoError(t, step(edge.EInvoiceRefused, "e 17"))
	require.NoError(t, step(edge.EInvoicePending, "try 2"))
	require.NoError(t, step(edge.EInvoiceIssued, "1C26T 42"))
	requireKind(t, edge.Conflict, step(edge.EInvoicePending, ""))
	requireKind(t, edge.Conflict, step(edge.EInvoiceRefused, ""))
	require.NoError(t, step(edge.EInvoiceAdjusted, "1C26T 43"))
	require.NoError(t, step(edge.EInvoiceAdjusted, "1C26T 44"))
	require.Equal(t, "1C26T 44", lastOf[edge.EInvoice](t, s, edge.EventEInvoice, sale.ID).Reference)
	require.Equal(t, []string{
		edge.EventEpoch, edge.EventSale, edge.EventEInvoice, edge.EventEInvoice, edge.EventEInvoice,
		edge.EventEInvoice, edge.EventEInvoice, edge.EventEInvoice,
	}, types(Chain(t, s, edge.LaneSale)))
	h, err = s.Sale(ctx, sale.Ref())
	require.NoError(t, err)
	require.Equal(t, edge.EInvoice{Sale: sale.ID, State: edge.EInvoiceAdjusted, Reference: "1C26T 44", At: clock.Now()}, h.EInvoice)

	requireKind(t, edge.NotFound, s.PutEInvoice(ctx, edge.EInvoice{Sale: "nobody", State: edge.EInvoicePending, At: clock.Now()}))
	requireKind(t, edge.Invalid, step(edge.EInvoiceNone, ""))
	requireKind(t, edge.Invalid, step(edge.EInvoiceIssued, ""))
	requireKind(t, edge.Invalid, s.PutEInvoice(ctx, edge.EInvoice{Sale: sale.ID, State: edge.EInvoicePending}))
}
