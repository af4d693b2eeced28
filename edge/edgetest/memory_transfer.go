package edgetest

import (
	"context"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// memoryTransfer is a transfer and the epoch it was asked for in.
type memoryTransfer struct {
	*edge.Transfer
	epoch int
}

// RequestTransfer implements edge.Ledger.
func (m *Memory) RequestTransfer(_ context.Context, key string, a edge.TransferAsk) (*edge.Transfer, bool, error) {
	return once(m, key, "ask", a, func() (*edge.Transfer, error) {
		i, err := m.find(a.Cart)
		if err != nil {
			return nil, err
		}
		if err := m.ordered(a.Cart); err != nil {
			return nil, err
		}
		r, err := m.inForce()
		if err != nil {
			return nil, err
		}
		label := m.label(a.Cart)
		a.Deal = &label.Deal
		t, err := a.Transfer(m.carts[i], r, m.at())
		if err != nil {
			return nil, err
		}
		return m.askTransfer(t), nil
	})
}

func (m *Memory) askTransfer(t *edge.Transfer) *edge.Transfer {
	for _, asked := range slices.Backward(m.ledger.asked) {
		if asked.Asks(t) {
			return clone(asked.Transfer)
		}
	}
	t.Shop = "shop"
	m.append(edge.LaneSale, edge.EventTransfer, t.Code, t)
	m.ledger.asked = append(m.ledger.asked, memoryTransfer{clone(t), len(m.epochs)})
	return t
}

func (m *Memory) transfer(code string) (memoryTransfer, error) {
	i := slices.IndexFunc(m.ledger.asked, func(t memoryTransfer) bool { return t.Code == code })
	if i < 0 {
		return memoryTransfer{}, edge.Errorf("edgetest.Memory", edge.NotFound, "no transfer has the code %.20q", code)
	}
	return m.ledger.asked[i], nil
}

// SeeTransfer implements edge.Ledger.
func (m *Memory) SeeTransfer(_ context.Context, key string, w edge.TransferSeen) (*edge.Sale, bool, error) {
	return once(m, key, "seen", w, func() (*edge.Sale, error) {
		t, err := m.transfer(w.Code)
		if err != nil {
			return nil, err
		}
		i, err := m.find(t.Cart)
		if err != nil {
			return nil, err
		}
		s, err := t.See(w, m.carts[i], m.at())
		if err != nil {
			return nil, err
		}
		m.putSale(s, m.carts[i])
		t.Sale = s.ID
		m.deeds(t.Deeds(s.Receipt))
		m.append(edge.LaneSale, edge.EventTransfer, t.Code, t.Transfer)
		return s, nil
	})
}

// hear takes in what HQ says of a transfer.
func (m *Memory) hear(r *edge.Record) {
	if r.Kind != edge.RecordPayment {
		return
	}
	w, err := edge.ReadTransferWord(r)
	if err != nil {
		return
	}
	t, err := m.transfer(r.ID)
	if err != nil {
		return
	}
	changed := false
	if t.epoch != len(m.epochs) && t.State == edge.TransferAwaiting {
		changed = t.Hold(w.Credit)
	} else if t.Order != "" {
		changed = m.hearOrder(t, w.Credit)
	} else {
		var c *edge.Cart
		if i, err := m.find(t.Cart); err == nil {
			c = m.carts[i]
		}
		var s *edge.Sale
		var due *edge.RefundDue
		if changed, s, due = t.Hear(w.Credit, c, m.at()); s != nil {
			m.putSale(s, c)
			t.Sale = s.ID
		}
		if due != nil {
			due.Shop = "shop"
			m.putDue(due)
		}
	}
	if changed {
		m.append(edge.LaneSale, edge.EventTransfer, t.Code, t.Transfer)
	}
}

// Transfer implements edge.Ledger.
func (m *Memory) Transfer(_ context.Context, code string) (*edge.Transfer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.transfer(code)
	if err != nil {
		return nil, err
	}
	return clone(t.Transfer), nil
}

// Transfers implements edge.Ledger.
func (m *Memory) Transfers(_ context.Context, limit int) ([]edge.Transfer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []edge.Transfer{}
	for _, t := range slices.Backward(m.ledger.asked) {
		if len(list) < limit {
			list = append(list, *clone(t.Transfer))
		}
	}
	return list, nil
}
