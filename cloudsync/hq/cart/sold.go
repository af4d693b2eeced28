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

// addSale shows what a sale holds, at its prices; the catalogue lends the
// pictures.
func (v *view) addSale(s *edge.Sale, r *edge.Release) {
	for i := range s.Lines {
		l := &s.Lines[i]
		variant, _ := r.Variant(l.SKU)
		line := lineOf(l.SKU, variant, v.Lang)
		if name := l.Name.In(v.Lang); name != "" {
			line.Name, line.Shade = name, l.Shade.In(v.Lang)
		}
		line.Quantity = l.Quantity
		line.Price = edge.Money{Amount: l.Price, Currency: s.Total.Currency}.String()
		line.Total = edge.Money{Amount: l.Total, Currency: s.Total.Currency}.String()
		v.add(line)
	}
	v.Total = s.Total.String()
}

// differs reports whether the cart holds other pieces than were sold.
func differs(c *edge.Cart, s *edge.Sale) bool {
	pieces := map[edge.SKU]int{}
	for i := range c.Lines {
		if l := &c.Lines[i]; l.Quantity() > 0 {
			pieces[l.SKU] += l.Quantity()
		}
	}
	for i := range s.Lines {
		pieces[s.Lines[i].SKU] -= s.Lines[i].Quantity
	}
	for _, n := range pieces {
		if n != 0 {
			return true
		}
	}
	return false
}
