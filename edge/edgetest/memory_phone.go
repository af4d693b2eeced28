package edgetest

import "github.com/mirrorcart/mirrorcart/edge"

// hearPhoneSale makes the sale that a phone has paid. A shop in memory lacks
// nothing of its past.
func (m *Memory) hearPhoneSale(r *edge.Record) {
	p, err := edge.ReadPhoneSale(r)
	if err != nil {
		return
	}
	for i := range m.ledger.receipts {
		if s := m.ledger.receipts[i].sale; s != nil && s.ID == r.ID {
			return
		}
	}
	i, err := m.find(p.Cart)
	if err != nil {
		m.carts = append(m.carts, &edge.Cart{ID: p.Cart, Claim: edge.Claim{Holder: edge.HeldByPhone}})
		i = len(m.carts) - 1
	}
	c, closing := m.carts[i], p.Closing(r.ID)
	if edge.FirstClosing(c.Closed, closing).Sale != r.ID {
		return
	}
	if second := edge.SecondClosing(c.Closed, closing); second != nil {
		m.saleDue(second, *closing)
	}
	release, err := m.inForce()
	if err != nil {
		release = nil
	}
	m.putSale(p.Sale(r.ID, release, m.at()), c)
}
