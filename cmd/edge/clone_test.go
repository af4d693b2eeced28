package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// Two gateways have one name and one key, and push each other off the broker. Both
// say what may be wrong, and all that they sell arrives.
func TestTwoGatewaysWithOneNameSaySo(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir, cfg.Metrics.Addr = filepath.Join(cfg.DataDir, "no-models"), "127.0.0.1:0"
	w := tap(t, cfg)
	copied := *cfg
	copied.DataDir = t.TempDir() // with the same key
	start := func(cfg *firmwarecfg.Edge) *gateway {
		o := testGateway(t, cfg)
		o.backoff = cloudsync.Backoff{Base: time.Second, Max: 10 * time.Second} // a slow machine needs some of it to be heard
		return runGateway(t, o)
	}
	first, second := start(cfg), start(&copied)
	const patience = 4 * time.Minute // each waits while the other one is let in
	for _, g := range []*gateway{first, second} {
		require.Eventually(t, func() bool { return g.uplink.Status().Lost >= lostAtOnce }, patience, 20*time.Millisecond)
		sellAtGateway(t, g)
		require.Eventually(t, func() bool {
			n, _, err := g.db.Waiting(t.Context(), edge.LaneSale)
			return err == nil && n == 0
		}, patience, 20*time.Millisecond)
	}
	require.NoError(t, w.hq.Project(t.Context()))
	sales, err := w.hq.Sales(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Eventually(t, func() bool {
		err := first.alone(t.Context())
		return err != nil && strings.Contains(err.Error(), "another machine goes by this one's name")
	}, patience, 20*time.Millisecond)
	require.NotContains(t, faultsForABundle(t, first), "this one's name", "a bundle that is tried meanwhile stays")
}

// faultsForABundle is what a bundle is told of what does not work.
func faultsForABundle(t *testing.T, g *gateway) (faults string) {
	t.Helper()
	root := t.TempDir()
	m := newBundled(root, "", io.Discard)
	require.NoError(t, os.MkdirAll(filepath.Dir(m.file()), 0o755))
	addr := strings.TrimSuffix(strings.TrimPrefix(g.watch.url(), "http://"), monitor.MetricsPath)
	require.NoError(t, os.WriteFile(m.file(), fmt.Appendf(nil, "node: %s\nshop: {id: %s, name: One}\ntill: T1\nmetrics: {addr: %q}\n", g.cfg.Node, g.cfg.Shop.ID, addr), 0o600))
	parts, err := m.Health(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, parts)
	for _, p := range parts {
		faults += p.Name + ": " + p.Fault + "\n"
	}
	return faults
}

func TestWhatIsSaidOfALineThatStandsNowAndThen(t *testing.T) {
	for want, s := range map[string]cloudsync.Status{
		"":                                  {Up: true, Lost: lostAtOnce - 1},
		"5 times in a row: the shop's line": {Up: true, Lost: lostAtOnce},
		"another machine goes by this one's name": {Up: true, Clone: true, Lost: 40},
	} {
		err := notAlone(s)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

func TestHeadquartersReadsTheWholeOfAGatewaysTrouble(t *testing.T) {
	for _, err := range []error{errShutOut, errCopied} {
		require.LessOrEqual(t, len(err.Error()), cloudsync.FaultText, "%v", err)
	}
}
