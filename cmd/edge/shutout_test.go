package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
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
	require.Eventually(t, confirmed, 30*time.Second, 20*time.Millisecond)
	require.NotContains(t, faults(), "shut_out")
	says, err := beside.line(t.Context())
	require.NoError(t, err, says)

	require.NoError(t, d.hq.DB.RevokeDevice(t.Context(), g.cfg.Node))
	sellAtGateway(t, g)
	require.Eventually(t, func() bool { return g.uplink.Status().Shut && confirmed() }, 30*time.Second, 20*time.Millisecond)
	require.Contains(t, faults(), "shut_out")
	require.ErrorIs(t, g.lineReady(t.Context()), errShutOut)
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
	require.Equal(t, "T1-1-000003", sellAtGateway(t, g).Receipt.String(), "and without a line it sells too")
	require.Contains(t, faults(), "shut_out")
}
