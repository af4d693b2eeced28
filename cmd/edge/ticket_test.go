package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	"github.com/mirrorcart/mirrorcart/edge/ticket/tickettest"
)

// A sale's ticket comes out by itself, and the command draws the same one.
func TestATicketIsPrintedAndDrawn(t *testing.T) {
	dir := t.TempDir()
	printer, address := tickettest.Listen(t)
	cfg := testShop(t, dir)
	cfg.ModelsDir = filepath.Join(dir, "no-models")
	cfg.Printer.Address, cfg.Printer.Speed = address, 0
	g := runGateway(t, testGateway(t, cfg))
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
	sale, _, err := g.db.RecordSale(t.Context(), "key-00000001", edge.Checkout{Cart: c.ID, Payments: pay, Staff: "Linh"})
	require.NoError(t, err)
	g.desk.Wake()
	require.Eventually(t, func() bool { return len(printer.Papers()) == 1 }, 2*time.Minute, 10*time.Millisecond)
	printed := printer.Papers()[0]
	require.Zero(t, len(printed.Garbage))

	file := filepath.Join(dir, "edge.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join([]string{
		"node: gw1", "till: T1", "shop: {id: nang-mai-q1, name: Nắng Mai}", "data_dir: " + dir,
		"shop_dir: " + filepath.Join(mustGetwd(t), "demo/shop"), "keys: {device: " + cfg.Keys.Device + "}",
	}, "\n")), 0o600))
	out := filepath.Join(dir, "t.png")
	require.NoError(t, ticketRun("--config", file, "--kind", "receipt", "--id", sale.Receipt.String(), "--out", out))
	f, err := os.Open(out)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.Equal(t, 576, img.Bounds().Dx())
	require.Equal(t, printed.Raster.Bounds().Dx(), img.Bounds().Dx())

	err = ticketRun("--config", file, "--kind", "void", "--id", sale.Receipt.String(), "--out", out)
	require.ErrorContains(t, err, "--kind receipt")
	require.ErrorContains(t, ticketRun("--config", file, "--kind", "receipt", "--id", "T1-1-000002", "--out", out), "not in this gateway's ledger")
	require.ErrorContains(t, ticketRun("--config", file, "--kind", "z", "--id", "1", "--out", out), "no Z report 1")
}

func mustGetwd(t *testing.T) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	return dir
}

// ticketRun runs edge ticket.
func ticketRun(args ...string) error {
	cmd := newRoot()
	cmd.SetArgs(append([]string{"ticket"}, args...))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return cmd.Execute()
}

func TestDemoTickets(t *testing.T) {
	for _, kind := range []string{"receipt", "refund", "void", "z", "cart", "order", "test"} {
		for _, lang := range []string{"vi", "en", "zh"} {
			t.Run(kind+" "+lang, func(t *testing.T) {
				dir := t.TempDir()
				for _, ending := range []string{"png", "pdf", "escpos"} {
					out := filepath.Join(dir, "ticket."+ending)
					var said bytes.Buffer
					cmd := newRoot()
					cmd.SetArgs([]string{"ticket", "--kind", kind, "--demo", "--lang", lang, "--width", "58", "--out", out, "--json"})
					cmd.SetOut(&said)
					require.NoError(t, cmd.Execute())
					var report struct {
						File, Kind string
						Width      int
					}
					require.NoError(t, json.Unmarshal(said.Bytes(), &report))
					require.Equal(t, out, report.File)
					require.Equal(t, 384, report.Width)
					b, err := os.ReadFile(out)
					require.NoError(t, err)
					require.True(t, bytes.HasPrefix(b, []byte(map[string]string{"png": "\x89PNG", "pdf": "%PDF-1.4", "escpos": "\x1b@"}[ending])))
				}
				if kind != "cart" && kind != "order" {
					return
				}
				path, err := exec.LookPath("zbarimg")
				require.NoError(t, err, "this test reads QR codes with zbarimg: install the package zbar-tools")
				read, err := exec.CommandContext(t.Context(), path, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", filepath.Join(dir, "ticket.png")).Output()
				require.NoError(t, err)
				require.Contains(t, string(read), "https://cart.example.com/c/")
			})
		}
	}
	for _, args := range [][]string{
		{"--kind", "receipt", "--out", "x.png"},
		{"--kind", "receipt", "--demo", "--id", "T1-1-000001", "--out", "x.png"},
		{"--demo", "--out", "x.png"},
		{"--kind", "receipt", "--demo", "--out", "x.jpg"},
		{"--kind", "receipt", "--demo", "--out", "x.png", "--width", "70"},
		{"--kind", "receipt", "--demo", "--out", "x.png", "--lang", "fr"},
	} {
		var usage process.UsageError
		require.ErrorAs(t, ticketRun(args...), &usage, args)
	}
}

// BenchmarkCartSlip makes a cart's token, its link, and the slip with the QR
// code, as bytes for the printer.
func BenchmarkCartSlip(b *testing.B) {
	f := ticketFlags{kind: "cart", demo: true}
	cfg, err := f.settings()
	require.NoError(b, err)
	press, err := newPress(cfg, time.UTC, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	files, err := fs.Sub(demoFiles, "demo/shop")
	require.NoError(b, err)
	shop, err := shopdir.Read(files)
	require.NoError(b, err)
	day, err := newSampleDay(shop)
	require.NoError(b, err)
	for b.Loop() {
		doc, err := day.ticket(b.Context(), "cart")
		require.NoError(b, err)
		r, err := press.Draw(doc, ticket.Form{Lang: "vi"})
		require.NoError(b, err)
		r.AppendESCPOS(nil)
	}
}
