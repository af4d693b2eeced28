package edge

import (
	"context"
	"slices"
	"time"
)

// CashKind says what a record of the cash book is of.
type CashKind string

// The kinds. A shift lasts from its float to its close.
const (
	CashFloat  CashKind = "float"  // a shift begins with what was counted in the drawer
	CashIn     CashKind = "in"     // money was put into the drawer
	CashOut    CashKind = "out"    // money was taken out to pay for something
	CashDrop   CashKind = "drop"   // money was taken to the safe
	CashDrawer CashKind = "drawer" // the drawer was opened without a sale; no money moved
	CashCount  CashKind = "count"  // the drawer was counted; whoever counted did not see what is expected
	CashClose  CashKind = "close"  // the shift ends, with the last count
)

// NoteCount is how many notes or coins of one value were counted.
type NoteCount struct {
	Value int64 `json:"value"` // minor units
	Count int   `json:"count"`
}

// Bounds of what is entered.
const (
	maxNotes     = 32
	maxNoteCount = 100_000
	maxCashMoved = maxBack // minor units at once
)

// CashEntry is what a clerk asks the cash book to record.
type CashEntry struct {
	Kind   CashKind    `json:"kind"`
	Amount int64       `json:"amount,omitempty"` // minor units above 0, of in, out and drop
	Notes  []NoteCount `json:"notes,omitempty"`  // of float and count
	Reason string      `json:"reason,omitempty"` // of in, out and drawer; of close where the difference is above Tolerance
	Staff  string      `json:"-"`                // from the session
	// Tolerance is the largest difference, in minor units, that needs no reason.
	Tolerance int64 `json:"-"` // from the settings
}

// CashRecord is an entry of the cash book. It never changes.
type CashRecord struct {
	ID    string   `json:"id"` // UUIDv7
	Shop  string   `json:"shop"`
	Till  string   `json:"till"`
	Shift uint32   `json:"shift"` // from 1 per till, without a gap; 0 of a drawer opened while there is none
	Kind  CashKind `json:"kind"`
	// Amount is what went into the drawer, below 0 what left it; of float, count
	// and close what was in it.
	Amount   Money       `json:"amount"`
	Notes    []NoteCount `json:"notes,omitempty"`
	Expected *int64      `json:"expected,omitempty"` // minor units; of count and close
	Reason   string      `json:"reason,omitempty"`
	Staff    string      `json:"staff"`
	At       time.Time   `json:"at"`
	// Last is the till's last receipt before the record, of float and close: so it
	// can be told which receipts a shift has.
	Last *ReceiptMark `json:"last,omitempty"`
}

// ReceiptMark is a place among a till's receipts: right after Counter, which is 0
// before a series' first one. Later series are behind earlier ones.
type ReceiptMark struct {
	Series  uint32 `json:"series"`
	Counter uint64 `json:"counter"`
}

// Difference is what was found beyond what was expected, in minor units; below 0
// what was missing.
func (r *CashRecord) Difference() int64 {
	if r.Expected == nil {
		return 0
	}
	return r.Amount.Amount - *r.Expected
}

// CashShift is how a shift stands that is not closed.
type CashShift struct {
	Number  uint32
	Records []CashRecord // of the shift, oldest first: its float is the first
	Totals  []ZTotal     // of the receipts since its float: what its Z report would say, an X report
	// Other is the cash of what has no receipt: second payments taken, less those
	// given back.
	Other int64
}

// CashBook is what happened to the money in the till's drawer.
type CashBook interface {
	// RecordCash records an entry, with its EventCash in LaneOps, as
	// CashShift.Record has it. As with the calls of Ledger, the same key with the
	// same entry records once.
	RecordCash(ctx context.Context, key string, e CashEntry) (r *CashRecord, replayed bool, err error)
	// CashShift is the shift that is open; nil where none is.
	CashShift(ctx context.Context) (*CashShift, error)
	// CashRecords lists the newest records, at most limit.
	CashRecords(ctx context.Context, limit int) ([]CashRecord, error)
}

// Cash is what the receipts brought into the drawer less what they took out of
// it, in minor units.
func (t *ZTotal) Cash() int64 {
	cash := t.Rounding
	for _, m := range t.Methods {
		if m.Method == Cash {
			cash += m.Taken - m.Given
		}
	}
	return cash
}

// Cash is the cash that was taken, in minor units. Of a sale that came second it
// is in the sale's own receipt.
func (d *RefundDue) Cash() int64 {
	if d.Taken != HeldByShop {
		return 0
	}
	return d.Payments.Cash()
}

// Cash is the cash that was given back, in minor units.
func (g *RefundGiven) Cash() int64 {
	if g.Back.Method != Cash {
		return 0
	}
	return g.Back.Amount
}

// Currency is that of the shift's money.
func (s *CashShift) Currency() string { return s.Records[0].Amount.Currency }

// Expected is what must be in the drawer, in minor units: the float and all that
// came in since, less all that went out.
func (s *CashShift) Expected() int64 {
	sum := s.Other
	for i := range s.Totals {
		if t := &s.Totals[i]; t.Currency == s.Currency() {
			sum += t.Cash()
		}
	}
	for i := range s.Records {
		switch r := &s.Records[i]; r.Kind {
		case CashFloat, CashIn, CashOut, CashDrop:
			sum += r.Amount.Amount
		}
	}
	return sum
}

// Counted is the last count, if the drawer should still hold what it should have
// held then; nil where it has to be counted again.
func (s *CashShift) Counted() *CashRecord {
	i := len(s.Records) - 1
	for i > 0 && s.Records[i].Kind == CashDrawer {
		i--
	}
	if r := &s.Records[i]; r.Kind == CashCount && *r.Expected == s.Expected() {
		return r
	}
	return nil
}

// Record makes the record of an entry at the time at, in the shift s, nil where
// none is open. currency is the shop's. ID, Shop, Till, Last, and Shift of a float
// are left to the ledger.
func (e CashEntry) Record(s *CashShift, currency string, at time.Time) (*CashRecord, error) {
	const op = "edge.CashEntry.Record"
	r := &CashRecord{Kind: e.Kind, Amount: Money{Currency: currency}, Staff: e.Staff, Reason: Visible(e.Reason), At: at}
	if s != nil {
		r.Shift, r.Amount.Currency = s.Number, s.Currency()
	}
	if err := e.checkForm(); err != nil {
		return nil, err
	}
	switch {
	case e.Kind == CashFloat && s != nil:
		return nil, Errorf(op, Conflict, "%s opened a shift at %s: close it first", s.Records[0].Staff, s.Records[0].At.Format(time.RFC3339))
	case e.Kind != CashFloat && e.Kind != CashDrawer && s == nil:
		return nil, Errorf(op, Conflict, "no shift is open: count the drawer and open one")
	}
	switch e.Kind {
	case CashFloat:
		r.Notes, r.Amount.Amount = e.Notes, sumOf(e.Notes)
	case CashIn:
		r.Amount.Amount = e.Amount
	case CashOut, CashDrop:
		r.Amount.Amount = -e.Amount
	case CashCount:
		expected := s.Expected()
		r.Notes, r.Amount.Amount, r.Expected = e.Notes, sumOf(e.Notes), &expected
	case CashClose:
		counted := s.Counted()
		if counted == nil {
			return nil, Errorf(op, Conflict, "the drawer was not counted since money last moved: count it first")
		}
		r.Amount, r.Expected = counted.Amount, counted.Expected
		if d := r.Difference(); max(d, -d) > e.Tolerance && checkReason(e.Reason) != nil {
			return nil, Errorf(op, Invalid, "the drawer differs by %s from what is expected: say why, in 1 to 200 bytes of text", Money{d, r.Amount.Currency})
		}
	}
	return r, nil
}

// checkForm checks what can be told from the entry alone.
func (e CashEntry) checkForm() error {
	const op = "edge.CashEntry.Record"
	moves := []CashKind{CashIn, CashOut, CashDrop}
	counts := []CashKind{CashFloat, CashCount}
	switch {
	case !slices.Contains(append(append(moves, counts...), CashDrawer, CashClose), e.Kind):
		return Errorf(op, Invalid, "kind %.20q: want float, in, out, drop, drawer, count or close", e.Kind)
	case slices.Contains(moves, e.Kind) && (e.Amount < 1 || e.Amount > maxCashMoved):
		return Errorf(op, Invalid, "amount %d: say how much was moved", e.Amount)
	case !slices.Contains(moves, e.Kind) && e.Amount != 0:
		return Errorf(op, Invalid, "a record of kind %s has no amount: leave it out", e.Kind)
	case !slices.Contains(counts, e.Kind) && len(e.Notes) > 0:
		return Errorf(op, Invalid, "a record of kind %s has no notes: leave them out", e.Kind)
	case len(e.Notes) > maxNotes:
		return Errorf(op, TooLarge, "notes of %d values, at most %d", len(e.Notes), maxNotes)
	}
	for i, n := range e.Notes {
		if n.Value < 1 || n.Value > maxUnitPrice || n.Count < 0 || n.Count > maxNoteCount ||
			slices.ContainsFunc(e.Notes[:i], func(o NoteCount) bool { return o.Value == n.Value }) {
			return Errorf(op, Invalid, "%d notes of %d: name each value once, with at most %d pieces", n.Count, n.Value, maxNoteCount)
		}
	}
	needed := []CashKind{CashIn, CashOut, CashDrawer}
	if e.Reason != "" || slices.Contains(needed, e.Kind) {
		return checkReason(e.Reason)
	}
	return nil
}

func sumOf(notes []NoteCount) (sum int64) {
	for _, n := range notes {
		sum += n.Value * int64(n.Count)
	}
	return sum
}

// Check refuses a record that no ledger of ours makes.
func (r *CashRecord) Check() error {
	const op = "edge.CashRecord.Check"
	const bound = 1 << 53
	counted := r.Kind == CashCount || r.Kind == CashClose
	switch {
	case r.ID == "" || len(r.ID) > maxClosingText || !plainText(r.ID):
		return Errorf(op, Invalid, "cash record %.40q", r.ID)
	case max(r.Amount.Amount, -r.Amount.Amount) > bound || len(r.Amount.Currency) != 3:
		return Errorf(op, Invalid, "cash record of %d %.10s", r.Amount.Amount, r.Amount.Currency)
	case (r.Expected != nil) != counted || counted && max(*r.Expected, -*r.Expected) > bound:
		return Errorf(op, Invalid, "a cash record of kind %.20q and what was expected do not fit", r.Kind)
	case len(r.Reason) > MaxFieldText || len(r.Staff) > MaxFieldText || len(r.Notes) > maxNotes:
		return Errorf(op, Invalid, "a cash record's text is too long")
	}
	return nil
}
