package edge

import (
	"regexp"
	"slices"
	"strings"
)

// Parcel says who brings an order, and by which number the carrier knows it.
type Parcel struct {
	Carrier string `json:"carrier"`        // its name, as the shopper reads it
	Code    string `json:"code,omitempty"` // to follow it by; empty where the chain's own people bring it
}

var parcelCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$`)

// Check refuses what nobody could follow a parcel by.
func (p *Parcel) Check() error {
	const op = "edge.Parcel.Check"
	switch {
	case !plain(p.Carrier):
		return Errorf(op, Invalid, "say who brings the parcel, in 1 to %d bytes of plain text", maxName)
	case p.Code != "" && !parcelCode.MatchString(p.Code):
		return Errorf(op, Invalid, "tracking code %.50q: copy it again, it has up to 40 letters, digits, dots, dashes, underscores and slashes", p.Code)
	}
	return nil
}

// Send says who brings the order. It is said, and may be put right, from when the
// order is packed until it is with the shopper or back.
func (o *Order) Send(p Parcel) error {
	const op = "edge.Order.Send"
	p.Carrier, p.Code = strings.TrimSpace(p.Carrier), strings.TrimSpace(p.Code)
	if err := p.Check(); err != nil {
		return err
	}
	if !o.Travels() {
		return Errorf(op, Conflict, "order %s is %s: only an order that is packed to be delivered has a carrier", o.Number(), o.State())
	}
	o.Parcel = &p
	return nil
}

// Travels reports whether somebody brings the order to the shopper now, or is
// about to.
func (o *Order) Travels() bool {
	return o.Way == Deliver && slices.Contains([]OrderState{
		OrderPacked, OrderHandedOver, OrderInTransit, OrderOutForDelivery, OrderDeliveryFailed, OrderReturning,
	}, o.State())
}
