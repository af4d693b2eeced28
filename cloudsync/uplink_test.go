package cloudsync_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
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

const memoryNode = "node" // as edgetest.Memory names itself

// bench is a shop in memory, a hub and a real HQ, on the bubble's clock.
type bench struct {
	t       *testing.T
	hub     *hub
	shop    *edgetest.Memory
	outbox  *odd
	nodeKey ed25519.PrivateKey
	hqKey   ed25519.PrivateKey
	hq      *hq.HQ
	hqNow   func() time.Time
	uplink  *cloudsync.Uplink
	stop    []func()
}

// odd is an outbox that holds events which no shop of ours writes.
type odd struct {
	edge.Outbox
	events map[uint64]edge.Event // of LaneOps, by number
}

func newBench(t *testing.T, seed uint64) *bench {
	time.Sleep(time.Until(edgetest.NewClock().Now())) // a bubble begins in the year 2000
	b := &bench{t: t, hub: newHub(seed), nodeKey: newKey(t), hqKey: newKey(t), shop: edgetest.NewMemory(time.Now), hqNow: time.Now}
	b.outbox = &odd{Outbox: b.shop}
	require.NoError(t, b.shop.PutRelease(t.Context(), edgetest.Release(1)))
	b.hq = b.openHQ()
	b.enrol()
	b.startUplink(b.outbox)
	b.startCollector()
	b.startCollector()
	return b
}

func (b *bench) enrol() {
	n := hq.Node{Node: memoryNode, Shop: shop, Key: b.nodeKey.Public().(ed25519.PublicKey)}
	require.NoError(b.t, b.hq.Enrol(b.t.Context(), n))
}

func (b *bench) openHQ() *hq.HQ {
	h, err := hq.Open(b.t.Context(), hq.Options{
		Path: filepath.Join(b.t.TempDir(), "hq.db"), Key: b.hqKey, Now: b.hqNow, NewID: uuid.NewString, Log: quiet(),
	})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, h.Close()) })
	return h
}

func (b *bench) startUplink(o edge.Outbox) {
	b.uplink = b.newUplink(o, func(*cloudsync.UplinkConfig) {})
	b.run(b.uplink.Run)
}

func (b *bench) newUplink(o edge.Outbox, adjust func(*cloudsync.UplinkConfig)) *cloudsync.Uplink {
	c := cloudsync.UplinkConfig{
		Node: memoryNode, Key: b.nodeKey, HQ: []ed25519.PublicKey{b.hqKey.Public().(ed25519.PublicKey)},
		Outbox: o, Dialer: b.hub, Log: quiet(),
	}
	adjust(&c)
	u, err := cloudsync.NewUplink(c)
	require.NoError(b.t, err)
	return u
}

func (b *bench) startCollector() {
	b.run(hq.NewCollector(hq.CollectorConfig{HQ: b.hq, Dialer: b.hub, Log: quiet()}).Run)
}

func (b *bench) run(f func(context.Context) error) {
	stop := start(b.t, f)
	b.stop = append(b.stop, stop)
}

// halt stops all that runs.
func (b *bench) halt() {
	for _, stop := range slices.Backward(b.stop) {
		stop()
	}
	b.stop = nil
}

func (b *bench) sell(n int) (sold []edge.Sale) {
	b.t.Helper()
	for range n {
		sold = append(sold, *edgetest.Sell(b.t, b.shop, edgetest.Lipstick))
	}
	return sold
}

func (b *bench) waiting() (n uint64) {
	b.t.Helper()
	for _, lane := range edge.Lanes() {
		w, _, err := b.shop.Waiting(b.t.Context(), lane)
		require.NoError(b.t, err)
		n += w
	}
	return n
}

// confirmed waits until nothing waits.
func (b *bench) confirmed() {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.waiting() == 0 }, 30*time.Minute, 100*time.Millisecond)
	require.NoError(b.t, b.hq.Project(b.t.Context()))
}

func (b *bench) held() (list []edge.Sale) {
	b.t.Helper()
	sales, err := b.hq.Sales(b.t.Context(), 0, 1000)
	require.NoError(b.t, err)
	for _, s := range sales {
		list = append(list, s.Sale)
	}
	return list
}

func (b *bench) flaws() []hq.Flaw {
	b.t.Helper()
	flaws, err := b.hq.Quarantine(b.t.Context(), 100)
	require.NoError(b.t, err)
	return flaws
}

func TestNothingIsLostOrDoubledOnABadLine(t *testing.T) {
	for range 12 * faultRounds(t) {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				b := newBench(t, seed)
				b.hub.faults(rnd.Float64()/2, rnd.Float64()/2, rnd.Float64())
				sold := b.sell(1 + rnd.IntN(300))
				for range rnd.IntN(6) {
					n := 1 + rnd.IntN(60)
					time.Sleep(time.Duration(n) * 20 * time.Millisecond)
					b.hub.cut()
					sold = append(sold, b.sell(n)...)
					b.hub.mend()
				}
				b.confirmed()
				allHeld(t, sold, b.held())
				require.Empty(t, b.flaws())
				b.halt()
			})
		})
	}
}

// An HQ that takes 40 s to answer, as one to which a thousand shops come back at
// once, is asked more than once, and its first answer counts.
func TestSlowAnswersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.hub.slow = 20 * time.Second
		sold := b.sell(500)
		b.startCollector()
		b.startUplink(b.outbox)
		b.confirmed()
		allHeld(t, sold, b.held())
		require.Len(t, b.hub.toldOfSilence(), 2, "of the first uplink, and of this one")
		b.halt()
	})
}

func TestStatusFollowsTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		changed, cancel := b.uplink.Watch()
		defer cancel()
		b.sell(3)
		b.confirmed()
		synctest.Wait()
		s := b.uplink.Status()
		require.True(t, s.Up)
		require.Equal(t, []cloudsync.LaneStatus{{Lane: edge.LaneSale, Mark: 4, Head: 4}, {Lane: edge.LaneOps, Mark: 7, Head: 7}}, s.Lanes)
		require.Len(t, changed, 1)
		shops, err := b.hq.Shops(t.Context())
		require.NoError(t, err)
		require.True(t, shops[0].Up)

		time.Sleep(time.Minute)
		b.hub.cut()
		synctest.Wait()
		require.False(t, b.uplink.Status().Up)
		require.Equal(t, time.Now(), b.uplink.Status().Since)

		b.hub.mend()
		time.Sleep(5 * time.Minute)
		require.True(t, b.uplink.Status().Up)
		b.hub.faults(1, 0, 0) // the broker is there, HQ does not answer
		time.Sleep(2 * time.Minute)
		require.False(t, b.uplink.Status().Up)
		b.hub.faults(0, 0, 0)
		time.Sleep(2 * time.Minute)
		require.True(t, b.uplink.Status().Up)
		b.halt()
	})
}

// HQ takes the shop's key back while the line stands, or while it is cut: the shop
// learns it, sells on, and all of it is held.
func TestAShopThatIsShutOutLearnsIt(t *testing.T) {
	for name, cut := range map[string]bool{"the line stands": false, "the line was cut": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 1)
				b.sell(3)
				b.confirmed()
				synctest.Wait()
				require.False(t, b.uplink.Status().Shut)
				if cut {
					b.hub.cut()
				}
				require.NoError(t, b.hq.RevokeDevice(t.Context(), memoryNode))
				b.sell(2)
				b.hub.mend()
				b.confirmed()
				synctest.Wait()
				require.True(t, b.uplink.Status().Shut)
				require.True(t, b.uplink.Status().Up, "HQ answers")
				require.Len(t, b.held(), 3)
				require.NotEmpty(t, b.flaws(), "and the others are set aside")
				b.halt()
			})
		})
	}
}

// Nobody sells, and the shop learns it all the same, by the question that it asks
// now and then.
func TestAnIdleShopLearnsThatItIsShutOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		time.Sleep(time.Minute)
		require.True(t, b.uplink.Status().Up)
		require.NoError(t, b.hq.RevokeDevice(t.Context(), memoryNode))
		time.Sleep(2 * cloudsync.ProbeEvery)
		require.True(t, b.uplink.Status().Shut)
		b.halt()
	})
}

// gate is a way that lets nobody in until it is open.
type gate struct {
	cloudsync.Dialer
	open atomic.Bool
}

func (g *gate) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	if !g.open.Load() {
		return nil, fmt.Errorf("dial: %w", &cloudsync.RefusalError{Op: "gate", Code: cloudsync.RefusedRevoked, Msg: "it was taken back"})
	}
	return g.Dialer.Dial(ctx, s)
}

// A broker or HQ's door does not let the shop in. HQ's answer is the newer word.
func TestAShutDoorSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.startCollector()
		door := &gate{Dialer: b.hub}
		var log strings.Builder
		b.uplink = b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) {
			c.Dialer, c.Log = door, slog.New(slog.NewTextHandler(&log, nil))
		})
		b.run(b.uplink.Run)
		time.Sleep(10 * time.Minute)
		require.True(t, b.uplink.Status().Shut)
		require.False(t, b.uplink.Status().Up)
		door.open.Store(true)
		time.Sleep(2 * time.Minute)
		require.True(t, b.uplink.Status().Up)
		require.False(t, b.uplink.Status().Shut)
		b.halt()
		for _, line := range []string{"HQ has shut this machine out", "HQ does not shut this machine out any more", "the line is up: HQ answers", "level=WARN"} {
			require.Equal(t, 1, strings.Count(log.String(), line), "%s: once in\n%s", line, log.String())
		}
	})
}

func TestRestoredHQGetsEverythingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		sold := b.sell(20)
		b.confirmed()
		b.halt()
		b.hq = b.openHQ() // an empty backup
		b.enrol()
		b.startCollector()
		b.startUplink(b.outbox)
		sold = append(sold, b.sell(1)...)
		require.Eventually(t, func() bool {
			require.NoError(t, b.hq.Project(t.Context()))
			return len(b.held()) == 21
		}, time.Minute, 100*time.Millisecond)
		allHeld(t, sold, b.held())
		require.Zero(t, b.waiting())
		b.halt()
	})
}

// HQ is restored while the connection stands: acks tell by their incarnation.
func TestHQRestoredBehindAStandingLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.sell(20)
		b.confirmed()
		for _, stop := range b.stop[1:] {
			stop()
		}
		b.hq = b.openHQ()
		b.enrol()
		b.startCollector()
		b.sell(1)
		require.Eventually(t, func() bool {
			require.NoError(t, b.hq.Project(t.Context()))
			return len(b.held()) == 21
		}, time.Minute, 100*time.Millisecond)
		b.confirmed()
		b.halt()
	})
}

func TestShopNotEnrolledIsRefusedAndLetInLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.hq = b.openHQ()
		b.startCollector()
		b.startUplink(b.outbox)
		sold := b.sell(5)
		time.Sleep(10 * time.Minute)
		require.False(t, b.uplink.Status().Up)
		require.NotZero(t, b.waiting())
		b.enrol()
		b.confirmed()
		allHeld(t, sold, b.held())
		b.halt()
	})
}

// Events returns the odd ones in place of the shop's.
func (o *odd) Events(ctx context.Context, dst []edge.Event, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	dst, err := o.Outbox.Events(ctx, dst, lane, after, limit)
	for i := range dst {
		if e, ok := o.events[dst[i].Seq]; ok && lane == edge.LaneOps {
			dst[i].Subject, dst[i].Data = e.Subject, e.Data
		}
	}
	return dst, err
}

func (o *odd) Head(ctx context.Context, lane edge.Lane) (uint64, edge.Hash, error) {
	seq, hash, err := o.Outbox.Head(ctx, lane)
	if err == nil && lane == edge.LaneOps && len(o.events) > 0 {
		hash, err = o.HashAt(ctx, lane, seq)
	}
	return seq, hash, err
}

func (o *odd) HashAt(ctx context.Context, lane edge.Lane, seq uint64) (edge.Hash, error) {
	if lane != edge.LaneOps || len(o.events) == 0 || seq == 0 {
		return o.Outbox.HashAt(ctx, lane, seq)
	}
	evs, err := o.Events(ctx, nil, lane, 0, int(seq))
	var h edge.Hash
	for i := range evs {
		h = evs[i].Hash(h)
	}
	return h, err
}

func TestEventThatHQCannotTakeBlocksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.hub.cut()
		sold := b.sell(150)
		big := make([]byte, 4<<20)
		for i := range big {
			big[i] = 'x'
		}
		big[0], big[len(big)-1] = '"', '"'
		b.outbox.events = map[uint64]edge.Event{
			20:  {Data: json.RawMessage(`not JSON`)},
			77:  {Data: json.RawMessage(` {"loose":1}`)},
			78:  {Subject: "odd \xff", Data: json.RawMessage(`{}`)},
			200: {Data: big},
		}
		b.hub.mend()
		b.confirmed()
		allHeld(t, sold, b.held())
		reasons := map[uint64]string{}
		for _, f := range b.flaws() {
			reasons[f.Seq] = f.Reason
		}
		require.Equal(t, map[uint64]string{20: "opaque", 77: "opaque", 78: "opaque", 200: "withheld"}, reasons)
		b.halt()
	})
}
