package edge

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SaleRef names a sale by its id, by its receipt, or by both.
type SaleRef struct {
	ID      string  `json:"id,omitempty"` // empty where only the receipt is known: another gateway's
	Receipt Receipt `json:"receipt"`
}

func (r SaleRef) String() string {
	if r.Receipt != (Receipt{}) {
		return r.Receipt.String()
	}
	return r.ID
}

// Void cancels a whole sale on the day it was made, before its Z. It is a
// record of its own with a receipt number of its own; the sale stays.
type Void struct {
	ID      string     `json:"id"` // UUIDv7
	Shop    string     `json:"shop"`
	Receipt Receipt    `json:"receipt"`
	Sale    SaleRef    `json:"sale"`
	Lines   []SaleLine `json:"lines"` // the sale's, all back on the shelf
	Total   Money      `json:"total"` // the sale's, given back
	VAT     int64      `json:"vat"`
	Back    []Payback  `json:"back"` // as the sale was paid; by transfer where a phone paid
	Reason  string     `json:"reason"`
	Staff   string     `json:"staff"`
	At      time.Time  `json:"at"`
	Offline bool       `json:"offline"`
	// Elsewhere is the sale's: the goods never left this shop.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// Voiding is what a clerk asks for.
type Voiding struct {
	Sale   SaleRef `json:"sale"`
	Reason string  `json:"reason"`
	// References are the terminal's slips of the cancellation, one for each payment
	// that was not in cash, in their order.
	References []string `json:"references,omitempty"`
	Staff      string   `json:"-"` // from the session
	Offline    bool     `json:"-"` // from the uplink
}

// SaleHistory is a sale and all that became of it.
type SaleHistory struct {
	RecordedSale
	Void     *Void    `json:"void,omitempty"`
	Refunds  []Refund `json:"refunds"`     // oldest first
	Z        uint32   `json:"z,omitempty"` // number of the Z report that covers it; 0 while its day is open
	EInvoice EInvoice `json:"einvoice"`
}

// Ref names the sale.
func (s *Sale) Ref() SaleRef { return SaleRef{ID: s.ID, Receipt: s.Receipt} }

// Void makes the void of the sale h, at the time at. It refuses a sale that is
// void or refunded, or covered by a Z report: that one can be refunded. ID,
// Shop and Receipt are left to the ledger.
func (v Voiding) Void(h *SaleHistory, at time.Time) (*Void, error) {
	const op = "edge.Voiding.Void"
	if err := checkReason(v.Reason); err != nil {
		return nil, err
	}
	switch {
	case h.Void != nil:
		return nil, Errorf(op, Conflict, "receipt %s is void already, by receipt %s", h.Receipt, h.Void.Receipt)
	case len(h.Refunds) > 0:
		return nil, Errorf(op, Conflict, "receipt %s was refunded with receipt %s: refund the rest", h.Receipt, h.Refunds[0].Receipt)
	case h.Payments.By(Exchanged):
		return nil, Errorf(op, Conflict, "receipt %s was paid with goods that came back: refund it", h.Receipt)
	case h.Z != 0:
		return nil, Errorf(op, Conflict, "receipt %s is closed by Z report %d: refund it", h.Receipt, h.Z)
	}
	back, err := v.back(h.Payments)
	if err != nil {
		return nil, err
	}
	return &Void{
		Sale: h.Ref(), Lines: h.Lines, Total: h.Total, VAT: h.VAT, Back: back,
		Reason: v.Reason, Staff: v.Staff, At: at, Offline: v.Offline, Elsewhere: h.Elsewhere,
	}, nil
}

// back mirrors how the sale was paid.
func (v Voiding) back(paid Payments) ([]Payback, error) {
	back, slips := []Payback{}, v.References
	for _, p := range paid {
		b := Payback{Method: wayBack(p.Method), Amount: p.Amount, Rounding: p.Rounding}
		if p.Method != Cash && len(slips) > 0 {
			b.Reference, slips = slips[0], slips[1:]
		}
		if err := (Payment{Method: b.Method, Reference: b.Reference}).checkForm(); err != nil {
			return nil, err
		}
		if b.Amount != 0 {
			back = append(back, b)
		}
	}
	if len(slips) > 0 {
		return nil, Errorf("edge.Voiding.Void", Invalid, "%d slip numbers for fewer payments: cash has none", len(v.References))
	}
	return back, nil
}

// checkReason wants a few words, and no room for a card's or a person's number.
func checkReason(s string) error {
	const op = "edge.checkReason"
	if strings.TrimSpace(s) == "" || len(s) > 200 || !utf8.ValidString(s) {
		return Errorf(op, Invalid, "say why, in 1 to 200 bytes of text")
	}
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits > 12 {
		return Errorf(op, Invalid, "%d digits in the reason may be a card number: leave them out", digits)
	}
	return nil
}
