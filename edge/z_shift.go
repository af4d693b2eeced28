package edge

import "time"

// ZShift is how the cash of a shift came out. Amounts are minor units of
// Currency; what left the drawer is below 0.
type ZShift struct {
	Number   uint32    `json:"number"`
	Currency string    `json:"currency"`
	Float    int64     `json:"float"`
	In       int64     `json:"in,omitempty"`
	Out      int64     `json:"out,omitempty"`
	Drop     int64     `json:"drop,omitempty"`
	Expected int64     `json:"expected"` // in the drawer at the end
	Counted  int64     `json:"counted"`
	Reason   string    `json:"reason,omitempty"` // why these differ
	Staff    string    `json:"staff"`            // who closed it
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

// maxZShifts bounds the shifts of one report: years of them come together where
// a till is closed for the first time after them.
const maxZShifts = 100

// Sold is the cash that receipts and second payments brought.
func (s *ZShift) Sold() int64 { return s.Expected - s.Float - s.In - s.Out - s.Drop }

// Difference is what was found beyond what was expected; below 0 what was missing.
func (s *ZShift) Difference() int64 { return s.Counted - s.Expected }

// AddShifts adds the shifts of the till's cash book that closed since its last
// report: after the shift with the number earlier, which is the last that a
// report has, 0 for none, and not before the receipt at the mark since. The
// records are in their order. The open shift comes with the report after its
// count, which must not be told what is expected.
func (z *ZReport) AddShifts(records []CashRecord, earlier uint32, since ReceiptMark) {
	open := map[uint32]*ZShift{}
	for i := range records {
		r := &records[i]
		if r.Till != z.Till || r.Shift <= earlier {
			continue
		}
		amount := r.Amount.Amount
		s := open[r.Shift]
		if r.Kind == CashFloat {
			open[r.Shift] = &ZShift{Number: r.Shift, Currency: r.Amount.Currency, Float: amount, From: r.At}
		}
		if s == nil {
			continue
		}
		switch r.Kind {
		case CashIn:
			s.In += amount
		case CashOut:
			s.Out += amount
		case CashDrop:
			s.Drop += amount
		case CashClose:
			if r.Last != nil && r.Expected != nil && !r.Last.before(since) {
				s.Expected, s.Counted, s.Reason, s.Staff, s.To = *r.Expected, amount, r.Reason, r.Staff, r.At
				z.Shifts = append(z.Shifts, *s)
			}
		}
	}
	z.Shifts = z.Shifts[max(len(z.Shifts)-maxZShifts, 0):]
}

// LastShift is the number of the last shift that the reports have; 0 for none.
func LastShift(reports []ZReport) (n uint32) {
	for i := range reports {
		for _, s := range reports[i].Shifts {
			n = max(n, s.Number)
		}
	}
	return n
}

func (m ReceiptMark) before(o ReceiptMark) bool {
	return m.Series < o.Series || m.Series == o.Series && m.Counter < o.Counter
}

func checkShifts(list []ZShift) error {
	const op, bound = "edge.ZReport.Check", 1 << 53
	if len(list) > maxZShifts {
		return Errorf(op, TooLarge, "a Z report has %d shifts: at most %d", len(list), maxZShifts)
	}
	for i, s := range list {
		if s.Number == 0 || i > 0 && s.Number <= list[i-1].Number || len(s.Currency) != 3 {
			return Errorf(op, Invalid, "a Z report has shift %d in %.10q at place %d", s.Number, s.Currency, i)
		}
		for _, n := range []int64{s.Float, s.In, s.Out, s.Drop, s.Expected, s.Counted} {
			if max(n, -n) > bound {
				return Errorf(op, Invalid, "shift %d of a Z report has the amount %d", s.Number, n)
			}
		}
	}
	return nil
}
