package cloudsync_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// What a collector in a process of its own is told by its parent.
const (
	collectorVar = "MIRRORCART_TEST_COLLECTOR" // database, broker, key
)

func halves() map[string][]int {
	half := map[string][]int{}
	for p := range 64 {
		half[fmt.Sprint(p/32)] = append(half[fmt.Sprint(p/32)], p)
	}
	return half
}

// TestCollectorProcess is no test: it is the collector that others kill.
func TestCollectorProcess(t *testing.T) {
	told := strings.Fields(os.Getenv(collectorVar))
	if len(told) == 0 {
		t.Skip("started by TestCollectorsShareOneDatabase")
	}
	database, addr, name, half := told[0], told[1], told[2], told[4]
	key, err := hex.DecodeString(told[3])
	require.NoError(t, err)
	h, err := hq.Open(t.Context(), hq.Options{Path: database, Key: key, Now: time.Now, NewID: uuid.NewString, Log: quiet()})
	require.NoError(t, err)
	fmt.Println("collecting")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
		cancel()
	}()
	require.NoError(t, hq.NewCollector(hq.CollectorConfig{
		HQ: h, Dialer: dial(addr, name), Log: quiet(), Backoff: quick, Resend: 300 * time.Millisecond, Partitions: halves()[half],
	}).Run(ctx))
	require.NoError(t, h.Close())
}

// collectorProcess starts a collector that can be killed. half is the half of
// the partitions it serves, or "all" for a share of all messages.
func collectorProcess(t *testing.T, database, addr, name, half string, key ed25519.PrivateKey) (p *os.Process, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestCollectorProcess$")
	cmd.Env = append(os.Environ(), collectorVar+"="+strings.Join([]string{database, addr, name, hex.EncodeToString(key), half}, " "))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "collecting\n", line)
	killed := false
	kill = func() {
		if !killed {
			killed = true
			require.NoError(t, cmd.Process.Kill())
			_ = in.Close()
			_ = cmd.Wait() // "signal: killed" is what was asked for
		}
	}
	t.Cleanup(kill)
	return cmd.Process, kill
}

// gateway is one of several shops on a line.
type gateway struct {
	name string
	shop *sqlite.DB
	sold []edge.Sale
}

func newGateway(t *testing.T, h *hq.HQ, addr, name string) *gateway {
	t.Helper()
	key := newKey(t)
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: name, Shop: shop, Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	require.NoError(t, h.Enrol(t.Context(), hq.Node{Node: name, Shop: shop, Key: key.Public().(ed25519.PublicKey)}))
	up, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: name, Key: key, HQ: []ed25519.PublicKey{h.PublicKey()}, Outbox: db, Dialer: dial(addr, name), Log: quiet(),
		Backoff: quick, Resend: 300 * time.Millisecond, Probe: time.Second,
	})
	require.NoError(t, err)
	start(t, up.Run)
	return &gateway{name: name, shop: db}
}

// Two collectors over one PostgreSQL, by shared subscription and by partition,
// on Mosquitto; one is killed in the midst of it all. Every sale arrives once.
func TestCollectorsShareOneDatabase(t *testing.T) {
	server := databasetest.StartPostgres(t)
	for name, half := range map[string][2]string{"shared": {"all", "all"}, "partitions": {"0", "1"}} {
		t.Run(name, func(t *testing.T) {
			database, err := server.Create(t.Context(), name)
			require.NoError(t, err)
			shareOneDatabase(t, database, half)
		})
	}
}

func shareOneDatabase(t *testing.T, database string, half [2]string) {
	ctx, key := t.Context(), newKey(t)
	m, err := mosquitto.Start(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	h, err := hq.Open(ctx, hq.Options{Path: database, Key: key, Now: time.Now, NewID: uuid.NewString, Log: quiet()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	_, kill := collectorProcess(t, database, m.Addr(), "hq-1", half[0], key)
	collectorProcess(t, database, m.Addr(), "hq-2", half[1], key)

	var shops []*gateway
	for i := range 4 { // of both halves
		shops = append(shops, newGateway(t, h, m.Addr(), fmt.Sprint("shop-", i)))
	}
	sell := func(n int) {
		for range n {
			for _, g := range shops {
				g.sold = append(g.sold, *edgetest.Sell(t, g.shop, edgetest.Lipstick))
			}
		}
	}
	confirmed := func() {
		t.Helper()
		require.Eventually(t, func() bool {
			for _, g := range shops {
				for _, lane := range edge.Lanes() {
					if n, _, err := g.shop.Waiting(ctx, lane); err != nil || n > 0 {
						return false
					}
				}
			}
			return true
		}, 2*time.Minute, 10*time.Millisecond, "HQ does not confirm")
	}
	sell(30)
	confirmed()
	sell(30)
	kill()
	sell(30)
	if half[0] != "all" { // nobody else serves that half
		collectorProcess(t, database, m.Addr(), "hq-3", half[0], key)
	}
	confirmed()

	require.NoError(t, h.Project(ctx))
	held := heldAt(t, h)
	for _, g := range shops {
		allHeld(t, g.sold, held[g.name])
	}
	flaws, err := h.Quarantine(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, flaws)
	open, err := h.Incidents(ctx, true, 10)
	require.NoError(t, err)
	require.Empty(t, open)
}
