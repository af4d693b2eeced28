package cloudsync_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

const (
	node = "shop-1"
	shop = "hanoi-1"
)

// chain is a shop and HQ, with all the keys between them.
type chain struct {
	net     network
	dir     string
	nodeKey ed25519.PrivateKey
	hqKey   ed25519.PrivateKey
	shop    *sqlite.DB
	hq      *hq.HQ
	hqAt    string           // HQ's database: a file, or an address
	dialer  cloudsync.Dialer // of the shop
	hqDial  func(client string) cloudsync.Dialer
	uplink  *cloudsync.Uplink
	log     *slog.Logger
	silence time.Duration // of HQ that the uplink bears; its default where 0
	now     struct{ shop, hq func() time.Time }
}

var quick = cloudsync.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond}

func newKey(t testing.TB) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func newChain(t testing.TB, n network) *chain {
	c := &chain{net: n, dir: t.TempDir(), nodeKey: newKey(t), hqKey: newKey(t), log: quiet()}
	c.hqAt = filepath.Join(c.dir, "hq.db")
	c.dialer, c.hqDial = n.dialer(node), n.dialer
	c.now.shop, c.now.hq = time.Now, time.Now
	c.open(t)
	return c
}

// open opens both databases, and makes shop and HQ known to each other.
func (c *chain) open(t testing.TB) {
	c.openShop(t)
	t.Cleanup(func() { require.NoError(t, c.shop.Close()) })
	require.NoError(t, c.shop.PutRelease(t.Context(), edgetest.Release(1)))
	c.openHQ(t)
	t.Cleanup(func() { require.NoError(t, c.hq.Close()) })
	c.enrol(t)
}

func (c *chain) enrol(t testing.TB) {
	n := hq.Node{Node: node, Shop: shop, Key: c.nodeKey.Public().(ed25519.PublicKey)}
	require.NoError(t, c.hq.Enrol(t.Context(), n))
}

func (c *chain) openShop(t testing.TB) {
	var err error
	c.shop, err = sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(c.dir, "shop.db"), Node: node, Shop: shop, Till: "T1", Now: c.now.shop,
	})
	require.NoError(t, err)
}

func (c *chain) startUplink(t testing.TB) (stop func()) {
	var err error
	c.uplink, err = cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: node, Key: c.nodeKey, HQ: []ed25519.PublicKey{c.hqKey.Public().(ed25519.PublicKey)},
		Outbox: c.shop, Archive: c.shop, Commands: c.shop, Recall: c.shop, Dialer: c.dialer, Log: c.log,
		Backoff: quick, Resend: 300 * time.Millisecond, Probe: time.Second, Telemetry: time.Second,
		Silence: c.silence,
	})
	require.NoError(t, err)
	return start(t, c.uplink.Run)
}

func (c *chain) openHQ(t testing.TB) {
	var err error
	c.hq, err = hq.Open(t.Context(), hq.Options{
		Path: c.hqAt, Key: c.hqKey, Now: c.now.hq, NewID: uuid.NewString, Log: c.log,
	})
	require.NoError(t, err)
}

// start runs f until the returned function is called, or the test ends.
func start(t testing.TB, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(2 * time.Minute):
			t.Error("does not stop")
		}
	})
	t.Cleanup(stop)
	return stop
}

func (c *chain) collect(t testing.TB, client string) (stop func()) {
	return start(t, hq.NewCollector(hq.CollectorConfig{
		HQ: c.hq, Dialer: c.hqDial(client), Log: c.log, Backoff: quick, Resend: 300 * time.Millisecond,
	}).Run)
}

// confirmed waits until HQ has confirmed all there is.
func (c *chain) confirmed(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, lane := range edge.Lanes() {
			if n, _, err := c.shop.Waiting(t.Context(), lane); err != nil || n > 0 {
				return false
			}
		}
		return true
	}, patience, 10*time.Millisecond, "HQ does not confirm: %+v", c.uplink.Status())
	require.NoError(t, c.hq.Project(t.Context()))
}

// held lists the sales that HQ knows.
func (c *chain) held(t testing.TB) (list []edge.Sale) {
	t.Helper()
	for at, sales := range heldAt(t, c.hq) {
		require.Equal(t, node, at)
		list = sales
	}
	return list
}

// heldAt lists the sales that headquarters knows, of each gateway.
func heldAt(t testing.TB, h *hq.HQ) map[string][]edge.Sale {
	t.Helper()
	held := map[string][]edge.Sale{}
	for after := int64(0); ; {
		sales, err := h.Sales(t.Context(), after, 1000)
		require.NoError(t, err)
		if len(sales) == 0 {
			return held
		}
		for _, s := range sales {
			held[s.Node], after = append(held[s.Node], s.Sale), s.Cursor
		}
	}
}

// settled waits for HQ, and checks that the shop and HQ tell the same story.
func (c *chain) settled(t testing.TB, sold []edge.Sale) {
	t.Helper()
	c.confirmed(t)
	allHeld(t, sold, c.held(t))
	stock, err := c.shop.Stock(t.Context())
	require.NoError(t, err)
	atHQ, err := c.hq.Stock(t.Context(), shop)
	require.NoError(t, err)
	require.Equal(t, stock, atHQ)
	flaws, err := c.hq.Quarantine(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, flaws)
}

// allHeld checks that HQ holds what was sold, no more, and that no two sales
// share a receipt number.
func allHeld(t testing.TB, sold, held []edge.Sale) {
	t.Helper()
	require.ElementsMatch(t, receipts(sold), receipts(held), "0 missing, 0 double")
	require.Empty(t, doubles(held), "receipt numbers that stand for two sales")
}

func receipts(sales []edge.Sale) []string {
	var list []string
	for _, s := range sales {
		list = append(list, s.ID+" "+s.Receipt.String())
	}
	return list
}

// doubles lists the receipt numbers that more than one sale has, in order, once
// for each sale beyond the first.
func doubles(sales []edge.Sale) []string {
	list := []string{}
	seen := map[edge.Receipt]bool{}
	for _, s := range sales {
		if seen[s.Receipt] {
			list = append(list, s.Receipt.String())
		}
		seen[s.Receipt] = true
	}
	slices.Sort(list)
	return list
}
