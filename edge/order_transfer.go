package edge

import (
	"slices"
	"time"
)

// OrderTransferAsk is what a clerk asks for: a transfer for an order.
type OrderTransferAsk struct {
	Order   string        `json:"order"`  // its id
	Amount  int64         `json:"amount"` // minor units
	Code    string        `json:"-"`      // follows from the order's cart and the key
	Text    string        `json:"-"`      // follows from the code and the amount
	Life    time.Duration `json:"-"`      // from the settings
	Staff   string        `json:"-"`      // from the session
	Offline bool          `json:"-"`      // from the uplink
}

// Transfer makes the transfer for the order k, at the time at. It refuses what
// OrderPaying.Money would refuse. Shop is left to the ledger.
func (a OrderTransferAsk) Transfer(k *KnownOrder, at time.Time) (*Transfer, error) {
	t := &Transfer{
		Code: a.Code, Order: k.ID, Cart: k.Cart, Lines: []SaleLine{}, Total: Money{a.Amount, k.Total.Currency}, Release: k.Release, Text: a.Text,
		Staff: a.Staff, At: at, Until: at.Add(a.Life).Truncate(time.Second), Offline: a.Offline, State: TransferAwaiting,
	}
	if err := t.needed(k); err != nil {
		return nil, err
	}
	return t, TransferAsk{Amount: a.Amount, Code: a.Code, Text: a.Text, Life: a.Life}.check()
}

// needed refuses money that the order does not need, or not that much of.
func (t *Transfer) needed(k *KnownOrder) error {
	if k.Taken == nil {
		return Errorf("edge.Transfer", Conflict, "order %s was placed on the phone: sell its cart", k.Number())
	}
	return OrderPaying{Order: k.ID, Payment: t.payment()}.fits(k)
}

// HearOrder takes in what the bank says of t, which asks for money of the order
// k (nil where it is not known), at the time at, as Hear does for a cart. The
// order's price stands, so late money counts where the order needs it still.
func (t *Transfer) HearOrder(cr Credit, k *KnownOrder, at time.Time) (changed bool, m *OrderMoney, due *RefundDue) {
	confirmed, changed := t.hear(cr)
	switch {
	case !confirmed || k != nil && t.paid(k):
		return changed, nil, nil
	case k != nil && t.needed(k) == nil:
		return true, t.money(at), nil
	}
	t.Due = cr.ID
	return true, nil, t.due(at)
}

// SeeOrder takes the money for the order k by a clerk's word, at the time at.
// Receipt and Shop are left to the ledger.
func (t *Transfer) SeeOrder(w TransferSeen, k *KnownOrder, at time.Time) (*OrderMoney, error) {
	const op = "edge.Transfer.SeeOrder"
	if err := checkReason(w.Reason); err != nil {
		return nil, err
	}
	if t.paid(k) {
		return nil, Errorf(op, Conflict, "the money of this transfer was taken for the order already")
	}
	if err := t.awaited(op); err != nil {
		return nil, err
	}
	if err := t.needed(k); err != nil {
		return nil, err
	}
	t.State, t.Seen = TransferConfirmed, &Approval{Staff: w.Staff, Reason: w.Reason}
	return t.money(at), nil
}

// paid reports whether the order has the money of t: its record has the code for
// an id, so that whoever hears of it twice has one.
func (t *Transfer) paid(k *KnownOrder) bool {
	return slices.ContainsFunc(k.Money, func(m OrderMoney) bool { return m.ID == t.Code })
}

func (t *Transfer) money(at time.Time) *OrderMoney {
	return &OrderMoney{ID: t.Code, Order: t.Order, Total: t.Total, Payment: t.payment(), Staff: t.Staff, At: at, Offline: t.Offline}
}
