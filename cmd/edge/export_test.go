package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// A shop's events go into a file while the gateway runs, and the file holds what
// was asked for.
func TestExportWritesWhatWasAskedFor(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "edge.yaml")
	device := filepath.Join(dir, "device.key")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil,
		"node: gw-1\nshop: { id: shop-1, name: Shop }\ntill: T1\ndata_dir: %s\nkeys: { device: %s }\n", dir, device), 0o600))
	export := func(args ...string) (*exportReport, error) {
		t.Helper()
		out, err := runEdge(t, append([]string{"export", "--config", config, "--json"}, args...)...)
		if err != nil {
			return nil, err
		}
		var r exportReport
		require.NoError(t, json.Unmarshal([]byte(out), &r))
		return &r, nil
	}
	_, err := export(filepath.Join(dir, "early"))
	require.ErrorIs(t, err, os.ErrNotExist, "no key, and none is made")
	require.NoFileExists(t, device)
	key, err := firmwarecfg.LoadOrCreateKey(device)
	require.NoError(t, err)

	shop, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "edge.db"), Node: "gw-1", Shop: "shop-1", Till: "T1"})
	require.NoError(t, err)
	defer shop.Close()
	require.NoError(t, shop.PutRelease(t.Context(), edgetest.Release(1)))
	for range 10 {
		edgetest.Sell(t, shop, edgetest.Lipstick)
	}
	require.NoError(t, shop.SetMark(t.Context(), edge.LaneSale, 6))

	file := filepath.Join(dir, "a.ndjson.zst")
	r, err := export(file)
	require.NoError(t, err)
	require.Equal(t, file, r.File)
	require.Equal(t, cloudsync.ExportSpan{Epoch: shop.Epoch(), Lane: edge.LaneSale, From: 7, To: 11}, r.Spans[0])
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	in, err := cloudsync.NewExportReader(f)
	require.NoError(t, err)
	defer in.Close()
	in.Trust(key.Public().(ed25519.PublicKey))
	var events uint64
	for {
		b, err := in.Next()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		events += b.To - b.From + 1
	}
	require.Equal(t, r.Events, events)

	r, err = export("--from", "2", "--to", "4", "--lane", "sale", filepath.Join(dir, "b"))
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Events)
	r, err = export("--all", filepath.Join(dir, "c"))
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Spans[0].From)
	for _, lane := range edge.Lanes() {
		head, _, err := shop.Head(t.Context(), lane)
		require.NoError(t, err)
		require.NoError(t, shop.SetMark(t.Context(), lane, head))
	}
	r, err = export(filepath.Join(dir, "d"))
	require.NoError(t, err)
	require.Empty(t, r.File)
	require.NoFileExists(t, filepath.Join(dir, "d"))

	for _, args := range [][]string{
		{}, {"--all", file}, {"--to", "4", "x"}, {"--from", "4", "--to", "2", "x"}, {"--from", "1", "--lane", "tele", "x"},
	} {
		_, err := export(args...)
		var usage process.UsageError
		require.ErrorAs(t, err, &usage, "%q", args)
	}
	_, err = export("--all", "--from", "1", filepath.Join(dir, "e"))
	require.Error(t, err)
	_, err = export("--from", "1", "--epoch", "another", filepath.Join(dir, "e"))
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing half written stays")
}
