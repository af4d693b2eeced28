package edgetest

import (
	"context"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// memoryLedger is what Memory has recorded.
type memoryLedger struct {
	answers  map[string]memoryAnswer
	receipts []memoryReceipt // in the order they were given out
	zs       []edge.ZReport
	invoices map[string]edge.EInvoice // in force, by sale
	due      []edge.RefundDue
	given    []edge.RefundGiven
	asked    []memoryTransfer
	moves    []placedMove
	counts   []placedMove
}

// memoryAnswer is what a key was answered with.
type memoryAnswer struct {
	call, asked string
	reply       any
}

// memoryReceipt is a receipt: one of the records is there.
type memoryReceipt struct {
	number edge.Receipt
	sale   *edge.Sale
	void   *edge.Void
	refund *edge.Refund
	money  *edge.OrderMoney
	event  string
}

// once answers a key again as it was answered first, or else by do.
func once[T any](m *Memory, key, call string, asked any, do func() (*T, error)) (*T, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := edge.CheckKey(key); err != nil {
		return nil, false, err
	}
	a := memoryAnswer{call: call, asked: string(mustJSON(asked))}
	if before, ok := m.ledger.answers[key]; ok {
		if before.call != a.call || before.asked != a.asked {
			return nil, false, edge.Errorf("edgetest.Memory", edge.Conflict, "this idempotency key was used for another request")
		}
		return clone(before.reply.(*T)), true, nil
	}
	reply, err := do()
	if err != nil {
		return nil, false, err
	}
	if a.reply = clone(reply); m.ledger.answers == nil {
		m.ledger.answers = map[string]memoryAnswer{}
	}
	m.ledger.answers[key] = a
	return clone(reply), false, nil
}

// at is the present time in the precision that is stored.
func (m *Memory) at() time.Time { return m.now().UTC().Truncate(time.Millisecond) }

func (m *Memory) nextReceipt() edge.Receipt {
	r := edge.Receipt{Till: "T1", Series: m.epoch().series, Counter: 1}
	for _, known := range m.ledger.receipts {
		if known.number.Series == r.Series {
			r.Counter++
		}
	}
	return r
}

// RecordSale implements edge.Ledger.
func (m *Memory) RecordSale(_ context.Context, key string, co edge.Checkout) (*edge.Sale, bool, error) {
	return once(m, key, "sale", co, func() (*edge.Sale, error) {
		s, c, err := m.price(co)
		if err != nil {
			return nil, err
		}
		m.putSale(s, c)
		return s, nil
	})
}

// price makes the sale of a cart with the release in force.
func (m *Memory) price(co edge.Checkout) (*edge.Sale, *edge.Cart, error) {
	i, err := m.find(co.Cart)
	if err != nil {
		return nil, nil, err
	}
	if err := m.ordered(co.Cart); err != nil {
		return nil, nil, err
	}
	r, err := m.inForce()
	if err != nil {
		return nil, nil, err
	}
	label := m.label(co.Cart)
	co.Deal = &label.Deal
	s, err := co.Sale(m.carts[i], r, m.at())
	if err == nil {
		label.Deal.Parts = nil // they are the sale's now
		m.labels[co.Cart] = label
	}
	return s, m.carts[i], err
}

// putSale gives a sale of c its name and numbers and keeps it.
func (m *Memory) putSale(s *edge.Sale, c *edge.Cart) {
	if s.ID == "" {
		s.ID = newID()
	}
	s.Shop, s.Checkout, s.Receipt = "shop", 1, m.nextReceipt()
	c.Closed = s.Closing()
	event, at := m.append(edge.LaneSale, edge.EventSale, s.ID, s)
	m.imply(s.Moves(), at)
	m.append(edge.LaneOps, edge.EventCart, c.ID.String(), c)
	m.ledger.receipts = append(m.ledger.receipts, memoryReceipt{number: s.Receipt, sale: clone(s), event: event})
	m.deeds(s.Deeds())
}

// VoidSale implements edge.Ledger.
func (m *Memory) VoidSale(_ context.Context, key string, v edge.Voiding) (*edge.Void, bool, error) {
	return once(m, key, "void", v, func() (*edge.Void, error) {
		h, err := m.history(v.Sale)
		if err != nil {
			return nil, err
		}
		void, err := v.Void(h, m.at())
		if err != nil {
			return nil, err
		}
		void.ID, void.Shop, void.Receipt = newID(), "shop", m.nextReceipt()
		event, at := m.append(edge.LaneSale, edge.EventVoid, void.ID, void)
		m.imply(void.Moves(), at)
		m.ledger.receipts = append(m.ledger.receipts, memoryReceipt{number: void.Receipt, void: clone(void), event: event})
		m.deeds(void.Deeds())
		return void, nil
	})
}

// RefundSale implements edge.Ledger.
func (m *Memory) RefundSale(_ context.Context, key string, r edge.Refunding) (*edge.Refund, bool, error) {
	return once(m, key, "refund", r, func() (*edge.Refund, error) {
		refund, err := m.refund(r)
		if err == nil {
			m.putRefund(refund)
		}
		return refund, err
	})
}

// putRefund gives a refund its name and number and keeps it.
func (m *Memory) putRefund(refund *edge.Refund) {
	refund.ID, refund.Shop, refund.Receipt = newID(), "shop", m.nextReceipt()
	event, at := m.append(edge.LaneSale, edge.EventRefund, refund.ID, refund)
	m.imply(refund.Moves(), at)
	m.ledger.receipts = append(m.ledger.receipts, memoryReceipt{number: refund.Receipt, refund: clone(refund), event: event})
	m.deeds(refund.Deeds())
}

// Exchange implements edge.Ledger.
func (m *Memory) Exchange(_ context.Context, key string, x edge.Exchanging) (*edge.Exchange, bool, error) {
	return once(m, key, "exchange", x, func() (*edge.Exchange, error) {
		back, co, err := x.Parts()
		if err != nil {
			return nil, err
		}
		refund, err := m.refund(back)
		if err != nil {
			return nil, err
		}
		sale, c, err := m.price(co)
		if err != nil {
			return nil, err
		}
		m.putRefund(refund)
		done := &edge.Exchange{Refund: *refund, Sale: *sale}
		done.Link()
		m.putSale(&done.Sale, c)
		return done, nil
	})
}

func (m *Memory) refund(r edge.Refunding) (*edge.Refund, error) {
	h, err := m.history(r.Sale)
	switch {
	case err == nil:
		return r.Refund(h, m.at())
	case edge.KindOf(err) != edge.NotFound || r.Sale.ID != "":
		return nil, err
	case r.Sale.Receipt.Till == "T1" && r.Sale.Receipt.Series == m.epoch().series:
		return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "receipt %s was never given out", r.Sale.Receipt)
	}
	rel, err := m.inForce()
	if err != nil {
		return nil, err
	}
	return r.RefundUnknown(rel, m.at())
}

// Sale implements edge.Ledger.
func (m *Memory) Sale(_ context.Context, ref edge.SaleRef) (*edge.SaleHistory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, err := m.history(ref)
	if err != nil {
		return nil, err
	}
	return clone(h), nil
}

func (m *Memory) history(ref edge.SaleRef) (*edge.SaleHistory, error) {
	if ref.ID == "" {
		if err := ref.Receipt.Check(); err != nil {
			return nil, err
		}
	}
	h := &edge.SaleHistory{Refunds: []edge.Refund{}}
	for _, r := range m.ledger.receipts {
		switch {
		case r.sale != nil && (r.sale.ID == ref.ID || ref.ID == "" && r.number == ref.Receipt):
			h.RecordedSale = edge.RecordedSale{Sale: *clone(r.sale), Confirmed: m.confirmed(r.event)}
		case r.number == ref.Receipt && ref.ID == "":
			return nil, edge.Errorf("edgetest.Memory", edge.Conflict, "receipt %s is no sale", r.number)
		case r.void != nil && r.void.Sale.ID == h.ID && h.ID != "":
			h.Void = r.void
		case r.refund != nil && r.refund.Sale.ID == h.ID && h.ID != "":
			h.Refunds = append(h.Refunds, *r.refund)
		}
	}
	if h.ID == "" {
		return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "sale %s is not in this ledger", ref)
	}
	for _, z := range m.ledger.zs {
		if z.Series == h.Receipt.Series && z.From <= h.Receipt.Counter && h.Receipt.Counter <= z.To {
			h.Z = z.Number
		}
	}
	h.EInvoice = m.invoice(h.ID)
	return h, nil
}

func (m *Memory) confirmed(event string) bool {
	e := m.epoch()
	waiting := e.events[edge.LaneSale][e.marks[edge.LaneSale]:]
	return !slices.ContainsFunc(waiting, func(ev edge.Event) bool { return ev.ID == event })
}

// Sales implements edge.Ledger.
func (m *Memory) Sales(ctx context.Context, limit int) ([]edge.RecordedSale, error) {
	return m.SalesBetween(ctx, time.Time{}, time.Unix(1<<40, 0), limit)
}

// SalesBetween implements edge.Ledger.
func (m *Memory) SalesBetween(_ context.Context, from, until time.Time, limit int) ([]edge.RecordedSale, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []edge.RecordedSale
	for _, r := range slices.Backward(m.ledger.receipts) {
		if r.sale != nil && len(out) < limit && !r.sale.At.Before(from) && r.sale.At.Before(until) {
			out = append(out, edge.RecordedSale{Sale: *clone(r.sale), Confirmed: m.confirmed(r.event)})
		}
	}
	return out, nil
}

// CloseDay implements edge.Ledger.
func (m *Memory) CloseDay(_ context.Context, key, staff string) ([]edge.ZReport, bool, error) {
	list, replayed, err := once(m, key, "z", struct{}{}, func() (*[]edge.ZReport, error) {
		made := []edge.ZReport{}
		for series := uint32(1); series <= m.epoch().series; series++ {
			z := edge.ZReport{ID: newID(), Shop: "shop", Till: "T1", Series: series, Number: 1, From: 1, Totals: []edge.ZTotal{}, Staff: staff, At: m.at()}
			for _, before := range m.ledger.zs {
				if before.Series == series {
					z.Number, z.From = before.Number+1, before.To+1
				}
			}
			if m.addUp(&z) {
				made = append(made, z)
			}
		}
		if len(made) == 0 {
			return nil, edge.Errorf("edgetest.Memory", edge.Conflict, "there is nothing to close")
		}
		since := edge.ReceiptMark{Series: made[0].Series, Counter: made[0].From - 1}
		made[len(made)-1].AddShifts(m.cash.records, edge.LastShift(m.ledger.zs), since)
		for i := range made {
			z := &made[i]
			n := uint64(len(m.epoch().events[edge.LaneSale]))
			z.Chain = edge.ChainMark{LaneMark: edge.LaneMark{Epoch: m.epoch().id, Seq: n}, Hash: m.epoch().hashAt(edge.LaneSale, n)}
			m.append(edge.LaneSale, edge.EventZ, z.ID, z)
			m.deeds(z.Deeds())
		}
		m.ledger.zs = append(m.ledger.zs, made...)
		return &made, nil
	})
	if err != nil {
		return nil, false, err
	}
	return *list, replayed, nil
}

// addUp reports whether there was anything to add.
func (m *Memory) addUp(z *edge.ZReport) bool {
	for _, r := range m.ledger.receipts {
		if r.number.Series != z.Series || r.number.Counter < z.From {
			continue
		}
		z.To = r.number.Counter
		r.addTo(z)
	}
	return z.To > 0
}

func (r *memoryReceipt) addTo(z *edge.ZReport) {
	switch {
	case r.sale != nil:
		z.AddSale(r.sale)
	case r.void != nil:
		z.AddVoid(r.void)
	case r.money != nil:
		z.AddOrderMoney(r.money)
	default:
		z.AddRefund(r.refund)
	}
}

// ZReports implements edge.Ledger.
func (m *Memory) ZReports(_ context.Context, limit int) ([]edge.ZReport, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []edge.ZReport{}
	for _, z := range slices.Backward(m.ledger.zs) {
		if len(out) < limit {
			out = append(out, *clone(&z))
		}
	}
	return out, nil
}

func (m *Memory) invoice(sale string) edge.EInvoice {
	if e, ok := m.ledger.invoices[sale]; ok {
		return e
	}
	return edge.EInvoice{Sale: sale, State: edge.EInvoiceNone}
}

// PutEInvoice implements edge.Ledger.
func (m *Memory) PutEInvoice(_ context.Context, e edge.EInvoice) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := e.Check(); err != nil {
		return err
	}
	h, err := m.history(edge.SaleRef{ID: e.Sale})
	if err != nil {
		return err
	}
	known, err := e.Follow(h.EInvoice)
	if known || err != nil {
		return err
	}
	if m.ledger.invoices == nil {
		m.ledger.invoices = map[string]edge.EInvoice{}
	}
	m.ledger.invoices[e.Sale] = e
	m.append(edge.LaneSale, edge.EventEInvoice, e.Sale, e)
	return nil
}
