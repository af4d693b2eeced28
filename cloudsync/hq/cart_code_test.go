package hq

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// A cart is found by its code, however HQ heard of it, as long as its links are
// not withdrawn.
func TestCartByCode(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	g.lane = edge.LaneOps
	c := testCart(t, 2)
	find := func(code string) error {
		found, node, err := g.hq.CartByCode(ctx, code, time.Time{})
		if err == nil {
			require.Equal(t, c.ID, found.ID)
			require.Equal(t, testNode, node)
		}
		return err
	}
	require.Equal(t, edge.NotFound, edge.KindOf(find(c.Code())))
	require.Equal(t, edge.NotFound, edge.KindOf(find("")))
	_, err := g.hq.OpenCart(ctx, c, testNode, false)
	require.NoError(t, err)
	require.NoError(t, find(c.Code()), "by a code that was scanned")

	old := c.Code()
	require.NoError(t, c.WithdrawLinks())
	g.add(edge.EventCart, "c1", c)
	g.send(g.batch(1, 1))
	require.NoError(t, g.hq.Project(ctx))
	require.Equal(t, edge.NotFound, edge.KindOf(find(old)))
	require.NoError(t, find(c.Code()), "by the shop's event")
	_, _, err = g.hq.CartByCode(ctx, c.Code(), g.hq.now().Add(time.Hour))
	require.Equal(t, edge.NotFound, edge.KindOf(err), "not one that has not changed since")
}

func TestNodeKey(t *testing.T) {
	g := newGateway(t)
	key, err := g.hq.NodeKey(t.Context(), testNode)
	require.NoError(t, err)
	require.True(t, key.Equal(g.key.Public()))
	next := newKey(t)
	g.clock.Advance(time.Hour)
	require.NoError(t, g.hq.Enrol(t.Context(), Node{Node: testNode, Shop: testShop, Key: next.Public().(ed25519.PublicKey)}))
	key, err = g.hq.NodeKey(t.Context(), testNode)
	require.NoError(t, err)
	require.True(t, key.Equal(next.Public()), "the newest")
	_, err = g.hq.NodeKey(t.Context(), "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
