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

// RefundsDue implements edge.Ledger.
func (m *Memory) RefundsDue(_ context.Context, limit int) ([]edge.RefundDue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []edge.RefundDue
	for _, d := range slices.Backward(m.ledger.due) {
		back := slices.ContainsFunc(m.ledger.receipts, func(r memoryReceipt) bool {
			return r.void != nil && r.void.Sale.ID == d.ID || r.refund != nil && r.refund.Sale.ID == d.ID
		})
		if !back && len(out) < limit {
			out = append(out, *clone(&d))
		}
	}
	return out, nil
}
