package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

const deviceSample = "../../firmware-cfg/device.yaml"

func TestRenderedDevice(t *testing.T) {
	out := filepath.Join(t.TempDir(), "gateway")
	run := func(args ...string) (string, error) {
		var told bytes.Buffer
		root := newRoot()
		root.SetOut(&told)
		root.SetArgs(append([]string{"device", "render"}, args...))
		err := root.Execute()
		return told.String(), err
	}
	told, err := run(deviceSample, "--out", out, "--json")
	require.NoError(t, err)
	var verdict struct {
		Node  string `json:"node"`
		Files int    `json:"files"`
	}
	require.NoError(t, json.Unmarshal([]byte(told), &verdict))
	require.Equal(t, "shop-1-gw-1", verdict.Node)
	cfg, err := firmwarecfg.LoadEdge(filepath.Join(out, "etc/mirrorcart/edge.yaml"), nil)
	require.NoError(t, err)
	require.Equal(t, "/dev/mirrorcart/camera-main", cfg.Camera.Source)
	n := 0
	require.NoError(t, filepath.WalkDir(out, func(_ string, e os.DirEntry, err error) error {
		if !e.IsDir() {
			n++
		}
		return err
	}))
	require.Equal(t, verdict.Files, n)

	own, err := os.ReadFile(filepath.Join(out, "etc/mirrorcart/own.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(own), `node: "shop-1-gw-1"`)
	require.NoFileExists(t, filepath.Join(out, rootsPath))

	_, err = run(deviceSample, "--out", out)
	require.ErrorContains(t, err, "there is something in it")
	empty := filepath.Join(t.TempDir(), "root.json")
	require.NoError(t, os.WriteFile(empty, []byte("[]"), 0o600))
	for name, args := range map[string][]string{
		"no folder": {deviceSample}, "no description": {"--out", out}, "missing": {"none.yaml", "--out", out + "2"},
		"not one": {"../../firmware-cfg/edge.yaml", "--out", out + "2"},
		"no root": {deviceSample, "--root", "none.json", "--out", out + "2"},
		"no sets": {deviceSample, "--root", empty, "--out", out + "2"},
		"damaged": {deviceSample, "--root", deviceSample, "--out", out + "2"},
	} {
		_, err := run(args...)
		require.ErrorAs(t, err, &process.UsageError{}, name)
	}
	require.NoDirExists(t, out+"2", "what is refused leaves nothing")
}

// A machine that is rendered with the root sets takes the bundles that they sign.
func TestRenderedMachineTakesBundles(t *testing.T) {
	s := newSite(t)
	machine := filepath.Join(t.TempDir(), "gateway")
	root := newRoot()
	root.SetOut(io.Discard)
	root.SetArgs([]string{"device", "render", deviceSample, "--root", s.path(rootsPath), "--out", machine})
	require.NoError(t, root.Execute())
	archive := filepath.Join(t.TempDir(), "kiosk.bundle")
	require.NoError(t, os.WriteFile(archive, s.archive(1, s.render(60), s.keys[:2]...), 0o600))
	_, err := s.run("verify", archive)
	require.NoError(t, err)
	s.root = machine
	_, err = s.run("verify", archive)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(archive, s.archive(1, s.render(60), s.keys[:1]...), 0o600))
	_, err = s.run("verify", archive)
	require.Equal(t, bundle.TooFew, bundle.ReasonOf(err), "%v", err)
}
