package edge

import "slices"

// OrderState is how far an order has come.
type OrderState string

// The states. Before OrderPlaced an order is only talked of.
const (
	OrderDraft          OrderState = "draft"
	OrderQuoted         OrderState = "quoted"
	OrderDepositPending OrderState = "deposit_pending"
	OrderPlaced         OrderState = "placed"
	OrderAccepted       OrderState = "accepted"
	OrderRejected       OrderState = "rejected"
	OrderAllocated      OrderState = "allocated"
	OrderBackordered    OrderState = "backordered"
	OrderPacked         OrderState = "packed"

	OrderHandedOver     OrderState = "handed_over" // to a carrier
	OrderInTransit      OrderState = "in_transit"
	OrderOutForDelivery OrderState = "out_for_delivery"
	OrderDelivered      OrderState = "delivered"
	OrderDeliveryFailed OrderState = "delivery_failed"

	OrderReady     OrderState = "ready_for_pickup"
	OrderCollected OrderState = "collected"
	OrderExpired   OrderState = "pickup_expired"

	OrderCompleted       OrderState = "completed"
	OrderReturnRequested OrderState = "return_requested"
	OrderReturning       OrderState = "returning"
	OrderReturned        OrderState = "returned"
	OrderLost            OrderState = "lost"
	OrderDamaged         OrderState = "damaged"
	OrderCancelled       OrderState = "cancelled"
	OrderRefundDue       OrderState = "refund_due"
	OrderRefunded        OrderState = "refunded"
)

// OrderParty is who changes an order. After it was placed only HQ does, for
// itself or at the shopper's wish; a shop asks HQ.
type OrderParty string

// The parties.
const (
	ByShopper OrderParty = "shopper" // on the phone, through HQ
	ByShop    OrderParty = "shop"
	ByHQ      OrderParty = "hq"
)

// orderMove is a line of the table: who may bring an order from one state to
// another, and on which way; an empty way means both.
type orderMove struct {
	from, to OrderState
	by       []OrderParty
	way      OrderWay
}

// orderMoves is the table of an order's states.
func orderMoves() []orderMove {
	hq := []OrderParty{ByHQ}
	shop := []OrderParty{ByShop, ByHQ}
	shopper := []OrderParty{ByShopper, ByHQ}
	anyone := []OrderParty{ByShopper, ByShop, ByHQ}
	return []orderMove{
		{OrderDraft, OrderQuoted, shop, ""},
		{OrderDraft, OrderPlaced, anyone, ""},
		{OrderDraft, OrderCancelled, anyone, ""},
		{OrderQuoted, OrderDepositPending, shop, ""},
		{OrderQuoted, OrderPlaced, anyone, ""},
		{OrderQuoted, OrderCancelled, anyone, ""},
		{OrderDepositPending, OrderPlaced, shop, ""},
		{OrderDepositPending, OrderCancelled, anyone, ""},

		{OrderPlaced, OrderAccepted, hq, ""},
		{OrderPlaced, OrderRejected, hq, ""},
		{OrderPlaced, OrderCancelled, shopper, ""},
		{OrderAccepted, OrderAllocated, hq, ""},
		{OrderAccepted, OrderBackordered, hq, ""},
		{OrderAccepted, OrderCancelled, shopper, ""},
		{OrderAllocated, OrderBackordered, hq, ""},
		{OrderAllocated, OrderPacked, hq, ""},
		{OrderAllocated, OrderCancelled, shopper, ""},
		{OrderBackordered, OrderAllocated, hq, ""},
		{OrderBackordered, OrderCancelled, shopper, ""},
		{OrderPacked, OrderCancelled, hq, ""},
		{OrderPacked, OrderDamaged, hq, ""},
		{OrderPacked, OrderLost, hq, ""},

		{OrderPacked, OrderHandedOver, hq, Deliver},
		{OrderHandedOver, OrderInTransit, hq, Deliver},
		{OrderHandedOver, OrderLost, hq, Deliver},
		{OrderHandedOver, OrderDamaged, hq, Deliver},
		{OrderInTransit, OrderOutForDelivery, hq, Deliver},
		{OrderInTransit, OrderReturning, hq, Deliver},
		{OrderInTransit, OrderLost, hq, Deliver},
		{OrderInTransit, OrderDamaged, hq, Deliver},
		{OrderOutForDelivery, OrderDelivered, hq, Deliver},
		{OrderOutForDelivery, OrderDeliveryFailed, hq, Deliver},
		{OrderOutForDelivery, OrderLost, hq, Deliver},
		{OrderOutForDelivery, OrderDamaged, hq, Deliver},
		{OrderDeliveryFailed, OrderOutForDelivery, hq, Deliver},
		{OrderDeliveryFailed, OrderReturning, hq, Deliver},
		{OrderReturning, OrderReturned, hq, Deliver},
		{OrderReturning, OrderLost, hq, Deliver},
		{OrderReturning, OrderDamaged, hq, Deliver},
		{OrderDelivered, OrderCompleted, hq, Deliver},
		{OrderDelivered, OrderReturnRequested, shopper, Deliver},

		{OrderPacked, OrderReady, hq, Collect},
		{OrderReady, OrderCollected, hq, Collect},
		{OrderReady, OrderExpired, hq, Collect},
		{OrderReady, OrderCancelled, shopper, Collect},
		{OrderReady, OrderLost, hq, Collect},
		{OrderReady, OrderDamaged, hq, Collect},
		{OrderCollected, OrderCompleted, hq, Collect},
		{OrderCollected, OrderReturnRequested, shopper, Collect},

		{OrderReturnRequested, OrderReturned, hq, ""},
		{OrderReturnRequested, OrderCompleted, hq, ""}, // it was refused, or taken back
		{OrderCancelled, OrderRefundDue, hq, ""},
		{OrderRejected, OrderRefundDue, hq, ""},
		{OrderExpired, OrderRefundDue, hq, ""},
		{OrderLost, OrderRefundDue, hq, ""},
		{OrderDamaged, OrderRefundDue, hq, ""},
		{OrderReturned, OrderRefundDue, hq, ""},
		{OrderRefundDue, OrderRefunded, hq, ""},
	}
}

// OrderStates lists all states.
func OrderStates() []OrderState {
	list := []OrderState{OrderDraft}
	for _, m := range orderMoves() {
		if !slices.Contains(list, m.to) {
			list = append(list, m.to)
		}
	}
	return list
}

// Known reports whether there is such a state.
func (s OrderState) Known() bool { return slices.Contains(OrderStates(), s) }

// Next lists the states that an order of that way may come to from s.
func (s OrderState) Next(way OrderWay) (next []OrderState) {
	for _, m := range orderMoves() {
		if m.from == s && (m.way == "" || m.way == way) {
			next = append(next, m.to)
		}
	}
	return next
}

func (s OrderState) whoMay(way OrderWay, to OrderState) []OrderParty {
	for _, m := range orderMoves() {
		if m.from == s && m.to == to && (m.way == "" || m.way == way) {
			return m.by
		}
	}
	return nil
}

func (s OrderState) allows(way OrderWay, by OrderParty, to OrderState) bool {
	return slices.Contains(s.whoMay(way, to), by)
}

// MayCancel reports whether the shopper may cancel an order in the state s.
func (s OrderState) MayCancel(way OrderWay) bool { return s.allows(way, ByShopper, OrderCancelled) }

// MayReturn reports whether the shopper may ask to give an order in the state s
// back.
func (s OrderState) MayReturn(way OrderWay) bool {
	return s.allows(way, ByShopper, OrderReturnRequested)
}

// Unsure reports whether nobody has found the goods yet.
func (s OrderState) Unsure() bool {
	return s == OrderDraft || s == OrderQuoted || s == OrderDepositPending || s == OrderPlaced || s == OrderAccepted
}

// Live reports whether the order is still on its way to the shopper, or with
// the shopper for a time in which it may come back.
func (s OrderState) Live() bool {
	switch s {
	case OrderRejected, OrderCancelled, OrderExpired, OrderLost, OrderDamaged, OrderReturned, OrderRefundDue, OrderRefunded, OrderCompleted:
		return false
	}
	return true
}

// HandedOver reports whether the shopper has the goods, or had them.
func (s OrderState) HandedOver() bool {
	switch s {
	case OrderDelivered, OrderCollected, OrderCompleted, OrderReturnRequested, OrderReturning, OrderReturned, OrderRefundDue, OrderRefunded:
		return true
	}
	return false
}
