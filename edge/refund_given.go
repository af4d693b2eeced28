package edge

import (
	"slices"
	"time"
)

// GivingBack is what a clerk asks for: money that was due was given back.
type GivingBack struct {
	Due       string    `json:"due"` // ID of the RefundDue
	Method    Method    `json:"method"`
	Reference string    `json:"reference,omitempty"` // card terminal's slip number for giving back, as in Payment
	Approval  *Approval `json:"approval,omitempty"`
	Staff     string    `json:"-"` // from the session
}

// RefundGiven says that a RefundDue is settled: its money was given back, all of
// it.
type RefundGiven struct {
	Due      string    `json:"due"` // ID of the RefundDue
	Shop     string    `json:"shop"`
	Total    Money     `json:"total"`
	Back     Payback   `json:"back"`
	Approval *Approval `json:"approval,omitempty"` // there where it was given back otherwise than it came
	Staff    string    `json:"staff"`
	At       time.Time `json:"at"`
}

// Of makes the record that d is settled, at the time at. Shop is left to the
// ledger.
func (g GivingBack) Of(d *RefundDue, at time.Time) (*RefundGiven, error) {
	if err := (Payment{Method: g.Method, Reference: g.Reference}).checkForm(); err != nil {
		return nil, err
	}
	if err := g.keepsTo(d); err != nil {
		return nil, err
	}
	back := Payback{Method: g.Method, Amount: d.Total.Amount, Reference: g.Reference}
	return &RefundGiven{Due: d.ID, Total: d.Total, Back: back, Approval: g.Approval, Staff: g.Staff, At: at}, nil
}

// keepsTo refuses money that goes back otherwise than it came, as of a refund,
// unless a manager has approved it.
func (g GivingBack) keepsTo(d *RefundDue) error {
	if !slices.ContainsFunc(d.Payments, func(p Payment) bool { return wayBack(p.Method) != g.Method }) {
		return nil
	}
	if !g.Approval.given() {
		return Errorf("edge.GivingBack.Of", Forbidden, "%s is to go back by %s, not as it was paid: a manager has to approve it", d.Total, g.Method)
	}
	return checkReason(g.Approval.Reason)
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
