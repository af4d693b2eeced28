package edge

import (
	"cmp"
	"slices"
	"time"
)

// Limits of a cart; whoever takes a cart from outside checks them first.
const (
	MaxLines    = 100 // lines one party may come to, removed ones included
	MaxQuantity = 99  // pieces of one line
	maxWriters  = 16  // writers that one party may come to on a line

	maxLineSKU    = 64      // bytes, as much as a printed code carries
	maxLineNumber = 1 << 20 // of one writer: more than it ever comes to

	// Parties that were apart may come to more together than each alone.
	maxMergedLines   = 4 * MaxLines
	maxMergedWriters = 4 * maxWriters
)

// Count is what one writer did to a line's quantity: pieces it put in and
// pieces it took out, each only ever growing.
type Count struct {
	Added   uint32 `json:"added"`
	Removed uint32 `json:"removed,omitempty"`
}

// Line is one line of a cart.
type Line struct {
	ID     LineID           `json:"id"`
	SKU    SKU              `json:"sku,omitempty"` // empty while only the line's removal is known
	Counts map[Writer]Count `json:"counts,omitempty"`
	// Gone says that the line's own writer has taken back all it put in. It is
	// what remains of a line that a printed code left out because it was
	// removed, when its counters are not known.
	Gone   bool                `json:"gone,omitempty"`
	Fields map[FieldName]Field `json:"fields,omitempty"` // the line's note and options
}

// Quantity is the pieces on the line, never below zero.
func (l *Line) Quantity() int { return max(l.balance(), 0) }

// balance is Quantity without the floor at zero.
func (l *Line) balance() int {
	q := 0
	for w, c := range l.Counts {
		d := int(c.Added) - int(c.Removed)
		if l.Gone && w == l.ID.Writer {
			d = min(d, 0)
		}
		q += d
	}
	return q
}

// Cart is a shopper's cart as one party knows it. Parties that are apart edit
// their own copies; Merge brings copies together, in any order and any number
// of times, and all come to the same cart.
type Cart struct {
	ID     CartID              `json:"id"`
	Lines  []Line              `json:"lines"` // ordered by ID
	Claim  Claim               `json:"claim"`
	Closed *Closing            `json:"closed,omitempty"`
	Fields map[FieldName]Field `json:"fields,omitempty"` // the whole cart's note and options
	// Links counts how often the shop withdrew the links to the cart: those of an
	// earlier count open it no more.
	Links uint32 `json:"links,omitempty"`
	// Opened is when a phone first opened the cart. HQ says so; a code does not
	// carry it.
	Opened *time.Time `json:"opened,omitempty"`
}

// NewCart makes an empty cart whose shop may take money until until.
func NewCart(id CartID, until time.Time) *Cart {
	return &Cart{ID: id, Claim: Claim{Holder: HeldByShop, Until: until.UTC().Truncate(time.Second)}}
}

// Cut is the highest line number that w has used in this cart.
func (c *Cart) Cut(w Writer) uint32 {
	var n uint32
	for i := range c.Lines {
		if id := c.Lines[i].ID; id.Writer == w {
			n = max(n, id.N)
		}
	}
	return n
}

// Line finds a line; the pointer is good until the cart changes.
func (c *Cart) Line(id LineID) (*Line, bool) {
	i, ok := c.search(id)
	if !ok {
		return nil, false
	}
	return &c.Lines[i], true
}

func (c *Cart) search(id LineID) (int, bool) {
	return slices.BinarySearchFunc(c.Lines, id, func(l Line, id LineID) int {
		return cmp.Or(cmp.Compare(l.ID.Writer, id.Writer), cmp.Compare(l.ID.N, id.N))
	})
}

// Add puts quantity pieces of sku into the cart as writer w: onto a living
// line of that SKU if there is one, else onto a new line.
func (c *Cart) Add(w Writer, sku SKU, quantity int) (LineID, error) {
	const op = "edge.Cart.Add"
	if err := c.open(op); err != nil {
		return LineID{}, err
	}
	if quantity < 1 {
		return LineID{}, Errorf(op, Invalid, "quantity %d: add at least one", quantity)
	}
	for i := range c.Lines {
		if l := &c.Lines[i]; l.SKU == sku && !l.Gone && l.Quantity() > 0 {
			return l.ID, c.SetQuantity(w, l.ID, l.Quantity()+quantity)
		}
	}
	if len(c.Lines) >= MaxLines || c.Cut(w) >= MaxLines {
		return LineID{}, Errorf(op, TooLarge, "the cart has %d lines, no more fit", MaxLines)
	}
	if quantity > MaxQuantity {
		return LineID{}, Errorf(op, Invalid, "quantity %d: at most %d of one thing", quantity, MaxQuantity)
	}
	l := Line{ID: LineID{w, c.Cut(w) + 1}, SKU: sku, Counts: map[Writer]Count{w: {Added: uint32(quantity)}}}
	i, _ := c.search(l.ID)
	c.Lines = slices.Insert(c.Lines, i, l)
	return l.ID, nil
}

// SetQuantity makes the line's quantity what w wants it to be, as w sees it
// now. A line set to zero by its own writer is gone; a piece that another
// party adds to it meanwhile still counts: add wins over remove.
func (c *Cart) SetQuantity(w Writer, id LineID, quantity int) error {
	const op = "edge.Cart.SetQuantity"
	if err := c.open(op); err != nil {
		return err
	}
	if quantity < 0 || quantity > MaxQuantity {
		return Errorf(op, Invalid, "quantity %d: want 0 to %d", quantity, MaxQuantity)
	}
	l, ok := c.Line(id)
	if !ok {
		return Errorf(op, NotFound, "line %s is not in the cart", id)
	}
	if quantity > 0 && (l.Gone && w == id.Writer || l.SKU == "") {
		return Errorf(op, Conflict, "line %s was removed: add the product again", id)
	}
	if _, known := l.Counts[w]; !known && len(l.Counts) >= maxWriters {
		return Errorf(op, TooMany, "line %s was changed by %d people: remove it and add it again", id, maxWriters)
	}
	if quantity == l.Quantity() {
		return nil
	}
	// What counters are below zero all told is made up for first, so that the
	// quantity afterwards is what was asked for.
	if l.Counts == nil {
		l.Counts = map[Writer]Count{}
	}
	n := l.Counts[w]
	switch d := quantity - l.balance(); {
	case d > 0:
		n.Added += uint32(d)
	case d < 0:
		n.Removed += uint32(-d)
	}
	l.Counts[w] = n
	// Where another writer took some of the pieces, this one has not taken back
	// all of its own: marking the line would count them as taken twice.
	l.Gone = l.Gone || quantity == 0 && w == id.Writer && n.Removed >= n.Added
	return nil
}

func (c *Cart) open(op string) error {
	if c.Closed != nil {
		return Errorf(op, Conflict, "this cart was paid with receipt %s and can no longer change", c.Closed.Receipt)
	}
	return nil
}
