package cloudsync_test

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// ended waits until a command is over and returns how it ended.
func (c *chain) ended(t testing.TB, id string) *hq.Command {
	t.Helper()
	var got *hq.Command
	require.Eventually(t, func() bool {
		var err error
		got, err = c.hq.CommandByID(t.Context(), id)
		require.NoError(t, err)
		return got.Over
	}, 2*time.Minute, 10*time.Millisecond, "command %s is not answered", id)
	return got
}

func (c *chain) command(t testing.TB, op cloudsync.Op, args cloudsync.Args) string {
	t.Helper()
	id, err := c.hq.Command(t.Context(), node, op, args)
	require.NoError(t, err)
	return id
}

// result is a command's result in one piece.
func (c *chain) result(t testing.TB, id string) (all cloudsync.Result) {
	t.Helper()
	parts, err := c.hq.CommandResult(t.Context(), id)
	require.NoError(t, err)
	for _, p := range parts {
		all.Digests = append(all.Digests, p.Digests...)
		all.Marks = append(all.Marks, p.Marks...)
		all.Receipts = append(all.Receipts, p.Receipts...)
		all.Stock = append(all.Stock, p.Stock...)
		all.Carts = append(all.Carts, p.Carts...)
		if p.Diagnostics != nil {
			all.Diagnostics = p.Diagnostics
		}
	}
	return all
}

func TestCommandsOverABroker(t *testing.T) {
	for name, make := range networks() {
		t.Run(name, func(t *testing.T) {
			c := newChain(t, make(t))
			c.net.start(t)
			var sold []edge.Sale
			for range 30 {
				sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
			}
			cart := edgetest.FillCart(t, c.shop, edgetest.Lipstick, 2)
			queued := c.command(t, cloudsync.OpDiagnostics, cloudsync.Args{}) // before the shop is there
			c.collect(t, "hq-1")
			c.collect(t, "hq-2")
			c.startUplink(t)

			d := c.ended(t, queued)
			require.Equal(t, cloudsync.CmdDone, d.Status, d.Message)
			diagnosis := c.result(t, queued).Diagnostics
			require.Equal(t, c.shop.Epoch(), diagnosis.Epoch)
			require.Less(t, max(diagnosis.ClockOffset, -diagnosis.ClockOffset), int64(1000))
			require.Len(t, diagnosis.Sample.Lanes, 2)
			c.settled(t, sold)

			id := c.command(t, cloudsync.OpSnapshot, cloudsync.Args{})
			require.Equal(t, cloudsync.CmdDone, c.ended(t, id).Status)
			snapshot := c.result(t, id)
			require.Equal(t, []edge.Receipt{sold[len(sold)-1].Receipt}, []edge.Receipt(snapshot.Receipts))
			stock := map[edge.SKU]int64{}
			for _, s := range snapshot.Stock {
				stock[s.SKU] = s.Quantity
			}
			atHQ, err := c.hq.Stock(t.Context(), shop)
			require.NoError(t, err)
			require.Equal(t, atHQ, stock)
			require.Len(t, snapshot.Carts, 1)
			require.Equal(t, cart.ID, snapshot.Carts[0].ID)
			require.Len(t, snapshot.Marks, 2)
			require.EqualValues(t, 31, snapshot.Marks[0].Head)

			id = c.command(t, cloudsync.OpDigest, cloudsync.Args{Lane: edge.LaneSale})
			require.Equal(t, cloudsync.CmdDone, c.ended(t, id).Status)
			require.Len(t, c.result(t, id).Digests, 1)
			differing, err := c.hq.CompareDigests(t.Context(), id)
			require.NoError(t, err)
			require.Empty(t, differing)

			again := c.command(t, cloudsync.OpRange, cloudsync.Args{Lane: edge.LaneSale, From: 5, To: 20})
			end := c.ended(t, again)
			require.Equal(t, cloudsync.CmdDone, end.Status, end.Message)
			require.EqualValues(t, 16, end.Done)
			require.EqualValues(t, 16, end.Total)
			c.settled(t, sold)

			none := c.ended(t, c.command(t, cloudsync.OpRange, cloudsync.Args{Lane: edge.LaneSale, From: 500}))
			require.Equal(t, cloudsync.CmdRefused, none.Status)
			require.Contains(t, none.Message, "ends at event 31")
			none = c.ended(t, c.command(t, cloudsync.OpDigest, cloudsync.Args{Lane: edge.LaneOps, Epoch: "another"}))
			require.Equal(t, cloudsync.CmdRefused, none.Status)
		})
	}
}

// An HQ that has lost its ledger gets an epoch that ended long ago back by
// command alone.
func TestEarlierEpochIsSentAgainByCommand(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	c.net.start(t)
	first := c.shop.Epoch()
	var sold []edge.Sale
	for range 220 {
		sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
	}
	head, _, err := c.shop.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	stop := c.collect(t, "hq-1")
	stopShop := c.startUplink(t)
	c.settled(t, sold)
	stopShop()
	_, err = c.shop.OpenEpoch(t.Context(), map[edge.Lane]uint64{edge.LaneSale: head, edge.LaneOps: 1000}, 0)
	require.NoError(t, err)
	stop()
	require.NoError(t, c.hq.Close())

	c.hqAt = filepath.Join(c.dir, "new.db")
	c.openHQ(t)
	c.enrol(t)
	c.collect(t, "hq-1")
	sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
	c.startUplink(t)
	c.confirmed(t)
	end := c.ended(t, c.command(t, cloudsync.OpResendFrom, cloudsync.Args{Epoch: first, Lane: edge.LaneSale, From: 1}))
	require.Equal(t, cloudsync.CmdDone, end.Status, end.Message)
	require.Equal(t, head, end.Done)
	require.NoError(t, c.hq.Project(t.Context()))
	allHeld(t, sold, c.held(t))
}

// order is a command as HQ would publish it.
func (b *bench) order(c cloudsync.Cmd) cloudsync.Message {
	body, err := c.Encode()
	require.NoError(b.t, err)
	topic := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchCmd}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(b.hqKey, cloudsync.KindCmd, topic, body)}
}

// answers lists what the shop answered to a command.
func (b *bench) answers(id string) (list []cloudsync.Rsp) {
	codec, err := cloudsync.NewCodec()
	require.NoError(b.t, err)
	for _, m := range b.hub.published(cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchRsp}.String()) {
		env, err := cloudsync.Open(m.Payload)
		require.NoError(b.t, err)
		if env.Kind != cloudsync.KindRsp {
			continue
		}
		r, err := codec.DecodeRsp(env.Body)
		require.NoError(b.t, err)
		if r.ID == id {
			list = append(list, *r)
		}
	}
	return list
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// commanded runs test with a shop that does commands, in a bubble. The log is
// what was written down.
func commanded(t *testing.T, test func(t *testing.T, b *bench, log *strings.Builder)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.confirmed()
		b.halt()
		log := &strings.Builder{}
		m := newMemory(b.shop)
		b.startCollector()
		synctest.Wait()
		b.uplink = b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) {
			c.Archive, c.Commands = m, m
			c.Log = slog.New(slog.NewTextHandler(log, nil))
		})
		b.run(b.uplink.Run)
		time.Sleep(time.Second)
		test(t, b, log)
		b.halt()
	})
}

func TestCommandIsDoneOnceHoweverOftenItComes(t *testing.T) {
	commanded(t, func(t *testing.T, b *bench, _ *strings.Builder) {
		up := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchUp, Lane: edge.LaneSale}.String()
		b.sell(10)
		b.confirmed()
		before := len(b.hub.published(up))
		c := cloudsync.Cmd{
			ID: newID(), Node: memoryNode, Op: cloudsync.OpRange, Exp: time.Now().Add(time.Minute),
			Args: cloudsync.Args{Lane: edge.LaneSale, From: 1, To: 8},
		}
		for range 5 {
			b.hub.inject(b.order(c))
		}
		time.Sleep(time.Second)
		require.Len(t, b.hub.published(up), before+1, "one batch holds all eight")
		for range 5 {
			b.hub.inject(b.order(c))
			time.Sleep(time.Second)
		}
		require.Len(t, b.hub.published(up), before+1)
		answers := b.answers(c.ID)
		last := answers[len(answers)-1]
		require.Equal(t, cloudsync.CmdDone, last.Status)
		require.EqualValues(t, 8, last.Done)
		require.GreaterOrEqual(t, len(answers), 6, "it is answered every time")

		c.Args.To = 9
		b.hub.inject(b.order(c))
		time.Sleep(time.Second)
		answers = b.answers(c.ID)
		require.Equal(t, cloudsync.CmdRefused, answers[len(answers)-1].Status, "the same id with another content")
	})
}

func TestCommandsThatAreRefusedAreWrittenDown(t *testing.T) {
	commanded(t, func(t *testing.T, b *bench, log *strings.Builder) {
		good := cloudsync.Cmd{ID: newID(), Node: memoryNode, Op: cloudsync.OpDiagnostics, Exp: time.Now().Add(time.Hour)}
		foreign, expired, senseless := good, good, good
		foreign.ID, foreign.Node = newID(), "shop-2"
		expired.ID, expired.Exp = newID(), time.Now().Add(-time.Second)
		senseless.ID, senseless.Args.From = newID(), 7
		forged := b.order(good)
		forged.Payload[len(forged.Payload)-2] ^= 1
		for _, m := range []cloudsync.Message{forged, b.order(foreign), b.order(expired), b.order(senseless)} {
			b.hub.inject(m)
		}
		time.Sleep(time.Second)
		require.Empty(t, b.answers(good.ID))
		require.Empty(t, b.answers(foreign.ID))
		for _, c := range []cloudsync.Cmd{expired, senseless} {
			require.Len(t, b.answers(c.ID), 1)
			require.Equal(t, cloudsync.CmdRefused, b.answers(c.ID)[0].Status)
		}
		require.Equal(t, 4, strings.Count(log.String(), "audit=true"), "%s", log)
		for _, why := range []string{"the signature does not fit", "another node", "it expired at", "takes no epoch"} {
			require.Contains(t, log.String(), why)
		}
	})
}

// What has expired is told by HQ's clock: a shop whose own is wrong by a day
// does what it is asked, and forgets no command too early.
func TestExpiryIsByHQsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.confirmed()
		b.halt()
		day := 24 * time.Hour
		b.hqNow = func() time.Time { return time.Now().Add(day) }
		b.hq = b.openHQ()
		b.enrol()
		m := newMemory(b.shop)
		b.startCollector()
		synctest.Wait()
		b.uplink = b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) { c.Archive, c.Commands = m, m })
		b.run(b.uplink.Run)
		time.Sleep(time.Second)
		alive := cloudsync.Cmd{ID: newID(), Node: memoryNode, Op: cloudsync.OpDiagnostics, Exp: time.Now().Add(day + time.Minute)}
		gone := alive
		gone.ID, gone.Exp = newID(), time.Now().Add(day-time.Minute)
		b.hub.inject(b.order(alive))
		b.hub.inject(b.order(gone))
		time.Sleep(time.Second)
		// On a line that keeps no order "accepted" may arrive after it.
		done := func(a cloudsync.Rsp) bool { return a.Status == cloudsync.CmdDone }
		require.True(t, slices.ContainsFunc(b.answers(alive.ID), done))
		require.Equal(t, cloudsync.CmdRefused, b.answers(gone.ID)[0].Status)
		b.halt()
	})
}

func TestCommandsOnABadLine(t *testing.T) {
	commanded(t, func(t *testing.T, b *bench, _ *strings.Builder) {
		sold := b.sell(900)
		b.hub.faults(0.3, 0.3, 0.5)
		var ids []string
		ask := func(op cloudsync.Op, args cloudsync.Args) {
			id, err := b.hq.Command(t.Context(), memoryNode, op, args)
			require.NoError(t, err)
			ids = append(ids, id)
		}
		ask(cloudsync.OpRange, cloudsync.Args{Lane: edge.LaneSale, From: 1})
		ask(cloudsync.OpDigest, cloudsync.Args{Lane: edge.LaneOps})
		ask(cloudsync.OpSnapshot, cloudsync.Args{})
		for range 5 {
			time.Sleep(700 * time.Millisecond)
			b.hub.cut()
			sold = append(sold, b.sell(10)...)
			b.hub.mend()
		}
		require.Eventually(t, func() bool {
			for _, id := range ids {
				c, err := b.hq.CommandByID(t.Context(), id)
				require.NoError(t, err)
				if !c.Over {
					return false
				}
				require.Equal(t, cloudsync.CmdDone, c.Status, c.Message)
			}
			return true
		}, time.Hour, time.Second)
		b.hub.faults(0, 0, 0)
		b.confirmed()
		allHeld(t, sold, b.held())
		require.Empty(t, b.flaws())
	})
}

// A command waits for the sales: while any is not confirmed, nothing of it is
// sent, as long as that does not last.
func TestCommandLetsSalesGoFirst(t *testing.T) {
	commanded(t, func(t *testing.T, b *bench, _ *strings.Builder) {
		b.sell(50)
		b.confirmed()
		b.hub.lose(func(m cloudsync.Message) bool { return strings.Contains(m.Topic, "/up/sale") })
		b.sell(1)
		synctest.Wait() // what belongs to the sale is on its way
		begun := time.Now()
		c := cloudsync.Cmd{
			ID: newID(), Node: memoryNode, Op: cloudsync.OpRange, Exp: time.Now().Add(time.Hour),
			Args: cloudsync.Args{Lane: edge.LaneOps, From: 1, To: 10},
		}
		ops := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchUp, Lane: edge.LaneOps}.String()
		before := len(b.hub.published(ops))
		b.hub.inject(b.order(c))
		time.Sleep(4 * time.Second)
		sent := len(b.hub.published(ops)) - before
		require.Zero(t, sent, "the sale is not confirmed")
		time.Sleep(4 * time.Second)
		require.Greater(t, len(b.hub.published(ops))-before, sent, "but it comes to its turn: %s", time.Since(begun))
		b.hub.lose(nil)
		b.confirmed()
	})
}

func TestCommandsNeedAnArchiveAndAMemory(t *testing.T) {
	m := newMemory(edgetest.NewMemory(time.Now))
	_, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: node, Key: newKey(t), Outbox: m, Dialer: newHub(1), Log: quiet(), Archive: m,
	})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
