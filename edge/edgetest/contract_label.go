package edgetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// CartLabels is the contract of what staff tell carts apart by.
func CartLabels(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	first := FillCart(t, s, Lipstick, 2)
	made := clock.Now()
	clock.Advance(time.Hour)
	second := FillCart(t, s, Glasses, 1)
	park := func(id edge.CartID, name string) error {
		_, err := s.LabelCart(ctx, id, func(c *edge.OpenCart) error {
			c.Place = edge.PlaceTill
			return c.Park(edge.Parking{Name: name, Staff: "Lan", At: clock.Now()}, "")
		})
		return err
	}
	events, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	require.NoError(t, park(first.ID, " áo đỏ "))
	now, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	require.Equal(t, events, now, "the shop alone knows")

	carts, err := s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.CartID{first.ID, second.ID}, cartIDs(carts), "what is parked stands first")
	require.Equal(t, edge.CartLabel{Made: made, Place: edge.PlaceTill, Parked: &edge.Parking{Name: "áo đỏ", Staff: "Lan", At: clock.Now()}, Deal: edge.Deal{Name: "áo đỏ"}}, carts[0].CartLabel)
	require.Equal(t, edge.CartLabel{Made: clock.Now()}, carts[1].CartLabel)

	// A change of the cart, here or on a phone, leaves the label alone.
	_, err = s.ChangeCart(ctx, first.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, Cream, 1)
		return err
	})
	require.NoError(t, err)
	carts, err = s.OpenCarts(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, "áo đỏ", carts[0].Parked.Name)
	require.Len(t, carts[0].Lines, 2)

	for _, name := range []string{"", "  ", "a\nb", "4111 1111 1111 1111", string(make([]byte, 81))} {
		requireKind(t, edge.Invalid, park(second.ID, name))
	}
	empty, err := s.CreateCart(ctx)
	require.NoError(t, err)
	requireKind(t, edge.Conflict, park(empty.ID, "nothing in it"))
	requireKind(t, edge.NotFound, park(edge.CartID{9}, "x"))
	sold := Sell(t, s, Cream)
	requireKind(t, edge.Conflict, park(sold.Cart, "paid"))

	resumed, err := s.LabelCart(ctx, first.ID, func(c *edge.OpenCart) error {
		c.Parked = nil
		return nil
	})
	require.NoError(t, err)
	require.Nil(t, resumed.Parked)
	carts, err = s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.CartID{second.ID, first.ID}, cartIDs(carts))

	// A code opens the cart until the links are withdrawn.
	code := second.Code()
	got, err := s.CartByCode(ctx, code)
	require.NoError(t, err)
	require.Equal(t, second.ID, got.ID)
	_, err = s.ChangeCart(ctx, second.ID, func(c *edge.Cart, _ edge.Writer) error { return c.WithdrawLinks() })
	require.NoError(t, err)
	_, err = s.CartByCode(ctx, code)
	requireKind(t, edge.NotFound, err)
}
