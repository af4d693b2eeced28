package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

const (
	till  = edge.Writer("gabc")
	phone = edge.Writer("p1")
)

func testCart(t *testing.T, quantity int) *edge.Cart {
	t.Helper()
	c := edge.NewCart(edge.CartID{1}, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	_, err := c.Add(till, edgetest.Lipstick, quantity)
	require.NoError(t, err)
	return c
}

func setQuantity(n int) func(*edge.Cart) error {
	return func(c *edge.Cart) error { return c.SetQuantity(phone, c.Lines[0].ID, n) }
}

func TestPhoneAndShopEditOneCart(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	g.lane = edge.LaneOps
	_, _, err := g.hq.Cart(ctx, edge.CartID{1})
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	// A code brings the cart before the shop's line does.
	opened, err := g.hq.OpenCart(ctx, testCart(t, 2), testNode, false)
	require.NoError(t, err)
	require.Equal(t, testCart(t, 2), opened)
	changed, cancel := g.hq.WatchCart(edge.CartID{1})
	defer cancel()
	c, err := g.hq.ChangeCart(ctx, edge.CartID{1}, phone, setQuantity(5))
	require.NoError(t, err)
	require.Equal(t, 5, c.Lines[0].Quantity())
	require.Len(t, changed, 1)
	<-changed

	g.add(edge.EventCart, "c1", testCart(t, 2))
	g.add(edge.EventCart, "c2", testCart(t, 3)) // the till meanwhile made it three
	g.send(g.batch(1, 2))
	require.NoError(t, g.hq.Project(ctx))
	require.Len(t, changed, 1)
	c, node, err := g.hq.Cart(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, testNode, node)
	require.Equal(t, 6, c.Lines[0].Quantity(), "the phone's three and the till's three")

	again, err := g.hq.OpenCart(ctx, testCart(t, 2), testNode, false)
	require.NoError(t, err)
	require.Equal(t, c, again, "an old code changes nothing")
	require.Empty(t, g.flaws())
	require.NoError(t, g.hq.Rebuild(ctx))
	c, _, err = g.hq.Cart(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, again, c, "the phone's part survives a rebuild")
}

func TestTheShopHearsThatAPhoneOpenedItsCart(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	open := func(onPhone bool) *edge.Cart {
		t.Helper()
		c, err := g.hq.OpenCart(ctx, testCart(t, 1), testNode, onPhone)
		require.NoError(t, err)
		return c
	}
	require.Nil(t, open(false).Opened)
	require.Empty(t, g.pendingNumbers())

	first := g.clock.Now()
	downs, cancel := g.hq.downs.watch(struct{}{})
	defer cancel()
	require.Equal(t, &first, open(true).Opened)
	require.Len(t, downs, 1)
	require.Len(t, g.pendingNumbers(), 1)
	g.clock.Advance(time.Minute)
	require.Equal(t, &first, open(true).Opened)
	require.Len(t, g.pendingNumbers(), 1, "opened again is no news")

	// The shop's own words of the cart neither open it nor forget that it was.
	g.lane = edge.LaneOps
	g.add(edge.EventCart, "c1", testCart(t, 2))
	g.send(g.batch(1, 1))
	require.NoError(t, g.hq.Project(ctx))
	c, _, err := g.hq.Cart(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, 2, c.Lines[0].Quantity())
	require.Equal(t, &first, c.Opened)
	require.Len(t, g.pendingNumbers(), 1)
}

func TestCartsThatAreRefused(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	_, err := g.hq.OpenCart(ctx, testCart(t, 1), testNode, false)
	require.NoError(t, err)
	_, err = g.hq.OpenCart(ctx, testCart(t, 1), "shop-2", false)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "of another gateway: %v", err)
	bad := testCart(t, 1)
	bad.Claim.Holder = "nobody"
	_, err = g.hq.OpenCart(ctx, bad, testNode, false)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
	_, err = g.hq.ChangeCart(ctx, edge.CartID{1}, "No Writer", setQuantity(1))
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
	_, err = g.hq.ChangeCart(ctx, edge.CartID{1}, phone, setQuantity(edge.MaxQuantity+1))
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
	_, err = g.hq.ChangeCart(ctx, edge.CartID{2}, phone, setQuantity(1))
	require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
	list, err := g.hq.pendingDown(ctx, testNode, 0, 10)
	require.NoError(t, err)
	require.Empty(t, list, "what was refused queues nothing")
	c, _, err := g.hq.Cart(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, testCart(t, 1), c)
}

func (g *gateway) confirm(n uint64) (bool, error) {
	g.t.Helper()
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchRsp}
	body, err := (&cloudsync.Confirm{Node: g.node, Down: n}).Encode()
	require.NoError(g.t, err)
	return g.hq.confirmed(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindConfirm, topic.String(), body))
}

// pendingNumbers opens what waits for the gateway and lists each number with
// the one before it.
func (g *gateway) pendingNumbers() [][2]uint64 {
	g.t.Helper()
	list, err := g.hq.pendingDown(g.t.Context(), g.node, 0, 10)
	require.NoError(g.t, err)
	var numbers [][2]uint64
	for _, p := range list {
		env, err := cloudsync.Open(p.message.Payload)
		require.NoError(g.t, err)
		require.NoError(g.t, env.Verify(g.hq.PublicKey(), p.message.Topic))
		d, err := g.codec.DecodeDown(env.Body)
		require.NoError(g.t, err)
		require.Equal(g.t, g.node, d.Node)
		require.Len(g.t, d.Carts, 1)
		numbers = append(numbers, [2]uint64{d.Prev, d.N})
	}
	return numbers
}

func TestDownlinkWaitsUntilConfirmed(t *testing.T) {
	g := newGateway(t)
	_, err := g.hq.OpenCart(t.Context(), testCart(t, 1), testNode, false)
	require.NoError(t, err)
	start := uint64(g.clock.Now().UnixMilli())
	for n := range 3 {
		_, err = g.hq.ChangeCart(t.Context(), edge.CartID{1}, phone, setQuantity(2+n))
		require.NoError(t, err)
	}
	require.Equal(t, [][2]uint64{{0, start}, {start, start + 1}, {start + 1, start + 2}}, g.pendingNumbers())
	waiting, err := g.confirm(start + 1)
	require.NoError(t, err)
	require.True(t, waiting)
	require.Equal(t, [][2]uint64{{start + 1, start + 2}}, g.pendingNumbers())
	waiting, err = g.confirm(start + 2)
	require.NoError(t, err)
	require.False(t, waiting)
	require.Empty(t, g.pendingNumbers())

	waiting, err = g.confirm(0) // the shop was restored from a backup
	require.NoError(t, err)
	require.True(t, waiting)
	require.Len(t, g.pendingNumbers(), 3)

	waiting, err = g.confirm(start + 500) // HQ was
	require.NoError(t, err)
	require.False(t, waiting)
	_, err = g.hq.ChangeCart(t.Context(), edge.CartID{1}, phone, setQuantity(9))
	require.NoError(t, err)
	require.Equal(t, [][2]uint64{{start + 2, start + 501}}, g.pendingNumbers(), "HQ knows none between")

	g.key = newKey(t)
	_, err = g.confirm(start)
	require.Error(t, err, "an unknown key confirms nothing")
	require.Len(t, g.pendingNumbers(), 1)
}

// What a shop has applied is kept for a month, for a shop that is restored.
func TestOldConfirmedMessagesAreForgotten(t *testing.T) {
	const month = 30 * 24 * time.Hour
	g := newGateway(t)
	held := func() (n int) {
		require.NoError(t, g.hq.db.Read.QueryRowContext(t.Context(), "select count(*) from down").Scan(&n))
		return n
	}
	_, err := g.hq.OpenCart(t.Context(), testCart(t, 1), testNode, false)
	require.NoError(t, err)
	change := func(quantity int) uint64 {
		t.Helper()
		_, err := g.hq.ChangeCart(t.Context(), edge.CartID{1}, phone, setQuantity(quantity))
		require.NoError(t, err)
		list := g.pendingNumbers()
		return list[len(list)-1][1]
	}
	first := change(2)
	second := change(3)
	_, err = g.confirm(first)
	require.NoError(t, err)
	require.Equal(t, 2, held(), "fresh")

	g.clock.Advance(month - time.Hour)
	third := change(4)
	g.clock.Advance(2 * time.Hour)
	_, err = g.confirm(first)
	require.NoError(t, err)
	require.Equal(t, 3, held(), "the mark did not move")
	_, err = g.confirm(0)
	require.NoError(t, err)
	_, err = g.confirm(first)
	require.NoError(t, err)
	require.Equal(t, 2, held(), "the first was applied and is old; the second is old and waits")
	require.Equal(t, [][2]uint64{{0, second}, {second, third}}, g.pendingNumbers())
	_, err = g.confirm(third)
	require.NoError(t, err)
	require.Equal(t, 1, held(), "the third is not old")

	waiting, err := g.confirm(0) // restored to before anything that is still held
	require.NoError(t, err)
	require.True(t, waiting)
	require.Equal(t, [][2]uint64{{0, third}}, g.pendingNumbers(), "it waits for nothing that is gone")

	g.clock.Advance(month + time.Hour)
	_, err = g.confirm(third)
	require.NoError(t, err)
	require.Zero(t, held())
	_, err = g.confirm(0)
	require.NoError(t, err)
	g.say("s1", true)
	late, err := g.hq.behind(t.Context())
	require.NoError(t, err)
	require.Empty(t, late, "nothing is left to send")
}

// say delivers what the broker keeps of the gateway: whether a session is on.
func (g *gateway) say(session string, up bool) {
	g.t.Helper()
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchState}
	body, err := (&cloudsync.State{Node: g.node, Session: session, Up: up}).Encode()
	require.NoError(g.t, err)
	require.NoError(g.t, g.hq.heard(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindState, topic.String(), body)))
}

func (g *gateway) shop() Shop {
	g.t.Helper()
	shops, err := g.hq.Shops(g.t.Context())
	require.NoError(g.t, err)
	require.Len(g.t, shops, 1)
	return shops[0]
}

func TestWillOfAnEarlierConnectionChangesNothing(t *testing.T) {
	g := newGateway(t)
	g.send(g.batch(1, 0))
	g.say("s1", true)
	require.True(t, g.shop().Up)
	g.say("s2", true)
	g.say("s1", false)
	require.True(t, g.shop().Up)
	g.say("s2", false)
	require.False(t, g.shop().Up)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchState}
	require.Error(t, g.hq.heard(t.Context(), topic, []byte("forged")))
}

// The broker's word that a connection ended may never come: a shop that says
// nothing is not up, whatever the broker said last.
func TestSilentShopIsDown(t *testing.T) {
	g := newGateway(t)
	g.say("s1", true)
	require.False(t, g.shop().Up, "the broker remembers a session, and nobody was heard")
	g.send(g.batch(1, 0))
	heard := g.clock.Now()
	g.clock.Advance(90*time.Second - time.Millisecond)
	require.True(t, g.shop().Up)
	g.clock.Advance(time.Millisecond)
	require.False(t, g.shop().Up)
	require.Equal(t, heard, g.shop().Since)
	g.say("s1", true) // the broker says it again to a collector that comes back
	require.False(t, g.shop().Up)
	g.clock.Advance(240 * time.Hour)
	require.Equal(t, heard, g.shop().Since)
	g.send(g.batch(1, 0))
	require.True(t, g.shop().Up)
}
