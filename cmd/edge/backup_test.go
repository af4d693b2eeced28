package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// runEdge runs a command of the program and returns what it printed.
func runEdge(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, told bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&told)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// sellAtGateway sells one piece of the shop's first product.
func sellAtGateway(t *testing.T, g *gateway) *edge.Sale {
	t.Helper()
	r, err := g.db.Release(t.Context())
	require.NoError(t, err)
	c, err := g.db.CreateCart(t.Context())
	require.NoError(t, err)
	_, err = g.db.ChangeCart(t.Context(), c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, r.Variants[0].SKU, 1)
		return err
	})
	require.NoError(t, err)
	pay := edge.Payments{{Method: edge.Cash, Amount: r.Variants[0].Price.Amount}}
	s, _, err := g.db.RecordSale(t.Context(), "key-"+c.ID.String(), edge.Checkout{Cart: c.ID, Payments: pay})
	require.NoError(t, err)
	return s
}

func TestBackupAndRestoreOfAGateway(t *testing.T) {
	dir := t.TempDir()
	cfg := testShop(t, dir)
	cfg.ModelsDir = filepath.Join(dir, "none") // the till is what counts
	file := filepath.Join(dir, "edge.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil,
		"node: %s\nshop: {id: %s, name: S}\ntill: %s\ndata_dir: .\nkeys: {device: device.key}\ndisk: {reserve_mb: 0}\n", cfg.Node, cfg.Shop.ID, cfg.Till), 0o600))
	o := testGateway(t, cfg)

	_, err := runEdge(t, "restore", "--config", file, "--latest")
	require.ErrorContains(t, err, "there is no good backup")
	for _, args := range [][]string{{"restore", "--config", file}, {"restore", "--config", file, "x", "--latest"}, {"restore", "a", "b"}} {
		_, err = runEdge(t, args...)
		require.ErrorAs(t, err, new(process.UsageError), "%v", args)
	}

	copied := filepath.Join(dir, "copy.db")
	t.Run("the gateway runs", func(t *testing.T) {
		g := runGateway(t, o)
		require.Equal(t, "T1-1-000001", sellAtGateway(t, g).Receipt.String())
		require.Eventually(t, func() bool { return !g.backups.Last().IsZero() }, 2*time.Minute, 10*time.Millisecond, "a backup of its own")
		out, err := runEdge(t, "backup", "--config", file, "--out", copied, "--json")
		require.NoError(t, err)
		var made struct {
			File  string
			Bytes int64
		}
		require.NoError(t, json.Unmarshal([]byte(out), &made))
		require.Equal(t, copied, made.File)
		require.NotZero(t, made.Bytes)
		require.Equal(t, "T1-1-000002", sellAtGateway(t, g).Receipt.String())
		_, err = runEdge(t, "restore", "--config", file, copied)
		require.ErrorContains(t, err, "a gateway is running")
		_, err = runEdge(t, "backup", "--config", file, "--out", copied)
		require.ErrorContains(t, err, "is there already")
	})
	out, err := runEdge(t, "restore", "--config", file, copied)
	require.NoError(t, err)
	require.Contains(t, out, "receipts go on in series 2")
	t.Run("it runs again", func(t *testing.T) {
		g := runGateway(t, o)
		require.Equal(t, "T1-2-000001", sellAtGateway(t, g).Receipt.String())
		sales, err := g.db.Sales(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, sales, 3)
		require.Empty(t, g.faults(), "it was told to")
	})

	// Damaged at the start: it sells all the same, and says so.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "edge.db"), bytes.Repeat([]byte("junk"), 9000), 0o600))
	_, err = runEdge(t, "restore", "--config", file, filepath.Join(dir, "edge.db"))
	require.Error(t, err)
	require.NotEmpty(t, sqlite.Backups(cfg.Node, cfg.BackupDir()), "the running gateway made one")
	t.Run("it runs on what was there", func(t *testing.T) {
		g := runGateway(t, o)
		require.Equal(t, "T1-3-000001", sellAtGateway(t, g).Receipt.String())
		resp, err := http.Get(g.url() + "/api/v1/status")
		require.NoError(t, err)
		defer resp.Body.Close()
		var status struct {
			Faults []struct{ Part, Message string }
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&status))
		var said string
		for _, f := range status.Faults {
			if f.Part == "restored" {
				said = f.Message
			}
		}
		require.Contains(t, said, "the database is damaged at the start")
		require.Contains(t, said, "series 3")
		require.NotContains(t, said, dir, "where files are is for the log")
	})
}
