package main

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// tellingOutbox tells the pages of carts that a phone changed, and of what else
// HQ's word changes at once.
type tellingOutbox struct {
	*sqlite.DB
	changed func(edge.CartID)
	records func([]edge.Record)
	paid    func()           // the bank's word may have sold a cart
	fetcher *release.Fetcher // nil for none
}

func (o tellingOutbox) Apply(ctx context.Context, n uint64, d edge.Delivery) error {
	if err := o.DB.Apply(ctx, n, d); err != nil {
		return err
	}
	for _, c := range d.Carts {
		o.changed(c.ID)
	}
	o.records(d.Records)
	for i := range d.Records {
		switch r := &d.Records[i]; r.Kind {
		case edge.RecordPayment:
			if w, err := edge.ReadTransferWord(r); err == nil {
				o.changed(w.Cart)
				o.paid()
			}
		case edge.RecordSale:
			o.paid()
		}
	}
	if len(d.Releases) > 0 && o.fetcher != nil {
		o.fetcher.Wake()
	}
	return nil
}

// TakenBack may make the sales that phones have paid.
func (o tellingOutbox) TakenBack(ctx context.Context, epoch string) error {
	err := o.DB.TakenBack(ctx, epoch)
	o.paid()
	return err
}
