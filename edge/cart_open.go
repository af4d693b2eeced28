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
}

// CartLabel is what the shop's staff tell a cart apart by. It stays in the shop:
// phones and HQ never hear of it, and it is forgotten with the cart.
type CartLabel struct {
	Made   time.Time // when this gateway first heard of the cart
	Place  string    // PlaceTill, or the id of the kiosk where it was begun; empty where it came from elsewhere
	Parked *Parking  // nil while nobody has put it aside
}

// PlaceTill is the place of a cart that a clerk began.
const PlaceTill = "till"

// maxParkingName bounds the name of a parked cart, in bytes: a few words.
const maxParkingName = 80

// Parking says that a clerk put a cart aside, to go on with it later at any till
// of the gateway.
type Parking struct {
	Name  string    `json:"name"` // what the clerk will know it by: "red coat"
	Staff string    `json:"staff"`
	At    time.Time `json:"at"`
}

// Park puts the cart aside. Only a cart with something in it that is not paid
// can be.
func (c *OpenCart) Park(p Parking) error {
	const op = "edge.OpenCart.Park"
	if err := c.open(op); err != nil {
		return err
	}
	p.Name = strings.TrimSpace(p.Name)
	switch n := digits(p.Name); {
	case p.Name == "" || len(p.Name) > maxParkingName || !plainText(p.Name) || strings.Contains(p.Name, "\n"):
		return Errorf(op, Invalid, "the name of a parked cart: want 1 to %d bytes of plain text", maxParkingName)
	case n > 12:
		return Errorf(op, Invalid, "%d digits in the name may be a card number: leave them out", n)
	case !slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Quantity() > 0 }):
		return Errorf(op, Conflict, "there is nothing in the cart to put aside")
	}
	c.Parked = &p
	return nil
}

// CartName names a cart as a link does, or a code that people type: by its id or
// by its code.
type CartName struct {
	ID    *CartID
	Links uint32 // of a link with an ID: see Cart.Admits
	Code  string // where ID is nil: see Cart.Code
}
