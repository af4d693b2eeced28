package edge

import (
	"cmp"
	"math/bits"
	"slices"
)

// Discount is money that a sale is cheaper by than its list prices: off one
// line, or off the whole ticket.
type Discount struct {
	SKU    SKU         `json:"sku,omitempty"`    // of the line; empty for the whole ticket
	Rate   BasisPoints `json:"rate,omitempty"`   // where it was given as a part of what it is off
	Amount int64       `json:"amount,omitempty"` // minor units; of a recorded one always there, tax included
	Reason string      `json:"reason"`
	Staff  string      `json:"staff,omitempty"` // who gave it: the clerk, or the manager who approved
}

// Discounter is who gives the discounts of a sale, and how much of any line's
// list price at most.
type Discounter struct {
	Staff string
	Most  BasisPoints

	approved map[SKU]Reduced // what was given before, by the right of whoever gave it
}

// maxDiscounts is one for each line and one for the whole ticket.
const maxDiscounts = maxMergedLines + 1

// WholeRate is all of an amount.
const WholeRate BasisPoints = 10_000

// Of is that part of an amount above 0, rounded half up.
func (r BasisPoints) Of(amount int64) int64 {
	return amount/int64(WholeRate)*int64(r) + (amount%int64(WholeRate)*int64(r)+int64(WholeRate)/2)/int64(WholeRate)
}

// portion is amount·part/whole, rounded down, for 0 ≤ part ≤ whole, and what
// the division leaves.
func portion(amount, part, whole int64) (share, rest int64) {
	hi, lo := bits.Mul64(uint64(amount), uint64(part))
	q, r := bits.Div64(hi, lo, uint64(whole))
	return int64(q), int64(r)
}

// Discounted takes discounts off lines at their list prices, lines first and
// the whole ticket last, and returns them as they are recorded. The one off the
// whole ticket is spread over the lines so that they add up to the total
// exactly: by the largest remainder.
func (d Discounter) Discounted(lines []SaleLine, asked []Discount, currency string) (given []Discount, err error) {
	const op = "edge.Discounter.Discounted"
	if len(asked) > maxDiscounts {
		return nil, Errorf(op, TooLarge, "%d discounts: at most %d", len(asked), maxDiscounts)
	}
	given = slices.Clone(asked)
	var whole *Discount
	had := map[SKU]bool{}
	for i := range given {
		g := &given[i]
		if had[g.SKU] {
			return nil, Errorf(op, Invalid, "there are two discounts on the same: make them one")
		}
		had[g.SKU] = true
		if err := g.check(); err != nil {
			return nil, err
		}
		g.Staff = d.Staff
		if a, ok := d.approved[g.SKU]; ok {
			g.Staff = a.Staff
		}
		if g.SKU == "" {
			whole = g
			continue
		}
		at := slices.IndexFunc(lines, func(l SaleLine) bool { return l.SKU == g.SKU })
		if at < 0 {
			return nil, Errorf(op, Conflict, "the cart has changed: there is no %.40q in it to be cheaper", g.SKU)
		}
		if err := g.settle(lines[at].Total, currency); err != nil {
			return nil, err
		}
		lines[at].reduce(g.Amount)
	}
	if whole != nil {
		if err := whole.settle(totalOf(lines), currency); err != nil {
			return nil, err
		}
		spread(lines, whole.Amount)
	}
	return given, d.within(lines)
}

// check refuses what no discount can be.
func (a *Discount) check() error {
	const op = "edge.Discount.Check"
	if (a.Rate == 0) == (a.Amount == 0) {
		return Errorf(op, Invalid, "a discount is a rate or an amount: send one of them")
	}
	if a.Rate < 0 || a.Rate > WholeRate || a.Amount < 0 || a.Amount > maxBack {
		return Errorf(op, Invalid, "a discount of %d basis points, or of %d: want 1 to %d, or an amount above 0", a.Rate, a.Amount, WholeRate)
	}
	return checkReason(a.Reason)
}

// settle finds what the discount comes to, off a price.
func (a *Discount) settle(price int64, currency string) error {
	if a.Rate != 0 {
		a.Amount = a.Rate.Of(price)
	}
	if a.Amount > price {
		return Errorf("edge.Discount", Invalid, "a discount of %s on %s", Money{a.Amount, currency}, Money{price, currency})
	}
	return nil
}

// within refuses discounts beyond what may be given.
func (d Discounter) within(lines []SaleLine) error {
	for i := range lines {
		l := &lines[i]
		// A share of the whole ticket's discount may be one unit above its rate.
		most := max(d.Most, d.approved[l.SKU].Most, d.approved[""].Most)
		if l.Discount > 0 && (most == 0 || l.Discount-1 > most.Of(l.Total+l.Discount)) {
			return Errorf("edge.Discounter", Forbidden, "%s gives discounts of at most %g %%, and %.40q has more: let a manager approve it", d.Staff, float64(d.Most)/100, l.SKU)
		}
	}
	return nil
}

// reduce makes the line cheaper.
func (l *SaleLine) reduce(by int64) {
	l.Discount += by
	l.Total -= by
	l.VAT = l.VATRate.Within(l.Total)
}

// worth is what pieces of the line cost, up to all of it: the parts of a line,
// each the difference of two such, come to exactly its whole.
func (l *SaleLine) worth(pieces int) int64 {
	if l.Discount == 0 {
		return l.Price * int64(pieces)
	}
	share, _ := portion(l.Total, int64(pieces), int64(l.Quantity))
	return share
}

// spread makes the lines cheaper by amount together, each by its part; what
// rounding down leaves goes to those whose parts lost most.
func spread(lines []SaleLine, amount int64) {
	type part struct {
		line        int
		share, rest int64
	}
	total, left := totalOf(lines), amount
	if total == 0 {
		return
	}
	parts := make([]part, len(lines))
	for i := range lines {
		share, rest := portion(amount, lines[i].Total, total)
		parts[i] = part{i, share, rest}
		left -= share
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.rest, a.rest) })
	for _, p := range parts {
		if left > 0 {
			p.share++
			left--
		}
		lines[p.line].reduce(p.share)
	}
}

func totalOf(lines []SaleLine) (sum int64) {
	for i := range lines {
		sum += lines[i].Total
	}
	return sum
}
