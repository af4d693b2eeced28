package edge

import "time"

// EInvoiceState is how far a sale's electronic invoice is. The ticket is not
// the invoice: a provider issues that.
type EInvoiceState string

// The states of an electronic invoice.
const (
	EInvoiceNone     EInvoiceState = "none"
	EInvoicePending  EInvoiceState = "pending"
	EInvoiceIssued   EInvoiceState = "issued"
	EInvoiceRefused  EInvoiceState = "refused"  // may be asked for again
	EInvoiceAdjusted EInvoiceState = "adjusted" // by another invoice, after a void or a refund
)

// EInvoice is a state that the invoice of a sale came to.
type EInvoice struct {
	Sale      string        `json:"sale"` // its id
	State     EInvoiceState `json:"state"`
	Reference string        `json:"reference,omitempty"` // the provider's name for the invoice
	Note      string        `json:"note,omitempty"`      // the provider's words, why it refused; no personal data
	At        time.Time     `json:"at"`
}

// Check refuses a state that cannot be recorded.
func (e *EInvoice) Check() error {
	const op = "edge.EInvoice.Check"
	switch {
	case e.Sale == "" || len(e.Sale) > 64:
		return Errorf(op, Invalid, "e-invoice of sale %.70q: want the sale's id", e.Sale)
	case len(e.Reference) > 120 || len(e.Note) > 300:
		return Errorf(op, Invalid, "e-invoice of sale %s: its reference has at most 120 bytes, its note 300", e.Sale)
	case e.At.IsZero():
		return Errorf(op, Invalid, "e-invoice of sale %s has no time", e.Sale)
	}
	switch e.State {
	case EInvoicePending, EInvoiceRefused:
		return nil
	case EInvoiceIssued, EInvoiceAdjusted:
		if e.Reference == "" {
			return Errorf(op, Invalid, "e-invoice of sale %s is %s without the provider's reference", e.Sale, e.State)
		}
		return nil
	}
	return Errorf(op, Invalid, "e-invoice of sale %s: state %.20q, want %s, %s, %s or %s", e.Sale, e.State,
		EInvoicePending, EInvoiceIssued, EInvoiceRefused, EInvoiceAdjusted)
}

// Next reports whether the state to may follow s.
func (s EInvoiceState) Next(to EInvoiceState) bool {
	switch to {
	case EInvoicePending:
		return s == EInvoiceNone || s == EInvoiceRefused
	case EInvoiceIssued, EInvoiceRefused:
		return s == EInvoicePending
	case EInvoiceAdjusted:
		return s == EInvoicePending || s == EInvoiceIssued || s == EInvoiceAdjusted
	}
	return false
}

// Follow checks that e may come after the state that the sale's invoice has
// now. The same again is no change: known.
func (e *EInvoice) Follow(now EInvoice) (known bool, err error) {
	if e.State == now.State && e.Reference == now.Reference {
		return true, nil
	}
	if !now.State.Next(e.State) {
		return false, Errorf("edge.EInvoice.Follow", Conflict, "the e-invoice of sale %s is %s and cannot become %s", e.Sale, now.State, e.State)
	}
	return false, nil
}
