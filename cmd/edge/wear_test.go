package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// TestDemoShopIsTriedOn: the mirror can show whatever the demo shop says can be
// tried on, every kind of it, and every complete look.
func TestDemoShopIsTriedOn(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.Camera.Width, cfg.Camera.Height = 320, 180
	o := testGateway(t, cfg)
	o.needMirror = true
	g := runGateway(t, o)
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
