package cart

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

// saleOf is the sale that was made of the cart, or nil where HQ has none yet.
func (p *Pages) saleOf(ctx context.Context, id edge.CartID) (*edge.Sale, error) {
	sale, err := p.HQ.SaleOfCart(ctx, id)
	if edge.KindOf(err) == edge.NotFound {
		return nil, nil
	}
	return sale, err
}

// differs reports whether the cart holds other pieces than these lines.
func differs(c *edge.Cart, lines []edge.SaleLine) bool {
	pieces := map[edge.SKU]int{}
	for i := range c.Lines {
		if l := &c.Lines[i]; l.Quantity() > 0 {
			pieces[l.SKU] += l.Quantity()
		}
	}
	for i := range lines {
		pieces[lines[i].SKU] -= lines[i].Quantity
	}
	for _, n := range pieces {
		if n != 0 {
			return true
		}
	}
	return false
}
