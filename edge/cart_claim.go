package edge

import (
	"cmp"
	"time"
)

// Holder says who may take money for a cart.
type Holder string

// The holders.
const (
	HeldByShop  Holder = "shop"
	HeldByPhone Holder = "phone" // HQ takes it
)

// Claim says who may take money for a cart, and from when HQ may.
type Claim struct {
	N      uint32    `json:"n"` // counts the hand-overs; the higher one stands
	Holder Holder    `json:"holder"`
	Until  time.Time `json:"until"` // only the holder takes money before this
}

// Bounds of claims.
const (
	// ClaimMargin is how far apart the clocks of shop and HQ may be for claims
	// to keep the two from taking money both.
	ClaimMargin = 10 * time.Minute
	// MaxClaim is how long a hand-over may last.
	MaxClaim = 24 * time.Hour

	maxHandOvers = 1 << 20
)

// ForShop reports whether the shop may take money when its clock says at.
func (cl Claim) ForShop(at time.Time) bool {
	return cl.Holder == HeldByShop && at.Before(cl.Until)
}

// ForHQ reports whether HQ may take money when its clock says at: while the
// phone holds the cart, and from a margin after a shop's claim has ended. The
// shop may have taken it in time and not told yet: heard is the time, by the
// shop's clock, until which HQ knows all that the shop did.
func (cl Claim) ForHQ(at, heard time.Time) bool {
	return cl.Holder == HeldByPhone || !at.Before(cl.Until.Add(ClaimMargin)) && !heard.Before(cl.Until)
}

// ToPhone lets the shop, whose clock says at, give the cart to the phone: "pay
// on my phone". The shop gives what it holds, before its time ends.
func (c *Cart) ToPhone(at, until time.Time) error {
	const op = "edge.Cart.ToPhone"
	if err := c.open(op); err != nil {
		return err
	}
	if !c.Claim.ForShop(at) {
		return Errorf(op, Conflict, "the shop does not hold this cart: it can be paid on the phone, or with a manager's reason")
	}
	return c.handOver(op, HeldByPhone, at, until)
}

// Give lets HQ give the cart to the shop or the phone, where ForHQ would let it
// take money. More time for the shop comes from HQ alone, because only HQ can
// promise not to take money meanwhile.
func (c *Cart) Give(to Holder, at, heard, until time.Time) error {
	const op = "edge.Cart.Give"
	if err := c.open(op); err != nil {
		return err
	}
	if to != HeldByShop && to != HeldByPhone {
		return Errorf(op, Invalid, "claim holder %.20q", to)
	}
	if !c.Claim.ForHQ(at, heard) {
		return Errorf(op, Conflict, "the shop holds this cart until %s: ask for it there", c.Claim.Until.Format(time.RFC3339))
	}
	return c.handOver(op, to, at, until)
}

func (c *Cart) handOver(op string, to Holder, at, until time.Time) error {
	until = until.UTC().Truncate(time.Second)
	if !until.After(at) || until.Sub(at) > MaxClaim {
		return Errorf(op, Invalid, "a hand-over until %s: want at most %s from now", until.Format(time.RFC3339), MaxClaim)
	}
	if c.Claim.N >= maxHandOvers {
		return Errorf(op, TooMany, "this cart was handed over too often: put its products into a new one")
	}
	c.Claim = Claim{N: c.Claim.N + 1, Holder: to, Until: until}
	return nil
}

// laterClaim is the claim that stands: the one handed over more often. Where
// both sides gave it away apart, neither holds what it gave, so either may
// stand: it is the one that lasts longer, the shop's of two alike.
func laterClaim(a, b Claim) Claim {
	if cmp.Or(cmp.Compare(a.N, b.N), a.Until.Compare(b.Until), cmp.Compare(a.Holder, b.Holder)) < 0 {
		return b
	}
	return a
}

func (cl Claim) check() error {
	const op = "edge.Cart.Check"
	switch {
	case cl.Holder != HeldByShop && cl.Holder != HeldByPhone:
		return Errorf(op, Invalid, "claim holder %.20q", cl.Holder)
	case cl.N > maxHandOvers:
		return Errorf(op, Invalid, "claim of %d hand-overs, at most %d", cl.N, maxHandOvers)
	case !universal(cl.Until):
		return Errorf(op, Invalid, "the claim's time is not in UTC")
	}
	return nil
}

// overrule refuses a sale by a shop that may not take money, unless a manager
// lets it.
func (co Checkout) overrule(cl Claim, at time.Time) error {
	const op = "edge.Checkout.Sale"
	if co.Override != nil {
		if co.Override.Staff == "" {
			return Errorf(op, Forbidden, "a manager has to take the cart back from the phone")
		}
		return checkReason(co.Override.Reason)
	}
	until := cl.Until.Format(time.RFC3339)
	if cl.Holder == HeldByPhone && at.Before(cl.Until) {
		return Errorf(op, Conflict, "the shopper is paying for this cart on the phone until %s: wait, ask for it back there, or sell it with a manager's reason", until)
	}
	return Errorf(op, Conflict, "since %s this cart may be paid for on the phone: ask the shopper, and sell it with a manager's reason", until)
}

// universal reports whether a time is written one way only.
func universal(t time.Time) bool {
	_, offset := t.Zone()
	return offset == 0 && t.Year() >= 1 && t.Year() <= 9999
}
