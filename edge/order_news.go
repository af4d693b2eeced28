package edge

import (
	"encoding/json"
	"time"
)

// OrderNews is what a shop is told of an order beside its state: the data of a
// Record of the kind RecordOrder.
type OrderNews struct {
	Cart   CartID    `json:"cart"`
	Shop   string    `json:"shop,omitempty"`
	Way    OrderWay  `json:"way"`
	Code   string    `json:"code,omitempty"`
	Total  Money     `json:"total"`
	Placed time.Time `json:"placed,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// Paid is what other gateways took for it less what they gave back, in minor
	// units; of a phone's order all of its total once its cart is paid.
	Paid   int64           `json:"paid,omitempty"`
	Taken  *OrderTaken     `json:"taken,omitempty"`
	Parcel *Parcel         `json:"parcel,omitempty"`
	Lines  []OrderNewsLine `json:"lines,omitempty"` // none where they are too many for a message
}

// OrderNewsLine is a line of an order as a shop, which has the catalogue, is
// told of it.
type OrderNewsLine struct {
	SKU      SKU  `json:"sku"`
	Quantity int  `json:"quantity"`
	Short    bool `json:"short,omitempty"`
}

// maxNewsLines fit a Record, whatever their SKUs are.
const maxNewsLines = MaxLines

// Record is how the order stands, as a gateway is told of it; paid is as in
// OrderNews.
func (o *Order) Record(paid int64) (*Record, error) {
	news := OrderNews{
		Cart: o.Cart, Shop: o.Shop, Way: o.Way, Code: o.Code, Total: o.Total, Placed: o.Placed(), Reason: o.last().Reason,
		Paid: paid, Taken: o.Taken, Parcel: o.Parcel,
	}
	if len(o.Lines) <= maxNewsLines {
		for i := range o.Lines {
			news.Lines = append(news.Lines, OrderNewsLine{o.Lines[i].SKU, o.Lines[i].Quantity, o.Lines[i].Short})
		}
	}
	data, err := json.Marshal(news)
	if err != nil {
		return nil, err
	}
	r := &Record{Kind: RecordOrder, ID: o.ID, State: string(o.State()), At: o.Since(), Data: data}
	return r, r.Check()
}

// readOrderNews is what a record says of its order.
func readOrderNews(r *Record) (*Order, *OrderNews, error) {
	var n OrderNews
	if err := json.Unmarshal(r.Data, &n); err != nil {
		return nil, nil, &Error{Op: "edge.OrderNews", Kind: Invalid, Msg: "HQ's word of order " + r.ID + " cannot be read", Err: err}
	}
	o := &Order{ID: r.ID, Cart: n.Cart, Shop: n.Shop, Way: n.Way, Total: n.Total, Code: n.Code, Taken: n.Taken, Parcel: n.Parcel, Lines: []OrderLine{}, Steps: []OrderStep{}}
	for _, l := range n.Lines {
		o.Lines = append(o.Lines, OrderLine{SKU: l.SKU, Quantity: l.Quantity, Short: l.Short})
	}
	return o, &n, nil
}
