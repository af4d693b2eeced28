package headquarters_test

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func read(t *testing.T, url string) (int, string) {
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func enrolled(t *testing.T, perNode bool) string {
	s := start(t, "", func(c *firmwarecfg.HQ) { c.Metrics.PerNode = perNode })
	for _, name := range []string{"gw1", "gw2"} {
		key, err := firmwarecfg.LoadOrCreateKey(t.TempDir() + "/" + name)
		require.NoError(t, err)
		require.NoError(t, s.DB.Enrol(t.Context(), hq.Node{Node: name, Shop: "s", Key: key.Public().(ed25519.PublicKey)}))
	}
	_, body := read(t, s.MetricsURL())
	return body
}

// However many gateways there are, the figures stay as many.
func TestGatewaysHaveNoFiguresOfTheirOwnUnasked(t *testing.T) {
	body := enrolled(t, false)
	require.Contains(t, body, `mirrorcart_hq_nodes{state="new"} 2`)
	require.Contains(t, body, `mirrorcart_hq_nodes_lagging{longer="900"} 0`)
	require.Contains(t, body, `mirrorcart_hq_batches_refused_total{why="forged"} 0`)
	require.NotContains(t, body, "gw1")
	require.Contains(t, enrolled(t, true), `mirrorcart_hq_node_lag_seconds{node="gw1"} 0`)
}

// Without a broker headquarters is alive and not ready.
func TestReadyWantsTheBroker(t *testing.T) {
	s := start(t, "")
	base := strings.TrimSuffix(s.MetricsURL(), monitor.MetricsPath)
	status, _ := read(t, base+monitor.HealthPath)
	require.Equal(t, http.StatusOK, status)
	status, body := read(t, base+monitor.ReadyPath)
	require.Equal(t, http.StatusServiceUnavailable, status)
	var r monitor.Report
	require.NoError(t, json.Unmarshal([]byte(body), &r))
	require.Equal(t, "ledger", r.Parts[0].Part)
	require.True(t, r.Parts[0].OK)
	require.Contains(t, r.Parts[1].Why, "mqtt")
}

func TestHeadquartersWorksWhereNobodyCanWatch(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	s := start(t, "", func(c *firmwarecfg.HQ) { c.Metrics.Addr = taken.Addr().String() })
	require.Empty(t, s.MetricsURL())
	require.Equal(t, http.StatusOK, status(t, s.PublicURL()+"/sales"))
}
