package edge

import "time"

// StockReason says why stock moved.
type StockReason string

// The reasons stock moves for. The first three are implied by the records of
// sales, voids and refunds, which are their events; the others are entered.
const (
	StockSale   StockReason = "sale"
	StockVoid   StockReason = "void"   // a sale's pieces went back
	StockRefund StockReason = "refund" // pieces given back; a broken one leaves again as loss

	StockGoodsIn     StockReason = "goods_in" // a delivery; negative corrects one
	StockTransferOut StockReason = "transfer_out"
	StockTransferIn  StockReason = "transfer_in"
	StockCounted     StockReason = "count"
	StockLoss        StockReason = "loss" // stolen, broken, expired
)

// StockMove is a change of one SKU's stock in the shop. Stock travels as
// deltas, never as absolute values.
type StockMove struct {
	SKU    SKU         `json:"sku"`
	Delta  int64       `json:"delta"` // pieces; negative leaves the shop
	Reason StockReason `json:"reason"`
	Ref    string      `json:"ref"` // the sale's id, the delivery note's number, the name of a count
	At     time.Time   `json:"at"`
	Staff  string      `json:"staff,omitempty"` // who entered it
	Count  *StockCount `json:"count,omitempty"` // of StockCounted alone
}

// StockCount is what was found on the shelf. Its move's Delta is worked out
// when it is entered: Counted less the stock as of AsOf, so that what was sold
// between counting and entering is not counted away. A count that finds what
// the books say has the Delta 0 and is recorded all the same.
type StockCount struct {
	Counted int64    `json:"counted"` // pieces
	AsOf    LaneMark `json:"as_of"`   // in LaneSale
}

// LaneMark is a place in a lane: right after event Seq of the epoch.
type LaneMark struct {
	Epoch string `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

// StockEntry is what a clerk enters: deliveries, transfers, losses, counts. The
// ledger fills in At and Staff of each move, and the Delta of a count.
type StockEntry struct {
	Moves []StockMove `json:"moves"`
	Staff string      `json:"-"` // from the session
}

// Bounds of stock, which keep sums far from overflow.
const (
	maxPieces  = 1 << 31
	maxRef     = 80
	maxEntered = 500 // moves of one entry
)

// At is the entry as it is recorded at that time; an Error of kind Invalid
// where it cannot be. A move may be in it once.
func (e StockEntry) At(at time.Time) ([]StockMove, error) {
	const op = "edge.StockEntry.At"
	if len(e.Moves) == 0 || len(e.Moves) > maxEntered {
		return nil, Errorf(op, Invalid, "%d stock moves: want 1 to %d at a time", len(e.Moves), maxEntered)
	}
	type name struct {
		sku    SKU
		reason StockReason
		ref    string
	}
	seen := map[name]bool{}
	moves := make([]StockMove, len(e.Moves))
	for i, m := range e.Moves {
		m.At, m.Staff = at, e.Staff
		if err := m.Check(); err != nil {
			return nil, err
		}
		if cardNumber(m.Ref) {
			return nil, Errorf(op, Invalid, "the reference of %s may be a card number: enter its last 12 digits only", m.SKU)
		}
		if m.Count != nil && m.Delta != 0 {
			return nil, Errorf(op, Invalid, "count of %s: leave out delta, it follows from what was counted", m.SKU)
		}
		n := name{m.SKU, m.Reason, m.Ref}
		if seen[n] {
			return nil, Errorf(op, Invalid, "%s of %s with reference %q is there twice: add the two up, or give them two references", m.Reason, m.SKU, m.Ref)
		}
		seen[n], moves[i] = true, m
	}
	return moves, nil
}

// Check refuses a move that cannot be entered.
func (m *StockMove) Check() error {
	const op = "edge.StockMove.Check"
	switch {
	case m.SKU == "" || len(m.SKU) > 64:
		return Errorf(op, Invalid, "sku %.70q: want 1 to 64 characters", m.SKU)
	case m.Ref == "" || len(m.Ref) > maxRef:
		return Errorf(op, Invalid, "stock move of %s needs a reference of 1 to %d characters", m.SKU, maxRef)
	case m.At.IsZero():
		return Errorf(op, Invalid, "stock move of %s has no time", m.SKU)
	case m.Delta > maxPieces || m.Delta < -maxPieces:
		return Errorf(op, Invalid, "stock move of %d pieces of %s: at most %d", m.Delta, m.SKU, int64(maxPieces))
	case m.Reason == StockCounted:
		return m.Count.check(m.SKU)
	case m.Count != nil:
		return Errorf(op, Invalid, "stock move of %s for %.20q has what was counted: leave it out, or make it a %s", m.SKU, m.Reason, StockCounted)
	case m.Delta == 0:
		return Errorf(op, Invalid, "stock move of %s moves nothing", m.SKU)
	}
	return m.checkDirection()
}

func (m *StockMove) checkDirection() error {
	const op = "edge.StockMove.Check"
	switch m.Reason {
	case StockGoodsIn:
		return nil
	case StockTransferIn:
		if m.Delta < 0 {
			return Errorf(op, Invalid, "%s of %s takes %d away: want a positive number of pieces", m.Reason, m.SKU, -m.Delta)
		}
		return nil
	case StockTransferOut, StockLoss:
		if m.Delta > 0 {
			return Errorf(op, Invalid, "%s of %s adds %d: want a negative number of pieces", m.Reason, m.SKU, m.Delta)
		}
		return nil
	}
	return Errorf(op, Invalid, "stock move of %s for %.20q: want %s, %s, %s, %s or %s", m.SKU, m.Reason,
		StockGoodsIn, StockTransferOut, StockTransferIn, StockCounted, StockLoss)
}

func (c *StockCount) check(sku SKU) error {
	const op = "edge.StockMove.Check"
	switch {
	case c == nil:
		return Errorf(op, Invalid, "count of %s: say how many were counted, and as of which mark", sku)
	case c.Counted < 0 || c.Counted > maxPieces:
		return Errorf(op, Invalid, "count of %s: %d pieces, want 0 to %d", sku, c.Counted, int64(maxPieces))
	case c.AsOf.Epoch == "" || len(c.AsOf.Epoch) > 64 || c.AsOf.Seq == 0:
		return Errorf(op, Invalid, "count of %s: send the mark that was shown when counting began", sku)
	}
	return nil
}
