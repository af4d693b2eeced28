package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Order is an order and how it stands.
type Order struct {
	Cursor     string              `json:"cursor"`
	ID         string              `json:"id"`
	Number     string              `json:"number"` // what people call it by
	State      edge.OrderState     `json:"state"`
	NextStates []edge.OrderState   `json:"next_states"` // that it may come to
	Shop       string              `json:"shop"`
	Node       string              `json:"node"` // of its cart
	Placed     time.Time           `json:"placed"`
	Changed    time.Time           `json:"changed"`
	Paid       bool                `json:"paid"`     // its cart is
	Contact    bool                `json:"contact"`  // to whom it goes is known
	Held       int64               `json:"held"`     // by tills, in minor units
	Requests   []edge.OrderRequest `json:"requests"` // of shops
	Document   edge.Order          `json:"document"`
}

func newOrder(f hq.FoundOrder) Order {
	o := &f.Order
	next := o.State().Next(o.Way)
	if next == nil {
		next = []edge.OrderState{}
	}
	return Order{
		Cursor: positionCursor("orders", f.N), ID: o.ID, Number: o.Number(), State: o.State(), NextStates: next, Shop: o.Shop, Node: f.Node,
		Placed: f.Placed, Changed: f.Changed, Paid: f.Paid, Contact: f.Contact, Held: f.Held, Requests: append([]edge.OrderRequest{}, f.Requests...), Document: *o,
	}
}

func (a *API) ordersFrom(c *gin.Context) (source[Order], error) {
	f, err := filterOf(c)
	for _, s := range f.Types {
		if !edge.OrderState(s).Known() {
			return source[Order]{}, invalid("type=%.40q: want states of orders, as %s", s, edge.OrderPlaced)
		}
	}
	return source[Order]{"orders", func(ctx context.Context, after string, limit int) (p page[Order], err error) {
		n, err := position("orders", after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.FindOrders(ctx, hq.OrderFilter{Shop: f.Shop, States: f.Types}, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, o := range found {
			p.rows = append(p.rows, newOrder(o))
			p.next = p.rows[len(p.rows)-1].Cursor
		}
		return p, nil
	}}, err
}

func (a *API) order(c *gin.Context) {
	o, err := a.HQ.Order(c.Request.Context(), c.Param("id"))
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, newOrder(*o))
}

// orderShop is the shop that an order was made in.
func (a *API) orderShop(ctx context.Context, id string) (string, error) {
	o, err := a.HQ.Order(ctx, id)
	if err != nil {
		return "", err
	}
	return o.Order.Shop, nil
}

// orderContact tells to whom an order goes. Who asked is written down.
func (a *API) orderContact(c *gin.Context) {
	id := c.Param("id")
	contact, err := a.HQ.ContactOfOrder(c.Request.Context(), id)
	if err != nil {
		a.fail(c, err)
		return
	}
	a.Log.Info("contact of an order read", "audit", true, "order", id, "by", c.GetString(tokenName))
	reply(c, http.StatusOK, contact)
}

// OrderMove is the body of a request to bring an order to another state.
type OrderMove struct {
	State  edge.OrderState `json:"state"`
	Reason string          `json:"reason,omitempty"` // for the shopper to read
}

func (a *API) moveOrder(c *gin.Context) {
	var m OrderMove
	if err := body(c, &m); err != nil {
		a.fail(c, err)
		return
	}
	id := c.Param("id")
	if _, err := a.HQ.MoveOrder(c.Request.Context(), id, edge.ByHQ, m.State, m.Reason); err != nil {
		a.fail(c, err)
		return
	}
	a.Log.Info("order moved", "audit", true, "order", id, "state", string(m.State), "by", c.GetString(tokenName))
	a.order(c)
}

// sendOrder says who brings an order.
func (a *API) sendOrder(c *gin.Context) {
	var p edge.Parcel
	if err := body(c, &p); err != nil {
		a.fail(c, err)
		return
	}
	id := c.Param("id")
	if _, err := a.HQ.SendOrder(c.Request.Context(), id, p); err != nil {
		a.fail(c, err)
		return
	}
	a.Log.Info("order has a carrier", "audit", true, "order", id, "carrier", p.Carrier, "by", c.GetString(tokenName))
	a.order(c)
}

// body reads JSON that is described and nothing else.
func body(c *gin.Context, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return edge.Errorf("api", edge.TooLarge, "the body has more than %d bytes", maxBody)
		}
		return invalid("the body is not as /openapi.json describes it: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return invalid("something follows in the body: leave it out")
	}
	return nil
}
