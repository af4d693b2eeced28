package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
)

// page gets what is at url.
func page(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

// figureOf is a figure's value among those of a page; ok is false where it is missing.
func figureOf(body, figure string) (value float64, ok bool) {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(figure) + ` (\S+)$`).FindStringSubmatch(body)
	if found == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(found[1], 64)
	return value, err == nil
}

// eventually reads a page of figures until it is as wanted.
func eventually(t *testing.T, url, figure string, good func(float64) bool) string {
	t.Helper()
	var body string
	require.Eventually(t, func() bool {
		_, body = page(t, url)
		value, ok := figureOf(body, figure)
		return ok && good(value)
	}, 2*time.Minute, 20*time.Millisecond, "%s", figure)
	return body
}

func positive(v float64) bool { return v > 0 }

// A shop and its headquarters that run show themselves, and both are ready.
func TestOperationsSeeShopAndHeadquarters(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- edgeCommand(ctx, wr, "demo", "--json", "--models", modelsFolder(t),
			"--addr", "127.0.0.1:0", "--hq-addr", "127.0.0.1:0", "--dir", t.TempDir())
		wr.Close()
	}()
	t.Cleanup(func() { stop(); require.NoError(t, <-done) })
	var at map[string]string
	require.NoError(t, json.NewDecoder(rd).Decode(&at))

	shop := at["edge_metrics"]
	shopper := &demoClient{http: http.DefaultClient, edge: strings.TrimSuffix(at["kiosk"], "/")}
	require.NoError(t, shopper.tryOn(ctx))
	eventually(t, shop, `mirrorcart_frame_seconds_count{kiosk="main"}`, positive)
	eventually(t, shop, `mirrorcart_faces_total{kiosk="main"}`, positive)
	eventually(t, shop, `mirrorcart_ack_seconds_count{lane="sale"}`, positive)
	eventually(t, shop, "mirrorcart_clock_offset_seconds", func(float64) bool { return true })
	eventually(t, shop, `mirrorcart_camera_ok{kiosk="main"}`, positive)
	body := eventually(t, shop, `mirrorcart_outbox_events{lane="sale"}`, func(v float64) bool { return v == 0 })
	for figure, good := range map[string]func(float64) bool{
		"mirrorcart_line_up":                               positive,
		"mirrorcart_receipt_series":                        positive,
		"mirrorcart_commit_seconds_count":                  positive,
		`mirrorcart_database_bytes{file="database"}`:       positive,
		"mirrorcart_disk_free_bytes":                       positive,
		"mirrorcart_disk_size_bytes":                       positive,
		`mirrorcart_governor_level{kiosk="main"}`:          func(v float64) bool { return v >= 0 },
		`mirrorcart_kiosk_in_use{kiosk="main"}`:            positive,
		`mirrorcart_outbox_oldest_seconds{lane="sale"}`:    func(v float64) bool { return v == 0 },
		"mirrorcart_http_request_seconds_count":            positive,
		`mirrorcart_build_info{version="` + version + `"}`: positive,
	} {
		value, ok := figureOf(body, figure)
		require.True(t, ok, "%s is missing from\n%s", figure, body)
		require.True(t, good(value), "%s is %v", figure, value)
	}

	hq := at["hq_metrics"]
	eventually(t, hq, `mirrorcart_hq_nodes{state="up"}`, func(v float64) bool { return v == 1 })
	eventually(t, hq, `mirrorcart_hq_projection_behind_events{projection="inbox"}`, func(v float64) bool { return v == 0 })
	body = eventually(t, hq, "mirrorcart_hq_events_fresh_total", positive)
	for _, figure := range []string{"mirrorcart_hq_broker_up", "mirrorcart_hq_commit_seconds_count", "mirrorcart_hq_batches_total", "mirrorcart_hq_events_total"} {
		value, ok := figureOf(body, figure)
		require.True(t, ok && value > 0, figure)
	}
	require.NotContains(t, body, "mirrorcart_hq_node_lag_seconds", "figures of each gateway are told where that is asked for")

	for _, url := range []string{shop, hq} {
		base := strings.TrimSuffix(url, monitor.MetricsPath)
		for _, path := range []string{monitor.HealthPath, monitor.ReadyPath} {
			status, body := page(t, base+path)
			require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
		}
	}
}

// A gateway without a mirror can sell and show its pages, and says what is amiss.
func TestReadySaysWhatIsAmiss(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir, cfg.Metrics.Addr = filepath.Join(t.TempDir(), "none"), "127.0.0.1:0"
	cfg.Printer.Address = "tcp://127.0.0.1:1" // nobody is there
	g := runGateway(t, testGateway(t, cfg))
	url := strings.TrimSuffix(g.watch.url(), monitor.MetricsPath) + monitor.ReadyPath
	var r monitor.Report
	require.Eventually(t, func() bool {
		status, body := page(t, url)
		require.Equal(t, http.StatusOK, status, body)
		r = monitor.Report{}
		require.NoError(t, json.Unmarshal([]byte(body), &r))
		return !strings.Contains(body, "not been asked yet")
	}, 2*time.Minute, 20*time.Millisecond)
	parts := map[string]monitor.State{}
	for _, s := range r.Parts {
		parts[s.Part] = s
	}
	for _, needed := range []string{"ledger", "catalogue", "pages of main"} {
		require.True(t, parts[needed].OK && parts[needed].Needed, needed)
	}
	require.False(t, parts["camera of main"].OK)
	require.Contains(t, parts["camera of main"].Why, "make setup")
	require.False(t, parts["printer"].OK)
	require.Contains(t, parts["printer"].Why, "printer.address")
	require.NotContains(t, parts, "line", "the shop has none")
}

// The till does not wait for an address that only operations need.
func TestTheTillSellsWhereNobodyCanWatch(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	cfg := testShop(t, t.TempDir())
	cfg.Metrics.Addr = taken.Addr().String()
	g := runGateway(t, testGateway(t, cfg))
	status, body := page(t, g.url()+"/api/v1/status")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"part":"metrics"`)
	require.NoError(t, taken.Close())
	require.Eventually(t, func() bool { return len(g.watch.port.faults()) == 0 }, 2*time.Minute, 20*time.Millisecond)
	eventually(t, g.watch.url(), "mirrorcart_receipt_series", positive)
}
