package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// hqCommand runs the program in this process.
func hqCommand(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(new(bytes.Buffer))
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestImportTakesInWhatAShopExported(t *testing.T) {
	dir := t.TempDir()
	shop, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "edge.db"), Node: "gw-1", Shop: "shop-1", Till: "T1"})
	require.NoError(t, err)
	defer shop.Close()
	require.NoError(t, shop.PutRelease(t.Context(), edgetest.Release(1)))
	for range 20 {
		edgetest.Sell(t, shop, edgetest.Lipstick)
	}
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	head, _, err := shop.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	x := cloudsync.Export{
		Node: "gw-1", Key: key, Archive: shop, Made: time.Now(),
		Spans: []cloudsync.ExportSpan{{Epoch: shop.Epoch(), Lane: edge.LaneSale, From: 1, To: head}},
	}
	var file bytes.Buffer
	require.NoError(t, x.Write(t.Context(), &file, func(uint64) {}))
	stick := filepath.Join(dir, "stick.ndjson.zst")
	require.NoError(t, os.WriteFile(stick, file.Bytes(), 0o600))
	config := filepath.Join(dir, "hq.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
public_url: https://cart.example.com
mqtt: { url: mqtt://127.0.0.1:1 }
data_dir: %s
key: %s
log: { level: ERROR }
nodes:
  - { name: gw-1, shop: shop-1, key: %s }
`, dir, filepath.Join(dir, "hq.key"), firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey))), 0o600))

	for _, held := range []uint64{0, head} {
		out, err := hqCommand(t, "import", "--config", config, "--json", stick)
		require.NoError(t, err)
		var report struct{ Events, Held uint64 }
		require.NoError(t, json.Unmarshal([]byte(out), &report))
		require.Equal(t, head, report.Events)
		require.Equal(t, held, report.Held, "taken in again it changes nothing")
	}

	// From a machine that was shut out it is the only way for what it could not send.
	_, err = hqCommand(t, "device", "revoke", "gw-1", "--config", config)
	require.NoError(t, err)
	out, err := hqCommand(t, "device", "accept", "gw-1", "--config", config)
	require.NoError(t, err)
	require.Contains(t, out, "Nothing of gw-1 was set aside")
	edgetest.Sell(t, shop, edgetest.Lipstick)
	edgetest.Sell(t, shop, edgetest.Lipstick)
	x.Spans[0].To, _, err = shop.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	var later bytes.Buffer
	require.NoError(t, x.Write(t.Context(), &later, func(uint64) {}))
	require.NoError(t, os.WriteFile(stick, later.Bytes(), 0o600))
	var said bytes.Buffer
	root := newRoot()
	root.SetArgs([]string{"import", "--config", config, stick})
	root.SetOut(&said)
	root.SetErr(&said)
	require.NoError(t, root.ExecuteContext(t.Context()))
	require.Contains(t, said.String(), fmt.Sprintf("%d of them count for nothing as yet", x.Spans[0].To-head))
	require.Equal(t, 1, strings.Count(said.String(), "level=ERROR"), "one line for the file: %s", said.String())
	require.Contains(t, said.String(), fmt.Sprintf("events=%d", x.Spans[0].To-head))
	out, err = hqCommand(t, "device", "accept", "gw-1", "--config", config)
	require.NoError(t, err)
	require.Contains(t, out, fmt.Sprintf("%d events of gw-1 count now", x.Spans[0].To-head))

	altered := bytes.Clone(file.Bytes())
	altered[len(altered)/2] ^= 1
	require.NoError(t, os.WriteFile(stick, altered, 0o600))
	_, err = hqCommand(t, "import", "--config", config, stick)
	require.ErrorContains(t, err, stick)
	require.ErrorContains(t, err, "line ")

	var usage process.UsageError
	_, err = hqCommand(t, "import", "--config", config, filepath.Join(dir, "missing"))
	require.ErrorAs(t, err, &usage)
	_, err = hqCommand(t, "import", "--config", config)
	require.ErrorAs(t, err, &usage)
}
