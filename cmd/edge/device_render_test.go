package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
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

	_, err = run(deviceSample, "--out", out)
	require.ErrorContains(t, err, "there is something in it")
	for name, args := range map[string][]string{
		"no folder": {deviceSample}, "no description": {"--out", out}, "missing": {"none.yaml", "--out", out + "2"},
		"not one": {"../../firmware-cfg/edge.yaml", "--out", out + "2"},
	} {
		_, err := run(args...)
		require.ErrorAs(t, err, &process.UsageError{}, name)
	}
	require.NoDirExists(t, out+"2", "what is refused leaves nothing")
}
