package ticket

import (
	"cmp"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Shop is what stands on every ticket.
type Shop struct {
	Name     string
	Lines    []string       // below the name: address, telephone, the seller's tax code
	Foot     []string       // at the end of receipts: thanks, terms of return
	Location *time.Location // of the times on tickets
}

// Press draws tickets. It is safe for concurrent use.
type Press struct {
	Paper Paper
	Fonts *Fonts
	Shop  Shop
}

// Document is something to print.
type Document interface {
	lay(s *sheet, shop *Shop)
}

// Form is how a document is printed.
type Form struct {
	Lang string // vi, en or zh; Vietnamese where it is another
	Copy bool   // it was printed before, and says so
}

// Draw draws a document. What is too long is an error of kind TooLarge; text that
// breaks the shaper is one of kind Internal, and never the till's end.
func (p *Press) Draw(doc Document, form Form) (r *Raster, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r, err = nil, edge.Errorf("ticket.Draw", edge.Internal, "this ticket cannot be drawn, its text is none that fonts know: %v", cause)
		}
	}()
	s := newSheet(p.Paper, form.Lang, p.Fonts)
	if form.Copy {
		s.frame(s.copied)
	}
	doc.lay(s, &p.Shop)
	s.space(partGap)
	return s.print()
}

// head is how every ticket begins.
func (s *sheet) head(shop *Shop, what string) {
	s.text(shop.Name, title, centre)
	for _, l := range shop.Lines {
		s.text(l, small, centre)
	}
	s.rule()
	s.text(what, title, centre)
	s.space(partGap / 2)
}

func (s *sheet) when(at time.Time, shop *Shop) string {
	return at.In(shop.Location).Format(s.date)
}

// goods writes what was sold: the name, and below it pieces, price and sum.
func (s *sheet) goods(list []edge.SaleLine, currency string) {
	s.rule()
	for i := range list {
		l := &list[i]
		name := cmp.Or(l.Name.In(s.lang), l.Name.VI)
		if shade := l.Shade.In(s.lang); shade != "" {
			name += " · " + shade
		}
		s.text(name, plain, left)
		s.pair(times(l.Quantity, edge.Money{Amount: l.Price, Currency: currency}), edge.Money{Amount: l.Total + l.Discount, Currency: currency}.String(), plain)
		if l.Discount != 0 {
			s.pair(s.discount, edge.Money{Amount: -l.Discount, Currency: currency}.String(), plain)
		}
		s.space(partGap / 3)
	}
	s.solid()
}

// method names a way to pay; one without a name of its own prints as it is.
func (s *sheet) method(m edge.Method) string {
	switch m {
	case edge.Cash:
		return s.cash
	case edge.Card:
		return s.card
	case edge.Exchanged:
		return s.exchanged
	case edge.BankTransfer:
		return s.transfer
	case edge.ByPhone:
		return s.phone
	}
	return string(m)
}

// rates writes the tax of each rate.
func (s *sheet) rates(list []edge.ZRate, currency string) {
	s.row(small, s.rate, s.turnover, s.tax)
	for _, r := range list {
		s.row(small, percent(r.Rate), edge.Money{Amount: r.Amount, Currency: currency}.String(), edge.Money{Amount: r.VAT, Currency: currency}.String())
	}
}

// back writes how money was given back.
func (s *sheet) back(list []edge.Payback, currency string) {
	for _, b := range list {
		s.pair(s.method(b.Method), edge.Money{Amount: b.Amount + b.Rounding, Currency: currency}.String(), plain)
		s.rounded(b.Rounding, currency)
		if b.Reference != "" {
			s.pair("", b.Reference, small)
		}
	}
}

// rounded says by how much cash was rounded.
func (s *sheet) rounded(by int64, currency string) {
	if by != 0 {
		s.pair(s.round, edge.Money{Amount: by, Currency: currency}.String(), small)
	}
}
