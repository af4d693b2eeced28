package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	"github.com/mirrorcart/mirrorcart/edge/ticket/tickettest"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// machineThatIsWell is a gateway's machine on which nothing is missing.
type machineThatIsWell struct {
	cfg     *firmwarecfg.Edge
	printer *tickettest.Printer
	hqClock time.Duration // how far headquarters' clock is ahead
	broker  context.CancelFunc
	hq      *httptest.Server
}

func newMachine(t *testing.T) *machineThatIsWell {
	t.Helper()
	dir := t.TempDir()
	m := &machineThatIsWell{cfg: testShop(t, filepath.Join(dir, "data"))}
	var address string
	m.printer, address = tickettest.Listen(t)
	m.hq = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(m.hqClock).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(m.hq.Close)
	b, err := broker.Listen("127.0.0.1:0", broker.Options{Log: slog.New(slog.DiscardHandler), Users: []broker.User{{Name: m.cfg.Node, Password: "let me in"}}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	m.broker = func() {
		stop()
		require.NoError(t, <-done)
		done <- nil
	}
	t.Cleanup(m.broker)
	password := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(password, []byte("let me in"), 0o600))
	models, err := filepath.Abs(lookModels)
	require.NoError(t, err)
	shop, err := filepath.Abs("demo/shop")
	require.NoError(t, err)

	c := m.cfg
	require.NoError(t, os.Mkdir(c.DataDir, 0o700))
	c.ModelsDir, c.ShopDir, c.Metrics.Addr = models, shop, ""
	c.Keys.Device, c.Printer.Address = filepath.Join(c.DataDir, "device.key"), address
	c.HQ.PublicURL = m.hq.URL
	c.HQ.MQTT = firmwarecfg.MQTT{URL: "mqtt://" + b.Addr().String(), Username: c.Node, PasswordFile: password}
	key, err := firmwarecfg.LoadOrCreateKey(c.Keys.Device)
	require.NoError(t, err)
	c.HQ.Key = firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey)) // any key will do
	db, err := sqlite.Open(t.Context(), databaseOptions(c, slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return m
}

func (m *machineThatIsWell) inspect(t *testing.T) *findings {
	return inspect(t.Context(), m.cfg, slog.New(slog.DiscardHandler))
}

func TestCheckOfAMachineThatIsWell(t *testing.T) {
	m := newMachine(t)
	found := m.inspect(t)
	var out bytes.Buffer
	require.NoError(t, found.print(&out))
	require.True(t, found.OK, out.String())
	require.False(t, found.Running)
	// The machine that tests run on may follow no time server, or have little room.
	require.Equal(t, len(found.Checks), strings.Count(out.String(), "✓ ")+strings.Count(out.String(), "! "), out.String())
	names := map[string]bool{}
	for _, c := range found.Checks {
		names[c.Check] = true
		require.NotEmpty(t, c.Says, c.Check)
	}
	for _, want := range []string{
		"gateway", "shop", "key", "certificates", "disk", "database", "backup", "bundles", "models", "clock and headquarters", "browser", "camera of main", "printer", "line",
	} {
		require.True(t, names[want], want)
	}
	require.Empty(t, m.printer.Papers(), "nothing is printed")
}

// Whatever is wrong is found, and said with a way to mend it.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil       func(t *testing.T, m *machineThatIsWell)
		check, says string
	}{
		"camera":     {func(_ *testing.T, m *machineThatIsWell) { m.cfg.Camera.Source = "/dev/video99" }, "camera of main", "camera.source"},
		"no printer": {func(t *testing.T, m *machineThatIsWell) { m.cfg.Printer.Address = freeAddress(t) }, "printer", "printer.address"},
		"no paper":   {func(_ *testing.T, m *machineThatIsWell) { m.printer.Fail(tickettest.Faults{PaperOut: true}) }, "printer", "new roll"},
		"no models":  {func(*testing.T, *machineThatIsWell) {}, "models", "make setup"},
		"no shop":    {func(t *testing.T, m *machineThatIsWell) { m.cfg.ShopDir = t.TempDir() }, "shop", "shop_dir"},
		"open key": {func(t *testing.T, m *machineThatIsWell) {
			require.NoError(t, os.Chmod(m.cfg.Keys.Device, 0o644)) //nolint:gosec // the fault to be found
		}, "key", "chmod 600"},
		"no key":             {func(t *testing.T, m *machineThatIsWell) { require.NoError(t, os.Remove(m.cfg.Keys.Device)) }, "key", "edge keys"},
		"no folder":          {func(t *testing.T, m *machineThatIsWell) { m.cfg.DataDir = filepath.Join(t.TempDir(), "none") }, "disk", "data_dir"},
		"no room":            {func(_ *testing.T, m *machineThatIsWell) { m.cfg.Disk.ReserveMB = 1 << 40 >> 20 << 10 }, "disk", "free some space"},
		"certificates":       {func(_ *testing.T, m *machineThatIsWell) { m.cfg.HTTP.Cert, m.cfg.HTTP.Key = "/none.pem", "/none.key" }, "certificates", "/none.pem"},
		"no certificate yet": {func(t *testing.T, m *machineThatIsWell) { m.cfg.HQ.Identity = t.TempDir() }, "certificates", "edge claim CODE"},
		"another's folder": {func(t *testing.T, m *machineThatIsWell) {
			m.cfg.HQ.Identity = "/usr" // root's
			if os.Geteuid() == 0 {
				m.cfg.HQ.Identity = t.TempDir()
				require.NoError(t, os.Chown(m.cfg.HQ.Identity, 65534, 65534))
			}
		}, "key", "chown"},
		"damage": {func(t *testing.T, m *machineThatIsWell) {
			path := databaseOptions(m.cfg, nil).Path
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			for i := 4096; i < len(b); i += 512 {
				b[i] ^= 0xff
			}
			require.NoError(t, os.WriteFile(path, b, 0o600))
		}, "database", "edge restore --latest"},
		"another's database": {func(_ *testing.T, m *machineThatIsWell) { m.cfg.Node = "gw9" }, "database", "belongs to gateway"},
		"second medium":      {func(_ *testing.T, m *machineThatIsWell) { m.cfg.Backup.Second = "/media/none" }, "backup", "plug the medium in"},
		"clock":              {func(_ *testing.T, m *machineThatIsWell) { m.hqClock = time.Hour }, "clock and headquarters", "behind headquarters': see that chrony"},
		"no headquarters":    {func(_ *testing.T, m *machineThatIsWell) { m.hq.Close() }, "clock and headquarters", "hq.public_url"},
		"no broker":          {func(_ *testing.T, m *machineThatIsWell) { m.broker() }, "line", "hq.mqtt"},
		"not let in": {func(t *testing.T, m *machineThatIsWell) {
			require.NoError(t, os.WriteFile(m.cfg.HQ.MQTT.PasswordFile, []byte("wrong"), 0o600))
		}, "line", "hq.mqtt"},
		"headquarters' key": {func(_ *testing.T, m *machineThatIsWell) { m.cfg.HQ.Key = "x" }, "line", "hq.key"},
		"taken address": {func(t *testing.T, m *machineThatIsWell) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { ln.Close() })
			m.cfg.HTTP.Addr = ln.Addr().String()
		}, "gateway", "in use"},
		"no browser": {func(t *testing.T, _ *machineThatIsWell) { t.Setenv("PATH", t.TempDir()) }, "browser", "chromium"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.cfg.ModelsDir = t.TempDir() // to read them takes a second
			tc.spoil(t, m)
			found := m.inspect(t)
			require.False(t, found.OK)
			for _, c := range found.Checks {
				if c.Check == tc.check {
					require.False(t, c.OK, "%+v", c)
					require.Contains(t, c.Says, tc.says)
					return
				}
			}
			require.Fail(t, "it was not looked at")
		})
	}
}

// What will do for now is marked, and does not spoil the whole.
func TestCheckWarns(t *testing.T) {
	m := newMachine(t)
	in := &inspection{cfg: m.cfg, root: t.TempDir(), follows: func() bool { return false }, log: slog.New(slog.DiscardHandler), found: &findings{OK: true}}
	in.check(t.Context(), "clock", in.clock)
	in.follows = func() bool { return true }
	in.check(t.Context(), "clock", in.clock)
	m.cfg.Class = "minipc"
	in.check(t.Context(), "bundles", in.bundles)
	in.check(t.Context(), "disk", func(context.Context) (string, error) { return "", roomLeft(9<<30, 100<<30, 1<<30) })
	in.check(t.Context(), "disk", func(context.Context) (string, error) { return "good", roomLeft(10<<30, 100<<30, 1<<30) })
	require.True(t, in.found.OK)
	var out bytes.Buffer
	require.NoError(t, in.found.print(&out))
	require.Regexp(t, `^! clock .* chrony.*\n✓ clock .*\n! bundles +no root set: .*root\.json.*\n! disk .* nearly full.* free some space\n✓ disk +good\n$`, out.String())
	in.check(t.Context(), "disk", func(context.Context) (string, error) { return "", roomLeft(1<<29, 100<<30, 1<<30) })
	require.False(t, in.found.OK)
	require.NoError(t, in.found.print(&out))
	require.Contains(t, out.String(), "\n✗ disk ")

	sites := newSite(t)
	in.root = sites.root
	says, err := in.bundles(t.Context())
	require.NoError(t, err)
	require.Contains(t, says, "one would be taken")
	require.NoError(t, sites.apply(sites.archive(3, sites.render(60), sites.keys...)))
	says, err = in.bundles(t.Context())
	require.NoError(t, err)
	require.Equal(t, "version 3 is in force", says)
}

// Units that bring no bundles any more are found, as systemd tells of them.
func TestCheckOfTheUnitsOfBundles(t *testing.T) {
	tell := func(path, service string) string {
		return "Result=success\nId=mirrorcart-bundle.path\n" + path + "\n\nResult=exit-code\nId=mirrorcart-bundle.service\n" + service + "\n"
	}
	const well, idle = "LoadState=loaded\nActiveState=active", "LoadState=loaded\nActiveState=inactive"
	for name, tc := range map[string]struct{ shown, says string }{
		"well":            {tell(well, idle), ""},
		"one is applied":  {tell(well, "LoadState=loaded\nActiveState=activating\nSubState=start"), ""},
		"hit its limit":   {strings.Replace(tell("LoadState=loaded\nActiveState=failed", idle), "success", "trigger-limit-hit", 1), "bundle.path has failed (trigger-limit-hit): "},
		"service fails":   {tell(well, "LoadState=loaded\nActiveState=failed"), "bundle.service has failed (exit-code): "},
		"fails and fails": {tell(well, "LoadState=loaded\nActiveState=activating\nSubState=auto-restart"), "bundle.service has failed (exit-code): "},
		"does not wait":   {tell(idle, idle), "systemctl enable --now mirrorcart-bundle.path"},
		"not there":       {tell(well, "LoadState=not-found\nActiveState=inactive"), "bundle.service is not-found"},
		"nothing is told": {"", "install the package anew"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			require.NoError(t, os.MkdirAll(filepath.Join(root, "run/systemd/system"), 0o700))
			shown := filepath.Join(root, "shown")
			require.NoError(t, os.WriteFile(shown, []byte(tc.shown), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(root, "systemctl"), []byte("#!/bin/sh\nexec cat "+shown+"\n"), 0o700)) //nolint:gosec // it is run
			t.Setenv("PATH", root+":"+os.Getenv("PATH"))
			err := (&inspection{root: root}).bundleUnits(t.Context())
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func freeAddress(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return "tcp://" + ln.Addr().String()
}

// Beside a gateway that runs its own word counts for what only it can have, and
// nothing of it is disturbed.
func TestCheckBesideAGatewayThatRuns(t *testing.T) {
	t.Parallel() // an idle printer is asked every 15 seconds
	m := newMachine(t)
	m.cfg.Metrics.Addr = "127.0.0.1:0"
	m.cfg.HQ.MQTT.URL = ""
	g := runGateway(t, testGateway(t, m.cfg))
	beside := *m.cfg
	beside.Metrics.Addr = g.watch.port.at()
	var found *findings
	require.Eventually(t, func() bool { // until the camera and the printer were asked
		found = inspect(t.Context(), &beside, slog.New(slog.DiscardHandler))
		return found.OK
	}, 2*time.Minute, 50*time.Millisecond, "%+v", found)
	require.True(t, found.Running)
	for _, c := range found.Checks {
		require.NotEqual(t, "line", c.Check, "there is none")
	}

	m.printer.Fail(tickettest.Faults{CoverOpen: true})
	g.desk.Wake()
	require.Eventually(t, func() bool {
		found = inspect(t.Context(), &beside, slog.New(slog.DiscardHandler))
		b, err := json.Marshal(found)
		require.NoError(t, err)
		return !found.OK && strings.Contains(string(b), "close its cover")
	}, 2*time.Minute, 50*time.Millisecond)

	beside.Metrics.Addr = ""
	found = inspect(t.Context(), &beside, slog.New(slog.DiscardHandler))
	require.True(t, found.OK, "a gateway may tell nobody: %+v", found)
	require.True(t, found.Running)
	require.Equal(t, "gateway", found.Checks[0].Check)
	require.Contains(t, found.Checks[0].Says, "metrics.addr")
	for _, c := range found.Checks {
		require.NotEqual(t, "printer", c.Check, "it is the gateway's")
	}

	beside.Metrics.Addr = "127.0.0.1:1" // nobody is there
	found = inspect(t.Context(), &beside, slog.New(slog.DiscardHandler))
	require.False(t, found.OK)
	require.False(t, found.Checks[0].OK)
}

func TestCheckCommand(t *testing.T) {
	m := newMachine(t)
	file := filepath.Join(t.TempDir(), "edge.yaml")
	c := m.cfg
	text := "node: gw1\nshop: {id: nang-mai-q1, name: S}\ntill: T1\ndata_dir: " + c.DataDir + "\nmodels_dir: " + c.ModelsDir + "\nshop_dir: " + c.ShopDir +
		"\nhttp: {addr: \"127.0.0.1:0\"}\nmetrics: {addr: \"\"}\ndisk: {reserve_mb: 0}\ncamera: {source: fake}\nkeys: {device: " + c.Keys.Device + "}\nhq: {public_url: \"" + m.hq.URL + "\"}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var out bytes.Buffer
	require.NoError(t, edgeCommand(t.Context(), &out, "check", "--json", "--config", file), out.String())
	var found findings
	require.NoError(t, json.Unmarshal(out.Bytes(), &found))
	require.True(t, found.OK)
	require.Equal(t, 1, strings.Count(out.String(), "\n"))

	m.hq.Close()
	out.Reset()
	require.Error(t, edgeCommand(t.Context(), &out, "check", "--config", file))
	require.Contains(t, out.String(), "✗ clock and headquarters")
	require.Contains(t, out.String(), "✓ database")

	err := edgeCommand(t.Context(), &out, "check", "--config", file+".none")
	require.ErrorAs(t, err, new(process.UsageError))
}
