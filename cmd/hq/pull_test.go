package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const (
	testNode     = "hanoi-gw-1"
	testShop     = "hanoi-1"
	testPassword = "only for this test"
	reader       = "a reader's token"
	operator     = "an operator's token"
)

// world is a headquarters, a broker and a shop with its own database.
type world struct {
	t      *testing.T
	broker *broker.Broker
	hq     *headquarters.Server
	hqFile string
	shop   *sqlite.DB
	key    ed25519.PrivateKey
}

// during runs f until the returned function is called, or the test ends.
func during(t *testing.T, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(t, <-done)
	}
	t.Cleanup(stop)
	return stop
}

func hashOf(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }

func newWorld(t *testing.T) *world {
	w := &world{t: t}
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	var err error
	w.broker, err = broker.Listen("127.0.0.1:0", broker.Options{Log: log, Users: []broker.User{
		{Name: testNode, Password: testPassword}, {Name: "hq", Password: testPassword, HQ: true},
	}})
	require.NoError(t, err)
	during(t, w.broker.Run)

	cfg := firmwarecfg.DefaultHQ()
	cfg.Addr, cfg.OfficeAddr, cfg.DataDir, cfg.Key = "127.0.0.1:0", "127.0.0.1:0", dir, filepath.Join(dir, "hq.key")
	cfg.Metrics.Addr = ""
	cfg.MQTT.URL, cfg.MQTT.Username, cfg.MQTT.PasswordFile = "mqtt://"+w.broker.Addr().String(), "hq", filepath.Join(dir, "password")
	cfg.APITokens = []firmwarecfg.APIToken{{Name: "bi", Role: "reader", SHA256: hashOf(reader)}, {Name: "support", Role: "operator", SHA256: hashOf(operator)}}
	require.NoError(t, os.WriteFile(cfg.MQTT.PasswordFile, []byte(testPassword), 0o600))
	_, w.key, err = ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	cfg.Nodes = []firmwarecfg.Node{{Name: testNode, Shop: testShop, Key: firmwarecfg.FormatPublicKey(w.key.Public().(ed25519.PublicKey))}}
	w.hqFile = filepath.Join(dir, "hq.db")
	w.hq, err = headquarters.New(t.Context(), cfg, os.DirFS("../edge/demo/shop"), "test", log)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.hq.Close()) })
	during(t, w.hq.Run)

	w.shop, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "shop.db"), Node: testNode, Shop: testShop, Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.shop.Close()) })
	return w
}

// connect has the shop's uplink run.
func (w *world) connect() (stop func()) {
	w.t.Helper()
	u, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: testNode, Key: w.key, HQ: []ed25519.PublicKey{w.hq.DB.PublicKey()},
		Outbox: w.shop, Archive: w.shop, Commands: w.shop, Log: slog.New(slog.DiscardHandler),
		Dialer: &mqtt.Dialer{
			Broker: "tcp://" + w.broker.Addr().String(), ClientID: testNode, Username: testNode, Password: testPassword,
			Timeout: 2 * time.Second, KeepAlive: 5 * time.Second, Log: slog.New(slog.DiscardHandler),
		},
		Backoff: cloudsync.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond},
	})
	require.NoError(w.t, err)
	return during(w.t, u.Run)
}

// program is hq with its arguments.
func (w *world) program(out, errs io.Writer, token string, args ...string) *cobra.Command {
	w.t.Helper()
	root := newRoot()
	root.SetOut(out)
	root.SetErr(errs)
	file := filepath.Join(w.t.TempDir(), "token")
	require.NoError(w.t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	root.SetArgs(append(args, "--hq", w.hq.OfficeURL(), "--token-file", file))
	return root
}

// run runs the program: its exit status and what it wrote.
func (w *world) run(token string, args ...string) (status int, stdout, stderr string) {
	w.t.Helper()
	var out, errs bytes.Buffer
	status = process.Main(w.program(&out, &errs, token, args...))
	return status, out.String(), errs.String()
}

// held lists what HQ holds, event by event.
func (w *world) held() (list []string) {
	w.t.Helper()
	status, out, errs := w.run(reader, "export", "events")
	require.Zero(w.t, status, errs)
	for line := range strings.Lines(out) {
		var e struct{ Cursor, Hash, Flaw string }
		require.NoError(w.t, json.Unmarshal([]byte(line), &e))
		list = append(list, e.Cursor+" "+e.Hash+e.Flaw)
	}
	return list
}

func (w *world) deliver(n int) {
	w.t.Helper()
	moves := make([]edge.StockMove, n)
	for i := range moves {
		moves[i] = edge.StockMove{SKU: edgetest.Lipstick, Delta: 1, Reason: edge.StockGoodsIn, Ref: fmt.Sprintf("delivery %d", i), At: time.Now()}
	}
	require.NoError(w.t, w.shop.MoveStock(w.t.Context(), moves))
}

func (w *world) settled() {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		for _, lane := range edge.Lanes() {
			if n, _, err := w.shop.Waiting(w.t.Context(), lane); err != nil || n > 0 {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond)
}

// lose deletes events at HQ behind its back, and returns how many.
func (w *world) lose(where string) int64 {
	w.t.Helper()
	db, err := sql.Open("sqlite3", w.hqFile+"?_busy_timeout=10000")
	require.NoError(w.t, err)
	defer db.Close()
	res, err := db.ExecContext(w.t.Context(), "delete from inbox where "+where)
	require.NoError(w.t, err)
	n, err := res.RowsAffected()
	require.NoError(w.t, err)
	return n
}

// holeEvents names a variable with how many events the hole has, in thousands;
// the long run has 10.
const holeEvents = "MIRRORCART_TEST_HOLE"

func TestPullFillsAHole(t *testing.T) {
	thousands := 1
	if s := os.Getenv(holeEvents); s != "" {
		var err error
		thousands, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	hole := 1000 * thousands
	w := newWorld(t)
	w.deliver(hole + 2500)
	w.connect()
	w.settled()
	before := w.held()
	require.GreaterOrEqual(t, len(before), hole+2500)
	require.EqualValues(t, hole, w.lose(fmt.Sprintf("lane = 'sale' and seq between 1501 and %d", 1500+hole)))
	require.Len(t, w.held(), len(before)-hole)

	begun := time.Now()
	status, out, errs := w.run(operator, "pull", testShop, "--digest", "--json")
	took := time.Since(begun)
	require.Zero(t, status, errs)
	var p struct {
		Phase     string
		Differing int
		Done      uint64
		Over      bool
	}
	require.NoError(t, json.Unmarshal([]byte(out), &p), out)
	require.Equal(t, "done", p.Phase)
	require.Equal(t, thousands+1, p.Differing)
	require.EqualValues(t, hole+1000, p.Done)
	require.Equal(t, before, w.held(), "each event once, in its place")
	t.Logf("a hole of %d events was found by digests and filled in %s", hole, took.Round(time.Millisecond))

	status, out, errs = w.run(operator, "pull", testShop, "--digest")
	require.Zero(t, status, errs)
	require.Equal(t, testShop+" and headquarters hold the same.\n", out)
	require.NotContains(t, errs, "differed", "nothing differs any more")

	// By numbers, and by the time in which they lie.
	require.EqualValues(t, 300, w.lose("lane = 'sale' and seq between 101 and 400"))
	status, _, errs = w.run(operator, "pull", testShop, "--from", "101", "--to", "400")
	require.Zero(t, status, errs)
	require.Contains(t, errs, "300 of 300")
	require.EqualValues(t, 300, w.lose("lane = 'sale' and seq between 101 and 400"))
	status, _, errs = w.run(operator, "pull", testShop, "--lane", "sale", "--from", time.Now().Add(-time.Hour).Format(time.RFC3339))
	require.Zero(t, status, errs)
	require.Equal(t, before, w.held())

	status, out, errs = w.run(operator, "pull", testShop, "--snapshot", "--json")
	require.Zero(t, status, errs)
	require.Contains(t, out, fmt.Sprintf(`{"sku":%q,"quantity":%d}`, edgetest.Lipstick, hole+2500))
	status, out, errs = w.run(operator, "pull", testShop, "--diagnostics")
	require.Zero(t, status, errs)
	require.Regexp(t, `(?m)^clock +headquarters' is -?\S+ ahead$`, out)
	status, out, errs = w.run(operator, "pull", testShop, "--snapshot")
	require.Zero(t, status, errs)
	require.Regexp(t, fmt.Sprintf(`(?m)^stock +%s +%d$`, edgetest.Lipstick, hole+2500), out)
}

func TestPullOfAShopThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.deliver(50)
	stop := w.connect()
	w.settled()
	before := w.held()
	stop()
	require.Eventually(t, func() bool {
		shops, err := w.hq.DB.Shops(t.Context())
		return err == nil && !shops[0].Up
	}, 2*time.Minute, 10*time.Millisecond)
	require.EqualValues(t, 20, w.lose("lane = 'sale' and seq between 11 and 30"))
	status, out, errs := w.run(operator, "pull", testShop, "--digest", "--wait", "300ms", "--json")
	require.Equal(t, notConnected, status, errs)
	var p struct{ ID, Phase string }
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	require.Equal(t, "waiting", p.Phase)

	// An interruption stops the watching alone.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := w.program(io.Discard, io.Discard, operator, "pull", "--follow", p.ID, "--wait", "1h").ExecuteContext(ctx)
	require.ErrorContains(t, err, "goes on at headquarters")

	w.connect()
	status, _, errs = w.run(operator, "pull", "--follow", p.ID, "--wait", "1m")
	require.Zero(t, status, errs)
	require.Equal(t, before, w.held(), "it was done as soon as the shop was back")
}

func TestPullsThatAreNone(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		token  string
		args   []string
		status int
	}{
		"nothing wanted":    {operator, []string{"pull", testShop}, 2},
		"two things wanted": {operator, []string{"pull", testShop, "--digest", "--snapshot"}, 2},
		"no shop":           {operator, []string{"pull", "--digest"}, 2},
		"unknown shop":      {operator, []string{"pull", "nowhere", "--digest"}, 2},
		"backwards":         {operator, []string{"pull", testShop, "--from", "9", "--to", "3"}, 2},
		"no time":           {operator, []string{"pull", testShop, "--from", "noon"}, 2},
		"no token":          {"", []string{"pull", testShop, "--digest"}, 2},
		"wrong token":       {"wrong", []string{"pull", testShop, "--digest"}, 1},
		"reader's token":    {reader, []string{"pull", testShop, "--digest"}, 1},
		"unknown pull":      {operator, []string{"pull", "--follow", "nothing"}, 1},
		"unknown list":      {reader, []string{"export", "carts"}, 2},
		"wrong format":      {reader, []string{"export", "sales", "--format", "xml"}, 1},
	} {
		status, out, _ := w.run(tt.token, tt.args...)
		require.Equal(t, tt.status, status, name)
		require.Empty(t, out, name)
	}
}

func TestTokenThatIsMadeIsTheOneThatIsKept(t *testing.T) {
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{"token", "bi", "--role", "operator"})
	require.Zero(t, process.Main(root))
	var token, sum string
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "token":
			token = value
		case "sha256":
			sum = value
		}
	}
	require.Equal(t, hashOf(token), sum)
	require.Greater(t, len(token), 20)
}

// A variable that belongs to a command must not be taken for a setting, or the
// commands that read hq.yaml would refuse to run beside it.
func TestVariablesOfCommandsAreNoSettings(t *testing.T) {
	_, err := firmwarecfg.LoadHQ("../../firmware-cfg/hq.yaml", []string{hqVariable + "=http://127.0.0.1:8091", tokenVariable + "=x"})
	require.NoError(t, err)
}
