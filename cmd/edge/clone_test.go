package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Two gateways have one name and one key, and push each other off the broker. Both
// say what may be wrong, and all that they sell arrives.
func TestTwoGatewaysWithOneNameSaySo(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir = filepath.Join(cfg.DataDir, "no-models")
	w := tap(t, cfg)
	copied := *cfg
	copied.DataDir = t.TempDir() // with the same key
	first, second := runGateway(t, testGateway(t, cfg)), runGateway(t, testGateway(t, &copied))
	for _, g := range []*gateway{first, second} {
		require.Eventually(t, func() bool { return g.uplink.Status().Lost >= lostAtOnce }, time.Minute, 20*time.Millisecond)
		sellAtGateway(t, g)
		require.Eventually(t, func() bool {
			n, _, err := g.db.Waiting(t.Context(), edge.LaneSale)
			return err == nil && n == 0
		}, time.Minute, 20*time.Millisecond)
	}
	require.NoError(t, w.hq.Project(t.Context()))
	sales, err := w.hq.Sales(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Eventually(t, func() bool {
		err := first.lineReady(t.Context())
		return err != nil && strings.Contains(err.Error(), "another machine goes by this one's name")
	}, time.Minute, 20*time.Millisecond)
}

func TestWhatIsSaidOfALineThatStandsNowAndThen(t *testing.T) {
	for want, s := range map[string]cloudsync.Status{
		"":                                  {Up: true, Lost: lostAtOnce - 1},
		"5 times in a row: another machine": {Up: true, Lost: lostAtOnce},
		"another machine goes by this one's name": {Up: true, Clone: true, Lost: 40},
		"has shut this machine out":               {Up: true, Clone: true, Shut: true},
	} {
		err := lineTrouble(s)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
