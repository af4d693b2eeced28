package edge

import "time"

// OrderPaying is what a clerk asks for: money of an order is taken, or given
// back.
type OrderPaying struct {
	Order   string  `json:"order"` // its id
	Payment Payment `json:"payment"`
	Back    bool    `json:"back,omitempty"`   // it is given back
	Reason  string  `json:"reason,omitempty"` // why it is given back
	// Approval is a manager's, for money that is given back otherwise than it came.
	Approval *Approval    `json:"approval,omitempty"`
	Staff    string       `json:"-"` // from the session
	Offline  bool         `json:"-"` // from the uplink
	Cash     CashRounding `json:"-"` // from the settings
}

// OrderMoney is money that a till took for an order, or gave back. It has a
// receipt number of the series of sales and moves neither stock nor tax: those
// come when the goods are handed over.
type OrderMoney struct {
	ID       string    `json:"id"` // UUIDv7; of money that came by transfer its code
	Shop     string    `json:"shop"`
	Order    string    `json:"order"`
	Receipt  Receipt   `json:"receipt"`
	Back     bool      `json:"back,omitempty"` // it was given back
	Total    Money     `json:"total"`
	Payment  Payment   `json:"payment"`
	Reason   string    `json:"reason,omitempty"`
	Approval *Approval `json:"approval,omitempty"` // there where money was given back otherwise than it came
	Staff    string    `json:"staff"`
	At       time.Time `json:"at"`
	Offline  bool      `json:"offline"`
}

// signed is the money as it changes what the order has been paid.
func (m *OrderMoney) signed() int64 {
	if m.Back {
		return -m.Total.Amount
	}
	return m.Total.Amount
}

// Type is the type of the record's event.
func (m *OrderMoney) Type() string {
	if m.Back {
		return EventOrderRefunded
	}
	return EventOrderPaid
}

// Money makes the record of the order k's money, at the time at. It refuses more
// than is due, less than the deposit where nothing is paid yet, and giving back
// what this gateway did not take or what the order needs. ID, Shop and
// Receipt are left to the ledger.
func (p OrderPaying) Money(k *KnownOrder, at time.Time) (*OrderMoney, error) {
	const op = "edge.OrderPaying.Money"
	amount := Money{p.Payment.Amount, k.Total.Currency}
	if k.Taken == nil {
		return nil, Errorf(op, Conflict, "order %s was placed on the phone: sell its cart", k.Number())
	}
	if m := p.Payment.Method; m != Cash && m != Card && (m != BankTransfer || !p.Back) {
		return nil, Errorf(op, Invalid, "payment method %.20q of an order: want %s or %s; a transfer is asked for, and only goes back so", m, Cash, Card)
	}
	if err := p.Payment.checkForm(); err != nil {
		return nil, err
	}
	if err := p.Payment.checkRounding(amount, p.Cash); err != nil {
		return nil, err
	}
	if amount.Amount < 1 {
		return nil, Errorf(op, Invalid, "%s for an order: say how much", amount)
	}
	if err := p.fits(k); err != nil {
		return nil, err
	}
	return &OrderMoney{
		Order: k.ID, Back: p.Back, Total: amount, Payment: p.Payment, Reason: p.Reason, Approval: p.Approval, Staff: p.Staff, At: at, Offline: p.Offline,
	}, nil
}

// fits holds the money against what the order needs.
func (p OrderPaying) fits(k *KnownOrder) error {
	const op = "edge.OrderPaying.Money"
	amount := Money{p.Payment.Amount, k.Total.Currency}
	if p.Back {
		if amount.Amount > k.Refundable {
			return Errorf(op, Conflict, "order %s is %s: %s can be given back here, not %s", k.Number(), k.Stands, Money{k.Refundable, amount.Currency}, amount)
		}
		if p.Payment.Tendered != 0 {
			return Errorf(op, Invalid, "money is given back: leave out what was handed over")
		}
		if err := p.keepsTo(k); err != nil {
			return err
		}
		return checkReason(p.Reason)
	}
	if cash := amount.Amount + p.Payment.Rounding; p.Payment.Tendered != 0 && p.Payment.Tendered < cash {
		return Errorf(op, Invalid, "cash given is %s, %s is to be paid", Money{p.Payment.Tendered, amount.Currency}, Money{cash, amount.Currency})
	}
	switch {
	case p.Reason != "":
		return Errorf(op, Invalid, "money is taken: leave the reason out")
	case amount.Amount > k.Due:
		return Errorf(op, Conflict, "order %s is %s: %s is due, not %s", k.Number(), k.Stands, Money{k.Due, amount.Currency}, amount)
	case k.Stands == OrderDepositPending && amount.Amount < k.Taken.Deposit:
		return Errorf(op, Conflict, "order %s wants %s before it is placed, not %s", k.Number(), Money{k.Taken.Deposit, amount.Currency}, amount)
	}
	return nil
}

// keepsTo refuses money that goes back otherwise than it came, as of a refund,
// unless a manager has approved it.
func (p OrderPaying) keepsTo(k *KnownOrder) error {
	var left int64
	for i := range k.Money {
		if m := &k.Money[i]; m.Payment.Method == p.Payment.Method {
			left += m.signed()
		}
	}
	if p.Payment.Amount <= left {
		return nil
	}
	if !p.Approval.given() {
		return Errorf("edge.OrderPaying.Money", Forbidden, "%s of order %s is to go back by %s, more than is left of what was paid that way: a manager has to approve it", Money{p.Payment.Amount, k.Total.Currency}, k.Number(), p.Payment.Method)
	}
	return checkReason(p.Approval.Reason)
}

// Check refuses a record that no ledger of ours makes.
func (m *OrderMoney) Check() error {
	const op = "edge.OrderMoney.Check"
	switch {
	case !plain(m.ID) || !plain(m.Order):
		return Errorf(op, Invalid, "money %.70q of order %.70q", m.ID, m.Order)
	case m.Total.Amount < 1 || m.Total.Amount > maxBack || m.Payment.Amount != m.Total.Amount || len(m.Total.Currency) != 3:
		return Errorf(op, Invalid, "order %s: %d of %d %.10s", m.Order, m.Payment.Amount, m.Total.Amount, m.Total.Currency)
	}
	if err := m.Payment.checkForm(); err != nil {
		return err
	}
	return m.Receipt.Check()
}
