package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestConversationsAboutACartThatChanged(t *testing.T) {
	g := newGateway(t)
	talks := g.hq.Talks()
	said, stop := g.hq.WatchTalks()
	defer stop()
	m := talk.Message{App: "telegram", ID: "m1", Person: "ann", At: g.clock.Now()}
	cart := edge.NewCart(edge.CartID{1}, g.clock.Now().Add(time.Hour))
	_, err := g.hq.OpenCart(t.Context(), cart, testNode, false)
	require.NoError(t, err)
	since := g.clock.Now()
	_, err = talks.Hear(t.Context(), m, func(c *talk.Conversation) ([]talk.Line, error) {
		c.Cart = cart.ID.String()
		return nil, nil
	})
	require.NoError(t, err)
	require.Len(t, said, 1, "who sends is told")
	list, err := talks.OfChanged(t.Context(), since, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	list, err = talks.OfChanged(t.Context(), since.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestShopOfAGateway(t *testing.T) {
	g := newGateway(t)
	shop, err := g.hq.ShopOf(t.Context(), testNode)
	require.NoError(t, err)
	require.Equal(t, testShop, shop)
	_, err = g.hq.ShopOf(t.Context(), "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
