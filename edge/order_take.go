package edge

import (
	"slices"
	"time"
)

// OrderRules are the shop's terms, from its settings.
type OrderRules struct {
	Deposit     BasisPoints   // the share of the total that is taken where a deposit is
	Fees        []DeliveryFee // for bringing goods; the first that fits
	FreeFrom    int64         // goods for so much are brought for nothing, in minor units; 0 for never
	CollectDays int           // until goods are in a shop to be collected
	Cash        CashRounding  // a deposit is rounded up to what can be paid in cash
}

// DeliveryFee is what it costs to bring goods to some provinces.
type DeliveryFee struct {
	Provinces []string // their codes; empty for all others
	Fee       int64    // minor units
	Days      int      // until the goods are there
}

// AskedLine is a line of what is asked for.
type AskedLine struct {
	SKU      SKU    `json:"sku"`
	Quantity int    `json:"quantity"`
	Note     string `json:"note,omitempty"`
}

// OrderAsk is what a clerk asks for a shopper: what the shop cannot hand over
// now.
type OrderAsk struct {
	// Cart is whose lines these are; they leave it, and what stays is sold as ever.
	Cart     *CartID     `json:"cart,omitempty"`
	Lines    []AskedLine `json:"lines,omitempty"` // all that the cart holds where empty
	Way      OrderWay    `json:"way"`
	Shop     string      `json:"shop,omitempty"`     // where it is collected; this shop where empty
	Province string      `json:"province,omitempty"` // to whose fee it is delivered
	Terms    OrderTerms  `json:"terms"`
	Note     string      `json:"note,omitempty"`
	Total    int64       `json:"total"` // that was shown, fee included

	Contact  Contact `json:"-"`                  // to whom; never part of what is stored of a request
	Agreed   string  `json:"agreed"`             // the version of the wording by which the shopper agreed that it is kept
	Remember bool    `json:"remember,omitempty"` // and that it is found again by the telephone number

	Home    string        `json:"-"` // this shop
	Staff   string        `json:"-"` // from the session
	Offline bool          `json:"-"` // from the uplink
	Rules   OrderRules    `json:"-"` // from the settings
	Stock   map[SKU]int64 `json:"-"` // what all shops have, as far as is known here
}

// Quote makes the order that is asked for, without its id and its cart, priced
// with r; from is the cart whose lines are ordered, or nil.
func (a OrderAsk) Quote(from *Cart, r *Release, at time.Time) (*Order, error) {
	const op = "edge.OrderAsk.Quote"
	o := &Order{
		Way: a.Way, Shop: a.Home, Note: Visible(a.Note), Release: r.Version, Total: Money{Currency: r.Currency},
		Taken: &OrderTaken{Shop: a.Home, Staff: a.Staff, Offline: a.Offline, Terms: a.Terms},
	}
	switch {
	case a.Way != Collect && a.Way != Deliver:
		return nil, Errorf(op, Invalid, "way %.20q of an order: want %s or %s", a.Way, Collect, Deliver)
	case a.Way == Collect && a.Shop != "":
		o.Shop = a.Shop
	case a.Shop != "":
		return nil, Errorf(op, Invalid, "an order that is delivered is collected nowhere: leave the shop out")
	}
	if err := a.price(o, from, r); err != nil {
		return nil, err
	}
	if err := a.terms(o, at); err != nil {
		return nil, err
	}
	return o, nil
}

// price puts the lines on the order.
func (a OrderAsk) price(o *Order, from *Cart, r *Release) error {
	const op = "edge.OrderAsk.Quote"
	asked, err := a.asked(from)
	if err != nil {
		return err
	}
	for _, l := range asked {
		v, ok := r.Variant(l.SKU)
		switch {
		case !ok:
			return Errorf(op, NotFound, "product %.64s is not in catalogue %d", l.SKU, r.Version)
		case l.Quantity < 1 || l.Quantity > MaxQuantity:
			return Errorf(op, Invalid, "%d pieces of %s: want 1 to %d", l.Quantity, l.SKU, MaxQuantity)
		case slices.ContainsFunc(o.Lines, func(k OrderLine) bool { return k.SKU == l.SKU }):
			return Errorf(op, Invalid, "%s is ordered twice: make it one line", l.SKU)
		}
		o.Lines = append(o.Lines, OrderLine{
			SKU: v.SKU, Name: v.Name, Shade: v.Shade, Quantity: l.Quantity, Price: v.Price.Amount,
			Total: v.Price.Amount * int64(l.Quantity), Note: Visible(l.Note), Short: a.Stock[l.SKU] < int64(l.Quantity),
		})
		o.Total.Amount += o.Lines[len(o.Lines)-1].Total
	}
	return nil
}

// asked is what is ordered, which a cart has to hold.
func (a OrderAsk) asked(from *Cart) ([]AskedLine, error) {
	const op = "edge.OrderAsk.Quote"
	lines := a.Lines
	if from != nil {
		if err := from.open(op); err != nil {
			return nil, err
		}
		held := map[SKU]int{}
		var all []AskedLine
		for i := range from.Lines {
			l := &from.Lines[i]
			n := l.Quantity()
			if held[l.SKU] == 0 && n > 0 {
				all = append(all, AskedLine{SKU: l.SKU, Note: notesOn(from, l.SKU)})
			}
			held[l.SKU] += n
		}
		if len(lines) == 0 {
			for i := range all {
				all[i].Quantity = held[all[i].SKU]
			}
			lines = all
		}
		for _, l := range lines {
			if l.Quantity > held[l.SKU] {
				return nil, Errorf(op, Conflict, "the cart has %d of %.64s and %d are ordered: it has changed, look at it again", held[l.SKU], l.SKU, l.Quantity)
			}
		}
	}
	if len(lines) == 0 || len(lines) > MaxLines {
		return nil, Errorf(op, Invalid, "an order of %d lines: want 1 to %d", len(lines), MaxLines)
	}
	return lines, nil
}

// terms sets what bringing the goods costs, what is paid first, and by when
// they are there.
func (a OrderAsk) terms(o *Order, at time.Time) error {
	const op = "edge.OrderAsk.Quote"
	t, days := o.Taken, a.Rules.CollectDays
	if o.Way == Deliver {
		fee, ok := a.Rules.fee(a.Province)
		if !ok {
			return Errorf(op, Unavailable, "there is no fee for bringing goods to province %.40q: set orders.fees in edge.yaml", a.Province)
		}
		if days = fee.Days; a.Rules.FreeFrom == 0 || o.Total.Amount < a.Rules.FreeFrom {
			t.Fee = fee.Fee
		}
	}
	o.Total.Amount += t.Fee
	t.Promise = at.Add(time.Duration(days) * 24 * time.Hour).UTC().Truncate(time.Second)
	switch a.Terms {
	case PayFull:
		t.Deposit = o.Total.Amount
	case PayDeposit:
		t.Deposit = a.Rules.deposit(o.Total)
	case PayOnReceipt:
	default:
		return Errorf(op, Invalid, "terms %.20q: want %s, %s or %s", a.Terms, PayDeposit, PayFull, PayOnReceipt)
	}
	return nil
}

func (r OrderRules) fee(province string) (DeliveryFee, bool) {
	for _, f := range r.Fees {
		if len(f.Provinces) == 0 || slices.Contains(f.Provinces, province) {
			return f, true
		}
	}
	return DeliveryFee{}, false
}

// deposit is the share of total that is taken first.
func (r OrderRules) deposit(total Money) int64 {
	unit := max(r.Cash[total.Currency], 1)
	share := (total.Amount*int64(r.Deposit) + 9999) / 10000
	return min((share+unit-1)/unit*unit, total.Amount)
}

// Place makes the order, as Quote does, and places it, unless something has to
// be paid first.
func (a OrderAsk) Place(from *Cart, r *Release, at time.Time) (*Order, error) {
	const op = "edge.OrderAsk.Place"
	if err := a.Contact.Check(); err != nil {
		return nil, err
	}
	switch {
	case a.Agreed == "" || !plain(a.Agreed):
		return nil, Errorf(op, Invalid, "a name is kept only with the shopper's consent: ask for it")
	case a.Way == Deliver && a.Contact.Address == nil:
		return nil, Errorf(op, Invalid, "an order that is delivered wants an address")
	}
	o, err := a.Quote(from, r, at)
	if err != nil {
		return nil, err
	}
	if o.Total.Amount != a.Total {
		return nil, Errorf(op, Conflict, "the order comes to %s, and %s was shown: look at it again", o.Total, Money{a.Total, o.Total.Currency})
	}
	if err := o.Begin(ByShop, OrderQuoted, at); err != nil {
		return nil, err
	}
	next := OrderPlaced
	if o.Taken.Deposit > 0 {
		next = OrderDepositPending
	}
	return o, o.Move(ByShop, next, "", at)
}

// ownCartLife is how long the shop alone takes money for an order's cart: longer
// than any order lives. It is paid as the order says, never by paying the cart.
const ownCartLife = 10 * 365 * 24 * time.Hour

// OwnCart is the cart that shows an order which a clerk took on the shopper's
// phone.
func (o *Order) OwnCart(id CartID, w Writer, at time.Time) (*Cart, error) {
	c := NewCart(id, at.Add(ownCartLife))
	for i := range o.Lines {
		line, err := c.Add(w, o.Lines[i].SKU, o.Lines[i].Quantity)
		if err == nil && o.Lines[i].Note != "" {
			err = c.SetField(w, at, line, Note, o.Lines[i].Note)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, c.Check()
}

// LeaveCart takes what is ordered out of the cart that it was in.
func (o *Order) LeaveCart(c *Cart, w Writer) error {
	for i := range o.Lines {
		left := o.Lines[i].Quantity
		for j := range c.Lines {
			l := &c.Lines[j]
			if n := min(left, l.Quantity()); l.SKU == o.Lines[i].SKU && n > 0 {
				if err := c.SetQuantity(w, l.ID, l.Quantity()-n); err != nil {
					return err
				}
				left -= n
			}
		}
	}
	return c.Check()
}
