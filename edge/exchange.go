package edge

// Exchanged is how goods that come back pay for others: no money moves. Of a
// payment Reference is the number of the refund's receipt.
const Exchanged Method = "exchange"

// Exchanging is what a clerk asks for: goods of a receipt are given back and
// others sold in one step. Amount is what the ones pay of the others; what is
// left of either, of one at most, is in Refund.Back or in Sale.Payments.
type Exchanging struct {
	Refund Refunding `json:"refund"`
	Sale   Checkout  `json:"sale"`
	Amount int64     `json:"amount"` // minor units, above 0
}

// Exchange is an exchange as it was recorded: two records, each with a receipt
// number of its own.
type Exchange struct {
	Refund Refund `json:"refund"`
	Sale   Sale   `json:"sale"`
}

// Parts are the two things to do, the refund first.
func (x Exchanging) Parts() (Refunding, Checkout, error) {
	const op = "edge.Exchanging"
	if x.Amount < 1 || x.Amount > maxBack {
		return Refunding{}, Checkout{}, Errorf(op, Invalid, "goods for %d are exchanged: want 1 to %d", x.Amount, int64(maxBack))
	}
	if len(x.Refund.Back) > 0 && len(x.Sale.Payments) > 0 {
		return Refunding{}, Checkout{}, Errorf(op, Invalid, "money is given back and taken: settle one difference")
	}
	x.Refund.exchanged, x.Sale.exchanged = x.Amount, x.Amount
	return x.Refund, x.Sale, nil
}

// paid are the payments of a sale of that total: what is exchanged, and the
// rest in money.
func (co Checkout) paid(total Money) (Payments, error) {
	rest := Money{total.Amount - co.exchanged, total.Currency}
	if co.exchanged == 0 || rest.Amount != 0 || len(co.Payments) > 0 {
		if err := co.Payments.Check(rest, co.Cash); err != nil {
			return nil, err
		}
	}
	if co.exchanged == 0 {
		return co.Payments, nil
	}
	return append(Payments{{Method: Exchanged, Amount: co.exchanged}}, co.Payments...), nil
}

// Link writes on the sale which refund paid it.
func (x *Exchange) Link() {
	for i := range x.Sale.Payments {
		if p := &x.Sale.Payments[i]; p.Method == Exchanged {
			p.Reference = x.Refund.Receipt.String()
		}
	}
}
