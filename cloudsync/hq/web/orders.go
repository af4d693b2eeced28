package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	ordersOnBoard = 20  // of each state
	ordersOnPage  = 200 // of one state
)

// Orders is what the pages need of orders.
type Orders interface {
	CountOrders(ctx context.Context, shop string) (map[edge.OrderState]int64, error)
	OrdersIn(ctx context.Context, shop string, state edge.OrderState, limit int) ([]hq.FoundOrder, error)
	OrdersAsked(ctx context.Context, shop string, limit int) ([]hq.FoundOrder, error)
	OrdersNumbered(ctx context.Context, number string) ([]hq.FoundOrder, error)
	Order(ctx context.Context, id string) (*hq.FoundOrder, error)
	ContactOfOrder(ctx context.Context, id string) (*edge.Contact, error)
	MoveOrder(ctx context.Context, id string, by edge.OrderParty, to edge.OrderState, reason string) (*edge.Order, error)
	SendOrder(ctx context.Context, id string, p edge.Parcel) (*edge.Order, error)
}

// asksUs lists the states in which an order waits for an answer of HQ.
func asksUs() []edge.OrderState {
	return []edge.OrderState{edge.OrderPlaced, edge.OrderReturnRequested, edge.OrderDeliveryFailed, edge.OrderRefundDue}
}

// onBoard lists the states that the board shows with their orders, in the order
// of the work; the others are the ends.
func onBoard() []edge.OrderState {
	return append(asksUs(),
		edge.OrderAccepted, edge.OrderBackordered, edge.OrderAllocated, edge.OrderPacked, edge.OrderReady, edge.OrderHandedOver, edge.OrderInTransit,
		edge.OrderOutForDelivery, edge.OrderReturning, edge.OrderDelivered, edge.OrderCollected,
		edge.OrderDraft, edge.OrderQuoted, edge.OrderDepositPending)
}

// waitingOrders counts the orders that wait for an answer of HQ.
func (p *Pages) waitingOrders(ctx context.Context) (n int64) {
	counts, _ := p.HQ.CountOrders(ctx, "") // the page itself says what does not work
	asked, _ := p.askedOrders(ctx, "")
	for _, s := range asksUs() {
		n += counts[s]
	}
	return n + int64(len(asked))
}

// askedOrders lists the orders that shops ask about and that do not wait for HQ
// anyway.
func (p *Pages) askedOrders(ctx context.Context, shop string) ([]hq.FoundOrder, error) {
	list, err := p.HQ.OrdersAsked(ctx, shop, ordersOnBoard)
	return slices.DeleteFunc(list, func(f hq.FoundOrder) bool { return slices.Contains(asksUs(), f.Order.State()) }), err
}

type ordersView struct {
	Summary string
	Good    bool
	At      string
	Shop    string // the one that is looked at; empty for all
	Name    string // its
	State   string // likewise
	Number  string // that was looked for
	Groups  []orderGroup
	Ended   []orderGroup // without their orders
}

// orderGroup are the orders in a state.
type orderGroup struct {
	State edge.OrderState
	Title string
	Count int64
	Asks  bool
	List  []orderRow
	More  bool // than the list has
}

type orderRow struct {
	ID, Number, Shop, Way, What, Total, Age string
	Asked                                   string // by a shop
	Paid, Short, Late                       bool
	State                                   string
}

func (p *Pages) ordersPage(c *gin.Context) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	v := ordersView{At: now.In(p.Zone).Format("15:04"), Shop: c.Query("shop"), Number: c.Query("number"), State: c.Query("state")}
	if v.Shop != "" {
		v.Name = p.nameOf(v.Shop)
	}
	var err error
	switch {
	case v.Number != "":
		err = p.findOrders(ctx, w, now, &v)
	case v.State != "" && !edge.OrderState(v.State).Known():
		err = edge.Errorf("web.ordersPage", edge.Invalid, "state=%.40q: there is no such state of an order", v.State)
	default:
		err = p.boardOf(ctx, w, now, &v)
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	p.render(c, "orders", "orders", v)
}

func (p *Pages) findOrders(ctx context.Context, w words, now time.Time, v *ordersView) error {
	found, err := p.HQ.OrdersNumbered(ctx, v.Number)
	if err != nil {
		return err
	}
	v.Summary, v.Good = w.T("order_numbered", v.Number), true
	if len(found) > 0 {
		v.Groups = []orderGroup{{Title: w.T("orders_found"), Count: int64(len(found)), List: p.orderRows(w, now, found)}}
	}
	return nil
}

// boardOf fills in the orders of every state, or of the one that is looked at.
func (p *Pages) boardOf(ctx context.Context, w words, now time.Time, v *ordersView) error {
	counts, err := p.HQ.CountOrders(ctx, v.Shop)
	if err != nil {
		return err
	}
	asked, err := p.askedOrders(ctx, v.Shop)
	if err != nil {
		return err
	}
	waiting := int64(len(asked))
	if len(asked) > 0 && v.State == "" {
		v.Groups = append(v.Groups, orderGroup{Title: w.T("orders_asked"), Count: waiting, Asks: true, List: p.orderRows(w, now, asked)})
	}
	for _, s := range asksUs() {
		waiting += counts[s]
	}
	v.Summary, v.Good = w.T("orders_none"), waiting == 0
	switch {
	case waiting == 1:
		v.Summary = w.T("order_one")
	case waiting > 1:
		v.Summary = w.T("orders_wait", waiting)
	}
	limit, states := ordersOnBoard, onBoard()
	if v.State != "" {
		limit, states = ordersOnPage, []edge.OrderState{edge.OrderState(v.State)}
	}
	for _, s := range states {
		if counts[s] == 0 {
			continue
		}
		found, err := p.HQ.OrdersIn(ctx, v.Shop, s, limit)
		if err != nil {
			return err
		}
		v.Groups = append(v.Groups, orderGroup{
			State: s, Title: w.known("o_", string(s)), Count: counts[s], Asks: slices.Contains(asksUs(), s),
			List: p.orderRows(w, now, found), More: counts[s] > int64(len(found)),
		})
	}
	for _, s := range edge.OrderStates() {
		if counts[s] > 0 && !slices.Contains(onBoard(), s) {
			v.Ended = append(v.Ended, orderGroup{State: s, Title: w.known("o_", string(s)), Count: counts[s]})
		}
	}
	return nil
}

func (p *Pages) orderRows(w words, now time.Time, found []hq.FoundOrder) []orderRow {
	list := make([]orderRow, len(found))
	for i := range found {
		list[i] = p.orderRow(w, now, &found[i])
	}
	return list
}

func (p *Pages) orderRow(w words, now time.Time, f *hq.FoundOrder) orderRow {
	o := &f.Order
	r := orderRow{
		ID: o.ID, Number: o.Number(), Shop: p.nameOf(o.Shop), Way: w.known("way_", string(o.Way)), Total: o.Total.In(w.lang),
		Age: w.T("just_now"), Paid: f.Paid, Short: o.Short() && o.State().Unsure(), State: w.known("o_", string(o.State())),
	}
	if age := now.Sub(o.Since()); age >= time.Minute {
		r.Age = w.span(age)
	}
	for _, a := range f.Asked() {
		r.Asked = w.known("wish_", string(a.Wish))
	}
	if patience := p.Patience.For(o.State()); patience > 0 {
		r.Late = now.Sub(o.Since()) > patience
	}
	if len(o.Lines) > 0 {
		r.What = fmt.Sprintf("%d × %s", o.Lines[0].Quantity, lineName(w, &o.Lines[0]))
	}
	if n := len(o.Lines) - 1; n > 0 {
		r.What = w.T("and_more", r.What, n)
	}
	return r
}

// lineName is what a line of an order is called.
func lineName(w words, l *edge.OrderLine) string {
	name := l.Name.In(w.lang)
	if name == "" {
		name = string(l.SKU)
	}
	if shade := l.Shade.In(w.lang); shade != "" {
		name += " – " + shade
	}
	return name
}
