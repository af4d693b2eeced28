package edge

import "time"

// OrderPatience is how long an order may wait before somebody should look, from the
// shop's settings; zero is for ever.
type OrderPatience struct {
	Deposit  time.Duration // to be paid, so that it is placed
	Answer   time.Duration // for HQ to accept it
	Work     time.Duration // for each step at HQ
	Goods    time.Duration // to come in
	Carrier  time.Duration // on the road, there or back
	Delivery time.Duration // out for delivery, or to be tried again
	PickUp   time.Duration // in the shop
	Refund   time.Duration // to be given back
}

// OrderBehind says how an order is behind.
type OrderBehind string

// How an order is behind.
const (
	BehindNothing OrderBehind = ""
	BehindLong    OrderBehind = "long"    // it waits for longer than the shop's patience
	BehindPromise OrderBehind = "promise" // it is not there by when that was promised
)

// Behind says how the order is behind at the time at.
func (k *KnownOrder) Behind(p OrderPatience, at time.Time) OrderBehind {
	if t := k.Taken; t != nil && k.OnItsWay() && k.Stands != OrderReady && at.After(t.Promise) {
		return BehindPromise
	}
	patience := p.For(k.Stands)
	if k.Refundable > 0 {
		patience = p.Refund
	}
	if patience > 0 && at.Sub(k.At) > patience {
		return BehindLong
	}
	return BehindNothing
}

// For returns how long an order may stand so; zero is for ever.
func (p OrderPatience) For(s OrderState) time.Duration {
	switch s {
	case OrderDepositPending:
		return p.Deposit
	case OrderPlaced:
		return p.Answer
	case OrderAccepted, OrderAllocated, OrderPacked, OrderReturnRequested:
		return p.Work
	case OrderBackordered:
		return p.Goods
	case OrderHandedOver, OrderInTransit, OrderReturning:
		return p.Carrier
	case OrderOutForDelivery, OrderDeliveryFailed:
		return p.Delivery
	case OrderReady:
		return p.PickUp
	case OrderRefundDue:
		return p.Refund
	}
	return 0
}
