package edge

import (
	"fmt"
	"slices"
	"time"
)

// ZReport closes a stretch of one receipt series: From to To, both included.
// The reports of a series tile it without a gap, and every number in between
// is one sale, void, refund or money of an order. A stretch without receipts is not closed: a
// report of nothing would prove nothing, and a second press of the button would
// leave one behind that looks like a report gone missing.
type ZReport struct {
	ID     string `json:"id"` // UUIDv7
	Shop   string `json:"shop"`
	Till   string `json:"till"`
	Series uint32 `json:"series"`
	Number uint32 `json:"number"` // from 1 per till and series, without a gap
	From   uint64 `json:"from"`   // counters
	To     uint64 `json:"to"`
	// Missing counts the numbers whose records were lost here with a damaged
	// database; HQ may have them.
	Missing uint64   `json:"missing,omitempty"`
	Totals  []ZTotal `json:"totals"` // one per currency, by its name
	// Shifts are those that closed since the till's last report, by number.
	Shifts []ZShift  `json:"shifts,omitempty"`
	Chain  ChainMark `json:"chain"` // the end of LaneSale when the report was made
	Staff  string    `json:"staff"`
	At     time.Time `json:"at"`
}

// ChainMark is a place in a lane and the hash up to there.
type ChainMark struct {
	LaneMark
	Hash Hash `json:"hash"`
}

// ZTotal is what a Z report adds up in one currency. Amounts are minor units,
// tax included; VAT is the part of them that is tax.
type ZTotal struct {
	Currency string `json:"currency"`
	Sales    ZCount `json:"sales"`
	Voids    ZCount `json:"voids"`
	Refunds  ZCount `json:"refunds"`
	// Money for orders is no turnover yet: it has neither rates nor tax.
	OrdersPaid     ZCount `json:"orders_paid,omitzero"`
	OrdersRefunded ZCount `json:"orders_refunded,omitzero"`
	// Discounts are those of Sales, which come to that much less than list prices.
	Discounts ZDiscounts `json:"discounts,omitzero"`
	Methods   []ZMethod  `json:"methods"` // by name
	Rates     []ZRate    `json:"rates"`   // of sales less voids and refunds, lowest first
	// Rounding is what rounding added to the cash of Methods: in the drawer is
	// that much more than they say.
	Rounding int64 `json:"rounding,omitempty"`
}

// ZCount is how many receipts of a kind there are, and what they come to.
type ZCount struct {
	Count  int   `json:"count"`
	Amount int64 `json:"amount"`
	VAT    int64 `json:"vat"`
}

// ZDiscounts is how many discounts were given, and what they come to.
type ZDiscounts struct {
	Count  int   `json:"count"`
	Amount int64 `json:"amount"`
}

// ZMethod is the money of one payment method.
type ZMethod struct {
	Method Method `json:"method"`
	Taken  int64  `json:"taken"`
	Given  int64  `json:"given"` // back, by voids and refunds
}

// ZRate is the turnover at one tax rate.
type ZRate struct {
	Rate   BasisPoints `json:"rate"`
	Amount int64       `json:"amount"`
	VAT    int64       `json:"vat"`
}

// Name is what people call the report: till, series and number.
func (z *ZReport) Name() string { return fmt.Sprintf("%s-%d-Z%d", z.Till, z.Series, z.Number) }

// Net is the turnover: sales less voids and refunds.
func (t *ZTotal) Net() int64 { return t.Sales.Amount - t.Voids.Amount - t.Refunds.Amount }

// AddSale adds a sale's receipt.
func (z *ZReport) AddSale(s *Sale) {
	t := z.total(s.Total.Currency)
	t.Sales.add(s.Total, s.VAT)
	for _, p := range s.Payments {
		t.method(p.Method).Taken += p.Amount
		t.Rounding += p.Rounding
	}
	t.Discounts.Count += len(s.Discounts)
	for i := range s.Lines {
		t.Discounts.Amount += s.Lines[i].Discount
		t.rate(&s.Lines[i], 1)
	}
}

// AddVoid adds a void's receipt.
func (z *ZReport) AddVoid(v *Void) {
	t := z.total(v.Total.Currency)
	t.Voids.add(v.Total, v.VAT)
	t.given(v.Back)
	for i := range v.Lines {
		t.rate(&v.Lines[i], -1)
	}
}

// AddRefund adds a refund's receipt.
func (z *ZReport) AddRefund(r *Refund) {
	t := z.total(r.Total.Currency)
	t.Refunds.add(r.Total, r.VAT)
	t.given(r.Back)
	for i := range r.Lines {
		t.rate(&r.Lines[i].SaleLine, -1)
	}
}

// AddOrderMoney adds the receipt of an order's money.
func (z *ZReport) AddOrderMoney(m *OrderMoney) {
	t := z.total(m.Total.Currency)
	if m.Back {
		t.OrdersRefunded.add(m.Total, 0)
		t.method(m.Payment.Method).Given += m.Payment.Amount
		t.Rounding -= m.Payment.Rounding
		return
	}
	t.OrdersPaid.add(m.Total, 0)
	t.method(m.Payment.Method).Taken += m.Payment.Amount
	t.Rounding += m.Payment.Rounding
}

func (z *ZReport) total(currency string) *ZTotal {
	i, ok := slices.BinarySearchFunc(z.Totals, currency, func(t ZTotal, c string) int {
		switch {
		case t.Currency < c:
			return -1
		case t.Currency > c:
			return 1
		}
		return 0
	})
	if !ok {
		z.Totals = slices.Insert(z.Totals, i, ZTotal{Currency: currency, Methods: []ZMethod{}, Rates: []ZRate{}})
	}
	return &z.Totals[i]
}

func (c *ZCount) add(total Money, vat int64) {
	c.Count++
	c.Amount += total.Amount
	c.VAT += vat
}

func (t *ZTotal) given(back []Payback) {
	for _, b := range back {
		t.method(b.Method).Given += b.Amount
		t.Rounding -= b.Rounding
	}
}

func (t *ZTotal) method(m Method) *ZMethod {
	i := slices.IndexFunc(t.Methods, func(z ZMethod) bool { return z.Method >= m })
	if i < 0 {
		i = len(t.Methods)
	}
	if i == len(t.Methods) || t.Methods[i].Method != m {
		t.Methods = slices.Insert(t.Methods, i, ZMethod{Method: m})
	}
	return &t.Methods[i]
}

func (t *ZTotal) rate(l *SaleLine, sign int64) {
	i := slices.IndexFunc(t.Rates, func(z ZRate) bool { return z.Rate >= l.VATRate })
	if i < 0 {
		i = len(t.Rates)
	}
	if i == len(t.Rates) || t.Rates[i].Rate != l.VATRate {
		t.Rates = slices.Insert(t.Rates, i, ZRate{Rate: l.VATRate})
	}
	t.Rates[i].Amount += sign * l.Total
	t.Rates[i].VAT += sign * l.VAT
}

// Receipts counts the records that were added up.
func (z *ZReport) Receipts() (n uint64) {
	for i := range z.Totals {
		t := &z.Totals[i]
		n += uint64(t.Sales.Count + t.Voids.Count + t.Refunds.Count + t.OrdersPaid.Count + t.OrdersRefunded.Count)
	}
	return n
}

// Check finds what does not add up.
func (z *ZReport) Check() error {
	const op = "edge.ZReport.Check"
	first := Receipt{z.Till, z.Series, z.From}
	if err := first.Check(); err != nil {
		return err
	}
	if z.Number == 0 || z.To < z.From || z.To > maxCounter {
		return Errorf(op, Invalid, "Z report %d of %s covers receipts %d to %d", z.Number, z.Till, z.From, z.To)
	}
	if err := checkShifts(z.Shifts); err != nil {
		return err
	}
	receipts := z.Missing
	if receipts > z.To-z.From+1 {
		return Errorf(op, Invalid, "Z report %d lacks %d receipts of %d", z.Number, receipts, z.To-z.From+1)
	}
	for i := range z.Totals {
		t := &z.Totals[i]
		if i > 0 && t.Currency <= z.Totals[i-1].Currency {
			return Errorf(op, Invalid, "Z report %d has its totals in %.10q twice, or out of order", z.Number, t.Currency)
		}
		n, err := t.check()
		if err != nil {
			return err
		}
		receipts += n
	}
	if want := z.To - z.From + 1; receipts != want {
		return Errorf(op, Invalid, "Z report %d counts %d receipts, from %d to %d there are %d", z.Number, receipts, z.From, z.To, want)
	}
	return nil
}

func (t *ZTotal) check() (receipts uint64, err error) {
	const op, bound = "edge.ZReport.Check", 1 << 53
	var taken, given, amount, vat int64
	for _, c := range []ZCount{t.Sales, t.Voids, t.Refunds, t.OrdersPaid, t.OrdersRefunded} {
		if c.Count < 0 || max(c.Amount, -c.Amount, c.VAT, -c.VAT) > bound {
			return 0, Errorf(op, Invalid, "a Z report has %d receipts of %d", c.Count, c.Amount)
		}
		receipts += uint64(c.Count)
	}
	if d := t.Discounts; d.Count < 0 || d.Amount < 0 || d.Amount > bound {
		return 0, Errorf(op, Invalid, "a Z report has %d discounts of %d", d.Count, d.Amount)
	}
	for _, m := range t.Methods {
		taken, given = taken+m.Taken, given+m.Given
	}
	for _, r := range t.Rates {
		amount, vat = amount+r.Amount, vat+r.VAT
	}
	in, out := t.Sales.Amount+t.OrdersPaid.Amount, t.Voids.Amount+t.Refunds.Amount+t.OrdersRefunded.Amount
	switch {
	case taken != in || given != out:
		return 0, Errorf(op, Invalid, "a Z report's methods took %d and gave back %d, its receipts say %d and %d", taken, given, in, out)
	case amount != t.Net() || vat != t.Sales.VAT-t.Voids.VAT-t.Refunds.VAT:
		return 0, Errorf(op, Invalid, "a Z report's tax rates come to %d with %d tax, its receipts to %d", amount, vat, t.Net())
	}
	return receipts, nil
}
