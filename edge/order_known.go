package edge

import (
	"slices"
	"time"
)

// OrderWish is what a shop can ask HQ to do with an order that is placed.
type OrderWish string

// The wishes.
const (
	WishCancel OrderWish = "cancel"
	WishChange OrderWish = "change" // Reason says what
)

// OrderRequest is a shop's wish. HQ answers with the order's next state.
type OrderRequest struct {
	ID     string    `json:"id"` // UUIDv7
	Order  string    `json:"order"`
	Shop   string    `json:"shop"`
	Wish   OrderWish `json:"wish"`
	Reason string    `json:"reason"` // no name, no address
	Staff  string    `json:"staff"`
	At     time.Time `json:"at"`
}

// Asking is what a clerk asks for.
type Asking struct {
	Order  string    `json:"order"`
	Wish   OrderWish `json:"wish"`
	Reason string    `json:"reason"`
	Staff  string    `json:"-"` // from the session
}

// KnownOrder is an order as a gateway knows it: what was agreed, HQ's last word,
// and what was done about it here.
type KnownOrder struct {
	Order
	Own       bool           `json:"own"`   // it was taken at this gateway
	Stands    OrderState     `json:"state"` // as far as is known here
	At        time.Time      `json:"since"`
	Reason    string         `json:"reason,omitempty"`
	Money     []OrderMoney   `json:"money"`    // of this gateway, oldest first
	Requests  []OrderRequest `json:"requests"` // of this gateway, oldest first
	Collected *Collection    `json:"collected,omitempty"`
	// Of its total, in minor units.
	Paid       int64 `json:"paid"`
	Due        int64 `json:"due"`        // until it is handed over
	Refundable int64 `json:"refundable"` // by this gateway, now
}

// OrderDeeds is what a gateway did about an order.
type OrderDeeds struct {
	Money     []OrderMoney
	Requests  []OrderRequest
	Collected *Collection
}

// KnowOrder puts together what is known of an order: own is nil where another
// took it, word is nil where HQ has told nothing.
func KnowOrder(own *Order, word *Record, deeds OrderDeeds) (*KnownOrder, error) {
	k := &KnownOrder{Own: own != nil, Money: []OrderMoney{}, Requests: []OrderRequest{}, Collected: deeds.Collected}
	if own != nil {
		k.Order, k.Stands, k.At, k.Reason = *own, own.State(), own.Since(), own.last().Reason
	}
	if word != nil {
		told, news, err := readOrderNews(word)
		if err != nil {
			return nil, err
		}
		if own == nil {
			k.Order = *told
		}
		k.Stands, k.At, k.Reason, k.Paid, k.Code = OrderState(word.State), word.At, news.Reason, news.Paid, news.Code
		k.Parcel = news.Parcel
	}
	k.Money, k.Requests = append(k.Money, deeds.Money...), append(k.Requests, deeds.Requests...)
	if c := deeds.Collected; c != nil && !k.Stands.HandedOver() {
		k.Stands, k.At, k.Reason = OrderCollected, c.At, ""
	}
	k.reckon()
	return k, nil
}

// reckon adds up the order's money.
func (k *KnownOrder) reckon() {
	var here int64
	for i := range k.Money {
		here += k.Money[i].signed()
	}
	k.Paid += here
	back := here
	if k.Stands.Live() || k.Stands == OrderCompleted {
		back = min(here, k.Paid-k.Total.Amount) // two tills that did not know of each other took it
	}
	k.Refundable = max(back, 0)
	if k.Stands.Live() {
		k.Due = max(k.Total.Amount-k.Paid, 0)
	}
}

// Request makes the wish a record, at the time at. An order that is not placed
// yet the shop cancels itself, see Abandon. ID and Shop are left to the ledger.
func (a Asking) Request(k *KnownOrder, at time.Time) (*OrderRequest, error) {
	const op = "edge.Asking.Request"
	if err := checkReason(a.Reason); err != nil {
		return nil, err
	}
	switch {
	case a.Wish != WishCancel && a.Wish != WishChange:
		return nil, Errorf(op, Invalid, "wish %.20q: want %s or %s", a.Wish, WishCancel, WishChange)
	case !k.Stands.Live() || k.Stands == OrderCollected || k.Stands == OrderDelivered:
		return nil, Errorf(op, Conflict, "order %s is %s: it cannot be changed any more", k.Number(), k.Stands)
	case slices.ContainsFunc(k.Requests, func(r OrderRequest) bool { return r.Wish == WishCancel }):
		return nil, Errorf(op, Conflict, "headquarters was asked to cancel order %s already", k.Number())
	}
	return &OrderRequest{Order: k.ID, Wish: a.Wish, Reason: a.Reason, Staff: a.Staff, At: at}, nil
}

// Check refuses a request that no gateway of ours makes.
func (r *OrderRequest) Check() error {
	const op = "edge.OrderRequest.Check"
	if !plain(r.ID) || !plain(r.Order) || r.Wish != WishCancel && r.Wish != WishChange {
		return Errorf(op, Invalid, "request %.70q to %.20q order %.70q", r.ID, r.Wish, r.Order)
	}
	return checkReason(Visible(r.Reason))
}

// Abandons reports whether the request ends an order that is not placed yet: no
// one else has to be asked.
func (k *KnownOrder) Abandons(r *OrderRequest) bool {
	return k.Own && r.Wish == WishCancel && slices.Contains([]OrderState{OrderQuoted, OrderDepositPending}, k.Stands)
}

// HandedOver is the order after c.
func (k *KnownOrder) HandedOver(c *Collection) *KnownOrder {
	after := *k
	after.Collected, after.Stands, after.At, after.Reason = c, OrderCollected, c.At, ""
	return &after
}

// OnItsWay reports whether somebody still needs to know to whom the order goes.
func (k *KnownOrder) OnItsWay() bool { return k.Stands.Live() && !k.Stands.HandedOver() }
