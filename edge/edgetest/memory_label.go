package edgetest

import (
	"context"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// keep adds a cart that was not known.
func (m *Memory) keep(c *edge.Cart) {
	m.carts = append(m.carts, c)
	m.labels[c.ID] = edge.CartLabel{Made: m.at()}
}

// OpenCarts implements edge.Carts.
func (m *Memory) OpenCarts(_ context.Context, limit int) ([]edge.OpenCart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kinds [3][]edge.OpenCart
	for _, c := range slices.Backward(m.carts) {
		living := c.Closed == nil && slices.ContainsFunc(c.Lines, func(l edge.Line) bool { return l.Quantity() > 0 })
		label := m.label(c.ID)
		switch o := (edge.OpenCart{Cart: clone(c), CartLabel: label}); {
		case !living && len(label.Deal.Parts) > 0:
			kinds[0] = append(kinds[0], o)
		case living && label.Parked != nil:
			kinds[1] = append(kinds[1], o)
		case living && m.ordered(c.ID) == nil:
			kinds[2] = append(kinds[2], o)
		}
	}
	open := slices.Concat(kinds[:]...)
	return open[:min(limit, len(open))], nil
}

// OpenCart implements edge.Carts.
func (m *Memory) OpenCart(_ context.Context, id edge.CartID) (*edge.OpenCart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(id)
	if err != nil {
		return nil, err
	}
	return &edge.OpenCart{Cart: clone(m.carts[i]), CartLabel: m.label(id)}, nil
}

// label is a copy of a cart's.
func (m *Memory) label(id edge.CartID) edge.CartLabel {
	l := m.labels[id]
	l.Deal = *clone(&l.Deal)
	return l
}

// LabelCart implements edge.Carts.
func (m *Memory) LabelCart(_ context.Context, id edge.CartID, change func(*edge.OpenCart) error) (*edge.OpenCart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(id)
	if err != nil {
		return nil, err
	}
	c := edge.OpenCart{Cart: clone(m.carts[i]), CartLabel: m.label(id)}
	if err := change(&c); err != nil {
		return nil, err
	}
	m.labels[id] = c.CartLabel
	m.deeds(c.Deeds())
	return &c, nil
}

// CartByCode implements edge.Carts.
func (m *Memory) CartByCode(_ context.Context, code string) (*edge.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.carts {
		if c.Code() == code {
			return clone(c), nil
		}
	}
	return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "no cart has the code %s", code)
}
