package edge

import "time"

// GivingBack is what a clerk asks for: money that was due was given back.
type GivingBack struct {
	Due       string `json:"due"` // ID of the RefundDue
	Method    Method `json:"method"`
	Reference string `json:"reference,omitempty"` // card terminal's slip number for giving back, as in Payment
	Staff     string `json:"-"`                   // from the session
}

// RefundGiven says that a RefundDue is settled: its money was given back, all of
// it.
type RefundGiven struct {
	Due   string    `json:"due"` // ID of the RefundDue
	Shop  string    `json:"shop"`
	Total Money     `json:"total"`
	Back  Payback   `json:"back"`
	Staff string    `json:"staff"`
	At    time.Time `json:"at"`
}

// Of makes the record that d is settled, at the time at. Shop is left to the
// ledger.
func (g GivingBack) Of(d *RefundDue, at time.Time) (*RefundGiven, error) {
	if err := (Payment{Method: g.Method, Reference: g.Reference}).checkForm(); err != nil {
		return nil, err
	}
	back := Payback{Method: g.Method, Amount: d.Total.Amount, Reference: g.Reference}
	return &RefundGiven{Due: d.ID, Total: d.Total, Back: back, Staff: g.Staff, At: at}, nil
}

// Check refuses a record that no ledger of ours makes.
func (g *RefundGiven) Check() error {
	const op = "edge.RefundGiven.Check"
	if g.Due == "" || len(g.Due) > maxClosingText || !plainText(g.Due) {
		return Errorf(op, Invalid, "payment id %.40q", g.Due)
	}
	if g.Total.Amount < 1 || g.Back.Amount != g.Total.Amount {
		return Errorf(op, Invalid, "%d of %d given back", g.Back.Amount, g.Total.Amount)
	}
	return nil
}
