package edge

import "slices"

// Payback is money given back.
type Payback struct {
	Method    Method `json:"method"`
	Amount    int64  `json:"amount"`              // minor units, above 0
	Rounding  int64  `json:"rounding,omitempty"`  // of cash: Amount and this together went back
	Reference string `json:"reference,omitempty"` // card terminal's slip number for giving back, or the transfer's reference, as in Payment
}

// Refundable is how much of the sale may still go back by each way without a
// manager: what was paid that way less what went back already, the last payment
// first. Rounding is left out.
func (h *SaleHistory) Refundable() []Payback {
	list := []Payback{}
	if h.Void != nil {
		return list
	}
	for _, p := range slices.Backward(h.Payments) {
		if p.Method == Exchanged {
			continue // how that was paid once, the sale does not know
		}
		way := wayBack(p.Method)
		i := slices.IndexFunc(list, func(b Payback) bool { return b.Method == way })
		if i < 0 {
			i, list = len(list), append(list, Payback{Method: way})
		}
		list[i].Amount += p.Amount
	}
	for i := range h.Refunds {
		for _, b := range h.Refunds[i].Back {
			if j := slices.IndexFunc(list, func(l Payback) bool { return l.Method == b.Method }); j >= 0 {
				list[j].Amount -= b.Amount
			}
		}
	}
	return slices.DeleteFunc(list, func(b Payback) bool { return b.Amount <= 0 })
}

// wayBack is how money goes back that was paid by m: what a phone sent to the
// account goes back from it.
func wayBack(m Method) Method {
	if m == ByPhone {
		return BankTransfer
	}
	return m
}

// asPaid takes amount from what may go back.
func asPaid(refundable []Payback, amount int64) (back []Payback) {
	for _, b := range refundable {
		if b.Amount = min(b.Amount, amount); b.Amount > 0 {
			back = append(back, b)
			amount -= b.Amount
		}
	}
	return back
}

// keepsTo refuses money that goes back otherwise than it came, which is how tills
// are robbed, unless a manager has approved it.
func (r *Refund) keepsTo(h *SaleHistory) error {
	const op = "edge.Refunding.Refund"
	left := map[Method]int64{}
	for _, b := range h.Refundable() {
		left[b.Method] = b.Amount
	}
	for _, b := range r.Back {
		if left[b.Method] -= b.Amount; left[b.Method] >= 0 || b.Method == Exchanged {
			continue
		}
		if !r.Approval.given() {
			return Errorf(op, Forbidden, "%s of receipt %s is to go back by %s, more than is left of what was paid that way: a manager has to approve it", Money{b.Amount, r.Total.Currency}, h.Receipt, b.Method)
		}
		return checkReason(r.Approval.Reason)
	}
	return nil
}

// round rounds what goes back in cash. The parts of a sale's cash are rounded so
// that together they are what the whole would be.
func (r *Refund) round(rule CashRounding, before []Refund) {
	var given int64
	for i := range before {
		for _, b := range before[i].Back {
			if b.Method == Cash {
				given += b.Amount
			}
		}
	}
	rounding := func(amount int64) int64 { return rule.Of(Money{amount, r.Total.Currency}) }
	for i := range r.Back {
		if b := &r.Back[i]; b.Method == Cash {
			b.Rounding = rounding(given+b.Amount) - rounding(given)
			given += b.Amount
		}
	}
}

// given reports whether somebody has approved.
func (a *Approval) given() bool { return a != nil && a.Staff != "" }
