package talk

import (
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// View is a conversation as an operator sees it: what was said, and what the
// person has from the shop.
type View struct {
	Conversation Conversation
	Lines        []Line
	MayWrite     bool   // now, by the app's rules
	Why          string // not
	Items        []Item
	Total        edge.Money // at the catalogue's prices
	Receipt      string     // where the cart is paid
	Orders       []Order
}

// Item is a line of the person's cart.
type Item struct {
	SKU      edge.SKU   `json:"sku"`
	Name     edge.Text  `json:"name"`
	Shade    edge.Text  `json:"shade"`
	Quantity int        `json:"quantity"`
	Price    edge.Money `json:"price"` // of one; no currency where it is not known
}

// Order is how an order stands.
type Order struct {
	Number string       `json:"number"` // by which staff and shopper speak of it
	State  string       `json:"state"`  // a new one is news
	Says   edge.Text    `json:"says"`   // the state, for the shopper
	At     time.Time    `json:"at"`
	Parcel *edge.Parcel `json:"parcel,omitempty"` // who brings it, while it travels
}
