package main

import (
	"crypto/ed25519"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// testShop is a gateway's configuration for the demo shop, on a port of its own
// and with a test card for a camera.
func testShop(t *testing.T, dir string) *firmwarecfg.Edge {
	t.Helper()
	cfg := firmwarecfg.DefaultEdge()
	cfg.Node, cfg.Shop.ID, cfg.Shop.Name, cfg.Till = "gw1", "nang-mai-q1", demoShopName, "T1"
	cfg.DataDir, cfg.ModelsDir, cfg.HTTP.Addr = dir, lookModels, "127.0.0.1:0"
	cfg.Keys.Device = filepath.Join(dir, "device.key")
	cfg.Disk.ReserveMB, cfg.Metrics.Addr = 0, ""
	cfg.Camera = firmwarecfg.Camera{Source: fakeCamera, Width: 640, Height: 360, Quality: 80}
	return cfg
}

// testGateway is what to make a gateway of the demo shop of.
func testGateway(t *testing.T, cfg *firmwarecfg.Edge) gatewayOptions {
	t.Helper()
	shop, err := fs.Sub(demoFiles, "demo/shop")
	require.NoError(t, err)
	return gatewayOptions{cfg: cfg, shop: shop, log: slog.New(slog.DiscardHandler)}
}

// runGateway runs a gateway until the test has ended.
func runGateway(t *testing.T, o gatewayOptions) *gateway {
	t.Helper()
	g, err := newGateway(t.Context(), o)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- g.run(t.Context()) }()
	t.Cleanup(func() { // the test's context has ended
		require.NoError(t, <-done)
		require.NoError(t, g.close())
	})
	return g
}

// Selling does not wait for a mirror: without camera, models and line the till
// is there.
func TestTillSellsWithoutMirrorAndLine(t *testing.T) {
	dir := t.TempDir()
	cfg := testShop(t, dir)
	cfg.ModelsDir = filepath.Join(dir, "no-models")
	key, err := firmwarecfg.LoadOrCreateKey(filepath.Join(dir, "hq.key"))
	require.NoError(t, err)
	cfg.HQ.Key = firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey))
	cfg.HQ.MQTT = firmwarecfg.MQTT{URL: "mqtts://127.0.0.1:1", Username: "gw1", PasswordFile: filepath.Join(dir, "none"), CA: filepath.Join(dir, "none")}
	o := testGateway(t, cfg)
	g := runGateway(t, o)

	resp, err := http.Get(g.url() + "/kiosk/v1/session")
	require.NoError(t, err)
	var session struct {
		Camera struct {
			OK      bool
			Message string
		}
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&session))
	resp.Body.Close()
	require.False(t, session.Camera.OK)
	require.Contains(t, session.Camera.Message, "make setup")

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
	sale, _, err := g.db.RecordSale(t.Context(), "key-00000001", edge.Checkout{Cart: c.ID, Payments: pay})
	require.NoError(t, err)
	require.EqualValues(t, 1, sale.Receipt.Counter)
	require.NotEqualValues(t, 1, sale.Receipt.Series, "headquarters may know another machine of this name")

	o.needMirror = true
	o.cfg.DataDir = t.TempDir()
	_, err = newGateway(t.Context(), o)
	require.ErrorContains(t, err, "make setup", "the demo is about the mirror")
}

// A chain's shops may share their files: which shop this is say the settings.
func TestTheSettingsSayWhichShopThisIs(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir = filepath.Join(cfg.DataDir, "no-models")
	cfg.Shop.ID = "hanoi-2"
	g := runGateway(t, testGateway(t, cfg))
	resp, err := http.Get(g.url() + "/api/v1/shop")
	require.NoError(t, err)
	defer resp.Body.Close()
	var told struct{ Shop struct{ ID string } }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&told))
	require.Equal(t, "hanoi-2", told.Shop.ID)
}
