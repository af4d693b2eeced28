package edge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What a release finds at once is what going through all of it finds.
func TestAReleaseFindsWhatGoingThroughItFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sku := rapid.StringMatching(`[AB]{0,3}-?[0-2]?`)
		gtin := rapid.SampledFrom([]edge.GTIN{"", "0", "00", "7", "07", "70", "007", "8939990100013", "08939990100013", "96385074", "00000096385074"})
		r := &edge.Release{
			Variants: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) edge.Variant {
				return edge.Variant{SKU: edge.SKU(sku.Draw(t, "sku")), GTIN: gtin.Draw(t, "gtin")}
			}), 0, 60).Draw(t, "variants"),
			Assets: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) edge.Asset {
				return edge.Asset{Name: sku.Draw(t, "file"), Size: rapid.Int64().Draw(t, "size")}
			}), 0, 60).Draw(t, "assets"),
		}
		same := func(got *edge.Variant, ok bool, is func(edge.Variant) bool) {
			at := slices.IndexFunc(r.Variants, is)
			require.Equal(t, at >= 0, ok)
			if ok {
				require.Same(t, &r.Variants[at], got)
			}
		}
		for range 20 {
			name := sku.Draw(t, "asked")
			got, ok := r.Variant(edge.SKU(name))
			same(got, ok, func(v edge.Variant) bool { return string(v.SKU) == name })
			file, ok := r.Asset(name)
			at := slices.IndexFunc(r.Assets, func(a edge.Asset) bool { return a.Name == name })
			require.Equal(t, at >= 0, ok)
			if ok {
				require.Equal(t, r.Assets[at], file)
			}
			number := gtin.Draw(t, "scanned")
			bare := strings.TrimLeft(string(number), "0")
			got, ok = r.Scanned(number)
			same(got, ok, func(v edge.Variant) bool { return bare != "" && strings.TrimLeft(string(v.GTIN), "0") == bare })
		}
	})
}

// What a line of a sale asks of the catalogue, in the demo's and in a chain's.
func BenchmarkVariant(b *testing.B) {
	for _, n := range []int{130, 60_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := manyVariants(n)
			skus := make([]edge.SKU, 1024)
			for i := range skus {
				skus[i] = r.Variants[i*7919%n].SKU
			}
			r.Variant("") // makes the order
			i := 0
			for b.Loop() {
				if _, ok := r.Variant(skus[i%len(skus)]); !ok {
					b.Fatal("not found")
				}
				i++
			}
		})
	}
}
