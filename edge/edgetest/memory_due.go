package edgetest

import (
	"context"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// RecordSecondPayment implements edge.Ledger.
func (m *Memory) RecordSecondPayment(_ context.Context, key string, co edge.Checkout) (*edge.RefundDue, bool, error) {
	return once(m, key, "due", co, func() (*edge.RefundDue, error) {
		i, err := m.find(co.Cart)
		if err != nil {
			return nil, err
		}
		r, err := m.inForce()
		if err != nil {
			return nil, err
		}
		d, err := co.Second(m.carts[i], r, m.at())
		if err != nil {
			return nil, err
		}
		d.ID, d.Shop = newID(), "shop"
		m.putDue(d)
		return d, nil
	})
}

func (m *Memory) putDue(d *edge.RefundDue) {
	m.append(edge.LaneSale, edge.EventDue, d.ID, d)
	m.ledger.due = append(m.ledger.due, *clone(d))
}

func (m *Memory) saleDue(second *edge.Closing, stands edge.Closing) {
	if slices.ContainsFunc(m.ledger.due, func(d edge.RefundDue) bool { return d.ID == second.Sale }) {
		return
	}
	for _, r := range m.ledger.receipts {
		if r.sale != nil && r.sale.ID == second.Sale {
			m.putDue(r.sale.Due(stands, m.at()))
		}
	}
}

func (m *Memory) ofSale(id string) bool {
	return slices.ContainsFunc(m.ledger.receipts, func(r memoryReceipt) bool { return r.sale != nil && r.sale.ID == id })
}

func (m *Memory) givenBack(due string) bool {
	return slices.ContainsFunc(m.ledger.given, func(g edge.RefundGiven) bool { return g.Due == due })
}

// GiveBack implements edge.Ledger.
func (m *Memory) GiveBack(_ context.Context, key string, g edge.GivingBack) (*edge.RefundGiven, bool, error) {
	return once(m, key, "given", g, func() (*edge.RefundGiven, error) {
		const op = "edgetest.Memory"
		i := slices.IndexFunc(m.ledger.due, func(d edge.RefundDue) bool { return d.ID == g.Due })
		switch {
		case i < 0:
			return nil, edge.Errorf(op, edge.NotFound, "payment %q is not due", g.Due)
		case m.ofSale(g.Due):
			return nil, edge.Errorf(op, edge.Conflict, "a sale's payment: void the sale or refund it")
		case m.givenBack(g.Due):
			return nil, edge.Errorf(op, edge.Conflict, "given back already")
		}
		given, err := g.Of(&m.ledger.due[i], m.at())
		if err != nil {
			return nil, err
		}
		given.Shop = "shop"
		m.append(edge.LaneSale, edge.EventGiven, g.Due, given)
		m.ledger.given = append(m.ledger.given, *clone(given))
		m.deeds(given.Deeds())
		return given, nil
	})
}

// RefundsDue implements edge.Ledger.
func (m *Memory) RefundsDue(_ context.Context, limit int) ([]edge.RefundDue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []edge.RefundDue
	for _, d := range slices.Backward(m.ledger.due) {
		back := int64(-1)
		for _, r := range m.ledger.receipts {
			if r.void != nil && r.void.Sale.ID == d.ID {
				back = max(back, 0) + r.void.Total.Amount
			} else if r.refund != nil && r.refund.Sale.ID == d.ID {
				back = max(back, 0) + r.refund.Total.Amount
			}
		}
		if back < d.Total.Amount && !m.givenBack(d.ID) && len(out) < limit {
			out = append(out, *clone(&d))
		}
	}
	return out, nil
}
