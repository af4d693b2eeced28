package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// TestDemoShopIsTriedOn: the mirror can show whatever the demo shop says can be
// tried on, every kind of it, and every complete look.
func TestDemoShopIsTriedOn(t *testing.T) {
	dir := t.TempDir()
	cfg := firmwarecfg.DefaultEdge()
	cfg.Node, cfg.Shop.ID, cfg.Till = "gw1", "nang-mai-q1", "T1"
	cfg.DataDir, cfg.ModelsDir, cfg.HTTP.Addr = dir, lookModels, "127.0.0.1:0"
	cfg.Keys.Device = filepath.Join(dir, "device.key")
	cfg.Camera = firmwarecfg.Camera{Source: fakeCamera, Width: 320, Height: 180, Quality: 80}
	shop, err := fs.Sub(demoFiles, "demo/shop")
	require.NoError(t, err)
	g, err := newGateway(t.Context(), gatewayOptions{cfg: cfg, shop: shop, needMirror: true, log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- g.run(t.Context()) }()
	t.Cleanup(func() {
		require.NoError(t, <-done)
		require.NoError(t, g.close())
	})
	p := kioskPage{t, g.stations[0].url()}
	p.call("POST", "/session", `{"language": "vi"}`)
	p.call("POST", "/session/consent", `{"camera": true}`)

	r, err := g.db.Release(t.Context())
	require.NoError(t, err)
	var kinds []string
	for _, v := range r.Variants {
		if v.TryOn == nil {
			continue
		}
		if !slices.Contains(kinds, v.TryOn.Kind) {
			kinds = append(kinds, v.TryOn.Kind)
		}
		worn := p.call("PUT", "/session/look", fmt.Sprintf(`{"skus": [%q]}`, v.SKU))
		require.Equal(t, []string{string(v.SKU)}, worn.SKUs)
	}
	require.ElementsMatch(t, edge.TryOnKinds(), kinds)
	require.NotEmpty(t, r.Looks)
	for _, l := range r.Looks {
		var skus []edge.SKU
		for _, item := range l.Items {
			skus = append(skus, item.SKU)
		}
		body, err := json.Marshal(map[string]any{"skus": skus, "look_id": l.ID})
		require.NoError(t, err)
		require.Len(t, p.call("PUT", "/session/look", string(body)).SKUs, len(skus), l.ID)
	}
}
