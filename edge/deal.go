package edge

import (
	"slices"
	"strings"
	"time"
)

// Deal is what staff have settled with a shopper about a cart that is not paid
// yet: what they call it, what they take off, and what was paid of it already.
// Like all of a CartLabel it stays in the shop.
type Deal struct {
	Name      string     `json:"name,omitempty"` // that it was parked under last
	Note      string     `json:"note,omitempty"` // of the staff, for the staff
	Discounts []Reduced  `json:"discounts,omitempty"`
	Parts     []PaidPart `json:"parts,omitempty"` // in the order they were taken
}

// Reduced is a discount that was given before the check-out. Staff is who gave
// it, and Most how much of a line's list price was off with it at most then.
type Reduced struct {
	Discount
	Most BasisPoints `json:"most,omitempty"`
}

// PaidPart is money that was taken before all of it was there, by Cash or Card.
type PaidPart struct {
	ID string `json:"id"` // the till's, so that it is taken once however often it is sent
	Payment
	Staff string    `json:"staff"`
	At    time.Time `json:"at"`
}

// Empty reports whether nothing was settled.
func (d *Deal) Empty() bool {
	return d.Name == "" && d.Note == "" && len(d.Discounts) == 0 && len(d.Parts) == 0
}

// approvedFor are the discounts that are asked for and were given before, by what
// they are off.
func (d *Deal) approvedFor(asked []Discount) map[SKU]Reduced {
	approved := map[SKU]Reduced{}
	for _, r := range d.Discounts {
		if r.Most > 0 && slices.ContainsFunc(asked, r.same) {
			approved[r.SKU] = r
		}
	}
	return approved
}

// same reports whether a takes off what b does.
func (a *Discount) same(b Discount) bool {
	return a.SKU == b.SKU && a.Rate == b.Rate && a.Amount == b.Amount
}

// Reduce gives a discount on the cart, priced with r, in the place of the one on
// the same thing. What by may not give alone takes a manager, unless it is nil.
// The right to it goes with the discounts as they stand, and no further: whoever
// sells the cart needs none of their own.
func (c *OpenCart) Reduce(give Discount, by Discounter, manager *Discounter, r *Release) error {
	if err := c.open("edge.OpenCart.Reduce"); err != nil {
		return err
	}
	lines, total, err := PriceCart(c.Cart, r)
	if err != nil {
		return err
	}
	given := slices.DeleteFunc(slices.Clone(c.Deal.Discounts), func(d Reduced) bool {
		return d.SKU == give.SKU || d.SKU != "" && lineOf(lines, d.SKU) == nil
	})
	given = append(given, Reduced{Discount: give})
	var asked []Discount
	for _, d := range given {
		asked = append(asked, d.Discount)
	}
	by.approved = (&Deal{Discounts: given}).approvedFor(asked)
	reduced := slices.Clone(lines)
	settled, err := by.Discounted(reduced, asked, total.Currency)
	if KindOf(err) == Forbidden && manager != nil {
		by, reduced = *manager, slices.Clone(lines)
		settled, err = by.Discounted(reduced, asked, total.Currency)
	}
	if err != nil {
		return err
	}
	for i := range given {
		d := &given[i]
		if part := settled[i].part(reduced); part > d.Most || d.Staff == "" {
			d.Most, d.Staff = part, by.Staff
		}
	}
	c.Deal.Discounts = given
	return nil
}

func lineOf(lines []SaleLine, sku SKU) *SaleLine {
	if at := slices.IndexFunc(lines, func(l SaleLine) bool { return l.SKU == sku }); at >= 0 {
		return &lines[at]
	}
	return nil
}

// part is how much of a line's list price is off with a settled discount, or of
// all lines' together; a rate is its own part.
func (a *Discount) part(reduced []SaleLine) BasisPoints {
	off, before := a.Amount, totalOf(reduced)+a.Amount
	if l := lineOf(reduced, a.SKU); l != nil {
		off, before = l.Discount, l.Total+l.Discount
	} else if a.Rate != 0 {
		return a.Rate
	}
	if before == 0 {
		return 0
	}
	share, rest := portion(int64(WholeRate), off, before)
	if rest > 0 {
		share++
	}
	return BasisPoints(share)
}

// Restore takes a discount away: that on a product, or with "" on the whole
// ticket.
func (c *OpenCart) Restore(sku SKU) error {
	c.Deal.Discounts = slices.DeleteFunc(slices.Clone(c.Deal.Discounts), func(d Reduced) bool { return d.SKU == sku })
	return c.open("edge.OpenCart.Restore")
}

// Take notes a part of the cart's payment. Noting it again changes nothing.
func (c *OpenCart) Take(p PaidPart) error {
	const op = "edge.OpenCart.Take"
	if at := slices.IndexFunc(c.Deal.Parts, func(q PaidPart) bool { return q.ID == p.ID }); at >= 0 {
		if c.Deal.Parts[at].Payment != p.Payment {
			return Errorf(op, Conflict, "another payment was noted as %.40q", p.ID)
		}
		return nil
	}
	if err := c.open(op); err != nil {
		return err
	}
	switch {
	case p.ID == "" || len(p.ID) > maxClosingText || !plainText(p.ID):
		return Errorf(op, Invalid, "a part of a payment has an id of at most %d bytes", maxClosingText)
	case p.Amount < 1 || p.Rounding != 0:
		return Errorf(op, Invalid, "a part of a payment is above 0, and is not rounded")
	case len(c.Deal.Parts) >= maxPayments-1:
		return Errorf(op, TooLarge, "%d parts were taken already: take all of the rest", len(c.Deal.Parts))
	}
	if err := append(c.Deal.payments(), p.Payment).checkForm(); err != nil {
		return err
	}
	c.Deal.Parts = append(slices.Clone(c.Deal.Parts), p)
	return nil
}

// GiveBack forgets a part that staff gave back to the shopper, in the currency of
// the cart's prices. It may be so of a cart that was paid otherwise. A part that
// is not there changes nothing.
func (c *OpenCart) GiveBack(id, staff, currency string) {
	at := slices.IndexFunc(c.Deal.Parts, func(p PaidPart) bool { return p.ID == id })
	if at < 0 {
		return
	}
	c.deeds = append(c.deeds, AuditRecord{Kind: AuditPartBack, Staff: staff, About: Money{c.Deal.Parts[at].Amount, currency}.String()})
	c.Deal.Parts = slices.Delete(slices.Clone(c.Deal.Parts), at, at+1)
}

func (d *Deal) payments() (ps Payments) {
	for _, p := range d.Parts {
		ps = append(ps, p.Payment)
	}
	return ps
}

// paidWith refuses payments that leave out what was taken of the cart already:
// another till may have done so.
func (d *Deal) paidWith(ps Payments) error {
	for _, p := range d.Parts {
		if !slices.Contains(ps, p.Payment) {
			return Errorf("edge.Deal", Conflict, "%d was taken by %s for this cart already: look at it again", p.Amount, p.Method)
		}
	}
	return nil
}

// Spend takes off the parts that the payments of the cart's sale name: they are
// the sale's, and not to be given back. It reports whether there were any.
func (d *Deal) Spend(ps Payments) bool {
	left := slices.DeleteFunc(slices.Clone(d.Parts), func(p PaidPart) bool { return slices.Contains(ps, p.Payment) })
	spent := len(left) < len(d.Parts)
	d.Parts = left
	return spent
}

// checkDealText refuses what is no line of plain text, or may be a card number.
func checkDealText(op, what, s string, most int) error {
	switch n := digits(s); {
	case len(s) > most || !plainText(s) || strings.Contains(s, "\n"):
		return Errorf(op, Invalid, "the %s of a parked cart: want at most %d bytes of plain text", what, most)
	case n > 12:
		return Errorf(op, Invalid, "%d digits in the %s may be a card number: leave them out", n, what)
	}
	return nil
}
