package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"time"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
)

// sampleTicket is a ticket of a day in the demo shop.
func sampleTicket(ctx context.Context, kind string) (ticket.Document, *time.Location, error) {
	files, err := fs.Sub(demoFiles, "demo/shop")
	if err != nil {
		return nil, nil, err
	}
	shop, err := shopdir.Read(files)
	if err != nil {
		return nil, nil, err
	}
	day, err := newSampleDay(shop)
	if err != nil {
		return nil, nil, err
	}
	doc, err := day.ticket(ctx, kind)
	return doc, shop.Location, err
}

// sampleDay is one sale of three lines, one of them refunded; and the cart before
// it was sold.
type sampleDay struct {
	at     time.Time
	r      *edge.Release
	links  *handoff.Links
	cart   *edge.Cart
	sale   *edge.Sale
	refund *edge.Refund
	void   *edge.Void
}

func newSampleDay(shop *shopdir.Shop) (*sampleDay, error) {
	d := &sampleDay{at: time.Now().UTC(), r: &edge.Release{Version: 1, Currency: shop.Currency, Variants: shop.Variants}}
	var id edge.CartID
	rand.Read(id[:]) // never fails (crypto/rand)
	d.cart = edge.NewCart(id, d.at.Add(12*time.Hour))
	for i, at := range []int{0, len(shop.Variants) / 2, len(shop.Variants) - 1} {
		if _, err := d.cart.Add(edge.EpochWriter("example"), shop.Variants[at].SKU, 1+i%2); err != nil {
			return nil, err
		}
	}
	settings, err := (&handoffFlags{}).settings()
	if err != nil {
		return nil, err
	}
	if d.links, err = handoff.NewLinks(settings); err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	_, total, err := edge.PriceCart(d.cart, d.r)
	if err != nil {
		return nil, err
	}
	const note = 500_000 // the largest there is
	paid := edge.Payments{{Method: edge.Cash, Amount: total.Amount, Tendered: (total.Amount + note - 1) / note * note}}
	if d.sale, err = (edge.Checkout{Cart: id, Payments: paid, Staff: "Linh"}).Sale(d.cart, d.r, d.at); err != nil {
		return nil, err
	}
	d.sale.Receipt = edge.Receipt{Till: "T1", Series: 1, Counter: 42}
	h := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *d.sale}}
	one := d.sale.Lines[0]
	d.refund, err = edge.Refunding{
		Lines: []edge.Return{{SKU: one.SKU, Quantity: 1, To: edge.ToStock}}, Back: []edge.Payback{{Method: edge.Cash, Amount: one.Price}},
		Reason: "Khách đổi màu", Staff: "Linh",
	}.Refund(h, d.at)
	if err != nil {
		return nil, err
	}
	if d.void, err = (edge.Voiding{Reason: "Bấm nhầm", Staff: "Linh"}).Void(h, d.at); err != nil {
		return nil, err
	}
	d.refund.Receipt = edge.Receipt{Till: "T1", Series: 1, Counter: 43}
	d.void.Receipt = edge.Receipt{Till: "T1", Series: 1, Counter: 44}
	return d, nil
}

func (d *sampleDay) ticket(ctx context.Context, kind string) (ticket.Document, error) {
	switch kind {
	case string(edge.PrintReceipt):
		return ticket.Receipt{Sale: d.sale}, nil
	case string(edge.PrintRefund):
		return ticket.Refund{Refund: d.refund}, nil
	case string(edge.PrintVoid):
		return ticket.Void{Void: d.void}, nil
	case string(edge.PrintTest):
		return ticket.Test{At: d.at}, nil
	case string(edge.PrintZ):
		z := &edge.ZReport{Till: "T1", Series: 1, Number: 12, From: 42, To: 43, Staff: "Linh", At: d.at}
		z.AddSale(d.sale)
		z.AddRefund(d.refund)
		cash := z.Totals[0].Cash()
		z.Shifts = []edge.ZShift{{
			Number: 7, Currency: d.sale.Total.Currency, Float: 1_500_000, Out: -45_000, Expected: 1_455_000 + cash, Counted: 1_450_000 + cash,
			Reason: "Thối nhầm", Staff: "Linh", From: d.at.Add(-9 * time.Hour), To: d.at,
		}}
		return ticket.ZReport{ZReport: z}, nil
	case string(edge.PrintCart):
		link, err := d.links.LinkWithin(ctx, d.cart, ticket.MaxLink)
		return ticket.Cart{Lines: d.sale.Lines, Total: d.sale.Total, Link: link, At: d.at}, err
	case "order":
		link, err := d.links.LinkWithin(ctx, d.cart, ticket.MaxLink)
		if err != nil {
			return nil, err
		}
		return ticket.Order{
			Number: "T1-000007", State: edge.OrderPlaced, Lines: d.sale.Lines, Total: d.sale.Total, PickUp: demoShopName, Code: "K7-4Q2",
			Subject: true, Link: link.URL, Staff: "Linh", At: d.at,
		}, nil
	}
	return nil, edge.Errorf("ticket", edge.Invalid, "--kind %.20q: use receipt, refund, void, z, cart, order or test", kind)
}
