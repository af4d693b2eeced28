package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const monitoringFolder = "../../firmware-cfg/monitoring"

// named are the figures that monitors declare, with what histograms are read by.
func named(t *testing.T, of ...prometheus.Collector) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, c := range of {
		ch := make(chan *prometheus.Desc)
		go func() {
			c.Describe(ch)
			close(ch)
		}()
		for d := range ch {
			name := regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())
			require.NotNil(t, name, d.String())
			names[name[1]] = true
			if strings.HasSuffix(name[1], "_seconds") {
				names[name[1]+"_bucket"], names[name[1]+"_count"] = true, true
			}
		}
	}
	return names
}

// Every figure that the dashboard and the alerts name is one that the programs
// tell, or that the rules make of them.
func TestDashboardAndAlertsNameFiguresThatThereAre(t *testing.T) {
	g, err := newGateway(t.Context(), testGateway(t, testShop(t, t.TempDir())))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.close()) })
	dir := t.TempDir()
	cfg := firmwarecfg.DefaultHQ()
	cfg.Addr, cfg.OfficeAddr, cfg.Metrics.Addr, cfg.DataDir, cfg.Key = "127.0.0.1:0", "", "", dir, filepath.Join(dir, "hq.key")
	cfg.MQTT.URL = "mqtt://127.0.0.1:1"
	hq, err := headquarters.New(t.Context(), cfg, os.DirFS("demo/shop"), "test", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, hq.Close()) })
	names := named(t, g.watch.Registry, hq.Monitor().Registry)

	rules, err := os.ReadFile(filepath.Join(monitoringFolder, "rules.yml"))
	require.NoError(t, err)
	for _, made := range regexp.MustCompile(`record: (\S+)`).FindAllStringSubmatch(string(rules), -1) {
		names[made[1]] = true
	}
	dashboard, err := os.ReadFile(filepath.Join(monitoringFolder, "dashboard.json"))
	require.NoError(t, err)
	require.True(t, json.Valid(dashboard))
	for file, text := range map[string][]byte{"rules.yml": rules, "dashboard.json": dashboard} {
		used := regexp.MustCompile(`\b(mirrorcart[_:]\w+|process_\w+)`).FindAllString(string(text), -1)
		require.Greater(t, len(used), 20)
		for _, name := range used {
			require.True(t, names[name], "%s names %s, which nobody tells", file, name)
		}
	}
}

// Prometheus takes the rules, and they call somebody when they should.
func TestPrometheusTakesTheRules(t *testing.T) {
	_, err := exec.LookPath("promtool")
	require.NoError(t, err, "install Debian's package prometheus")
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = monitoringFolder
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "promtool %s: %s", strings.Join(args, " "), out)
	}
}
