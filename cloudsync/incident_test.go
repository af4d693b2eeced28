package cloudsync_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A shop whose database was put back to an older backup numbers its events as
// HQ knows others. It finds the last common one, opens a new epoch with a new
// receipt series, and what was sold before and after the backup arrives.
//
// Receipt numbers are made at the till alone, so a till that was put back gives
// out again the numbers it gave out after the backup, until the line tells it.
// These are the only doubles: their sales all arrive, and in the new
// series every number is one sale's. (The same backup put back once more would
// open that series once more.)
func TestShopRestoredFromABackup(t *testing.T) {
	for _, after := range []int{0, 3, 10, 30} { // sales after the restore: below, at, and above HQ's mark
		t.Run(fmt.Sprintf("%d sales later", after), func(t *testing.T) {
			c := newChain(t, newEmbedded(t))
			c.net.start(t)
			c.collect(t, "hq-1")
			stop := c.startUplink(t)
			var sold []edge.Sale
			sell := func(n int) {
				for range n {
					sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
				}
			}
			path := filepath.Join(c.dir, "shop.db")
			sell(10)
			c.settled(t, sold)
			stop()
			require.NoError(t, c.shop.Close())
			backup, err := os.ReadFile(path)
			require.NoError(t, err)
			c.openShop(t)
			stop = c.startUplink(t)
			sell(10)
			c.settled(t, sold)
			stop()
			require.NoError(t, c.shop.Close())

			require.NoError(t, os.WriteFile(path, backup, 0o600))
			c.openShop(t)
			epoch := c.shop.Epoch()
			sell(after)
			c.startUplink(t)
			require.Eventually(t, func() bool { return c.shop.Epoch() != epoch }, 2*time.Minute, 10*time.Millisecond)
			sell(5)
			require.Greater(t, sold[len(sold)-1].Receipt.Series, uint32(1), "a new receipt series")
			c.confirmed(t)
			held := c.held(t)
			require.ElementsMatch(t, receipts(sold), receipts(held), "0 missing, 0 double")
			again := []string{}
			for n := range min(after, 10) { // of the ten sales that the backup lacks
				again = append(again, edge.Receipt{Till: "T1", Series: 1, Counter: uint64(11 + n)}.String())
			}
			require.Equal(t, again, doubles(held), "given out twice before the line was back, and no other")
		})
	}
}

func TestPhonesChangesReachTheShopOnABadLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const phone = edge.Writer("p1")
		b := newBench(t, 7)
		cart := edgetest.FillCart(t, b.shop, edgetest.Lipstick, 1)
		b.confirmed()
		b.hub.faults(0.3, 0.3, 0.5)
		line := cart.Lines[0].ID
		for n := 2; n <= 60; n++ {
			_, err := b.hq.ChangeCart(t.Context(), cart.ID, phone, func(c *edge.Cart) error { return c.SetQuantity(phone, line, n) })
			require.NoError(t, err)
			if n%20 == 0 {
				b.hub.cut()
				_, err = b.shop.ChangeCart(t.Context(), cart.ID, func(c *edge.Cart, w edge.Writer) error {
					_, err := c.Add(w, edgetest.Glasses, 1)
					return err
				})
				require.NoError(t, err)
				b.hub.mend()
			}
		}
		require.Eventually(t, func() bool {
			require.NoError(t, b.hq.Project(t.Context()))
			shops, err := b.hq.Shops(t.Context())
			require.NoError(t, err)
			here, err := b.shop.Cart(t.Context(), cart.ID)
			require.NoError(t, err)
			there, _, err := b.hq.Cart(t.Context(), cart.ID)
			require.NoError(t, err)
			want := []int{60, 3}
			return shops[0].Waiting == 0 && slices.Equal(quantities(here), want) && slices.Equal(quantities(there), want)
		}, time.Hour, time.Second)
		b.halt()
	})
}

// HQ goes by what it hears of a shop, not only by the shop's word that it is
// there, which gets lost like any other.
func TestPhonesChangeReachesAShopWhoseGreetingWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const phone = edge.Writer("p1")
		b := newBench(t, 1)
		cart := edgetest.FillCart(t, b.shop, edgetest.Lipstick, 1)
		b.confirmed()
		b.hub.cut()
		_, err := b.hq.ChangeCart(t.Context(), cart.ID, phone, func(c *edge.Cart) error {
			return c.SetQuantity(phone, cart.Lines[0].ID, 4)
		})
		require.NoError(t, err)
		b.hub.lose(func(m cloudsync.Message) bool {
			topic, err := cloudsync.ParseTopic(m.Topic)
			return err == nil && topic.Branch == cloudsync.BranchState
		})
		b.hub.mend()
		require.Eventually(t, func() bool {
			here, err := b.shop.Cart(t.Context(), cart.ID)
			require.NoError(t, err)
			return slices.Equal(quantities(here), []int{4})
		}, 3*cloudsync.ProbeEvery, time.Second)
		b.halt()
	})
}

func quantities(c *edge.Cart) (list []int) {
	for i := range c.Lines {
		list = append(list, c.Lines[i].Quantity())
	}
	return list
}

func TestForgedMessagesChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.sell(3)
		b.confirmed()
		b.hub.faults(1, 0, 0) // from here on only the forger is heard
		b.sell(2)
		stranger := newKey(t)
		topic := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchAck, Lane: edge.LaneSale}.String()
		real := b.hub.published(topic)
		env, err := cloudsync.Open(real[len(real)-1].Payload)
		require.NoError(t, err)
		ack, err := cloudsync.DecodeAck(env.Body)
		require.NoError(t, err)
		ack.Mark = 6 // HQ's own words but for this
		ack.Hash, err = b.shop.HashAt(t.Context(), edge.LaneSale, ack.Mark)
		require.NoError(t, err)
		body, err := ack.Encode()
		require.NoError(t, err)
		for _, m := range []cloudsync.Message{
			{Topic: topic, Payload: cloudsync.Seal(stranger, cloudsync.KindAck, topic, body)},
			{Topic: topic, Payload: cloudsync.Seal(b.nodeKey, cloudsync.KindAck, topic, body)},
			{Topic: topic, Payload: cloudsync.Seal(b.hqKey, cloudsync.KindAck, "v1/00/other/ack/sale", body)},
			{Topic: topic, Payload: []byte("noise")},
			{Topic: "not/a/topic"},
		} {
			b.hub.inject(m)
		}
		for _, old := range real { // HQ's own acks, again
			b.hub.inject(old)
		}
		synctest.Wait()
		mark, err := b.shop.Mark(t.Context(), edge.LaneSale)
		require.NoError(t, err)
		require.EqualValues(t, 4, mark)
		b.hub.faults(0, 0, 0)
		b.confirmed()
		require.Len(t, b.held(), 5)
		b.halt()
	})
}

// What an earlier incarnation of HQ confirmed may be lost there: its acks,
// replayed, confirm nothing.
func TestAckOfAnEarlierIncarnationConfirmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.sell(3)
		b.confirmed()
		b.halt()
		topic := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchAck, Lane: edge.LaneSale}.String()
		old := b.hub.published(topic)
		require.NotEmpty(t, old)

		b.hq = b.openHQ() // restored, empty, and batches do not reach it
		b.enrol()
		b.hub.lose(func(m cloudsync.Message) bool { return len(m.Payload) > 500 })
		b.startCollector()
		synctest.Wait() // it listens: a question that nobody hears is asked again only later
		b.startUplink(b.outbox)
		time.Sleep(time.Second)
		for range 10 {
			for _, m := range old {
				b.hub.inject(m)
			}
			time.Sleep(time.Second)
			mark, err := b.shop.Mark(t.Context(), edge.LaneSale)
			require.NoError(t, err)
			require.Zero(t, mark)
		}
		b.hub.lose(nil)
		b.confirmed()
		require.Len(t, b.held(), 3)
		b.halt()
	})
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	good := cloudsync.UplinkConfig{Node: node, Key: newKey(t), Outbox: edgetest.NewMemory(time.Now), Dialer: newHub(1), Log: quiet()}
	_, err := cloudsync.NewUplink(good)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "without HQ's key: %v", err)
	good.HQ = append(good.HQ, []byte("short"))
	_, err = cloudsync.NewUplink(good)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
	good.Node = "No Node"
	_, err = cloudsync.NewUplink(good)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
}
