package cloudsync_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// files copies a closed database and puts it back.
type files struct {
	path string
	text []byte
}

func take(t *testing.T, path string) files {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return files{path, text}
}

func (f files) putBack(t *testing.T) {
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(f.path + end); !errors.Is(err, fs.ErrNotExist) {
			require.NoError(t, err)
		}
	}
	require.NoError(t, os.WriteFile(f.path, f.text, 0o600))
}

// seller sells in a chain and knows what it sold.
type seller struct {
	*chain
	sold []edge.Sale
}

func (s *seller) sell(t *testing.T, n int) {
	for range n {
		s.sold = append(s.sold, *edgetest.Sell(t, s.shop, edgetest.Lipstick))
	}
}

// open begins an epoch where HQ has confirmed all there is.
func (s *seller) openEpoch(t *testing.T) {
	held := map[edge.Lane]uint64{}
	for _, lane := range edge.Lanes() {
		var err error
		held[lane], err = s.shop.Mark(t.Context(), lane)
		require.NoError(t, err)
	}
	_, err := s.shop.OpenEpoch(t.Context(), held, 0)
	require.NoError(t, err)
}

// parentsHeld checks that at HQ every epoch but the first of a lane follows an
// event that is held there.
func (c *chain) parentsHeld(t *testing.T) {
	t.Helper()
	records, err := c.hq.Events(t.Context(), 0, 10000)
	require.NoError(t, err)
	type place struct {
		epoch string
		lane  edge.Lane
		seq   uint64
	}
	held, parents := map[place]bool{}, map[place]bool{}
	for _, rec := range records {
		r := rec.Event
		held[place{r.Epoch, r.Lane, r.Seq}] = true
		if r.Type != edge.EventEpoch {
			continue
		}
		var opened edge.EpochOpened
		require.NoError(t, json.Unmarshal(r.Data, &opened))
		if p := opened.Parent; p != nil {
			parents[place{p.Epoch, r.Lane, p.Seq}] = true
		}
	}
	require.NotEmpty(t, parents)
	for p := range parents {
		require.True(t, held[p], "%+v is not at HQ", p)
	}
}

// An HQ that was put back to before the shop's last epochs has forgotten the
// end of one and all of the others. What it confirmed then arrives again.
func TestHQRestoredToBeforeTheLastEpochs(t *testing.T) {
	for name, restart := range map[string]bool{"line stays": false, "line anew": true} {
		t.Run(name, func(t *testing.T) {
			c := seller{chain: newChain(t, newEmbedded(t))}
			c.net.start(t)
			stopHQ := c.collect(t, "hq-1")
			stop := c.startUplink(t)
			c.sell(t, 5)
			c.settled(t, c.sold)
			stopHQ()
			require.NoError(t, c.hq.Close())
			before := take(t, filepath.Join(c.dir, "hq.db"))
			c.openHQ(t)
			stopHQ = c.collect(t, "hq-1")
			for range 2 {
				c.sell(t, 5)
				c.settled(t, c.sold)
				c.openEpoch(t)
			}
			c.sell(t, 5)
			c.settled(t, c.sold)
			if restart {
				stop()
			}
			stopHQ()
			require.NoError(t, c.hq.Close())
			before.putBack(t)
			c.openHQ(t)
			require.Len(t, c.held(t), 5)
			c.collect(t, "hq-1")
			if restart {
				c.startUplink(t)
			}
			require.Eventually(t, func() bool {
				require.NoError(t, c.hq.Project(t.Context()))
				return len(c.held(t)) == len(c.sold)
			}, 2*time.Minute, 20*time.Millisecond)
			c.sell(t, 2)
			c.settled(t, c.sold)
			require.EqualValues(t, 3, c.shop.Series(), "the shop lost nothing: no new epoch")
		})
	}
}

// lateLine fails to connect a few times.
type lateLine struct {
	cloudsync.Dialer
	failures int
}

func (l *lateLine) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	if l.failures > 0 {
		l.failures--
		return nil, errors.New("no line yet")
	}
	return l.Dialer.Dial(ctx, s)
}

// A shop that is put back with everything that it knows, as a snapshot of its
// whole machine is, to before an epoch that began without the line, holds
// nothing that differs from HQ's copy. It learns of the later epoch all the
// same, before it gives out that epoch's numbers again.
func TestShopPutBackToBeforeItsLastEpoch(t *testing.T) {
	c := seller{chain: newChain(t, newEmbedded(t))}
	c.net.start(t)
	c.collect(t, "hq-1")
	stop := c.startUplink(t)
	c.sell(t, 10)
	c.settled(t, c.sold)
	stop()
	require.NoError(t, c.shop.Close())
	before := take(t, filepath.Join(c.dir, "shop.db"))
	c.openShop(t)
	c.openEpoch(t)
	c.sell(t, 5)
	stop = c.startUplink(t)
	c.settled(t, c.sold)
	stop()
	require.NoError(t, c.shop.Close())

	before.putBack(t)
	c.openShop(t)
	require.EqualValues(t, 1, c.shop.Series())
	var log bytes.Buffer
	c.log, c.dialer = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), &lateLine{Dialer: c.dialer, failures: 3}
	stop = c.startUplink(t)
	require.Eventually(t, func() bool { return c.shop.Series() > 2 }, 2*time.Minute, 10*time.Millisecond)
	c.confirmed(t)
	stop()
	require.Regexp(t, `level=DEBUG msg="no line to the broker" error="no line yet"`, log.String())
	require.Regexp(t, `level=WARN msg="no line to the broker" error="a new epoch was opened"`, log.String(), "HQ answered: it is the first failure in a row, and the pause is short")
	c.startUplink(t)
	c.sell(t, 5)
	c.confirmed(t)
	allHeld(t, c.sold, c.held(t))
	c.parentsHeld(t)
}

// A gateway is restored from a backup that it had sold past, twice, with and
// without the line: HQ ends with each printed receipt once.
func TestRestoredGatewayGivesNoNumberTwice(t *testing.T) {
	c := seller{chain: newChain(t, newEmbedded(t))}
	c.net.start(t)
	c.collect(t, "hq-1")
	opt := sqlite.Options{
		Path: filepath.Join(c.dir, "shop.db"), Node: node, Shop: shop, Till: "T1",
		Witness: filepath.Join(c.dir, "witness"),
	}
	reopen := func() {
		var err error
		c.shop, err = sqlite.Open(t.Context(), opt)
		require.NoError(t, err)
	}
	require.NoError(t, c.shop.Close())
	require.NoError(t, os.Remove(opt.Path))
	reopen()
	require.NoError(t, c.shop.PutRelease(t.Context(), edgetest.Release(1)))

	stop := c.startUplink(t)
	c.sell(t, 10)
	c.settled(t, c.sold)
	backup := filepath.Join(c.dir, "backup.db")
	require.NoError(t, sqlite.Backup(t.Context(), opt.Path, backup))
	c.sell(t, 10)
	c.settled(t, c.sold)
	for range 2 {
		stop()
		c.sell(t, 5) // HQ does not hear of these
		require.NoError(t, c.shop.Close())
		r, err := sqlite.Restore(t.Context(), opt, backup)
		require.NoError(t, err)
		require.Empty(t, r.Lost)
		reopen()
		c.sell(t, 5) // before the line is back
		stop = c.startUplink(t)
		c.confirmed(t)
		c.sell(t, 5)
		c.settled(t, c.sold)
		c.parentsHeld(t)
	}
	require.EqualValues(t, 3, c.shop.Series())

	// By hand, and what was not sent is lost with the file: what was, comes back.
	require.NoError(t, c.shop.Close())
	take(t, backup).putBack(t)
	require.NoError(t, os.Rename(backup, opt.Path))
	reopen()
	require.EqualValues(t, 4, c.shop.Series())
	c.sell(t, 5)
	stop()
	c.startUplink(t)
	c.takenBack(t)
	allHeld(t, c.sold, c.held(t))
}

// startPatiently starts an uplink that leaves the broker to its twin for a
// while: a broker lets only one of them in at a time.
func (c *chain) startPatiently(t *testing.T) {
	var err error
	c.uplink, err = cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: node, Key: c.nodeKey, HQ: []ed25519.PublicKey{c.hqKey.Public().(ed25519.PublicKey)},
		Outbox: c.shop, Archive: c.shop, Commands: c.shop, Recall: c.shop, Dialer: c.dialer, Log: quiet(),
		Backoff: cloudsync.Backoff{Base: time.Second, Max: 3 * time.Second}, Resend: 300 * time.Millisecond, Probe: time.Second,
	})
	require.NoError(t, err)
	start(t, c.uplink.Run)
}

// Two gateways run under one name and key, from one copied database. Both go on
// selling, every sale of both arrives once, and as soon as they have heard from
// HQ no number is given out twice.
func TestTwoGatewaysWithOneIdentity(t *testing.T) {
	c := seller{chain: newChain(t, newEmbedded(t))}
	c.net.start(t)
	c.collect(t, "hq-1")
	stop := c.startUplink(t)
	c.sell(t, 5)
	c.settled(t, c.sold)
	stop()
	require.NoError(t, c.shop.Close())
	text := take(t, filepath.Join(c.dir, "shop.db")).text
	c.openShop(t)

	second := *c.chain
	second.dir, second.uplink = t.TempDir(), nil
	twin := seller{chain: &second}
	files{filepath.Join(twin.dir, "shop.db"), text}.putBack(t)
	twin.openShop(t)
	t.Cleanup(func() { require.NoError(t, twin.shop.Close()) })

	c.sell(t, 3)
	twin.sell(t, 4)
	c.startPatiently(t)
	twin.startPatiently(t)
	all := func() []edge.Sale { return append(append([]edge.Sale{}, c.sold...), twin.sold...) }
	c.confirmed(t)
	twin.confirmed(t)
	require.ElementsMatch(t, receipts(all()), receipts(c.held(t)))
	apart := len(doubles(all()))
	require.LessOrEqual(t, apart, 3, "given out by both before they heard of each other")
	require.Eventually(t, func() bool { return c.shop.Series() > 1 && twin.shop.Series() > 1 }, patience, 10*time.Millisecond)
	require.NotEqual(t, c.shop.Series(), twin.shop.Series())
	incidents, err := c.hq.Incidents(t.Context(), false, 10)
	require.NoError(t, err)
	require.NotEmpty(t, incidents, "a person learns of it")
	for range 3 {
		c.sell(t, 3)
		twin.sell(t, 3)
	}
	c.confirmed(t)
	twin.confirmed(t)
	require.ElementsMatch(t, receipts(all()), receipts(c.held(t)), "0 missing, 0 double")
	require.Len(t, doubles(all()), apart, "no new ones")
}
