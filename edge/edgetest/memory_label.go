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
	var open []edge.OpenCart
	for _, parked := range []bool{true, false} {
		for _, c := range slices.Backward(m.carts) {
			living := slices.ContainsFunc(c.Lines, func(l edge.Line) bool { return l.Quantity() > 0 })
			label := m.labels[c.ID]
			if living && c.Closed == nil && m.ordered(c.ID) == nil && (label.Parked != nil) == parked && len(open) < limit {
				open = append(open, edge.OpenCart{Cart: clone(c), CartLabel: label})
			}
		}
	}
	return open, nil
}

// LabelCart implements edge.Carts.
func (m *Memory) LabelCart(_ context.Context, id edge.CartID, change func(*edge.OpenCart) error) (*edge.OpenCart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(id)
	if err != nil {
		return nil, err
	}
	c := edge.OpenCart{Cart: clone(m.carts[i]), CartLabel: m.labels[id]}
	if err := change(&c); err != nil {
		return nil, err
	}
	m.labels[id] = c.CartLabel
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
