package hq

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// CountOrders counts the orders in each state, of a shop, or of all where it is
// empty. A state without any is left out.
func (h *HQ) CountOrders(ctx context.Context, shop string) (map[edge.OrderState]int64, error) {
	counts := map[edge.OrderState]int64{}
	err := database.Select(ctx, h.db.Read, "select state, count(*) from orders where $1 = '' or shop = $1 group by state", shop).Each(func(rows *sql.Rows) error {
		var state edge.OrderState
		var n int64
		err := rows.Scan(&state, &n)
		counts[state] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.CountOrders: %w", err)
	}
	return counts, nil
}

// OrdersIn lists orders in a state, of a shop, or of all where it is empty, at
// most limit (1 to 1000): of a state that is not the end those first that are in
// it for longest, of the others those that came to it last.
func (h *HQ) OrdersIn(ctx context.Context, shop string, state edge.OrderState, limit int) ([]FoundOrder, error) {
	var c conditions
	c.add("o.state = ?", string(state))
	if shop != "" {
		c.add("o.shop = ?", shop)
	}
	order := " order by o.changed, o.n"
	if !state.Live() && state != edge.OrderRefundDue {
		order = " order by o.changed desc, o.n desc"
	}
	return h.findOrders(ctx, "hq.OrdersIn", c.where()+order+" limit "+strconv.Itoa(min(max(limit, 1), maxPage)), c.args...)
}

// OrdersAsked lists the live orders that a shop has asked about since they came to
// their states, as far as clocks tell, those first that have waited for longest,
// at most limit (1 to 1000): of a shop, or of all where it is empty.
func (h *HQ) OrdersAsked(ctx context.Context, shop string, limit int) ([]FoundOrder, error) {
	var c conditions
	c.add("o.live = 1")
	if shop != "" {
		c.add("o.shop = ?", shop)
	}
	c.add("exists (select 1 from order_request r where r.of = o.id and r.at > o.changed - ?)", edge.ClaimMargin.Milliseconds())
	return h.findOrders(ctx, "hq.OrdersAsked", c.where()+" order by o.changed, o.n limit "+strconv.Itoa(min(max(limit, 1), maxPage)), c.args...)
}

// Asked lists what shops have asked since the order came to its state, as far as
// clocks tell, oldest first.
func (f *FoundOrder) Asked() (list []edge.OrderRequest) {
	for _, r := range f.Requests {
		if f.Order.State().Live() && r.At.After(f.Order.Since().Add(-edge.ClaimMargin)) {
			list = append(list, r)
		}
	}
	return list
}

var orderNumber = regexp.MustCompile(`^[0-9A-Z]{4,6}$`)

// OrdersNumbered lists the orders that people call by a number, or by the last
// four characters or more of it, the newest first, at most 20.
func (h *HQ) OrdersNumbered(ctx context.Context, number string) ([]FoundOrder, error) {
	const op = "hq.OrdersNumbered"
	number = strings.ToUpper(strings.TrimSpace(number))
	if !orderNumber.MatchString(number) {
		return nil, edge.Errorf(op, edge.Invalid, "%.20q is no number of an order: it has 6 letters and digits", number)
	}
	return h.findOrders(ctx, op, " where upper(o.id) like $1 order by o.changed desc, o.n desc limit 20", "%"+number)
}
