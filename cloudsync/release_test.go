package cloudsync_test

import (
	"context"
	"crypto/ed25519"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// business is an HQ with a broker and a collector, and a clock that all share.
type business struct {
	clock  *edgetest.Clock
	addr   string
	hq     *hq.HQ
	assets *httptest.Server
}

func newBusiness(t *testing.T, nodes ...string) *business {
	b := &business{clock: edgetest.NewClock(), addr: freeAddr(t)}
	var err error
	b.hq, err = hq.Open(t.Context(), hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: newKey(t), Now: b.clock.Now, NewID: uuid.NewString, Log: quiet(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.hq.Close()) })
	b.assets = httptest.NewServer(b.hq.Assets())
	t.Cleanup(b.assets.Close)
	users := []broker.User{{Name: "hq-1", Password: password, HQ: true}, {Name: "thief", Password: password, HQ: true}}
	for _, n := range nodes {
		users = append(users, broker.User{Name: n, Password: password})
	}
	mq, err := broker.Listen(b.addr, broker.Options{Users: users, Log: quiet()})
	require.NoError(t, err)
	start(t, mq.Run)
	start(t, hq.NewCollector(hq.CollectorConfig{
		HQ: b.hq, Dialer: dial(b.addr, "hq-1"), Log: quiet(), Backoff: quick, Resend: 200 * time.Millisecond, Stock: 100 * time.Millisecond,
	}).Run)
	return b
}

// branch is a shop of a business.
type branch struct {
	*business
	node, dir string
	key       ed25519.PrivateKey
	db        *sqlite.DB
	applied   *appliedOnce
	stop      func()
}

// appliedOnce counts how often each message took effect.
type appliedOnce struct {
	*sqlite.DB
	wake func()
	mu   sync.Mutex
	n    map[uint64]int
}

func (a *appliedOnce) Apply(ctx context.Context, n uint64, d edge.Delivery) error {
	before, err := a.Applied(ctx)
	if err != nil {
		return err
	}
	if err := a.DB.Apply(ctx, n, d); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > before {
		a.n[n]++
	}
	a.wake()
	return nil
}

func (b *business) branch(t *testing.T, name string) *branch {
	s := &branch{business: b, node: name, dir: t.TempDir(), key: newKey(t)}
	require.NoError(t, b.hq.Enrol(t.Context(), hq.Node{Node: name, Shop: "shop-of-" + name, Key: s.key.Public().(ed25519.PublicKey)}))
	s.open(t)
	require.NoError(t, s.db.PutRelease(t.Context(), edgetest.Release(1)))
	t.Cleanup(func() { require.NoError(t, s.db.Close()) })
	return s
}

func (s *branch) file() string { return filepath.Join(s.dir, "shop.db") }

func (s *branch) open(t *testing.T) {
	var err error
	s.db, err = sqlite.Open(t.Context(), sqlite.Options{Path: s.file(), Node: s.node, Shop: "shop-of-" + s.node, Till: "T1", Now: s.clock.Now})
	require.NoError(t, err)
}

// connect runs line and fetcher.
func (s *branch) connect(t *testing.T) {
	keys := []ed25519.PublicKey{s.hq.PublicKey()}
	fetcher, err := release.New(release.Config{
		Store: s.db, Folder: filepath.Join(s.dir, "assets"), Base: s.assets.URL, Keys: keys, Log: quiet(), Now: s.clock.Now, Retry: 10 * time.Millisecond,
	})
	require.NoError(t, err)
	s.applied = &appliedOnce{DB: s.db, wake: fetcher.Wake, n: map[uint64]int{}}
	uplink, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: s.node, Key: s.key, HQ: keys, Outbox: s.applied, Archive: s.db, Commands: s.db, Dialer: dial(s.addr, s.node), Log: quiet(),
		Backoff: quick, Resend: 300 * time.Millisecond, Probe: time.Second,
	})
	require.NoError(t, err)
	stopLine, stopFetcher := start(t, uplink.Run), start(t, fetcher.Run)
	s.stop = func() {
		stopLine()
		stopFetcher()
	}
}

// price is that of the lipstick now.
func (s *branch) price(t *testing.T) int64 {
	r, err := s.db.Release(t.Context())
	require.NoError(t, err)
	v, ok := r.Variant(edgetest.Lipstick)
	require.True(t, ok)
	return v.Price.Amount
}

func (s *branch) reaches(t *testing.T, price int64) {
	t.Helper()
	require.Eventually(t, func() bool { return s.price(t) == price }, 2*time.Minute, 5*time.Millisecond, "%s has %d, not %d", s.node, s.price(t), price)
	s.applied.mu.Lock()
	defer s.applied.mu.Unlock()
	for n, times := range s.applied.n {
		require.Equal(t, 1, times, "message %d", n)
	}
}

// issue gives a release with a picture to all shops.
func (b *business) issue(t *testing.T, price int64, effective time.Time) *edge.SignedRelease {
	picture := []byte("<svg>" + effective.String() + "</svg>")
	sum, err := b.hq.PutAsset(t.Context(), picture)
	require.NoError(t, err)
	r := edgetest.Release(1)
	r.Effective = effective.UTC().Truncate(time.Second)
	r.Variants[0].Price.Amount = price
	r.Assets = []edge.Asset{{Name: "pictures/lipstick.svg", SHA256: sum, Size: int64(len(picture))}}
	s, err := b.hq.IssueRelease(t.Context(), r, "")
	require.NoError(t, err)
	return s
}

func TestAReleaseReachesAllShops(t *testing.T) {
	b := newBusiness(t, "shop-1", "shop-2", "shop-3")
	one, two := b.branch(t, "shop-1"), b.branch(t, "shop-2")
	one.connect(t)
	b.issue(t, 210000, b.clock.Now())
	one.reaches(t, 210000)
	require.EqualValues(t, 199000, two.price(t), "it has no line")
	late := edgetest.Sell(t, two.db, edgetest.Lipstick)

	// A backup of now is put back later.
	one.stop()
	require.NoError(t, one.db.Close())
	backup, err := os.ReadFile(one.file())
	require.NoError(t, err)
	one.open(t)
	one.connect(t)

	// The next one takes effect when its time has come, in a shop that had no
	// line as in the other.
	effective := b.clock.Now().Add(time.Hour)
	b.issue(t, 220000, effective)
	two.connect(t)
	two.reaches(t, 210000)
	require.Eventually(t, func() bool {
		list, err := two.db.IssuedReleases(t.Context())
		return err == nil && len(list) == 2 && list[0].Complete
	}, 2*time.Minute, 5*time.Millisecond)
	require.EqualValues(t, 210000, two.price(t))
	b.clock.Advance(time.Hour)
	two.reaches(t, 220000)
	one.reaches(t, 220000)

	one.stop()
	require.NoError(t, one.db.Close())
	require.NoError(t, os.WriteFile(one.file(), backup, 0o600))
	one.open(t)
	require.EqualValues(t, 210000, one.price(t), "the backup knows no better")
	one.connect(t)
	one.reaches(t, 220000)
	three := b.branch(t, "shop-3")
	three.connect(t)
	three.reaches(t, 220000) // new here: it is told what stands

	_, err = b.hq.Undo(t.Context(), 0)
	require.NoError(t, err)
	for _, s := range []*branch{one, two, three} {
		s.reaches(t, 210000)
	}

	// What was sold by the old prices stays so, and HQ says by how much.
	require.Eventually(t, func() bool {
		require.NoError(t, b.hq.Project(t.Context()))
		list, err := b.hq.FindDifferences(t.Context(), hq.Filter{}, 0, 10)
		return err == nil && len(list) == 1 && list[0].Receipt == late.Receipt && list[0].Amount.Amount == -11000
	}, 2*time.Minute, 10*time.Millisecond)
}

func TestAForgedReleaseIsRefused(t *testing.T) {
	b := newBusiness(t, "shop-1")
	one := b.branch(t, "shop-1")
	one.connect(t)
	b.issue(t, 210000, b.clock.Now())
	one.reaches(t, 210000)

	// Somebody who got hold of the broker, but not of HQ's key.
	thief := newKey(t)
	cheap := edgetest.Release(9)
	cheap.Variants[0].Price.Amount = 1
	signed, err := edge.SignRelease(thief, cheap)
	require.NoError(t, err)
	part, err := cloudsync.NewReleasePart(signed)
	require.NoError(t, err)
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	applied, err := one.db.Applied(t.Context())
	require.NoError(t, err)
	body, err := codec.EncodeDown(&cloudsync.Down{Node: one.node, N: applied + 1, Prev: applied, Parts: []cloudsync.Part{part}})
	require.NoError(t, err)
	topic := cloudsync.Topic{Node: one.node, Branch: cloudsync.BranchDown}.String()
	link, err := dial(b.addr, "thief").Dial(t.Context(), cloudsync.Session{})
	require.NoError(t, err)
	defer link.Close()
	require.NoError(t, link.Publish(t.Context(), cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(thief, cloudsync.KindDown, topic, body)}))

	// What HQ says afterwards takes effect, so the forged one was passed by.
	b.issue(t, 230000, b.clock.Now())
	one.reaches(t, 230000)
	list, err := one.db.IssuedReleases(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
}

func TestShopsKnowEachOthersStock(t *testing.T) {
	b := newBusiness(t, "shop-1", "shop-2")
	one, two := b.branch(t, "shop-1"), b.branch(t, "shop-2")
	receive := func(s *branch, ref string, pieces int64) {
		move := edge.StockMove{SKU: edgetest.Cream, Delta: pieces, Reason: edge.StockGoodsIn, Ref: ref, At: b.clock.Now()}
		require.NoError(t, s.db.MoveStock(t.Context(), []edge.StockMove{move}))
	}
	knows := func(s *branch, want map[string]int64) {
		t.Helper()
		require.Eventually(t, func() bool {
			b.clock.Advance(time.Second)
			list, err := s.db.StockElsewhere(t.Context(), edgetest.Cream)
			got := map[string]int64{}
			for _, l := range list {
				got[l.Shop] = l.Quantity
			}
			return err == nil && maps.Equal(got, want)
		}, 2*time.Minute, 10*time.Millisecond)
	}
	one.connect(t)
	two.connect(t)
	receive(one, "a", 5)
	receive(two, "b", 7)
	for _, s := range []*branch{one, two} {
		knows(s, map[string]int64{"shop-of-shop-1": 5, "shop-of-shop-2": 7})
	}
	edgetest.Sell(t, two.db, edgetest.Cream)
	knows(one, map[string]int64{"shop-of-shop-1": 5, "shop-of-shop-2": 6})
}
