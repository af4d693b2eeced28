package hq

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestSaleOfCart(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	cart := testCart(t, 2)
	none := func(id edge.CartID) {
		t.Helper()
		_, err := g.hq.SaleOfCart(ctx, id)
		require.Equal(t, edge.NotFound, edge.KindOf(err))
	}
	none(cart.ID)
	_, err := g.hq.OpenCart(ctx, cart, testNode, false)
	require.NoError(t, err)

	g.add(edge.EventEpoch, "ev-0", edge.EpochOpened{})
	other := testSale(g, "s0", 1)
	other.Cart = edge.CartID{2}
	first, second := testSale(g, "s1", 2), testSale(g, "s2", 3)
	first.Cart, second.Cart = cart.ID, cart.ID
	for _, s := range []edge.Sale{other, first, second} {
		g.add(edge.EventSale, "ev-"+s.ID, s)
	}
	// A body that Go reads and SQLite's JSON functions do not holds up nothing.
	deep, err := json.Marshal(testSale(g, "s3", 4))
	require.NoError(t, err)
	nested := strings.Repeat("[", 3000) + strings.Repeat("]", 3000)
	g.add(edge.EventSale, "ev-s3", json.RawMessage(`{"more":`+nested+`,`+string(deep[1:])))
	g.send(g.batch(1, 5))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.flaws())
	sales, err := g.hq.Sales(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, 4)

	none(edge.CartID{2}) // nobody knows that cart's node
	s, err := g.hq.SaleOfCart(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, &first, s)
	cart.Closed = &edge.Closing{Sale: "s2", Receipt: second.Receipt.String(), At: second.At}
	_, err = g.hq.OpenCart(ctx, cart, testNode, false)
	require.NoError(t, err)
	s, err = g.hq.SaleOfCart(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, &second, s, "the one that closed it")

	// Another gateway's cart is not sold by this one.
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: "shop-2", Shop: testShop, Key: newKey(t).Public().(ed25519.PublicKey)}))
	_, err = g.hq.OpenCart(ctx, edge.NewCart(edge.CartID{2}, g.clock.Now()), "shop-2", false)
	require.NoError(t, err)
	none(edge.CartID{2})
}

func TestSaleOfCartSearchesAnIndex(t *testing.T) {
	g := newGateway(t)
	if databasetest.OnPostgres() {
		t.Skip("PostgreSQL's planner decides by what a table holds")
	}
	var id, parent, unused int
	var plan string
	require.NoError(t, g.hq.db.Read.QueryRowContext(t.Context(), "explain query plan select body from sale where cart = $1 and node = $2", "c", "n").
		Scan(&id, &parent, &unused, &plan))
	require.Contains(t, plan, "sale_cart")
}

func TestCartNodeIsUpByTheRuleOfShops(t *testing.T) {
	g := newGateway(t)
	up := func() bool {
		t.Helper()
		node, err := g.hq.CartNode(t.Context(), testNode)
		require.NoError(t, err)
		shops, err := g.hq.Shops(t.Context())
		require.NoError(t, err)
		require.Equal(t, shops[0].Up, node.Up)
		require.Equal(t, shops[0].Shop, node.Shop)
		return node.Up
	}
	require.False(t, up(), "never heard of")
	g.addMoves(2)
	g.send(g.batch(1, 1))
	require.True(t, up(), "heard, though the word that it connected was lost")
	farewell := func() {
		_, err := g.hq.db.Write.ExecContext(t.Context(), "update node set up = 0, since = $1", g.hq.nowMillis())
		require.NoError(t, err)
	}
	farewell()
	require.False(t, up())
	g.clock.Advance(cloudsync.ProbeEvery)
	g.send(g.batch(2, 2))
	require.False(t, up(), "this may have been on its way")
	g.clock.Advance(time.Second)
	g.send(g.batch(2, 2))
	require.True(t, up(), "it goes on talking")
	g.clock.Advance(silence - time.Millisecond)
	require.True(t, up())
	g.clock.Advance(time.Millisecond)
	require.False(t, up(), "silent for too long")
	g.send(g.batch(2, 2))
	require.True(t, up())
	_, err := g.hq.CartNode(t.Context(), "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
