package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// site is a machine in a folder, with a gateway that answers by its settings: at a
// quality of 55 its camera gives no pictures.
type site struct {
	*bundleFlags
	t       *testing.T
	metrics string
	keys    []ed25519.PrivateKey
}

func newSite(t *testing.T) *site {
	s := &site{t: t, bundleFlags: &bundleFlags{root: t.TempDir()}}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cfg, err := firmwarecfg.LoadEdge(s.path(settingsPath), nil)
		if r.URL.Path != monitor.ReadyPath || err != nil {
			http.Error(w, "not here", http.StatusNotFound)
			return
		}
		camera := monitor.State{Part: "camera of main", OK: cfg.Camera.Quality != 55}
		if !camera.OK {
			camera.Why = "the camera gives no pictures"
		}
		_ = json.NewEncoder(w).Encode(monitor.Report{OK: true, Parts: []monitor.State{{Part: "ledger", OK: true, Needed: true}, camera, {Part: "faults", Why: "paper"}}})
	}))
	t.Cleanup(gateway.Close)
	s.metrics = gateway.Listener.Addr().String()
	var public []ed25519.PublicKey
	for n := range byte(3) {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
		s.keys, public = append(s.keys, key), append(public, key.Public().(ed25519.PublicKey))
	}
	roots, err := bundle.Roots{}.Next(2, public...)
	require.NoError(t, err)
	text, err := json.Marshal(roots)
	require.NoError(t, err)
	require.NoError(t, layOut(s.root, append(s.render(70), firmwarecfg.File{Path: rootsPath, Mode: 0o644, Content: text})))
	s.own("node: shop-7-gw-1\nshop: {id: shop-7, name: Seven}\ntill: T7\n")
	return s
}

// own says what is of this machine alone.
func (s *site) own(text string) {
	require.NoError(s.t, os.WriteFile(firmwarecfg.OwnFile(s.path(settingsPath)), []byte(text), 0o600))
}

// render makes the machine's files of the sample's description, with the camera's
// quality.
func (s *site) render(quality int) []firmwarecfg.File {
	text, err := os.ReadFile(deviceSample)
	require.NoError(s.t, err)
	d, err := firmwarecfg.ParseDevice(deviceSample, text)
	require.NoError(s.t, err)
	d.Edge.Camera.Quality, d.Edge.Metrics.Addr = quality, s.metrics
	files, err := d.Render()
	require.NoError(s.t, err)
	return files
}

func (s *site) archive(version int64, files []firmwarecfg.File, keys ...ed25519.PrivateKey) []byte {
	var list []bundle.File
	for _, f := range files {
		list = append(list, bundle.File(f))
	}
	now := time.Now().UTC()
	b, err := bundle.New(bundle.Manifest{Classes: []string{"minipc"}, Version: version, Created: now, Expires: now.Add(time.Hour)}, list)
	require.NoError(s.t, err)
	for _, k := range keys {
		b.Sign(k)
	}
	archive, err := b.Archive()
	require.NoError(s.t, err)
	return archive
}

func (s *site) apply(archive []byte) error {
	m := newBundled(s.root, "", io.Discard)
	a := &bundle.Applier{
		Root: s.root, Dir: s.path(bundlesPath), Roots: s.path(rootsPath), Class: m.class(), Machine: m,
		Limit: 2 * time.Second, Hold: time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	shut, err := a.Open()
	require.NoError(s.t, err)
	defer shut()
	return a.Apply(s.t.Context(), archive, func() error { return nil })
}

func (s *site) quality() int {
	cfg, err := firmwarecfg.LoadEdge(s.path(settingsPath), nil)
	require.NoError(s.t, err)
	require.Equal(s.t, []string{"shop-7-gw-1", "shop-7", "T7"}, []string{cfg.Node, cfg.Shop.ID, cfg.Till}, "it stays who it is")
	return cfg.Camera.Quality
}

// run is the command, on this machine.
func (s *site) run(args ...string) (string, error) {
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{"bundle", "--root", s.root}, args...))
	err := root.ExecuteContext(s.t.Context())
	return out.String(), err
}

func TestBundleChangesAMachine(t *testing.T) {
	s := newSite(t)
	require.Equal(t, 70, s.quality())
	require.NoError(t, s.apply(s.archive(1, s.render(60), s.keys[:2]...)))
	require.Equal(t, 60, s.quality())

	err := s.apply(s.archive(2, s.render(55), s.keys[1:]...))
	require.ErrorIs(t, err, bundle.ErrRolledBack)
	require.ErrorContains(t, err, "the camera gives no pictures")
	require.Equal(t, 60, s.quality())

	told, err := s.run("status")
	require.NoError(t, err)
	require.Contains(t, told, "runs with: version 1\ngoes back to: the files of before the first bundle\nthe latest: version 2, rolled_back at ")
	told, err = s.run("status", "--json")
	require.NoError(t, err)
	var status bundle.Status
	require.NoError(t, json.Unmarshal([]byte(told), &status))
	require.Equal(t, bundle.Reason("camera of main"), status.Attempt.Reason)

	_, err = s.run("rollback")
	require.NoError(t, err)
	require.Equal(t, 70, s.quality(), "the files of before the first bundle")
}

func TestBundleThatDoesNotFitTheMachine(t *testing.T) {
	s := newSite(t)
	s.own("node: shop-7-gw-1\nshop: {id: shop-7, name: Seven}\ntill: T7\nhq: {mqtt: {url: 'mqtts://a.example:8883'}, key: " + firmwarecfg.FormatPublicKey(s.keys[0].Public().(ed25519.PublicKey)) + "}\n")
	good := s.render(60)
	with := func(from, to string) []firmwarecfg.File {
		files := append([]firmwarecfg.File{}, good...)
		for i, f := range files {
			if f.Path == settingsPath {
				files[i].Content = bytes.Replace(f.Content, []byte(from), []byte(to), 1)
				require.NotEqual(t, f.Content, files[i].Content, from)
			}
		}
		return files
	}
	for name, tc := range map[string]struct {
		files []firmwarecfg.File
		want  bundle.Reason
		says  string
	}{
		"a newer program's":   {with("\nclass:", "\nsmell: nice\nclass:"), bundle.Unfit, "smell: unknown key"},
		"another class":       {with("\nclass: \"minipc\"", "\nclass: kiosk-9"), bundle.Foreign, "own.yaml"},
		"another database":    {with("data_dir: /var/lib/mirrorcart", "data_dir: /srv/other"), bundle.Foreign, "data_dir"},
		"no settings":         {good[:1], bundle.Unfit, "edge.yaml is not in it"},
		"nobody can ask":      {with("addr: \""+s.metrics+"\"", "addr: \"\""), bundle.Unfit, "metrics.addr"},
		"the machine's own":   {append(good[:len(good):len(good)], firmwarecfg.File{Path: "etc/mirrorcart/own.yaml", Mode: 0o644}), bundle.Unsafe, "own.yaml"},
		"whose signatures":    {append(good[:len(good):len(good)], firmwarecfg.File{Path: rootsPath, Mode: 0o644}), bundle.Unsafe, "root.json"},
		"too few have signed": {nil, bundle.TooFew, "1 of root set 1's keys"},
	} {
		files, keys := tc.files, s.keys
		if files == nil {
			files, keys = good, s.keys[:1]
		}
		err := s.apply(s.archive(1, files, keys...))
		require.Equal(t, tc.want, bundle.ReasonOf(err), "%s: %v", name, err)
		require.ErrorContains(t, err, tc.says, name)
		require.Equal(t, 70, s.quality(), name)
	}
	own, err := os.ReadFile(firmwarecfg.OwnFile(s.path(settingsPath)))
	require.NoError(t, err)
	archive := filepath.Join(t.TempDir(), "kiosk.bundle")
	require.NoError(t, os.WriteFile(archive, s.archive(1, good, s.keys...), 0o600))

	require.NoError(t, os.WriteFile(s.path(settingsPath), []byte(strings.Replace(string(own), "till: T7", "till: T7\nclass: minipc\nmetrics: {addr: '"+s.metrics+"'}", 1)), 0o600))
	s.own("till: T7\n")
	_, err = s.run("verify", archive)
	require.Equal(t, bundle.Foreign, bundle.ReasonOf(err), "without its own file it would become the sample: %v", err)
	s.own(string(own))
	_, err = s.run("verify", archive)
	require.NoError(t, err)
	s.own("class: tablet\n" + string(own))
	_, err = s.run("verify", archive)
	require.ErrorContains(t, err, `foreign: it is for [minipc], and this machine is "tablet"`)
	require.NoFileExists(t, s.path(bundlesPath+"/bundles"), "verifying keeps nothing")

	for name, args := range map[string][]string{
		"nothing": {"apply"}, "both": {"apply", archive, "--inbox"}, "two": {"apply", archive, archive}, "no file": {"verify", archive + "x"}, "none": {"verify"},
	} {
		_, err := s.run(args...)
		require.ErrorAs(t, err, &process.UsageError{}, name)
	}
	_, err = s.run("rollback")
	require.ErrorContains(t, err, "there is nothing to go back to")
}

// Whoever looks hears why no bundle is taken, before one has come.
func TestStatusSaysWhyNoBundleIsTaken(t *testing.T) {
	s := newSite(t)
	told, err := s.run("status")
	require.NoError(t, err)
	require.NotContains(t, told, "takes none")
	require.NoError(t, os.Remove(s.path(rootsPath)))
	told, err = s.run("status")
	require.NoError(t, err)
	require.Contains(t, told, "takes none: no_root_set: no root set: nothing says who may sign bundles for this machine")
	told, err = s.run("status", "--json")
	require.NoError(t, err)
	require.Contains(t, told, `"refuses":"no_root_set: no root set`)
}

// What the gateway leaves is taken from its data_dir, wherever that is.
func TestBundleIsTakenFromTheDataFolder(t *testing.T) {
	s := newSite(t)
	s.own("node: shop-7-gw-1\nshop: {id: shop-7, name: Seven}\ntill: T7\ndata_dir: /srv/shop\n")
	archive := s.archive(1, s.render(60)) // which nobody has signed
	require.NoError(t, bundle.Leave(s.path("srv/shop"), archive))
	_, err := s.run("apply", "--inbox")
	require.NoError(t, err)
	status, err := bundle.ReadStatus(s.path(bundlesPath))
	require.NoError(t, err)
	require.Equal(t, bundle.Digest(archive), status.Attempt.File)
	left, err := os.ReadDir(s.path("srv/shop/bundle/inbox"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// What reads a changed file is started anew, and nothing else but the gateway.
func TestServicesOfChangedFilesStartAnew(t *testing.T) {
	gateway := []string{"systemctl daemon-reload", "systemctl stop mirrorcart.service", "systemctl --no-block start mirrorcart.service"}
	for path, want := range map[string]string{
		"etc/mirrorcart/edge.yaml":                      "",
		"etc/nftables.conf":                             "systemctl try-reload-or-restart nftables.service",
		"etc/chrony/conf.d/mirrorcart.conf":             "systemctl try-restart chrony.service",
		"etc/udev/rules.d/70-mirrorcart.rules":          "systemctl try-restart systemd-udev-trigger.service",
		"etc/chromium/policies/managed/mirrorcart.json": "systemctl --no-block try-restart mirrorcart-kiosk.service",
	} {
		var got []string
		for _, step := range reloadSteps([]string{path}) {
			got = append(got, strings.Join(step, " "))
		}
		if want != "" {
			require.Contains(t, got, want)
			require.Len(t, got, len(gateway)+1)
		}
		require.Subset(t, got, gateway, path)
	}
	text, err := os.ReadFile(deviceSample)
	require.NoError(t, err)
	d, err := firmwarecfg.ParseDevice(deviceSample, text)
	require.NoError(t, err)
	files, err := d.Render()
	require.NoError(t, err)
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "etc/mirrorcart/") && !strings.HasPrefix(f.Path, "etc/systemd/system/mirrorcart.service") {
			require.Greater(t, len(reloadSteps([]string{f.Path})), len(gateway), "nothing reads %s anew", f.Path)
		}
	}
}
