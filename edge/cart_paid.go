package edge

import (
	"cmp"
	"time"
)

// Closing says that a cart was paid.
type Closing struct {
	Sale    string    `json:"sale"`    // the sale's id, or that of a payment on the phone
	Receipt string    `json:"receipt"` // as printed
	At      time.Time `json:"at"`
}

// ByPhone is how HQ takes money; Reference is the bank's. No till takes it.
const ByPhone Method = "phone"

// PhonePayment is money that HQ took for a cart.
type PhonePayment struct {
	ID      string    `json:"id"` // the bank's or HQ's name of it, unlike all others
	Cart    CartID    `json:"cart"`
	Total   Money     `json:"total"`
	Payment Payment   `json:"payment"` // ByPhone
	At      time.Time `json:"at"`
}

// Closing is how the payment closes its cart.
func (p *PhonePayment) Closing() *Closing {
	return &Closing{Sale: p.ID, Receipt: p.Payment.Reference, At: p.At}
}

// Check refuses what no payment can be.
func (p *PhonePayment) Check() error {
	const op = "edge.PhonePayment.Check"
	switch {
	case len(p.ID) < 8 || len(p.ID) > maxClosingText || !plainText(p.ID):
		return Errorf(op, Invalid, "payment id %.40q: want 8 to %d bytes of text", p.ID, maxClosingText)
	case p.Payment.Method != ByPhone || p.Payment.Tendered != 0:
		return Errorf(op, Invalid, "payment method %.20q: want %s, and nothing handed over", p.Payment.Method, ByPhone)
	case p.Total.Amount < 1 || p.Payment.Amount != p.Total.Amount || len(p.Total.Currency) != 3:
		return Errorf(op, Invalid, "payment of %d out of %d %.10s: want one amount above 0", p.Payment.Amount, p.Total.Amount, p.Total.Currency)
	}
	if err := checkSlip(p.Payment.Reference); err != nil {
		return err
	}
	return p.Closing().check()
}

// RefundDue says that a cart was paid more than once, and which money is to be
// given back. Of all payments of a cart the earliest stands; every other one is
// due, once, whoever finds it and how often.
type RefundDue struct {
	ID       string    `json:"id"` // of the payment: the sale's, or one of its own
	Shop     string    `json:"shop"`
	Cart     CartID    `json:"cart"`
	Taken    Holder    `json:"taken"` // by whom
	Total    Money     `json:"total"`
	Payments Payments  `json:"payments"`
	Stands   Closing   `json:"stands,omitzero"`    // what the cart was paid with besides; nothing where a transfer came too late
	Override *Approval `json:"override,omitempty"` // by which the shop took it
	Staff    string    `json:"staff,omitempty"`
	At       time.Time `json:"at"`
}

// Closing is how the sale closes its cart: one that a phone paid as its payment
// does, by HQ's clock, so that all who know of either agree on what stands.
func (s *Sale) Closing() *Closing {
	if s.Payments.By(ByPhone) {
		return &Closing{Sale: s.ID, Receipt: s.Payments[0].Reference, At: s.PaidAt}
	}
	return &Closing{Sale: s.ID, Receipt: s.Receipt.String(), At: s.At}
}

// Due is what a sale's payment becomes when stands is the one that closed the
// cart.
func (s *Sale) Due(stands Closing, at time.Time) *RefundDue {
	taken := HeldByShop
	if s.Payments.By(ByPhone) {
		taken = HeldByPhone
	}
	return &RefundDue{
		ID: s.ID, Shop: s.Shop, Cart: s.Cart, Taken: taken, Total: s.Total, Payments: s.Payments,
		Stands: stands, Override: s.Override, Staff: s.Staff, At: at,
	}
}

// Due is what a payment on the phone becomes when stands is the one that closed
// the cart.
func (p *PhonePayment) Due(shop string, stands Closing, at time.Time) *RefundDue {
	return &RefundDue{ID: p.ID, Shop: shop, Cart: p.Cart, Taken: HeldByPhone, Total: p.Total, Payments: Payments{p.Payment}, Stands: stands, At: at}
}

// Second is money that a clerk took for a cart and found paid then: it sells
// nothing and is due to be given back. ID and Shop are left to the ledger.
func (co Checkout) Second(c *Cart, r *Release, at time.Time) (*RefundDue, error) {
	const op = "edge.Checkout.Second"
	if c.Closed == nil {
		return nil, Errorf(op, Conflict, "this cart is not paid yet: sell it")
	}
	if err := co.Payments.checkForm(); err != nil {
		return nil, err
	}
	for _, p := range co.Payments {
		if p.Rounding != 0 {
			return nil, Errorf(op, Invalid, "say how much was taken, without a rounding")
		}
		if p.Amount < 1 || p.Amount > maxUnitPrice {
			return nil, Errorf(op, Invalid, "payment of %d: say how much was taken", p.Amount)
		}
	}
	return &RefundDue{
		Cart: c.ID, Taken: HeldByShop, Total: Money{co.Payments.Sum(), r.Currency}, Payments: co.Payments,
		Stands: *c.Closed, Override: co.Override, Staff: co.Staff, At: at,
	}, nil
}

// Check refuses a record that no ledger of ours makes.
func (d *RefundDue) Check() error {
	const op = "edge.RefundDue.Check"
	switch {
	case d.ID == "" || len(d.ID) > maxClosingText || !plainText(d.ID):
		return Errorf(op, Invalid, "payment id %.40q", d.ID)
	case d.Taken != HeldByShop && d.Taken != HeldByPhone:
		return Errorf(op, Invalid, "payment taken by %.20q", d.Taken)
	case d.Total.Amount < 0 || d.Total.Amount > maxUnitPrice*maxMergedLines*MaxQuantity || len(d.Total.Currency) != 3:
		return Errorf(op, Invalid, "payment of %d %.10s", d.Total.Amount, d.Total.Currency)
	case d.ID == d.Stands.Sale:
		return Errorf(op, Invalid, "payment %.40s is due and stands", d.ID)
	}
	if d.Payments.By(BankTransfer) && d.Stands == (Closing{}) {
		return nil
	}
	return d.Stands.check()
}

const maxClosingText = 64 // bytes, as much as a printed code carries

func (cl *Closing) check() error {
	const op = "edge.Cart.Check"
	switch {
	case cl.Sale == "" || len(cl.Sale) > maxClosingText || !plainText(cl.Sale):
		return Errorf(op, Invalid, "the cart is closed by sale %.40q", cl.Sale)
	case len(cl.Receipt) > maxClosingText || !plainText(cl.Receipt):
		return Errorf(op, Invalid, "the cart is closed by receipt %.40q", cl.Receipt)
	case !universal(cl.At):
		return Errorf(op, Invalid, "the time of closing is not in UTC")
	}
	return nil
}

// before orders closings. A code carries whole seconds, so these decide first;
// of one sale's closing the fuller time stands.
func (cl *Closing) before(o *Closing) bool {
	return cmp.Or(
		cl.At.Truncate(time.Second).Compare(o.At.Truncate(time.Second)),
		cmp.Compare(cl.Sale, o.Sale), -cl.At.Compare(o.At), cmp.Compare(cl.Receipt, o.Receipt),
	) < 0
}

// FirstClosing is the one that stands of what two parties know.
func FirstClosing(a, b *Closing) *Closing {
	if a == nil || b != nil && b.before(a) {
		return b
	}
	return a
}

// SecondClosing is the later of two different payments that closed a cart, as
// two parties know it; nil where there are not two.
func SecondClosing(a, b *Closing) *Closing {
	switch {
	case a == nil || b == nil || a.Sale == b.Sale:
		return nil
	case a.before(b):
		return b
	}
	return a
}
