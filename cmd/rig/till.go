package rig

import (
	"context"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// release is a small catalogue; its version never changes, so it may be put
// again and again.
func release() *edge.Release {
	name := func(vi, en, zh string) edge.Text { return edge.Text{VI: vi, EN: en, ZH: zh} }
	return &edge.Release{
		Version: 1, Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Currency: "VND",
		Categories: []edge.Category{{ID: "lips", Name: name("Môi", "Lips", "唇部")}},
		Variants: []edge.Variant{
			{
				SKU: sold, GTIN: "8930000000019", Product: "LIP-01", Category: "lips", Brand: "Mai",
				Name: name("Son lì", "Matte lipstick", "哑光口红"), Shade: name("Đỏ", "Red", "红"), Color: "#B01030", Finish: "matte",
				Price: edge.Money{Amount: 199000, Currency: "VND"}, VAT: 800, Picture: "lipstick.svg",
				TryOn: &edge.TryOn{Kind: "lipstick", Finish: "matte"},
			},
			{
				SKU: balm, GTIN: "8930000000026", Product: "BAL-01", Category: "lips", Brand: "Sen",
				Name:  name("Son dưỡng", "Lip balm", "润唇膏"),
				Price: edge.Money{Amount: 89000, Currency: "VND"}, VAT: 800, Picture: "balm.svg",
			},
		},
	}
}

// Every cart has one piece of each.
const (
	sold edge.SKU = "LIP-01-RED"
	balm edge.SKU = "BAL-01"
)

// Cart opens a cart with a lipstick and a balm in it.
func Cart(ctx context.Context, db *sqlite.DB) (*edge.Cart, error) {
	c, err := db.CreateCart(ctx)
	if err != nil {
		return nil, err
	}
	return db.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, sold, 1)
		if err == nil {
			_, err = c.Add(w, balm, 1)
		}
		return err
	})
}

// Sell sells a cart for cash, as a clerk who presses the button once. The sale
// is on disk when it returns: its receipt may be printed.
func Sell(ctx context.Context, db *sqlite.DB, c *edge.Cart) (*edge.Sale, error) {
	r, err := db.Release(ctx)
	if err != nil {
		return nil, err
	}
	_, total, err := edge.PriceCart(c, r)
	if err != nil {
		return nil, err
	}
	s, _, err := db.RecordSale(ctx, "cart-"+c.ID.String(), edge.Checkout{
		Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: total.Amount}}, Staff: "Lan",
	})
	return s, err
}
