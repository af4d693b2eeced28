package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestWithdrawnLinks(t *testing.T) {
	c := edge.NewCart(edge.CartID{1}, noon)
	require.NoError(t, c.Admits(0))
	code := c.Code()
	require.NoError(t, c.WithdrawLinks())
	require.Equal(t, edge.Withdrawn, edge.KindOf(c.Admits(0)))
	require.NoError(t, c.Admits(1))
	require.NoError(t, c.Admits(2), "a newer link than this copy of the cart")
	require.NotEqual(t, code, c.Code(), "a code of before names nothing")

	paid := *c
	paid.Closed = &edge.Closing{Sale: "s1", Receipt: "T1-1-1", At: noon}
	require.NoError(t, paid.WithdrawLinks(), "a paid cart's link can be withdrawn, too")

	for range 98 {
		require.NoError(t, paid.WithdrawLinks())
	}
	require.Equal(t, edge.TooMany, edge.KindOf(paid.WithdrawLinks()))
	require.NoError(t, paid.Check())
	paid.Links++
	require.Equal(t, edge.Invalid, edge.KindOf(paid.Check()))
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	c := edge.NewCart(edge.CartID{1, 2, 3}, noon)
	require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`, c.Code())
	back, ok := edge.ParseCode(c.Code())
	require.True(t, ok)
	require.Equal(t, c.Code(), back)
	other := edge.NewCart(edge.CartID{1, 2, 4}, noon)
	require.NotEqual(t, other.Code(), c.Code())

	for text, want := range map[string]string{
		"K7F39-2QXM5":               "K7F39-2QXM5",
		" k7f392qxm5\n":             "K7F39-2QXM5",
		"k7f39 2qxm5":               "K7F39-2QXM5",
		"Giỏ hàng K7F39-2QXM5":      "K7F39-2QXM5",
		"购物车 K7F39 2QXM5":           "K7F39-2QXM5",
		"OIL00-ooooo":               "01100-00000",
		"":                          "",
		"K7F39-2QXM":                "",
		"K7F39-2QXM55":              "",
		"K7F39-2QXMU":               "",
		"son mau do":                "",
		"bao nhieu tien vay shop ?": "",
	} {
		got, ok := edge.ParseCode(text)
		require.Equal(t, want, got, "%q", text)
		require.Equal(t, want != "", ok, "%q", text)
	}
}
