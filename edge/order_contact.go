package edge

import "time"

// OrderContact is to whom an order goes, on its way to HQ. It travels outside
// the ledger, and nobody but HQ's own keeping holds it there.
type OrderContact struct {
	Order   string    `json:"order"`
	Contact Contact   `json:"contact"`
	Agreed  string    `json:"agreed"` // the version of the wording to which the shopper agreed
	At      time.Time `json:"at"`     // when
}

// Check refuses what no shop of ours sends.
func (c *OrderContact) Check() error {
	if !plain(c.Order) || !plain(c.Agreed) || c.At.IsZero() {
		return Errorf("edge.OrderContact.Check", Invalid, "a contact of order %.70q without consent", c.Order)
	}
	return c.Contact.Check()
}
