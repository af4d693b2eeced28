package edge

import (
	"slices"
	"strings"
	"time"
)

// OpenCart is a cart that is not paid, and what the shop's staff tell it apart
// by.
type OpenCart struct {
	*Cart
	CartLabel
	deeds []AuditRecord
}

// CartLabel is what the shop's staff tell a cart apart by. It stays in the shop:
// phones and HQ never hear of it, and it is forgotten with the cart.
type CartLabel struct {
	Made   time.Time // when this gateway first heard of the cart
	Place  string    // PlaceTill, or the id of the kiosk where it was begun; empty where it came from elsewhere
	Parked *Parking  // nil while nobody has put it aside
	Deal   Deal      // what was settled about it
}

// PlaceTill is the place of a cart that a clerk began.
const PlaceTill = "till"

// Bounds of what a parked cart is known by, in bytes: a few words, and a sentence.
const (
	maxParkingName = 80
	maxParkingNote = 200
)

// Parking says that a clerk put a cart aside, to go on with it later at any till
// of the gateway.
type Parking struct {
	Name  string    `json:"name"` // what the clerk will know it by: "red coat"
	Staff string    `json:"staff"`
	At    time.Time `json:"at"`
}

// Park puts the cart aside, with a note of the staff. Only a cart with something
// in it that is not paid can be.
func (c *OpenCart) Park(p Parking, note string) error {
	const op = "edge.OpenCart.Park"
	if err := c.open(op); err != nil {
		return err
	}
	p.Name, note = strings.TrimSpace(p.Name), strings.TrimSpace(note)
	p.Name, note = Visible(p.Name), Visible(note)
	if err := checkDealText(op, "name", p.Name, maxParkingName); err != nil {
		return err
	}
	if err := checkDealText(op, "note", note, maxParkingNote); err != nil {
		return err
	}
	switch {
	case p.Name == "":
		return Errorf(op, Invalid, "a parked cart has no name: say what it will be known by")
	case !slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Quantity() > 0 }):
		return Errorf(op, Conflict, "there is nothing in the cart to put aside")
	}
	c.Parked, c.Deal.Name, c.Deal.Note = &p, p.Name, note
	return nil
}

// CartName names a cart as a link does, or a code that people type: by its id or
// by its code.
type CartName struct {
	ID    *CartID
	Links uint32 // of a link with an ID: see Cart.Admits
	Code  string // where ID is nil: see Cart.Code
}
