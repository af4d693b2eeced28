package edgetest

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// memoryOrders are the orders that were taken here, and what was done about
// these and others.
type memoryOrders struct {
	taken    []*edge.Order // in the order they were taken
	deeds    map[string]*edge.OrderDeeds
	contacts []memoryContact
}

type memoryContact struct {
	order    string
	who      edge.Contact
	remember bool
	at       time.Time
}

func (m *Memory) own(id string) *edge.Order {
	for _, o := range m.orders.taken {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// ordered refuses to sell the cart that shows an order.
func (m *Memory) ordered(cart edge.CartID) error {
	for _, o := range m.orders.taken {
		if o.Cart == cart {
			return edge.Errorf("edgetest.Memory", edge.Conflict, "this cart is that of order %s: take money for the order", o.Number())
		}
	}
	return nil
}

func (m *Memory) deedsOf(id string) *edge.OrderDeeds {
	if m.orders.deeds == nil {
		m.orders.deeds = map[string]*edge.OrderDeeds{}
	}
	if m.orders.deeds[id] == nil {
		m.orders.deeds[id] = &edge.OrderDeeds{}
	}
	return m.orders.deeds[id]
}

func (m *Memory) known(id string) (*edge.KnownOrder, error) {
	own := m.own(id)
	word, told := m.office.records[recordKey{edge.RecordOrder, id}]
	if own == nil && !told {
		return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "there is no order %s", id)
	}
	r := &word.Record
	if !told {
		r = nil
	}
	return edge.KnowOrder(own, r, *clone(m.deedsOf(id)))
}

// PlaceOrder implements edge.Orders.
func (m *Memory) PlaceOrder(_ context.Context, key string, a edge.OrderAsk) (*edge.KnownOrder, bool, error) {
	return once(m, key, "order", a, func() (*edge.KnownOrder, error) {
		var from *edge.Cart
		if a.Cart != nil {
			i, err := m.find(*a.Cart)
			if err != nil {
				return nil, err
			}
			if err := m.ordered(*a.Cart); err != nil {
				return nil, err
			}
			from = clone(m.carts[i])
		}
		r, err := m.inForce()
		if err != nil {
			return nil, err
		}
		o, err := a.Place(from, r, m.at())
		if err != nil {
			return nil, err
		}
		o.ID = newID()
		rand.Read(o.Cart[:])
		w := edge.EpochWriter(m.epoch().id)
		own, err := o.OwnCart(o.Cart, w, m.at())
		if err != nil {
			return nil, err
		}
		if from != nil {
			if err := o.LeaveCart(from, w); err != nil {
				return nil, err
			}
			i, _ := m.find(from.ID)
			m.carts[i] = from
			m.append(edge.LaneOps, edge.EventCart, from.ID.String(), from)
		}
		m.carts = append(m.carts, own)
		m.append(edge.LaneOps, edge.EventCart, own.ID.String(), own)
		m.orders.taken = append(m.orders.taken, clone(o))
		m.orders.contacts = append(m.orders.contacts, memoryContact{o.ID, a.Contact, a.Remember, m.at()})
		for _, c := range a.Consents() {
			if err := m.putConsent(c); err != nil {
				return nil, err
			}
		}
		m.append(edge.LaneSale, edge.EventOrder, o.ID, o)
		return m.known(o.ID)
	})
}

// PayOrder implements edge.Orders.
func (m *Memory) PayOrder(_ context.Context, key string, p edge.OrderPaying) (*edge.OrderMoney, bool, error) {
	return once(m, key, "order money", p, func() (*edge.OrderMoney, error) {
		k, err := m.known(p.Order)
		if err != nil {
			return nil, err
		}
		money, err := p.Money(k, m.at())
		if err != nil {
			return nil, err
		}
		money.ID = newID()
		m.deeds(money.Deeds(k))
		return money, m.putOrderMoney(money)
	})
}

func (m *Memory) putOrderMoney(money *edge.OrderMoney) error {
	money.Shop, money.Receipt = "shop", m.nextReceipt()
	event, _ := m.append(edge.LaneSale, money.Type(), money.Order, money)
	m.ledger.receipts = append(m.ledger.receipts, memoryReceipt{number: money.Receipt, money: clone(money), event: event})
	deeds := m.deedsOf(money.Order)
	deeds.Money = append(deeds.Money, *clone(money))
	return m.step(money.Order, edge.OrderDepositPending, edge.OrderPlaced, "")
}

// RequestOrderTransfer implements edge.Orders.
func (m *Memory) RequestOrderTransfer(_ context.Context, key string, a edge.OrderTransferAsk) (*edge.Transfer, bool, error) {
	return once(m, key, "order ask", a, func() (*edge.Transfer, error) {
		k, err := m.known(a.Order)
		if err != nil {
			return nil, err
		}
		t, err := a.Transfer(k, m.at())
		if err != nil {
			return nil, err
		}
		return m.askTransfer(t), nil
	})
}

// SeeOrderTransfer implements edge.Orders.
func (m *Memory) SeeOrderTransfer(_ context.Context, key string, w edge.TransferSeen) (*edge.OrderMoney, bool, error) {
	return once(m, key, "order seen", w, func() (*edge.OrderMoney, error) {
		t, err := m.transfer(w.Code)
		if err != nil {
			return nil, err
		}
		k, err := m.known(t.Order)
		if err != nil {
			return nil, err
		}
		money, err := t.SeeOrder(w, k, m.at())
		if err != nil {
			return nil, err
		}
		if err := m.putOrderMoney(money); err != nil {
			return nil, err
		}
		m.deeds(t.Deeds(money.Receipt))
		m.append(edge.LaneSale, edge.EventTransfer, t.Code, t.Transfer)
		return money, nil
	})
}

// hearOrder takes in that the bank has money for an order.
func (m *Memory) hearOrder(t memoryTransfer, credit edge.Credit) bool {
	k, err := m.known(t.Order)
	if err != nil {
		k = nil
	}
	changed, money, due := t.HearOrder(credit, k, m.at())
	if money != nil && m.putOrderMoney(money) != nil {
		panic("money that an order needs was refused")
	}
	if due != nil {
		due.Shop = "shop"
		m.putDue(due)
	}
	return changed
}

// step brings an order of this shop from one state to another.
func (m *Memory) step(id string, from, to edge.OrderState, reason string) error {
	own := m.own(id)
	if own == nil || own.State() != from {
		return nil
	}
	if err := own.Move(edge.ByShop, to, reason, m.at()); err != nil {
		return err
	}
	m.append(edge.LaneSale, edge.EventOrder, id, own)
	return nil
}

// AskOrder implements edge.Orders.
func (m *Memory) AskOrder(_ context.Context, key string, a edge.Asking) (*edge.KnownOrder, bool, error) {
	return once(m, key, "order request", a, func() (*edge.KnownOrder, error) {
		k, err := m.known(a.Order)
		if err != nil {
			return nil, err
		}
		r, err := a.Request(k, m.at())
		if err != nil {
			return nil, err
		}
		m.deeds(r.Deeds(k))
		if k.Abandons(r) {
			if err := m.step(k.ID, k.Stands, edge.OrderCancelled, r.Reason); err != nil {
				return nil, err
			}
			return m.known(k.ID)
		}
		r.ID, r.Shop = newID(), "shop"
		m.append(edge.LaneSale, edge.EventOrderRequest, r.Order, r)
		deeds := m.deedsOf(k.ID)
		deeds.Requests = append(deeds.Requests, *r)
		return m.known(k.ID)
	})
}

// CollectOrder implements edge.Orders.
func (m *Memory) CollectOrder(_ context.Context, key string, c edge.Collecting) (*edge.KnownOrder, bool, error) {
	return once(m, key, "order collected", c, func() (*edge.KnownOrder, error) {
		k, err := m.known(c.Order)
		switch {
		case err == nil:
		case c.Pass != nil && c.Pass.Order == c.Order && edge.KindOf(err) == edge.NotFound:
			k = c.Pass.Known()
			k.Collected = m.deedsOf(c.Order).Collected
		default:
			return nil, err
		}
		if i, err := m.find(k.Cart); err == nil && k.Taken == nil {
			c.Paid = m.carts[i].Closed != nil
		}
		done, err := c.Collect(k, m.at())
		if err != nil {
			return nil, err
		}
		m.append(edge.LaneSale, edge.EventOrderCollected, done.Order, done)
		m.deedsOf(c.Order).Collected = done
		return k.HandedOver(done), nil
	})
}

// KnownOrder implements edge.Orders.
func (m *Memory) KnownOrder(_ context.Context, id string) (*edge.KnownOrder, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known(id)
}

// KnownOrders implements edge.Orders.
func (m *Memory) KnownOrders(_ context.Context, states []edge.OrderState, limit int) ([]edge.KnownOrder, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for _, o := range m.orders.taken {
		ids = append(ids, o.ID)
	}
	for key := range m.office.records {
		if key.kind == edge.RecordOrder && !slices.Contains(ids, key.id) {
			ids = append(ids, key.id)
		}
	}
	list := []edge.KnownOrder{}
	for _, id := range ids {
		k, err := m.known(id)
		if err != nil {
			return nil, err
		}
		if len(states) == 0 || slices.Contains(states, k.Stands) {
			list = append(list, *k)
		}
	}
	slices.SortStableFunc(list, func(a, b edge.KnownOrder) int { return b.At.Compare(a.At) })
	return list[:min(limit, len(list))], nil
}

// OrderContact implements edge.Orders.
func (m *Memory) OrderContact(_ context.Context, id string) (*edge.Contact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.orders.contacts {
		if c.order == id {
			return clone(&c.who), nil
		}
	}
	return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "it is not known here to whom order %s goes", id)
}

// Customers implements edge.Orders.
func (m *Memory) Customers(_ context.Context, phone string, limit int) ([]edge.Contact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []edge.Contact{}
	for _, c := range slices.Backward(m.orders.contacts) {
		same := func(k edge.Contact) bool { return string(mustJSON(k)) == string(mustJSON(c.who)) }
		if c.remember && c.who.Phone == phone && !slices.ContainsFunc(list, same) && len(list) < limit {
			list = append(list, *clone(&c.who))
		}
	}
	return list, nil
}

// ForgetCustomer implements edge.Orders.
func (m *Memory) ForgetCustomer(_ context.Context, phone string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putAudit(m.forget(edge.NewPersonAsk(newID(), edge.PersonForget, m.at().Add(-edge.ClocksApart), phone)))
}

// forget does what HQ asks of a person.
func (m *Memory) forget(a *edge.PersonAsk) edge.AuditRecord {
	gone, kept := m.forgetContacts(func(c *memoryContact) bool { return a.Is(c.who.Phone) && a.Covers(c.at) })
	return a.Forgotten(gone, kept, 0)
}

// forgetContacts forgets contacts but of orders that are on their way.
func (m *Memory) forgetContacts(which func(*memoryContact) bool) (gone, kept int) {
	var left []memoryContact
	for _, c := range m.orders.contacts {
		if which(&c) {
			if k, err := m.known(c.order); err != nil || !k.OnItsWay() {
				gone++
				continue
			}
			kept++
			c.remember = false
		}
		left = append(left, c)
	}
	m.orders.contacts = left
	return gone, kept
}
