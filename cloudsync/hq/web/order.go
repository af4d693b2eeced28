package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// orderView is an order on its page.
type orderView struct {
	orderRow
	Shop    string // its id
	Name    string // and what people call it
	Says    string // what the shopper is told
	Placed  string
	Terms   string // what is agreed with the clerk who took it; nothing of a phone's
	Fee     string // for bringing it
	Asks    bool
	Code    string
	Note    string
	Lines   []orderLineView
	Story   []orderStepView
	Wishes  []wishView // of shops
	Held    string     // by tills
	Due     string     // when it is handed over
	Next    []orderMove
	Wrong   []orderMove  // of these the shopper wants to know why
	Parcel  *edge.Parcel // who brings it; nil where nobody said
	Travels bool         // who brings it can be said
	Known   bool         // to whom it goes
	Contact *contactView
	At      string
}

type orderLineView struct {
	Name, SKU, Price, Total, Note string
	Quantity                      int
	Short                         bool
}

// orderMove is a state that an order may come to, and what bringing it there is
// called.
type orderMove struct {
	To    edge.OrderState
	Title string
}

// wishView is what a shop asks to be done with an order.
type wishView struct {
	What, Why, Who, At string
	Open               bool // nothing has changed since
}

type orderStepView struct{ State, By, At, Reason string }

// contactView is to whom an order goes.
type contactView struct {
	Name, Phone string
	Address     []string
}

// bad reports whether a state is one that the shopper wants to be told a reason
// for.
func bad(s edge.OrderState) bool {
	return slices.Contains([]edge.OrderState{
		edge.OrderRejected, edge.OrderCancelled, edge.OrderBackordered, edge.OrderDeliveryFailed, edge.OrderLost, edge.OrderDamaged, edge.OrderReturning, edge.OrderExpired,
	}, s)
}

func (p *Pages) orderPage(c *gin.Context) {
	f, err := p.HQ.Order(c.Request.Context(), c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	v := p.orderView(p.words(c), f)
	// A page that looks again has the name on it already.
	if c.Query("contact") != "" && c.Query("part") == "" && f.Contact {
		if v.Contact, err = p.contact(c, f.Order.ID); err != nil {
			p.fail(c, err)
			return
		}
	}
	p.render(c, "order", v.Number, v)
}

func (p *Pages) orderView(w words, f *hq.FoundOrder) orderView {
	o, now := &f.Order, p.Now()
	v := orderView{
		orderRow: p.orderRow(w, now, f), Shop: o.Shop, Name: p.nameOf(o.Shop), Says: o.State().Says().In(w.lang), Code: o.Code, Note: o.Note, Parcel: o.Parcel, Travels: o.Travels(),
		Asks: slices.Contains(asksUs(), o.State()), Known: f.Contact, At: now.In(p.Zone).Format("15:04"),
	}
	if !f.Placed.IsZero() {
		v.Placed = p.clock(f.Placed, now)
	}
	money := func(amount int64) string { return edge.Money{Amount: amount, Currency: o.Total.Currency}.In(w.lang) }
	for i := range o.Lines {
		l := &o.Lines[i]
		v.Lines = append(v.Lines, orderLineView{
			Name: lineName(w, l), SKU: string(l.SKU), Quantity: l.Quantity, Price: money(l.Price), Total: money(l.Total), Note: l.Note, Short: l.Short && v.Short,
		})
	}
	if t := o.Taken; t != nil {
		v.Terms = w.T("taken_by", t.Staff, p.nameOf(t.Shop)) + " · " + w.known("terms_", string(t.Terms))
		if t.Deposit > 0 {
			v.Terms += " (" + money(t.Deposit) + ")"
		}
		if !t.Promise.IsZero() {
			v.Terms += " · " + w.T("promised", t.Promise.In(p.Zone).Format("02/01/2006"))
		}
		if t.Fee > 0 {
			v.Fee = money(t.Fee)
		}
	}
	if f.Held != 0 {
		v.Held = w.T("order_held", money(f.Held))
	}
	if due := o.Total.Amount - f.Held; o.State().Live() && !f.Paid && due > 0 {
		if v.Due = w.T("due_deliver", money(due)); o.Way == edge.Collect {
			v.Due = w.T("due_collect", money(due))
		}
	}
	for _, r := range slices.Backward(f.Requests) {
		v.Wishes = append(v.Wishes, wishView{
			w.known("wish_", string(r.Wish)), r.Reason, w.T("wish_by", r.Staff, p.nameOf(r.Shop)), p.clock(r.At, now), slices.Contains(f.Asked(), r),
		})
	}
	for _, s := range slices.Backward(o.Steps) {
		v.Story = append(v.Story, orderStepView{w.known("o_", string(s.State)), w.known("by_", string(s.By)), p.clock(s.At, now), s.Reason})
	}
	for _, s := range o.State().Next(o.Way) {
		if m := (orderMove{s, w.known("do_", string(s))}); bad(s) {
			v.Wrong = append(v.Wrong, m)
		} else {
			v.Next = append(v.Next, m)
		}
	}
	return v
}

// contact tells an operator to whom an order goes. Who asked is written down.
func (p *Pages) contact(c *gin.Context, id string) (*contactView, error) {
	who := visitorOf(c)
	if !who.role.May(account.Operate) {
		return nil, edge.Errorf("web.contact", edge.Forbidden, "%s", p.words(c).T("reader_only"))
	}
	var to *edge.Contact
	var err error
	unwritten := p.written(c, "GET /orders/:id/contact", "/orders/"+id+"/contact", func() account.ActState { // as the API's is called
		if to, err = p.HQ.ContactOfOrder(c.Request.Context(), id); err != nil {
			return account.ActRefused
		}
		return account.ActDone
	})
	if err := errors.Join(unwritten, err); err != nil { // one of the two
		return nil, err
	}
	p.Log.Info("contact of an order read", "audit", true, "order", id, "by", officer(c))
	v := &contactView{Name: to.Name, Phone: to.Phone}
	if a := to.Address; a != nil {
		last := strings.TrimSpace(a.Postcode + " " + a.Country)
		if a.Country == edge.Vietnam {
			last = a.Postcode
		}
		for _, line := range []string{a.Street, a.Locality, a.Former, a.Region, last} {
			if line != "" {
				v.Address = append(v.Address, line)
			}
		}
	}
	return v, nil
}

// officer is who does something: the token's name, or on HQ's own machine, where
// nobody signs in, the office.
func officer(c *gin.Context) string {
	if by := visitorOf(c).name; by != "" {
		return by
	}
	return "office"
}

// moveOrder brings an order to another state.
func (p *Pages) moveOrder(c *gin.Context) {
	id, to, reason := c.Param("id"), edge.OrderState(c.PostForm("to")), strings.TrimSpace(c.PostForm("reason"))
	if bad(to) && reason == "" {
		p.fail(c, edge.Errorf("web.moveOrder", edge.Invalid, "%s", p.words(c).T("reason_wanted")))
		return
	}
	if _, err := p.HQ.MoveOrder(c.Request.Context(), id, edge.ByHQ, to, reason); err != nil {
		p.fail(c, err)
		return
	}
	p.Log.Info("order moved", "audit", true, "order", id, "state", string(to), "by", officer(c))
	p.backToOrder(c, id)
}

// sendOrder says who brings an order.
func (p *Pages) sendOrder(c *gin.Context) {
	id, by := c.Param("id"), edge.Parcel{Carrier: c.PostForm("carrier"), Code: c.PostForm("code")}
	if _, err := p.HQ.SendOrder(c.Request.Context(), id, by); err != nil {
		p.fail(c, err)
		return
	}
	p.Log.Info("order has a carrier", "audit", true, "order", id, "carrier", by.Carrier, "by", officer(c))
	p.backToOrder(c, id)
}

func (p *Pages) backToOrder(c *gin.Context, id string) {
	c.Redirect(http.StatusSeeOther, "/orders/"+url.PathEscape(id)+"?lang="+langOf(c))
}
