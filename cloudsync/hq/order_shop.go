package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// takenOrder takes in an order that a clerk took. From when it is placed it is
// HQ's: what the shop still says of it then changes nothing.
func (p *projector) takenOrder(ctx context.Context, e *entry) (flaw, err error) {
	var o edge.Order
	if err := json2.Unmarshal(e.Data, &o); err != nil {
		return fmt.Errorf("not an order: %w", err), nil
	}
	if err := o.Check(); err != nil {
		return err, nil
	}
	if o.Taken == nil || !database.Storable(string(e.Data)) {
		return fmt.Errorf("order %.40q was not taken in a shop", o.ID), nil
	}
	var others int
	const q = "select count(*) from orders where (id = $1 or cart = $2) and (id <> $1 or cart <> $2 or node <> $3)"
	if err := p.tx.QueryRowContext(ctx, q, o.ID, o.Cart.String(), e.Node).Scan(&others); err != nil {
		return nil, err
	}
	if others > 0 {
		return fmt.Errorf("order %.40q has the name or the cart of another", o.ID), nil
	}
	known, err := readOrder(ctx, p.tx, "id = $1", o.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound && err != nil:
		p.ordersTold = append(p.ordersTold, o)
		if o.Way == edge.Collect && o.Code == "" {
			o.Code = orderCode()
		}
		return nil, p.putOrder(ctx, p.tx, &o, e.Node, "taken "+o.ID)
	case err != nil:
		return nil, err
	case !known.Placed().IsZero() || !known.State().Live():
		return nil, nil
	}
	o.Code = known.Code
	p.ordersTold = append(p.ordersTold, o)
	return nil, p.changeOrder(ctx, p.tx, &o)
}

// orderMoney takes in money of an order. What is all given back of one that is
// due to be refunded settles it.
func (p *projector) orderMoney(ctx context.Context, e *entry) (flaw, err error) {
	var m edge.OrderMoney
	if err := json2.Unmarshal(e.Data, &m); err != nil {
		return fmt.Errorf("not money of an order: %w", err), nil
	}
	if err := m.Check(); err != nil {
		return err, nil
	}
	if !currency.MatchString(m.Total.Currency) || m.Total.Amount > maxAmount || m.Type() != e.Type {
		return fmt.Errorf("money %.40q is of %d %.10q and %s", m.ID, m.Total.Amount, m.Total.Currency, e.Type), nil
	}
	if !database.Storable(string(e.Data)) {
		return fmt.Errorf("money %.40q says what no database takes", m.ID), nil
	}
	kind := "order"
	if m.Back {
		kind = "order refund"
	}
	const q = `insert into order_money (pos, node, shop, id, of, receipt, kind, amount, currency, at, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (node, id) do nothing`
	_, err = p.tx.ExecContext(ctx, q, e.pos, e.Node, e.shop, m.ID, m.Order, m.Receipt.String(), kind, m.Total.Amount, m.Total.Currency,
		m.At.UnixMilli(), []byte(e.Data))
	if err != nil {
		return nil, err
	}
	return p.ownerOfMoney(ctx, e.Node, &m)
}

// ownerOfMoney lets the order follow its money.
func (p *projector) ownerOfMoney(ctx context.Context, node string, m *edge.OrderMoney) (flaw, err error) {
	o, err := readOrder(ctx, p.tx, "id = $1", m.Order)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return fmt.Errorf("money %.40q is of order %.40q, which is not here", m.ID, m.Order), nil
	}
	if err != nil {
		return nil, err
	}
	held, err := orderHeld(ctx, p.tx, o.ID, "")
	if err != nil {
		return nil, err
	}
	from := o.State()
	switch {
	case m.Back && held <= 0 && from == edge.OrderRefundDue:
		err = o.Move(edge.ByHQ, edge.OrderRefunded, "", p.now())
	case held > 0 && endsInRefund(o):
		err = o.Move(edge.ByHQ, edge.OrderRefundDue, o.Reason(), p.now())
	}
	if err != nil {
		return err, nil
	}
	p.ordersTold = append(p.ordersTold, *o)
	if o.State() == from { // the other gateways that know it are told what was paid
		return nil, p.queueOrder(ctx, p.tx, o, node)
	}
	return nil, p.changeOrder(ctx, p.tx, o)
}

// endsInRefund reports whether money that is held for o has to be given back.
func endsInRefund(o *edge.Order) bool {
	for _, s := range o.State().Next(o.Way) {
		if s == edge.OrderRefundDue {
			return true
		}
	}
	return false
}

// orderHeld is what tills took for an order and did not give back, but for one
// gateway's.
func orderHeld(ctx context.Context, db database.Rower, id, but string) (held int64, err error) {
	const q = `select cast(coalesce(sum(case kind when 'order' then amount else -amount end), 0) as bigint)
		from order_money where of = $1 and node <> $2`
	err = db.QueryRowContext(ctx, q, id, but).Scan(&held)
	return held, err
}

// orderRequest takes in what a shop asks to be done with an order.
func (p *projector) orderRequest(ctx context.Context, e *entry) (flaw, err error) {
	var r edge.OrderRequest
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("not a request: %w", err), nil
	}
	if err := r.Check(); err != nil {
		return err, nil
	}
	if !database.Storable(string(e.Data)) {
		return fmt.Errorf("request %.40q says what no database takes", r.ID), nil
	}
	const q = "insert into order_request (pos, node, id, of, at, body) values ($1, $2, $3, $4, $5, $6) on conflict (node, id) do nothing"
	if _, err := p.tx.ExecContext(ctx, q, e.pos, e.Node, r.ID, r.Order, r.At.UnixMilli(), []byte(e.Data)); err != nil {
		return nil, err
	}
	o, err := readOrder(ctx, p.tx, "id = $1", r.Order)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return fmt.Errorf("a request is about order %.40q, which is not here", r.Order), nil
	}
	if err != nil {
		return nil, err
	}
	n, err := nextOrderChange(ctx, p.tx) // it moves to where people look next
	if err != nil {
		return nil, err
	}
	_, err = p.tx.ExecContext(ctx, "update orders set n = $1 where id = $2", n, o.ID)
	return nil, err
}

// collected takes in that a shop handed an order over. What cannot be so is for
// people to look at.
func (p *projector) collected(ctx context.Context, e *entry) (flaw, err error) {
	var c edge.Collection
	if err := json2.Unmarshal(e.Data, &c); err != nil {
		return fmt.Errorf("not an order handed over: %w", err), nil
	}
	if err := c.Check(); err != nil {
		return err, nil
	}
	o, err := readOrder(ctx, p.tx, "id = $1", c.Order)
	if edge.KindOf(err) == edge.NotFound && err != nil {
		return fmt.Errorf("order %.40q was handed over and is not here", c.Order), nil
	}
	if err != nil {
		return nil, err
	}
	var by string
	if err := p.tx.QueryRowContext(ctx, "select collected from orders where id = $1", o.ID).Scan(&by); err != nil {
		return nil, err
	}
	this, known := e.Node+"/"+e.ID, by == "" && o.Went(edge.OrderCollected) // before this was kept, or by hand
	switch {
	case by == this:
		return nil, nil // made anew, see Rebuild
	case !known && o.State() != edge.OrderReady:
		return fmt.Errorf("order %s was handed over in %.40q although it is %s", o.Number(), c.Shop, o.State()), nil
	}
	if _, err := p.tx.ExecContext(ctx, "update orders set collected = $1 where id = $2", this, o.ID); err != nil || known {
		return nil, err
	}
	if err := o.Move(edge.ByHQ, edge.OrderCollected, "", p.now()); err != nil {
		return err, nil
	}
	p.ordersTold = append(p.ordersTold, *o)
	return nil, p.changeOrder(ctx, p.tx, o)
}

// changeOrder stores another state of an order and queues the news.
func (h *HQ) changeOrder(ctx context.Context, tx *sql.Tx, o *edge.Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	n, err := nextOrderChange(ctx, tx)
	if err != nil {
		return err
	}
	const q = "update orders set n = $1, state = $2, live = $3, placed = $4, changed = $5, body = $6 where id = $7"
	if _, err := tx.ExecContext(ctx, q, n, o.State(), toInt(o.State().Live()), database.Millis(o.Placed()), o.Since().UnixMilli(), body, o.ID); err != nil {
		return err
	}
	var node string
	if err := tx.QueryRowContext(ctx, "select node from orders where id = $1", o.ID).Scan(&node); err != nil {
		return err
	}
	return h.queueOrder(ctx, tx, o, node)
}

// queueOrder tells of an order the gateway that it comes from, and those of the
// shop that hands it over. Until it is placed nobody is told: the shop knows
// better.
func (h *HQ) queueOrder(ctx context.Context, tx *sql.Tx, o *edge.Order, node string) error {
	if o.Placed().IsZero() && o.State().Live() {
		return nil
	}
	nodes := []string{node}
	if o.Taken != nil && o.Way == edge.Collect {
		err := database.Select(ctx, tx, "select node from node where shop = $1 and node <> $2 order by node", o.Shop, node).Each(func(rows *sql.Rows) error {
			var other string
			err := rows.Scan(&other)
			nodes = append(nodes, other)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, to := range nodes {
		paid, err := h.orderPaid(ctx, tx, o, to)
		if err != nil {
			return err
		}
		r, err := o.Record(paid)
		if err != nil {
			return err
		}
		if err := h.queueRecord(ctx, tx, to, r); err != nil {
			return err
		}
	}
	return nil
}

// orderPaid is what a gateway has to hear that others took: see edge.OrderNews.
func (h *HQ) orderPaid(ctx context.Context, db database.Rower, o *edge.Order, node string) (paid int64, err error) {
	if o.Taken != nil {
		return orderHeld(ctx, db, o.ID, node)
	}
	var closed int64
	if err := db.QueryRowContext(ctx, "select count(*) from cart where id = $1 and state = 'closed'", o.Cart.String()).Scan(&closed); err != nil {
		return 0, err
	}
	return closed * o.Total.Amount, nil
}

// OrderDue is what is still to be paid for an order, in minor units.
func (h *HQ) OrderDue(ctx context.Context, o *edge.Order) (due int64, err error) {
	paid, err := h.orderPaid(ctx, h.db.Read, o, "")
	if err != nil {
		return 0, fmt.Errorf("hq.OrderDue: %w", err)
	}
	return max(o.Total.Amount-paid, 0), nil
}

// PickUpPass is what the phone shows where an order waits to be collected: the
// shop checks it without a line.
func (h *HQ) PickUpPass(ctx context.Context, o *edge.Order) (string, error) {
	const op = "hq.PickUpPass"
	if o.State() != edge.OrderReady {
		return "", edge.Errorf(op, edge.Conflict, "order %s is %s: there is nothing to collect", o.Number(), o.State())
	}
	due, err := h.OrderDue(ctx, o)
	if err != nil {
		return "", err
	}
	p := edge.PickUpPass{Order: o.ID, Shop: o.Shop, Code: o.Code, Total: o.Total, Due: due, At: o.Since()}
	return p.Seal(h.key)
}
