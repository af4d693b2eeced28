package ticket

import (
	"encoding/hex"
	"strconv"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ZReport is the ticket of a closed day.
type ZReport struct{ *edge.ZReport }

func (d ZReport) lay(s *sheet, shop *Shop) {
	s.head(shop, s.z)
	s.pair(s.number, strconv.FormatUint(uint64(d.Number), 10), bold)
	s.pair(s.till, d.Till, plain)
	s.pair(s.series, strconv.FormatUint(uint64(d.Series), 10), plain)
	s.pair(s.from, edge.Receipt{Till: d.Till, Series: d.Series, Counter: d.From}.String(), plain)
	s.pair(s.to, edge.Receipt{Till: d.Till, Series: d.Series, Counter: d.To}.String(), plain)
	s.pair(s.receipts, strconv.FormatUint(d.To-d.From+1, 10), plain)
	if d.Missing > 0 {
		s.pair(s.missing, strconv.FormatUint(d.Missing, 10), bold)
	}
	s.pair(s.time, s.when(d.At, shop), plain)
	s.pair(s.staff, d.Staff, plain)
	for i := range d.Totals {
		s.totals(&d.Totals[i])
	}
	for i := range d.Shifts {
		s.shift(&d.Shifts[i], shop)
	}
	s.rule()
	s.pair(s.hash, hex.EncodeToString(d.Chain.Hash[:8]), small)
	s.sign(s.signs)
}

// counted says how many there are of something.
func counted(about string, n int) string { return about + " · " + strconv.Itoa(n) }

// shift writes how the cash of a shift came out.
func (s *sheet) shift(z *edge.ZShift, shop *Shop) {
	money := func(n int64) string { return edge.Money{Amount: n, Currency: z.Currency}.String() }
	s.rule()
	s.pair(s.cashOf+" "+strconv.FormatUint(uint64(z.Number), 10), z.Staff, bold)
	s.pair(s.when(z.From, shop), s.when(z.To, shop), small)
	for _, moved := range []struct {
		about  string
		amount int64
	}{{s.float, z.Float}, {s.sold, z.Sold()}, {s.paidIn, z.In}, {s.paidOut, z.Out}, {s.drop, z.Drop}} {
		if moved.amount != 0 {
			s.pair(moved.about, money(moved.amount), plain)
		}
	}
	s.solid()
	s.pair(s.expected, money(z.Expected), plain)
	s.pair(s.counted, money(z.Counted), plain)
	s.pair(s.difference, money(z.Difference()), bold)
	if z.Reason != "" {
		s.pair(s.reason, z.Reason, small)
	}
}

// totals writes what a Z report adds up in one currency.
func (s *sheet) totals(t *edge.ZTotal) {
	money := func(n int64) string { return edge.Money{Amount: n, Currency: t.Currency}.String() }
	s.rule()
	for _, c := range []struct {
		about string
		count edge.ZCount
		sign  int64
	}{{s.sales, t.Sales, 1}, {s.voids, t.Voids, -1}, {s.refunds, t.Refunds, -1}} {
		s.pair(counted(c.about, c.count.Count), money(c.sign*c.count.Amount), plain)
	}
	if t.Discounts.Count > 0 {
		s.pair(counted(s.discount, t.Discounts.Count), money(t.Discounts.Amount), small)
	}
	s.solid()
	s.pair(s.net, money(t.Net()), large)
	s.pair(s.vat, money(t.Sales.VAT-t.Voids.VAT-t.Refunds.VAT), plain)
	if t.OrdersPaid.Count+t.OrdersRefunded.Count > 0 {
		s.rule()
		s.pair(counted(s.ordersPaid, t.OrdersPaid.Count), money(t.OrdersPaid.Amount), plain)
		s.pair(counted(s.ordersBack, t.OrdersRefunded.Count), money(-t.OrdersRefunded.Amount), plain)
	}
	s.rule()
	s.row(small, "", s.taken, s.given)
	for _, m := range t.Methods {
		s.row(small, s.method(m.Method), money(m.Taken), money(m.Given))
	}
	s.rounded(t.Rounding, t.Currency)
	s.rule()
	s.rates(t.Rates, t.Currency)
}
