package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Receipt is the ticket of a sale.
type Receipt struct{ *edge.Sale }

func (d Receipt) lay(s *sheet, shop *Shop) {
	money := func(n int64) string { return edge.Money{Amount: n, Currency: d.Total.Currency}.String() }
	s.head(shop, s.receipt)
	s.pair(s.number, d.Sale.Receipt.String(), bold)
	s.pair(s.time, s.when(d.At, shop), plain)
	if d.Staff != "" { // nobody took what was paid on the phone
		s.pair(s.staff, d.Staff, plain)
	}
	s.goods(d.Lines, d.Total.Currency)
	for _, off := range d.Discounts {
		what := s.discount
		if off.Rate != 0 {
			what += " " + percent(off.Rate)
		}
		s.pair(what+": "+off.Reason, money(-off.Amount), small)
	}
	s.pair(s.total, d.Total.String(), large)
	s.payments(d.Payments, d.Total.Currency)
	s.rule()
	s.rates(ratesOf(d.Lines), d.Total.Currency)
	if d.TaxCode != "" {
		s.pair(s.taxCode, string(d.TaxCode), plain)
	}
	s.rule()
	s.text(s.notInvoice, small, centre)
	s.text(s.priceList+" "+strconv.FormatUint(uint64(d.Release), 10), small, centre)
	for _, l := range shop.Foot {
		s.text(l, small, centre)
	}
	s.code(d.Sale.Receipt.String()) // a scanner at the till finds the sale by it
}

// payments writes how a sale was paid: of several parts each one's, then what the
// customer handed over of the cash.
func (s *sheet) payments(list edge.Payments, currency string) {
	money := func(n int64) string { return edge.Money{Amount: n, Currency: currency}.String() }
	for _, p := range list {
		s.rounded(p.Rounding, currency)
		handed := p.Method == edge.Cash && p.Tendered != 0
		if !handed || len(list) > 1 {
			s.pair(s.method(p.Method), money(p.Amount+p.Rounding), plain)
		}
		if handed {
			s.pair(s.cashGiven, money(p.Tendered), plain)
			s.pair(s.change, money(p.Change()), bold)
		}
		if p.Reference != "" {
			s.pair("", p.Reference, small)
		}
	}
}

// Refund is the ticket of goods that came back.
type Refund struct{ *edge.Refund }

func (d Refund) lay(s *sheet, shop *Shop) {
	s.head(shop, s.refund)
	s.reversed(d.Refund.Receipt, d.Sale, s.when(d.At, shop), d.Staff)
	lines := make([]edge.SaleLine, 0, len(d.Lines))
	for i := range d.Lines {
		lines = append(lines, d.Lines[i].SaleLine)
	}
	s.goods(lines, d.Total.Currency)
	s.pair(s.givenBack, d.Total.String(), large)
	s.back(d.Back, d.Total.Currency)
	s.rule()
	s.rates(ratesOf(lines), d.Total.Currency)
	s.pair(s.reason, d.Reason, plain)
	if d.Approval != nil {
		s.pair(s.approved, d.Approval.Staff, plain)
	}
	s.sign(s.customerSigns)
}

// Void is the ticket of a sale that was cancelled.
type Void struct{ *edge.Void }

func (d Void) lay(s *sheet, shop *Shop) {
	s.head(shop, s.void)
	s.reversed(d.Void.Receipt, d.Sale, s.when(d.At, shop), d.Staff)
	s.goods(d.Lines, d.Total.Currency)
	s.pair(s.givenBack, d.Total.String(), large)
	s.back(d.Back, d.Total.Currency)
	s.rule()
	s.rates(ratesOf(d.Lines), d.Total.Currency)
	s.pair(s.reason, d.Reason, plain)
	s.sign(s.customerSigns)
}

// reversed names a void or a refund, and the sale that it is of.
func (s *sheet) reversed(number edge.Receipt, sale edge.SaleRef, when, staff string) {
	s.pair(s.number, number.String(), bold)
	s.pair(s.of, sale.Receipt.String(), plain)
	s.pair(s.time, when, plain)
	s.pair(s.staff, staff, plain)
}

// ratesOf adds up lines by their tax rate, lowest first.
func ratesOf(lines []edge.SaleLine) []edge.ZRate {
	var list []edge.ZRate
	for i := range lines {
		l := &lines[i]
		j, ok := slices.BinarySearchFunc(list, l.VATRate, func(r edge.ZRate, rate edge.BasisPoints) int { return int(r.Rate - rate) })
		if !ok {
			list = slices.Insert(list, j, edge.ZRate{Rate: l.VATRate})
		}
		list[j].Amount += l.Total
		list[j].VAT += l.VAT
	}
	return list
}

// percent writes a rate: 8%, 5.5%.
func percent(r edge.BasisPoints) string {
	s := fmt.Sprintf("%d.%02d", int(r)/100, int(r)%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}

func times(n int, price edge.Money) string { return fmt.Sprintf("%d × %s", n, price) }
