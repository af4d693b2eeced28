package ticket

import (
	"cmp"
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

// order is the slip of an order, or the receipt of its money.
func (r *Records) order(ctx context.Context, ref string) (Document, error) {
	id, err := r.Orders.OrderOfMoney(ctx, ref)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		id, err = ref, nil
	}
	if err != nil {
		return nil, err
	}
	k, err := r.Orders.KnownOrder(ctx, id)
	if err != nil {
		return nil, err
	}
	d := Order{Number: k.Number(), State: k.Stands, Total: k.Total, Paid: k.Paid, Code: k.Code, Subject: k.Short() && k.Stands.Unsure(), At: k.Order.Since()}
	for i := range k.Lines {
		l := &k.Lines[i]
		d.Lines = append(d.Lines, edge.SaleLine{SKU: l.SKU, Name: l.Name, Shade: l.Shade, Quantity: l.Quantity, Price: l.Price, Total: l.Total})
	}
	if t := k.Taken; t != nil {
		d.Fee, d.Promise, d.Staff = t.Fee, t.Promise, t.Staff
	}
	if id != ref {
		d.pays(k, ref)
	}
	if k.Way == edge.Collect {
		d.PickUp, err = r.shopName(ctx, k.Shop)
	} else {
		d.Deliver, err = r.address(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	return d, r.link(ctx, &d, k.Cart)
}

// pays makes the slip the receipt of one money of the order, which says the same whenever it is printed.
func (d *Order) pays(k *edge.KnownOrder, money string) {
	d.Paid, d.State = 0, ""
	for i := range k.Money {
		m := &k.Money[i]
		if d.Paid += m.Total.Amount; m.Back {
			d.Paid -= 2 * m.Total.Amount
		}
		if m.ID == money {
			d.Money, d.Staff, d.At = m, m.Staff, m.At
			return
		}
	}
}

// shopName is what people call a shop; its id where HQ has not told.
func (r *Records) shopName(ctx context.Context, id string) (string, error) {
	places, err := r.Office.Places(ctx)
	if err != nil {
		return "", err
	}
	return cmp.Or(places[id].Name, id), nil
}

// address is where an order is brought, line by line; empty where that is not
// known any more.
func (r *Records) address(ctx context.Context, id string) ([]string, error) {
	c, err := r.Orders.OrderContact(ctx, id)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := []string{c.Name, c.Phone}
	if a := c.Address; a != nil {
		for _, part := range []string{a.Street, a.Locality, a.Former, a.Region} {
			if part != "" {
				lines = append(lines, part)
			}
		}
	}
	return lines, nil
}

// link adds the code that opens the order's cart on the phone, where it can be
// made: a slip without it is a slip.
func (r *Records) link(ctx context.Context, d *Order, id edge.CartID) error {
	c, err := r.Carts.Cart(ctx, id)
	if err == nil {
		var link *edge.Link
		if link, err = r.Links.LinkWithin(ctx, c, MaxLink); err == nil {
			d.Link = link.URL
		}
	}
	if k := edge.KindOf(err); k == edge.Internal {
		return err
	}
	return nil
}
