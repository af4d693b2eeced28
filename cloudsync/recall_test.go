package cloudsync_test

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// takenBack waits until the shop knows all sales again, each once and confirmed,
// and has the stock that HQ counts.
func (s *seller) takenBack(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.confirmed(t)
		sales, err := s.shop.Sales(t.Context(), 10000)
		require.NoError(t, err)
		stock, err := s.shop.Stock(t.Context())
		require.NoError(t, err)
		atHQ, err := s.hq.Stock(t.Context(), shop)
		require.NoError(t, err)
		return len(sales) >= len(s.sold) && stock[edgetest.Lipstick] == atHQ[edgetest.Lipstick]
	}, 2*time.Minute, 20*time.Millisecond, "HQ's sales do not come back")
	sales, err := s.shop.Sales(t.Context(), 10000)
	require.NoError(t, err)
	known := make([]edge.Sale, len(sales))
	for i := range sales {
		require.True(t, sales[i].Confirmed, "receipt %s", sales[i].Receipt)
		known[i] = sales[i].Sale
	}
	allHeld(t, s.sold, known)
}

// The shop's disk is lost. What HQ holds of its past comes back, under its old
// numbers; nothing of it arrives at HQ again, whatever becomes of the line.
func TestLostPastComesBack(t *testing.T) {
	for name, tc := range map[string]struct {
		backup bool
		lossy  bool
	}{"backup": {backup: true}, "no backup": {}, "a line that loses and repeats": {backup: true, lossy: true}} {
		t.Run(name, func(t *testing.T) {
			line := newHub(7)
			c := seller{chain: newChain(t, inMemory{line})}
			c.collect(t, "hq-1")
			opt := sqlite.Options{
				Path: filepath.Join(c.dir, "witnessed.db"), Node: node, Shop: shop, Till: "T1",
				Witness: filepath.Join(c.dir, "witness"),
			}
			open := func() {
				t.Helper()
				var err error
				require.NoError(t, c.shop.Close())
				c.shop, err = sqlite.Open(t.Context(), opt)
				require.NoError(t, err)
				require.NoError(t, c.shop.PutRelease(t.Context(), edgetest.Release(1)))
			}
			open()
			stop := c.startUplink(t)
			backup := filepath.Join(c.dir, "backup.db")
			c.sell(t, 20)
			c.settled(t, c.sold)
			require.NoError(t, sqlite.Backup(t.Context(), opt.Path, backup))
			c.sell(t, 130)
			c.settled(t, c.sold)
			_, err := c.shop.OpenEpoch(t.Context(), nil, 0) // and the backup knows nothing of it
			require.NoError(t, err)
			c.sell(t, 10)
			c.settled(t, c.sold)
			stop()

			require.NoError(t, c.shop.Close())
			require.NoError(t, os.Remove(opt.Path))
			if tc.backup {
				_, err := sqlite.Restore(t.Context(), opt, backup)
				require.NoError(t, err)
			}
			if tc.lossy {
				line.faults(0.2, 0.2, 0.2)
			}
			open()
			require.EqualValues(t, 3, c.shop.Series())
			c.sell(t, 5) // before the line is up
			stop = c.startUplink(t)
			c.takenBack(t)
			c.sell(t, 5)
			c.takenBack(t)
			line.faults(0, 0, 0)
			c.settled(t, c.sold)
			stop()
			waiting, _, err := c.shop.Waiting(t.Context(), edge.LaneSale)
			require.NoError(t, err)
			require.Zero(t, waiting)
		})
	}
}

// The disk is lost with all that lay beside the database, or another machine takes
// the gateway's place: it begins as if it had never been. It goes on in another
// series, whether it hears HQ before its first sale or not, and knows its past
// again.
func TestGatewayThatLostEverythingGoesOnInAnotherSeries(t *testing.T) {
	for name, before := range map[string]int{"HQ is heard first": 0, "sales come first": 7} {
		t.Run(name, func(t *testing.T) {
			c := seller{chain: newChain(t, inMemory{newHub(8)})}
			c.collect(t, "hq-1")
			stop := c.startUplink(t)
			c.sell(t, 60)
			c.settled(t, c.sold)
			stop()
			require.NoError(t, c.shop.Close())
			var err error
			c.shop, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(c.dir, "new.db"), Node: node, Shop: shop, Till: "T1", Line: true})
			require.NoError(t, err)
			require.NoError(t, c.shop.PutRelease(t.Context(), edgetest.Release(1)))
			require.EqualValues(t, 1, c.shop.Series())
			c.sell(t, before)
			c.startUplink(t)
			require.Eventually(t, func() bool { return c.shop.Series() > 1 }, 2*time.Minute, 10*time.Millisecond)
			c.sell(t, 5)
			c.takenBack(t)
			series := c.shop.Series()
			c.sell(t, 5)
			c.takenBack(t)
			c.settled(t, c.sold)
			require.Equal(t, series, c.shop.Series(), "once is enough")
			numbers := map[string]bool{}
			for i := range c.sold {
				numbers[c.sold[i].Receipt.String()] = true
			}
			require.Len(t, numbers, len(c.sold), "a number was given out twice")
		})
	}
}

// A machine is shut out and sells on, and another takes its place. What was set aside
// reaches that one when somebody has let it count, though it was asked for before.
func TestWhatIsLetCountReachesTheNextMachine(t *testing.T) {
	c := seller{chain: newChain(t, inMemory{newHub(8)})}
	c.collect(t, "hq-1")
	stop := c.startUplink(t)
	c.sell(t, 3)
	c.settled(t, c.sold)
	require.NoError(t, c.hq.RevokeDevice(t.Context(), node))
	c.sell(t, 2)
	c.confirmed(t)
	stop()
	require.NoError(t, c.shop.Close())

	c.nodeKey = newKey(t)
	c.enrol(t)
	var err error
	c.shop, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(c.dir, "new.db"), Node: node, Shop: shop, Till: "T1", Line: true})
	require.NoError(t, err)
	require.NoError(t, c.shop.PutRelease(t.Context(), edgetest.Release(1)))
	learns := func() (knows int) {
		past := &asking{Recall: c.shop}
		u, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
			Node: node, Key: c.nodeKey, HQ: []ed25519.PublicKey{c.hqKey.Public().(ed25519.PublicKey)},
			Outbox: c.shop, Recall: past, Dialer: c.dialer, Log: c.log, Backoff: quick, Resend: 300 * time.Millisecond, Probe: time.Second,
		})
		require.NoError(t, err)
		defer start(t, u.Run)()
		require.Eventually(t, func() bool { return past.times.Load() > 0 }, 2*time.Minute, 10*time.Millisecond)
		sales, err := c.shop.Sales(t.Context(), 100)
		require.NoError(t, err)
		return len(sales)
	}
	require.Equal(t, 3, learns())
	require.Equal(t, 3, learns(), "however often it asks")

	n, err := c.hq.AcceptRevoked(t.Context(), node)
	require.NoError(t, err)
	require.Positive(t, n)
	require.Equal(t, 5, learns())
	require.Equal(t, 5, learns())
}

// asking counts how often a shop has asked for its past, to the end of it.
type asking struct {
	edge.Recall
	times atomic.Int64
}

// TakenBack implements edge.Recall.
func (a *asking) TakenBack(ctx context.Context, epoch string) error {
	defer a.times.Add(1)
	return a.Recall.TakenBack(ctx, epoch)
}

// complete is the past of a shop that lacks nothing.
type complete struct{ edge.Recall }

func (complete) Recalled(context.Context) ([]edge.LaneMark, error) { return nil, nil }
func (complete) TakenBack(context.Context, string) error           { return nil }

// More may count at HQ while the line stands.
func TestThePastIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.startCollector()
		past := &asking{Recall: complete{}}
		b.run(b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) { c.Recall = past }).Run)
		time.Sleep(25 * time.Minute)
		require.EqualValues(t, 3, past.times.Load())
		b.halt()
	})
}

// inMemory is a hub as a network.
type inMemory struct{ *hub }

func (n inMemory) dialer(string) cloudsync.Dialer { return n.hub }
func (inMemory) addr() string                     { return "" }
func (inMemory) start(testing.TB)                 {}
func (inMemory) kill(testing.TB)                  {}

// What a phone paid becomes one sale, though the shop makes it, loses its disk,
// and is told again by all that HQ keeps for such a shop; lost before HQ heard of
// the sale, it is made anew.
func TestWhatAPhonePaidIsSoldOnceWhateverIsRestored(t *testing.T) {
	for name, heard := range map[string]bool{"HQ has the sale": true, "HQ never heard of the sale": false} {
		t.Run(name, func(t *testing.T) {
			c := seller{chain: newChain(t, inMemory{newHub(9)})}
			c.collect(t, "hq-1")
			stop := c.startUplink(t)
			c.sell(t, 3)
			c.settled(t, c.sold)
			backup := filepath.Join(c.dir, "backup.db")
			require.NoError(t, sqlite.Backup(t.Context(), filepath.Join(c.dir, "shop.db"), backup))
			cart := edgetest.FillCart(t, c.shop, edgetest.Lipstick, 2)
			word := edgetest.PaidByPhone(t, "bank-0001", cart.ID, time.Now(), false)
			sale := func() *edge.Sale {
				t.Helper()
				var h *edge.SaleHistory
				require.Eventually(t, func() bool {
					var err error
					h, err = c.shop.Sale(t.Context(), edge.SaleRef{ID: "bank-0001"})
					return err == nil
				}, patience, 10*time.Millisecond, "the shop makes no sale of what the phone paid")
				return &h.Sale
			}
			var first *edge.Sale
			if heard {
				require.NoError(t, c.hq.SendRecord(t.Context(), node, word))
				first = sale()
				c.sold = append(c.sold, *first)
				c.sell(t, 2)
				c.settled(t, c.sold)
				stop()
			} else {
				stop()
				n, err := c.shop.Applied(t.Context())
				require.NoError(t, err)
				require.NoError(t, c.shop.Apply(t.Context(), n+1, edge.Delivery{Records: []edge.Record{word}}))
				first = sale()
				require.NoError(t, c.hq.SendRecord(t.Context(), node, word))
			}

			require.NoError(t, c.shop.Close())
			require.NoError(t, os.Remove(filepath.Join(c.dir, "shop.db")))
			_, err := sqlite.Restore(t.Context(), sqlite.Options{Path: filepath.Join(c.dir, "shop.db"), Node: node, Shop: shop, Till: "T1"}, backup)
			require.NoError(t, err)
			c.openShop(t)
			require.EqualValues(t, 2, c.shop.Series())
			_, err = c.shop.Sale(t.Context(), edge.SaleRef{ID: "bank-0001"})
			require.Equal(t, edge.NotFound, edge.KindOf(err))
			c.startUplink(t)
			again := sale()
			if heard {
				require.Equal(t, first.Receipt, again.Receipt, "under its old number")
			} else {
				require.EqualValues(t, 2, again.Receipt.Series)
				c.sold = append(c.sold, *again)
			}
			c.sell(t, 2)
			c.takenBack(t)
			c.settled(t, c.sold)
			sales, err := c.shop.Sales(t.Context(), 100)
			require.NoError(t, err)
			require.Len(t, sales, len(c.sold))
		})
	}
}
