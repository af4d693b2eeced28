package edge

import "time"

// Disposition says where a returned piece goes.
type Disposition string

// The dispositions.
const (
	ToStock Disposition = "stock" // on the shelf again
	ToLoss  Disposition = "loss"  // broken or opened: it is written off
)

// RefundLine is a line given back. Quantity, Total and VAT are of what is given
// back now.
type RefundLine struct {
	SaleLine
	To Disposition `json:"to"`
}

// Approval is a manager's yes.
type Approval struct {
	Staff  string `json:"staff"`
	Reason string `json:"reason"`
}

// Refund gives back lines of a sale, or some of their pieces. It is a record of
// its own with a receipt number of its own; the sale stays.
type Refund struct {
	ID       string       `json:"id"` // UUIDv7
	Shop     string       `json:"shop"`
	Receipt  Receipt      `json:"receipt"`
	Sale     SaleRef      `json:"sale"` // without ID where this ledger does not hold the sale
	Lines    []RefundLine `json:"lines"`
	Total    Money        `json:"total"`
	VAT      int64        `json:"vat"`
	Back     []Payback    `json:"back"`
	Reason   string       `json:"reason"`
	Approval *Approval    `json:"approval,omitempty"` // there where Sale has no ID, or where money goes back otherwise than it came
	Staff    string       `json:"staff"`
	At       time.Time    `json:"at"`
	Offline  bool         `json:"offline"`
}

// Return is a line of what a clerk asks to refund.
type Return struct {
	SKU      SKU         `json:"sku"`
	Quantity int         `json:"quantity"`
	To       Disposition `json:"to"`
	Price    *int64      `json:"price,omitempty"` // of one piece as printed; of a receipt that this ledger does not hold, and of that alone
}

// Refunding is what a clerk asks for.
type Refunding struct {
	Sale     SaleRef      `json:"sale"`
	Lines    []Return     `json:"lines"`
	Back     []Payback    `json:"back"` // nothing for: as the sale was paid, the last payment first
	Reason   string       `json:"reason"`
	Approval *Approval    `json:"approval,omitempty"`
	Staff    string       `json:"-"` // from the session
	Offline  bool         `json:"-"` // from the uplink
	Cash     CashRounding `json:"-"` // from the settings

	exchanged int64 // of the total, see Exchanging
}

// Refund makes the refund of the sale h, at the time at. It refuses a sale that
// is void, pieces that were never sold or are refunded already, and money that
// is not the lines'. ID, Shop and Receipt are left to the ledger.
func (r Refunding) Refund(h *SaleHistory, at time.Time) (*Refund, error) {
	const op = "edge.Refunding.Refund"
	if h.Void != nil {
		return nil, Errorf(op, Conflict, "receipt %s is void, by receipt %s: there is nothing left to refund", h.Receipt, h.Void.Receipt)
	}
	back := &Refund{Sale: h.Ref(), Total: Money{Currency: h.Total.Currency}}
	before := refunded(h.Refunds)
	for _, ask := range r.Lines {
		sold := h.line(ask.SKU)
		if sold == nil {
			return nil, Errorf(op, Conflict, "receipt %s has no %s", h.Receipt, ask.SKU)
		}
		if ask.Price != nil {
			return nil, Errorf(op, Invalid, "receipt %s is known here: leave out the price of %s", h.Receipt, ask.SKU)
		}
		if n := before[ask.SKU]; ask.Quantity > sold.Quantity-n {
			return nil, Errorf(op, Conflict, "receipt %s has %d of %s, %d of them refunded: %d more cannot be", h.Receipt, sold.Quantity, ask.SKU, n, ask.Quantity)
		}
		if err := back.add(*sold, ask, before[ask.SKU]); err != nil {
			return nil, err
		}
		before[ask.SKU] += ask.Quantity
	}
	if len(r.Back) == 0 {
		r.Back = asPaid(h.Refundable(), back.Total.Amount-r.exchanged)
	}
	if err := r.finish(back, at); err != nil {
		return nil, err
	}
	if err := back.keepsTo(h); err != nil {
		return nil, err
	}
	back.round(r.Cash, h.Refunds)
	return back, nil
}

// RefundUnknown makes the refund of a receipt that this ledger does not hold,
// named as rel names its products and priced as was printed on it. A manager
// has to have approved it: nothing here can tell what was sold.
func (r Refunding) RefundUnknown(rel *Release, at time.Time) (*Refund, error) {
	const op = "edge.Refunding.RefundUnknown"
	if err := r.Sale.Receipt.Check(); err != nil {
		return nil, err
	}
	if !r.Approval.given() {
		return nil, Errorf(op, Forbidden, "receipt %s is not known here: a manager has to approve its refund", r.Sale.Receipt)
	}
	if err := checkReason(r.Approval.Reason); err != nil {
		return nil, err
	}
	back := &Refund{Sale: SaleRef{Receipt: r.Sale.Receipt}, Total: Money{Currency: rel.Currency}}
	before := map[SKU]int{}
	for _, ask := range r.Lines {
		v, ok := rel.Variant(ask.SKU)
		if !ok {
			return nil, Errorf(op, NotFound, "product %s is not in catalogue %d", ask.SKU, rel.Version)
		}
		if ask.Price == nil || *ask.Price < 0 || *ask.Price > maxUnitPrice {
			return nil, Errorf(op, Invalid, "receipt %s is not known here: send the price of one %s as it is printed, 0 to %d", r.Sale.Receipt, ask.SKU, int64(maxUnitPrice))
		}
		sold := SaleLine{SKU: v.SKU, GTIN: v.GTIN, Name: v.Name, Shade: v.Shade, Price: *ask.Price, VATRate: v.VAT}
		if err := back.add(sold, ask, before[ask.SKU]); err != nil {
			return nil, err
		}
		before[ask.SKU] += ask.Quantity
	}
	if err := r.finish(back, at); err != nil {
		return nil, err
	}
	back.round(r.Cash, nil)
	return back, nil
}

// Bounds of a refund.
const (
	maxReturns   = 2 * MaxLines // each SKU may go both ways
	maxBack      = 1 << 45      // minor units; the tax of so much does not overflow
	maxPaybacks  = 4
	maxUnitPrice = 1 << 36 // minor units of one piece
)

// add puts q pieces of a sold line on the refund; before of them are refunded
// already. The tax is the difference of two roundings, so that the parts of a
// line come to exactly its whole.
func (r *Refund) add(sold SaleLine, ask Return, before int) error {
	const op = "edge.Refunding.Refund"
	switch {
	case ask.Quantity < 1 || ask.Quantity > maxMergedLines*MaxQuantity:
		return Errorf(op, Invalid, "refund of %d pieces of %s: want at least 1", ask.Quantity, ask.SKU)
	case ask.To != ToStock && ask.To != ToLoss:
		return Errorf(op, Invalid, "refund of %s: to %.20q, want %s or %s", ask.SKU, ask.To, ToStock, ToLoss)
	case len(r.Lines) >= maxReturns:
		return Errorf(op, TooLarge, "a refund has at most %d lines", maxReturns)
	}
	pieces := before + ask.Quantity
	if sold.Price > maxBack/int64(pieces) {
		return Errorf(op, TooLarge, "%d pieces of %s for %s each: a refund is of at most %s", pieces, ask.SKU, Money{sold.Price, r.Total.Currency}, Money{maxBack, r.Total.Currency})
	}
	l := RefundLine{SaleLine: sold, To: ask.To}
	l.Quantity = ask.Quantity
	after, earlier := sold.worth(pieces), sold.worth(before)
	l.Total = after - earlier
	l.Discount = sold.Price*int64(ask.Quantity) - l.Total
	l.VAT = sold.VATRate.Within(after) - sold.VATRate.Within(earlier)
	r.Lines = append(r.Lines, l)
	r.Total.Amount += l.Total
	r.VAT += l.VAT
	return nil
}

// finish checks what does not hang on the sale.
func (r Refunding) finish(back *Refund, at time.Time) error {
	const op = "edge.Refunding.Refund"
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	if len(back.Lines) == 0 {
		return Errorf(op, Invalid, "no line is given back: say which and how many")
	}
	if len(r.Back) > maxPaybacks {
		return Errorf(op, TooLarge, "money goes back in at most %d parts", maxPaybacks)
	}
	sum := r.exchanged
	for _, b := range r.Back {
		if b.Amount < 1 || b.Amount > back.Total.Amount {
			return Errorf(op, Conflict, "%s is to go back in %s, the lines come to %s", Money{b.Amount, back.Total.Currency}, b.Method, back.Total)
		}
		if b.Rounding != 0 {
			return Errorf(op, Invalid, "the till rounds what it gives back in cash: leave the rounding out")
		}
		if err := (Payment{Method: b.Method, Reference: b.Reference}).checkForm(); err != nil {
			return err
		}
		sum += b.Amount
	}
	if sum != back.Total.Amount {
		return Errorf(op, Conflict, "%s is to go back, the lines come to %s", Money{sum, back.Total.Currency}, back.Total)
	}
	back.Back = append([]Payback{}, r.Back...)
	if r.exchanged > 0 {
		back.Back = append(back.Back, Payback{Method: Exchanged, Amount: r.exchanged})
	}
	back.Reason, back.Approval, back.Staff, back.At, back.Offline = r.Reason, r.Approval, r.Staff, at, r.Offline
	return nil
}

// refunded counts the pieces of each SKU.
func refunded(list []Refund) map[SKU]int {
	n := map[SKU]int{}
	for i := range list {
		for _, l := range list[i].Lines {
			n[l.SKU] += l.Quantity
		}
	}
	return n
}

// Left counts the pieces of each SKU that were sold and are neither voided nor
// refunded.
func (h *SaleHistory) Left() map[SKU]int {
	left := map[SKU]int{}
	if h.Void != nil {
		return left
	}
	gone := refunded(h.Refunds)
	for i := range h.Lines {
		left[h.Lines[i].SKU] = h.Lines[i].Quantity - gone[h.Lines[i].SKU]
	}
	return left
}

func (h *SaleHistory) line(sku SKU) *SaleLine {
	for i := range h.Lines {
		if h.Lines[i].SKU == sku {
			return &h.Lines[i]
		}
	}
	return nil
}

// Moves are the stock moves that the void implies.
func (v *Void) Moves() []StockMove {
	if v.Elsewhere {
		return nil
	}
	moves := make([]StockMove, 0, len(v.Lines))
	for i := range v.Lines {
		moves = append(moves, StockMove{SKU: v.Lines[i].SKU, Delta: int64(v.Lines[i].Quantity), Reason: StockVoid, Ref: v.ID, At: v.At})
	}
	return moves
}

// Moves are the stock moves that the refund implies: every piece comes back,
// and what is to be written off leaves again.
func (r *Refund) Moves() []StockMove {
	var moves []StockMove
	at := map[SKU]int{}
	lost := map[SKU]int64{}
	for i := range r.Lines {
		l := &r.Lines[i]
		if j, ok := at[l.SKU]; ok {
			moves[j].Delta += int64(l.Quantity)
		} else {
			at[l.SKU] = len(moves)
			moves = append(moves, StockMove{SKU: l.SKU, Delta: int64(l.Quantity), Reason: StockRefund, Ref: r.ID, At: r.At})
		}
		if l.To == ToLoss {
			lost[l.SKU] += int64(l.Quantity)
		}
	}
	for _, m := range moves {
		if n := lost[m.SKU]; n > 0 {
			moves = append(moves, StockMove{SKU: m.SKU, Delta: -n, Reason: StockLoss, Ref: r.ID, At: r.At})
		}
	}
	return moves
}
