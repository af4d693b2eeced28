package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// sellOnce does the main job in a demo's folder, and returns its receipt.
func sellOnce(t *testing.T, dir string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, edgeCommand(t.Context(), &out, "demo", "--once", "--json", "--models", modelsFolder(t), "--dir", dir), out.String())
	var r onceReport
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	return r.Sale.Receipt
}

// The folder of a demo from before there were certificates goes on, and the
// certificates of one that has them stay.
func TestDemoGetsItsCertificatesOnce(t *testing.T) {
	dir := t.TempDir()
	require.Equal(t, "T1-1-000001", sellOnce(t, dir))
	for _, made := range []string{"ca", "identity", demoCollector + ".pem"} {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, made)))
	}
	require.Equal(t, "T1-1-000002", sellOnce(t, dir))
	machine := filepath.Join(dir, "identity", "machine.pem")
	before, err := os.ReadFile(machine)
	require.NoError(t, err)
	require.Equal(t, "T1-1-000003", sellOnce(t, dir))
	after, err := os.ReadFile(machine)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// runDemo runs a demo until the test ends.
func runDemo(t *testing.T, f *demoFlags) *demo {
	t.Helper()
	f.addr, f.hqAddr, f.mqttAddr, f.models = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", modelsFolder(t)
	d, err := newDemo(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- d.run(t.Context()) }() // which ends before what is cleaned up
	t.Cleanup(func() {
		require.NoError(t, <-done)
		require.NoError(t, d.close())
	})
	return d
}

func TestDemoBrokerWantsACertificate(t *testing.T) {
	dir := t.TempDir()
	d := runDemo(t, &demoFlags{dir: dir})
	trusted := x509.NewCertPool()
	text, err := os.ReadFile(filepath.Join(dir, "ca", "ca.pem"))
	require.NoError(t, err)
	require.True(t, trusted.AppendCertsFromPEM(text))
	own, err := tls.LoadX509KeyPair(filepath.Join(dir, demoCollector+".pem"), filepath.Join(dir, demoCollector+".pem"))
	require.NoError(t, err)
	dial := func(certs ...tls.Certificate) error {
		dialer := mqtt.Dialer{
			Broker: "ssl://" + d.broker.Addr().String(), ClientID: "hq-stranger", Username: "hq", Timeout: 30 * time.Second,
			TLS: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: trusted, Certificates: certs}, Log: slog.New(slog.DiscardHandler),
		}
		link, err := dialer.Dial(t.Context(), cloudsync.Session{})
		if err == nil {
			link.Close()
		}
		return err
	}
	require.Error(t, dial())
	require.NoError(t, dial(own))
}

// A broker that --settings and --hq-settings name is taken, as they name it.
func TestDemoTakesTheSettingsBroker(t *testing.T) {
	users := []broker.User{{Name: demoNode, Password: "p1"}, {Name: "hq", Password: "p2", HQ: true}}
	b, err := broker.Listen("127.0.0.1:0", broker.Options{Users: users, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- b.Run(t.Context()) }()
	t.Cleanup(func() { require.NoError(t, <-done) })
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	write("p1", "p1")
	write("p2", "p2")
	d := runDemo(t, &demoFlags{
		dir:        dir,
		settings:   write("edge.yaml", "hq: {mqtt: {url: 'mqtt://"+b.Addr().String()+"', username: "+demoNode+", password_file: p1}}\n"),
		hqSettings: write("hq.yaml", "mqtt: {url: 'mqtt://"+b.Addr().String()+"', username: hq, password_file: p2}\n"),
	})
	require.Eventually(t, func() bool { return d.gateway.uplink.Status().Up }, 2*time.Minute, 10*time.Millisecond)
	require.NoDirExists(t, filepath.Join(dir, "identity"), "it needs no certificate of the demo's")
}
