package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// Headquarters takes a gateway's key back. The till says so, and so do what watches
// the gateway and `edge check` with it and without; it sells on, and headquarters
// sets aside what it sells.
func TestAGatewayThatIsShutOutSaysSoAndSells(t *testing.T) {
	d := runDemo(t, &demoFlags{dir: t.TempDir()})
	g := d.gateway
	beside := &inspection{cfg: g.cfg, log: slog.New(slog.DiscardHandler), found: &findings{OK: true}}
	faults := func() (list []string) {
		resp, err := http.Get(g.url() + "/api/v1/status")
		require.NoError(t, err)
		defer resp.Body.Close()
		var status struct{ Faults []api.Fault }
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&status))
		for _, f := range status.Faults {
			list = append(list, f.Part)
		}
		return list
	}
	confirmed := func() bool {
		n, _, err := g.db.Waiting(t.Context(), edge.LaneSale)
		return err == nil && n == 0 && g.uplink.Status().Up
	}
	sellAtGateway(t, g)
	require.Eventually(t, confirmed, 2*time.Minute, 20*time.Millisecond)
	require.NotContains(t, faults(), "shut_out")
	says, err := beside.line(t.Context())
	require.NoError(t, err, says)

	require.NoError(t, d.hq.DB.RevokeDevice(t.Context(), g.cfg.Node))
	sellAtGateway(t, g)
	require.Eventually(t, func() bool { return g.uplink.Status().Shut && confirmed() }, 2*time.Minute, 20*time.Millisecond)
	require.Contains(t, faults(), "shut_out")
	require.ErrorContains(t, g.lineReady(t.Context()), "shut this machine out")
	_, err = beside.line(t.Context())
	require.ErrorIs(t, err, errShutOut, "as a gateway that does not run would find it")
	told := map[string]float64{}
	require.NoError(t, g.figures(t.Context(), monitor.Tell(func(name string, value float64, labels ...string) {
		if name == "mirrorcart_faults" {
			told[labels[0]] = value
		}
	})))
	require.EqualValues(t, 1, told["shut_out"])

	flaws, err := d.hq.DB.Quarantine(t.Context(), 10)
	require.NoError(t, err)
	require.NotEmpty(t, flaws, "nothing is lost")
	require.Equal(t, "revoked", flaws[0].Reason)
	d.line.setCut(true)
	require.EqualValues(t, 3, sellAtGateway(t, g).Receipt.Counter, "and without a line it sells too")
	require.Contains(t, faults(), "shut_out")
}

// A machine that was shut out by mistake comes back with a new key, on its own
// database: nothing of what it sold is lost, or counts twice.
func TestAMachineThatWasShutOutComesBackWithANewKey(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir = filepath.Join(cfg.DataDir, "no-models")
	cfg.Keys.Device = filepath.Join(cfg.DataDir, "device.key")
	w := tap(t, cfg)
	during := func(do func(g *gateway)) {
		g, err := newGateway(t.Context(), testGateway(t, cfg))
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.run(ctx) }()
		do(g)
		stop()
		require.NoError(t, <-done)
		require.NoError(t, g.close())
	}
	sell := func(g *gateway, shut bool) {
		sellAtGateway(t, g)
		require.Eventually(t, func() bool {
			n, _, err := g.db.Waiting(t.Context(), edge.LaneSale)
			s := g.uplink.Status()
			return err == nil && n == 0 && s.Up && s.Shut == shut
		}, 2*time.Minute, 20*time.Millisecond)
	}
	counted := func() int {
		require.NoError(t, w.hq.Project(t.Context()))
		list, err := w.hq.Sales(t.Context(), 0, 100)
		require.NoError(t, err)
		return len(list)
	}
	var series uint32
	during(func(g *gateway) {
		sell(g, false)
		series = g.db.Series()
		require.NoError(t, w.hq.RevokeDevice(t.Context(), cfg.Node))
		sell(g, true)
	})
	require.NoError(t, os.Rename(cfg.Keys.Device, cfg.Keys.Device+".old"))
	key, err := firmwarecfg.LoadOrCreateKey(cfg.Keys.Device)
	require.NoError(t, err)
	require.NoError(t, w.hq.Enrol(t.Context(), hq.Node{Node: cfg.Node, Shop: cfg.Shop.ID, Key: key.Public().(ed25519.PublicKey)}))
	during(func(g *gateway) {
		require.Equal(t, series, g.db.Series(), "its receipts go on")
		sell(g, false)
	})
	require.Equal(t, 2, counted(), "what was set aside does not count")
	_, err = w.hq.AcceptRevoked(t.Context(), cfg.Node)
	require.NoError(t, err)
	require.Equal(t, 3, counted())
}
