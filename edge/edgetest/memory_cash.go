package edgetest

import (
	"context"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// memoryCash is the cash book. due and given count what was there when the
// open shift began.
type memoryCash struct {
	records    []edge.CashRecord
	due, given int
}

// RecordCash implements edge.CashBook.
func (m *Memory) RecordCash(_ context.Context, key string, e edge.CashEntry) (*edge.CashRecord, bool, error) {
	return once(m, key, "cash", e, func() (*edge.CashRecord, error) {
		rel, err := m.inForce()
		if err != nil {
			return nil, err
		}
		r, err := e.Record(m.cashShift(), rel.Currency, m.at())
		if err != nil {
			return nil, err
		}
		r.ID, r.Shop, r.Till = newID(), "shop", "T1"
		if r.Kind == edge.CashFloat || r.Kind == edge.CashClose {
			next := m.nextReceipt()
			r.Last = &edge.ReceiptMark{Series: next.Series, Counter: next.Counter - 1}
		}
		if r.Kind == edge.CashFloat {
			r.Shift = 1
			for _, before := range m.cash.records {
				r.Shift = max(r.Shift, before.Shift+1)
			}
			m.cash.due, m.cash.given = len(m.ledger.due), len(m.ledger.given)
		}
		m.deeds(r.Deeds())
		m.append(edge.LaneOps, edge.EventCash, r.ID, r)
		m.cash.records = append(m.cash.records, *clone(r))
		return r, nil
	})
}

// CashShift implements edge.CashBook.
func (m *Memory) CashShift(context.Context) (*edge.CashShift, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cashShift(), nil
}

func (m *Memory) cashShift() *edge.CashShift {
	i := len(m.cash.records) - 1
	for ; i >= 0 && m.cash.records[i].Kind != edge.CashFloat; i-- {
		if m.cash.records[i].Kind == edge.CashClose {
			return nil
		}
	}
	if i < 0 {
		return nil
	}
	s := &edge.CashShift{Number: m.cash.records[i].Shift, Records: slices.Clone(m.cash.records[i:])}
	var x edge.ZReport
	last := s.Records[0].Last
	for _, r := range m.ledger.receipts {
		if r.number.Series > last.Series || r.number.Series == last.Series && r.number.Counter > last.Counter {
			r.addTo(&x)
		}
	}
	s.Totals = x.Totals
	for _, d := range m.ledger.due[m.cash.due:] {
		if !m.ofSale(d.ID) {
			s.Other += d.Cash()
		}
	}
	for _, g := range m.ledger.given[m.cash.given:] {
		s.Other -= g.Cash()
	}
	return s
}

// CashRecords implements edge.CashBook.
func (m *Memory) CashRecords(_ context.Context, limit int) ([]edge.CashRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []edge.CashRecord{}
	for _, r := range slices.Backward(m.cash.records) {
		if len(out) < limit {
			out = append(out, *clone(&r))
		}
	}
	return out, nil
}
