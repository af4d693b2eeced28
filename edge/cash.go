package edge

// CashRounding says to which multiple of the minor unit cash is rounded, by
// currency: 1000 for VND where nobody has smaller notes. A currency that is not
// named is not rounded.
type CashRounding map[string]int64

// MaxCashUnit bounds such a multiple, in minor units.
const MaxCashUnit = 10_000

// Check refuses a rule that cannot be meant.
func (r CashRounding) Check() error {
	for currency, unit := range r {
		if len(currency) != 3 || !consistsOf(currency, isUpper) || unit < 1 || unit > MaxCashUnit {
			return Errorf("edge.CashRounding", Invalid, "cash in %.10q is rounded to %d: want an ISO 4217 code and 1 to %d minor units", currency, unit, int64(MaxCashUnit))
		}
	}
	return nil
}

// Of is what is added to total where it is paid in cash, in minor units: to the
// nearest multiple, up from half, and never to nothing.
func (r CashRounding) Of(total Money) int64 {
	unit := r[total.Currency]
	if unit < 2 || total.Amount <= 0 {
		return 0
	}
	rounded := (total.Amount + unit/2) / unit * unit
	return max(rounded, unit) - total.Amount
}

// checkRounding refuses cash that is not rounded by the rule.
func (p Payment) checkRounding(total Money, rule CashRounding) error {
	want := int64(0)
	if p.Method == Cash {
		want = rule.Of(total)
	}
	if p.Rounding != want {
		return Errorf("edge.Payment.Check", Invalid, "%s paid by %s is rounded by %s, and %s was sent", total, p.Method, Money{want, total.Currency}, Money{p.Rounding, total.Currency})
	}
	return nil
}
