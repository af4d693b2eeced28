package edge

import "time"

// CartKeep says how long carts are kept after their last change.
type CartKeep struct {
	Empty  time.Duration // one that never had a line
	Open   time.Duration // one with lines, or that had some; longer than its printed codes open
	Closed time.Duration // one that was paid
}

// DefaultCartKeep is what a shop and HQ keep where no setting says otherwise.
func DefaultCartKeep() CartKeep {
	const day = 24 * time.Hour
	return CartKeep{Empty: day, Open: 30 * day, Closed: 30 * day}
}

// Check refuses times within which a cart may still be in somebody's hands.
func (k CartKeep) Check() error {
	if k.Empty < time.Hour || k.Open < 24*time.Hour || k.Closed < 24*time.Hour {
		return Errorf("edge.CartKeep.Check", Invalid, "carts are kept for %s, %s and %s: want an hour or more of an empty one, a day or more of the others", k.Empty, k.Open, k.Closed)
	}
	return nil
}

// PersonKeep says how long a shop keeps to whom orders went, and what people agreed
// to.
type PersonKeep struct {
	Contacts  time.Duration // after the order's end
	Customers time.Duration // of those who agreed to be found again, from then on
	Consents  time.Duration // what people agreed to
}

// Check refuses times within which an order may still come back.
func (k PersonKeep) Check() error {
	if k.Contacts < 24*time.Hour || k.Customers < 24*time.Hour || k.Consents < 24*time.Hour {
		return Errorf("edge.PersonKeep.Check", Invalid, "to whom orders went is kept for %s and %s, consents for %s: want a day or more", k.Contacts, k.Customers, k.Consents)
	}
	return nil
}
