package edge

import "slices"

// Payments is the money taken for a sale, in the order it was taken.
type Payments []Payment

// maxPayments bounds the parts that a sale is paid in.
const maxPayments = 5

// Sum is what they come to, in minor units; what rounding added to cash is
// beside it.
func (ps Payments) Sum() (sum int64) {
	for i := range ps {
		sum += ps[i].Amount
	}
	return sum
}

// Cash is what they put into the drawer, in minor units.
func (ps Payments) Cash() (sum int64) {
	for i := range ps {
		if p := &ps[i]; p.Method == Cash {
			sum += p.Amount + p.Rounding
		}
	}
	return sum
}

// Change is the cash to give back.
func (ps Payments) Change() (sum int64) {
	for i := range ps {
		sum += ps[i].Change()
	}
	return sum
}

// By reports whether one of them was made that way.
func (ps Payments) By(m Method) bool {
	return slices.ContainsFunc(ps, func(p Payment) bool { return p.Method == m })
}

// Check refuses what can never be right (Invalid), and payments of another
// total (Conflict): the cart changed while the money was taken. Cash is one
// part, and it alone is rounded.
func (ps Payments) Check(total Money, rule CashRounding) error {
	const op = "edge.Payments.Check"
	if err := ps.checkForm(); err != nil {
		return err
	}
	if sum := ps.Sum(); sum != total.Amount {
		return Errorf(op, Conflict, "the cart has changed: its total is %s, and %s was to be taken; look at it again", total, Money{sum, total.Currency})
	}
	for _, p := range ps {
		if p.Amount == 0 && len(ps) > 1 {
			return Errorf(op, Invalid, "a payment by %s of nothing: leave it out", p.Method)
		}
		part := Money{p.Amount, total.Currency}
		if cash := p.Amount + p.Rounding; p.Tendered != 0 && p.Tendered < cash {
			return Errorf(op, Invalid, "cash given is %s, the total is %s", Money{p.Tendered, total.Currency}, Money{cash, total.Currency})
		}
		if err := p.checkRounding(part, rule); err != nil {
			return err
		}
	}
	return nil
}

// checkForm checks what can be told without knowing the total.
func (ps Payments) checkForm() error {
	const op = "edge.Payments.Check"
	if len(ps) == 0 || len(ps) > maxPayments {
		return Errorf(op, Invalid, "%d payments: want 1 to %d", len(ps), maxPayments)
	}
	cash := false
	slips := map[string]bool{}
	for _, p := range ps {
		if err := p.checkForm(); err != nil {
			return err
		}
		switch {
		case p.Amount < 0 || p.Amount > maxBack:
			return Errorf(op, Invalid, "a payment of %d: want 0 to %d", p.Amount, int64(maxBack))
		case p.Method == Cash && cash:
			return Errorf(op, Invalid, "there are two payments in cash: make them one")
		case p.Method == BankTransfer && len(ps) > 1:
			return Errorf(op, Invalid, "a transfer pays a sale alone: take the whole sum by transfer, or none of it")
		case p.Reference != "" && slips[p.Reference]:
			return Errorf(op, Invalid, "two payments have one slip number: each slip of the card terminal has its own")
		}
		cash = cash || p.Method == Cash
		slips[p.Reference] = true
	}
	return nil
}
