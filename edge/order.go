package edge

import (
	"slices"
	"strings"
	"time"
)

// OrderWay is how the goods of an order reach the shopper.
type OrderWay string

// The ways.
const (
	Collect OrderWay = "collect" // in the order's shop
	Deliver OrderWay = "deliver" // to the shopper's address
)

// OrderLine is a line of an order, priced when it was placed. Amounts are minor
// units, tax included.
type OrderLine struct {
	SKU      SKU    `json:"sku"`
	Name     Text   `json:"name"`
	Shade    Text   `json:"shade"`
	Quantity int    `json:"quantity"`
	Price    int64  `json:"price"` // of one piece
	Total    int64  `json:"total"`
	Note     string `json:"note,omitempty"`
	// Short says that the shop had fewer when the order was placed, as far as was
	// known: it is subject to stock.
	Short bool `json:"short,omitempty"`
}

// Order is what a shopper wants brought or put aside. It names nobody: to whom
// it goes lies apart from it, and can be deleted.
type Order struct {
	ID    string      `json:"id"`
	Cart  CartID      `json:"cart"`
	Shop  string      `json:"shop"` // which hands it over, or from which it was placed
	Way   OrderWay    `json:"way"`
	Lines []OrderLine `json:"lines"`
	Total Money       `json:"total"`
	Note  string      `json:"note,omitempty"` // on the whole order
	// Code is told to the shopper, who collects the order with it in this shop.
	Code    string      `json:"code,omitempty"`
	Release uint32      `json:"release"` // the version it was priced with
	Steps   []OrderStep `json:"steps"`   // from its first state on; at most MaxOrderSteps
	// Taken is there where a clerk took the order; a phone's is paid with its cart.
	Taken *OrderTaken `json:"taken,omitempty"`
	// Parcel is there where HQ has said who brings the order.
	Parcel *Parcel `json:"parcel,omitempty"`
}

// OrderTaken is what is agreed on an order with a clerk. Amounts are minor units.
type OrderTaken struct {
	Shop    string     `json:"shop"` // where
	Staff   string     `json:"staff"`
	Offline bool       `json:"offline"`       // the line to HQ was down: all of it is subject to stock
	Fee     int64      `json:"fee,omitempty"` // for bringing it; part of the order's total
	Terms   OrderTerms `json:"terms"`
	Deposit int64      `json:"deposit,omitempty"` // what has to be paid before it is placed
	Promise time.Time  `json:"promise"`           // by when it should be there
}

// OrderTerms says when an order is paid.
type OrderTerms string

// The terms.
const (
	PayDeposit   OrderTerms = "deposit"    // a part before it is placed, the rest when it is handed over
	PayFull      OrderTerms = "full"       // all of it before it is placed
	PayOnReceipt OrderTerms = "on_receipt" // all of it when it is handed over
)

// OrderStep says how an order came to a state.
type OrderStep struct {
	State  OrderState `json:"state"`
	By     OrderParty `json:"by"`
	At     time.Time  `json:"at"`
	Reason string     `json:"reason,omitempty"` // for the shopper to read: no name, no address
}

// Limits of an order.
const (
	MaxOrderSteps = 64
	maxOrderCode  = 16
)

// State is the order's last.
func (o *Order) State() OrderState { return o.last().State }

// Since is when the order came to its state.
func (o *Order) Since() time.Time { return o.last().At }

// Reason is why the order came to its state.
func (o *Order) Reason() string { return o.last().Reason }

func (o *Order) last() OrderStep {
	if len(o.Steps) == 0 {
		return OrderStep{}
	}
	return o.Steps[len(o.Steps)-1]
}

// Placed is when the order was placed; zero before that.
func (o *Order) Placed() time.Time {
	for _, s := range o.Steps {
		if s.State == OrderPlaced {
			return s.At
		}
	}
	return time.Time{}
}

// Went reports whether the order ever was in a state.
func (o *Order) Went(state OrderState) bool {
	return slices.ContainsFunc(o.Steps, func(s OrderStep) bool { return s.State == state })
}

// Short reports whether the order is subject to stock.
func (o *Order) Short() bool {
	return o.Taken != nil && o.Taken.Offline || slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return l.Short })
}

// Begin gives an order its first state.
func (o *Order) Begin(by OrderParty, to OrderState, at time.Time) error {
	const op = "edge.Order.Begin"
	if len(o.Steps) > 0 {
		return Errorf(op, Conflict, "order %s has begun", o.ID)
	}
	if to != OrderDraft && !OrderDraft.allows(o.Way, by, to) {
		return Errorf(op, Forbidden, "an order cannot begin as %s by %s", to, by)
	}
	o.Steps = []OrderStep{{State: to, By: by, At: at.UTC()}}
	return nil
}

// Move brings the order to another state, where the table of states lets by do
// that. Into the state that it is in already it changes nothing.
func (o *Order) Move(by OrderParty, to OrderState, reason string, at time.Time) error {
	const op = "edge.Order.Move"
	from := o.State()
	switch {
	case from == to:
		return nil
	case !to.Known():
		return Errorf(op, Invalid, "state %.20q of an order: there is none of that name", to)
	case !plainText(reason):
		return Errorf(op, Invalid, "a reason of more than %d bytes, or that is no plain text", MaxFieldText)
	case !slices.Contains(from.Next(o.Way), to):
		return Errorf(op, Conflict, "order %s is %s: from there it goes to %v", o.ID, from, from.Next(o.Way))
	case !from.allows(o.Way, by, to):
		return Errorf(op, Forbidden, "order %s: only %v may make it %s", o.ID, from.whoMay(o.Way, to), to)
	case len(o.Steps) >= MaxOrderSteps:
		return Errorf(op, TooMany, "order %s has changed %d times: place a new one", o.ID, MaxOrderSteps)
	}
	o.Steps = append(slices.Clip(o.Steps), OrderStep{State: to, By: by, At: at.UTC(), Reason: reason})
	return nil
}

// Check refuses what no order of ours can be.
func (o *Order) Check() error {
	const op = "edge.Order.Check"
	switch {
	case !plain(o.ID) || !plain(o.Shop):
		return Errorf(op, Invalid, "order %.70q of shop %.70q: want names of 1 to %d bytes", o.ID, o.Shop, maxName)
	case o.Way != Collect && o.Way != Deliver:
		return Errorf(op, Invalid, "order %s goes the way %.20q", o.ID, o.Way)
	case len(o.Lines) == 0 || len(o.Lines) > maxMergedLines:
		return Errorf(op, Invalid, "order %s has %d lines, want 1 to %d", o.ID, len(o.Lines), maxMergedLines)
	case len(o.Total.Currency) != 3:
		return Errorf(op, Invalid, "order %s in the currency %.10q", o.ID, o.Total.Currency)
	case !plainText(o.Note) || len(o.Code) > maxOrderCode || !plainText(o.Code):
		return Errorf(op, Invalid, "order %s has a note or a code that is no short, plain text", o.ID)
	}
	var sum int64
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.SKU == "" || len(l.SKU) > maxLineSKU || l.Quantity < 1 || l.Quantity > MaxQuantity*maxMergedLines || !plainText(l.Note) ||
			l.Price < 0 || l.Price > maxUnitPrice || l.Total != l.Price*int64(l.Quantity) {
			return Errorf(op, Invalid, "order %s: line %d of %d pieces of %.40q for %d", o.ID, i+1, l.Quantity, l.SKU, l.Total)
		}
		sum += l.Total
	}
	if t := o.Taken; t != nil {
		if err := t.check(o); err != nil {
			return err
		}
		sum += t.Fee
	}
	if o.Parcel != nil {
		if err := o.Parcel.Check(); err != nil {
			return err
		}
	}
	if sum != o.Total.Amount {
		return Errorf(op, Invalid, "order %s of %d: its lines come to %d", o.ID, o.Total.Amount, sum)
	}
	return o.checkSteps()
}

func (t *OrderTaken) check(o *Order) error {
	if !plain(t.Shop) || !plain(t.Staff) || t.Fee < 0 || t.Fee > maxUnitPrice || t.Deposit < 0 || t.Deposit > o.Total.Amount ||
		!slices.Contains([]OrderTerms{PayDeposit, PayFull, PayOnReceipt}, t.Terms) {
		return Errorf("edge.Order.Check", Invalid, "order %s was taken in %.40q, to be paid %.20q: %d now and %d for bringing it", o.ID, t.Shop, t.Terms, t.Deposit, t.Fee)
	}
	return nil
}

// checkSteps goes the order's way once more.
func (o *Order) checkSteps() error {
	if len(o.Steps) == 0 || len(o.Steps) > MaxOrderSteps {
		return Errorf("edge.Order.Check", Invalid, "order %s has %d states, want 1 to %d", o.ID, len(o.Steps), MaxOrderSteps)
	}
	again := Order{ID: o.ID, Way: o.Way}
	first := o.Steps[0]
	if err := again.Begin(first.By, first.State, first.At); err != nil {
		return err
	}
	for _, s := range o.Steps[1:] {
		if s.State == again.State() {
			return Errorf("edge.Order.Check", Invalid, "order %s is %s twice running", o.ID, s.State)
		}
		if err := again.Move(s.By, s.State, s.Reason, s.At); err != nil {
			return err
		}
	}
	return nil
}

// OrderLines prices the living lines of a cart with r, as PriceCart does, and
// says which the shop has fewer of than that. stock is nil where it is not known.
func OrderLines(c *Cart, r *Release, stock map[SKU]int64) ([]OrderLine, Money, error) {
	priced, total, err := PriceCart(c, r)
	if err != nil {
		return nil, Money{}, err
	}
	lines := make([]OrderLine, len(priced))
	for i := range priced {
		l := &priced[i]
		lines[i] = OrderLine{
			SKU: l.SKU, Name: l.Name, Shade: l.Shade, Quantity: l.Quantity, Price: l.Price, Total: l.Total,
			Note: notesOn(c, l.SKU), Short: stock == nil || stock[l.SKU] < int64(l.Quantity),
		}
	}
	return lines, total, nil
}

// notesOn is the first note on the cart's living lines of a SKU.
func notesOn(c *Cart, sku SKU) string {
	for i := range c.Lines {
		if l := &c.Lines[i]; l.SKU == sku && l.Quantity() > 0 && l.Fields[Note].Text != "" {
			return l.Fields[Note].Text
		}
	}
	return ""
}

// Fulfilment is a cart's option that holds an OrderWay: how the shopper wants
// the goods.
const Fulfilment FieldName = "fulfilment"

// Number is what people call the order by: the end of its id.
func (o *Order) Number() string {
	id := strings.ToUpper(strings.ReplaceAll(o.ID, "-", ""))
	return id[max(len(id)-6, 0):]
}
