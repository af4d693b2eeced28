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

// Allows reports whether who may take money at the time at of its own clock:
// the holder until the claim ends, and HQ from a margin after that.
func (cl Claim) Allows(who Holder, at time.Time) bool {
	return who == cl.Holder && at.Before(cl.Until) || who == HeldByPhone && cl.over(at)
}

// over says that no shop whose clock is right within the margin still takes
// money by this claim.
func (cl Claim) over(at time.Time) bool { return !at.Before(cl.Until.Add(ClaimMargin)) }

// HandOver lets the party by, whose clock says at, give the claim to to. The
// shop gives what it holds, before its time ends. HQ gives what the phone
// holds, and any claim that is over: so a phone's payment ends and the till
// gets its turn again. Longer claims for the shop come from HQ alone, because
// only HQ can promise not to take money meanwhile.
func (c *Cart) HandOver(by, to Holder, at, until time.Time) error {
	const op = "edge.Cart.HandOver"
	if err := c.open(op); err != nil {
		return err
	}
	until = until.UTC().Truncate(time.Second)
	switch {
	case by == HeldByShop && to != HeldByPhone, to != HeldByShop && to != HeldByPhone:
		return Errorf(op, Invalid, "the %.20s cannot hand the cart over to the %.20s", by, to)
	case !until.After(at) || until.Sub(at) > MaxClaim:
		return Errorf(op, Invalid, "a hand-over until %s: want at most %s from now", until.Format(time.RFC3339), MaxClaim)
	case by == HeldByShop && !c.Claim.Allows(HeldByShop, at):
		return Errorf(op, Conflict, "the shop no longer holds this cart: it can only be paid on the phone, or with a manager's reason")
	case by == HeldByPhone && c.Claim.Holder != HeldByPhone && !c.Claim.over(at):
		return Errorf(op, Conflict, "the shop holds this cart until %s: ask for it there", c.Claim.Until.Format(time.RFC3339))
	case by != HeldByShop && by != HeldByPhone:
		return Errorf(op, Invalid, "claim holder %.20q", by)
	case c.Claim.N >= maxHandOvers:
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
