package kiosk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestEveryKindOfMakeUpIsWornTogether(t *testing.T) {
	look, err := lookOf(testRelease(), outfit{skus: []edge.SKU{"LIP-1", "CHK-1", "EYE-1", "EYE-2", "GLS-1"}, intensity: 0.5})
	require.NoError(t, err)
	require.Equal(t, []ar.Layer{
		{Kind: ar.Lipstick, Color: ar.Color{R: 0xA6, G: 0x3A, B: 0x2B}, Finish: ar.Matte, Intensity: 0.5},
		{Kind: ar.Blush, Color: ar.Color{R: 0xEE, G: 0x9A, B: 0x8E}, Finish: ar.Satin, Intensity: 0.5, Placement: ar.Apples},
		{Kind: ar.Eyeshadow, Color: ar.Color{R: 0xA4, G: 0x57, B: 0x3D}, Finish: ar.Metallic, Intensity: 0.5},
		{Kind: ar.Eyeliner, Color: ar.Color{R: 0x18, G: 0x14, B: 0x14}, Finish: ar.Matte, Intensity: 0.5, Shape: ar.Classic},
		{Kind: ar.Glasses, Color: ar.Color{R: 0x1E, G: 0x1C, B: 0x1C}, Intensity: 1, Asset: "round.svg"},
	}, look.Layers)
}

func TestLayerTakesAllOfTheCatalogue(t *testing.T) {
	layer := func(t edge.TryOn) ar.Layer {
		l, err := layerOf(&edge.Variant{Color: "#010203", TryOn: &t}, defaultIntensity, 0)
		if err != nil {
			panic(err)
		}
		return l
	}
	one := ar.Color{R: 1, G: 2, B: 3}
	for _, tt := range []struct {
		in   edge.TryOn
		want ar.Layer
	}{
		{edge.TryOn{Kind: "lipstick", Finish: "gloss", Gradient: true, Intensity: 90}, ar.Layer{Kind: ar.Lipstick, Color: one, Finish: ar.Gloss, Gradient: true, Intensity: 0.9}},
		{edge.TryOn{Kind: "blush", Finish: "matte", Placement: "under-eye"}, ar.Layer{Kind: ar.Blush, Color: one, Finish: ar.Matte, Placement: ar.UnderEye, Intensity: 0.6}},
		{edge.TryOn{Kind: "eyeshadow", Finish: "satin", Colors: []string{"#040506", "#070809"}}, ar.Layer{Kind: ar.Eyeshadow, Color: one, Finish: ar.Satin, Colors: []ar.Color{{R: 4, G: 5, B: 6}, {R: 7, G: 8, B: 9}}, Intensity: 0.6}},
		{edge.TryOn{Kind: "eyeliner", Finish: "gloss", Shape: "winged"}, ar.Layer{Kind: ar.Eyeliner, Color: one, Finish: ar.Gloss, Shape: ar.Winged, Intensity: 0.6}},
		{edge.TryOn{Kind: "lashes"}, ar.Layer{Kind: ar.Lashes, Color: one, Shape: ar.Natural, Intensity: 0.6}},
		{edge.TryOn{Kind: "nose-stud", Asset: "a.svg"}, ar.Layer{Kind: ar.NoseStud, Color: one, Side: ar.Left, Asset: "a.svg", Intensity: 1}},
		{edge.TryOn{Kind: "earrings", Asset: "a.svg", Side: "right"}, ar.Layer{Kind: ar.Earrings, Color: one, Side: ar.Right, Asset: "a.svg", Intensity: 1}},
	} {
		got := layer(tt.in)
		require.InDelta(t, tt.want.Intensity, got.Intensity, 1e-9)
		got.Intensity = tt.want.Intensity
		require.Equal(t, tt.want, got)
		require.NoError(t, ar.Look{Layers: []ar.Layer{got}}.Check())
	}
}

// The shopper's slider goes around what a product is meant to be worn with, and
// never further than all of it.
func TestIntensity(t *testing.T) {
	for _, tt := range []struct {
		slider         float64
		product, meant int
		want           float64
	}{
		{0.6, 0, 0, 0.6},
		{1, 0, 0, 1},
		{0.6, 30, 0, 0.3},
		{1, 30, 0, 0.5},
		{0.3, 30, 0, 0.15},
		{0.6, 30, 90, 0.9},
		{1, 30, 90, 1},
		{0, 30, 90, 0},
	} {
		l, err := layerOf(&edge.Variant{Color: "#010203", TryOn: &edge.TryOn{Kind: "lipstick", Intensity: tt.product}}, tt.slider, tt.meant)
		require.NoError(t, err)
		require.InDelta(t, tt.want, l.Intensity, 1e-9, "%+v", tt)
	}
}

func TestCompleteLook(t *testing.T) {
	o := outfit{skus: []edge.SKU{"LIP-1", "EYE-1", "CHK-1", "GLS-1"}, intensity: defaultIntensity, look: "tet"}
	look, err := lookOf(testRelease(), o)
	require.NoError(t, err)
	var got []float64
	for _, l := range look.Layers {
		got = append(got, l.Intensity)
	}
	require.InDeltaSlice(t, []float64{0.9, 0.6, 0.6, 1}, got, 1e-9)
	o.look = "none"
	_, err = lookOf(testRelease(), o)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

// Whatever a product table may say can be shown, and the other way round.
func TestCatalogueAndMirrorAgreeOnKinds(t *testing.T) {
	var kinds []string
	for _, k := range ar.Kinds() {
		kinds = append(kinds, string(k))
	}
	require.ElementsMatch(t, kinds, edge.TryOnKinds())
	words := func(first ...string) []string { return append([]string{""}, first...) }
	columns := []struct {
		name  string
		words []string
	}{
		{"finish", words("matte", "satin", "gloss", "metallic", "shimmer")},
		{"gradient", words("yes")},
		{"placement", words("apples", "cheekbone", "under-eye")},
		{"shape", words("thin", "classic", "winged", "natural", "volume", "cat-eye")},
		{"side", words("left", "right")},
		{"colours", words("#010203", "#010203 #040506", "#010203 #040506 #070809")},
		{"asset", words("a.svg")},
	}
	const head = "sku,gtin,product,category,brand,name_vi,name_en,name_zh,shade_vi,shade_en,shade_zh,price,vat_bp,colour,picture,stock,tryon"
	for _, kind := range kinds {
		for _, finish := range columns[0].words {
			for _, c := range columns {
				for _, word := range c.words {
					cells := map[string]string{"finish": finish, c.name: word}
					if _, set := cells["asset"]; !set && strings.Contains("necklace earrings nose-stud glasses", kind) {
						cells["asset"] = "a.svg"
					}
					names, values := head, "A,4006381333931,a,a,b,a,a,a,a,a,a,1,0,#000000,,1,"+kind
					for _, c := range columns {
						names, values = names+","+c.name, values+","+cells[c.name]
					}
					vs, _, err := edge.CatalogueRules{Currency: "VND", Categories: []edge.Category{{ID: "a"}}}.Read(strings.NewReader(names + "\n" + values + "\n"))
					layer := fmt.Sprintf("%s %v", kind, cells)
					if err == nil {
						l, err := layerOf(&vs[0], 0.5, 0)
						require.NoError(t, err, layer)
						require.NoError(t, ar.Look{Layers: []ar.Layer{l}}.Check(), layer)
						continue
					}
					require.Error(t, asSaid(kind, cells).Check(), layer)
				}
			}
		}
	}
}

// asSaid is the look of what cells of a product table say, word for word.
func asSaid(kind string, cells map[string]string) ar.Look {
	l := ar.Layer{
		Kind: ar.Kind(kind), Finish: ar.Finish(cells["finish"]), Gradient: cells["gradient"] == "yes",
		Placement: ar.Placement(cells["placement"]), Shape: ar.Shape(cells["shape"]), Side: ar.Side(cells["side"]), Asset: cells["asset"],
	}
	usual(&l)
	for _, c := range strings.Fields(cells["colours"]) {
		var color ar.Color
		if err := json.Unmarshal([]byte(`"`+c+`"`), &color); err != nil {
			panic(err)
		}
		l.Colors = append(l.Colors, color)
	}
	return ar.Look{Layers: []ar.Layer{l}}
}
