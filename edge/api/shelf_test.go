package api_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

type hit struct {
	Product struct {
		ID, Brand, Picture string
		Name               edge.Text
	}
	Variant struct {
		SKU   edge.SKU
		Price edge.Money
		Stock int64
	}
}

type found struct {
	Release     uint32
	Total       int
	Exact, Near bool
	Hits        []hit
}

func TestSearch(t *testing.T) {
	s := memoryShop(t)
	require.NoError(t, s.MoveStock(t.Context(), []edge.StockMove{{SKU: edgetest.Lipstick, Delta: 4, Reason: edge.StockGoodsIn, Ref: "n", At: s.Now()}}))
	search := func(query string) found {
		return decode[found](t, s.do("GET", "/api/v1/catalogue/search?"+query, ""), http.StatusOK)
	}
	f := search("q=SON+LI")
	require.Equal(t, 1, f.Total)
	require.False(t, f.Exact)
	require.EqualValues(t, 1, f.Release)
	require.Equal(t, "Son lì", f.Hits[0].Product.Name.VI)
	require.Equal(t, "/api/v1/pictures/lipstick.svg", f.Hits[0].Product.Picture)
	require.Equal(t, edgetest.Lipstick, f.Hits[0].Variant.SKU)
	require.EqualValues(t, 199000, f.Hits[0].Variant.Price.Amount)
	require.EqualValues(t, 4, f.Hits[0].Variant.Stock)
	edgetest.Sell(t, s, edgetest.Lipstick)
	f = search("q=lip-01-red")
	require.True(t, f.Exact)
	require.EqualValues(t, 3, f.Hits[0].Variant.Stock, "stock is of now")
	f = search("q=&limit=2")
	require.Equal(t, 3, f.Total)
	require.Len(t, f.Hits, 2)
	require.NotNil(t, search("q=nothing+of+the+kind").Hits)

	s.Advance(time.Hour)
	next := edgetest.Release(2)
	next.Variants[0].Name.EN = "Quince"
	require.NoError(t, s.PutRelease(t.Context(), next))
	f = search("q=quince")
	require.Equal(t, 1, f.Total, "the index is of the release in force")
	require.EqualValues(t, 2, f.Release)
	requireError(t, s.do("GET", "/api/v1/catalogue/search?limit=0", ""), http.StatusBadRequest, edge.Invalid, "limit")
}

func TestVariantElsewhere(t *testing.T) {
	s := memoryShop(t)
	at := s.Now().Add(-3 * time.Hour).UTC()
	require.NoError(t, s.Apply(t.Context(), 1, edge.Delivery{Stock: []edge.ShopStock{
		{Shop: "dalat", AsOf: at, Levels: map[edge.SKU]int64{edgetest.Lipstick: 7}},
		{Shop: "hue", AsOf: at, Levels: map[edge.SKU]int64{edgetest.Lipstick: 5}},
	}}))
	type place struct {
		hit
		Elsewhere []edge.ShopLevel
	}
	p := decode[place](t, s.do("GET", "/api/v1/catalogue/variants/"+string(edgetest.Lipstick), ""), http.StatusOK)
	require.Equal(t, edgetest.Lipstick, p.Variant.SKU)
	require.Zero(t, p.Variant.Stock, "the ledger knows more of its own shop than headquarters")
	require.Equal(t, []edge.ShopLevel{{Shop: "dalat", Quantity: 7, AsOf: at}}, p.Elsewhere)
	requireError(t, s.do("GET", "/api/v1/catalogue/variants/NO", ""), http.StatusNotFound, edge.NotFound, "NO")
}

func TestShopHasNoProducts(t *testing.T) {
	body := text(t, memoryShop(t).do("GET", "/api/v1/shop", ""))
	require.Contains(t, body, `"release":1`)
	require.Contains(t, body, "Huế")
	require.NotContains(t, body, string(edgetest.Lipstick))
}

// manySKUs is a chain's whole catalogue, with stock of all.
func manySKUs(b *testing.B, n int) *shop {
	r := edgetest.Release(2)
	like := r.Variants[0]
	moves := make([]edge.StockMove, n)
	for i := range n {
		v := like
		v.SKU = edge.SKU(fmt.Sprintf("SKU-%06d", i))
		v.Product = fmt.Sprintf("p-%d", i/4)
		v.Name = edge.Text{VI: fmt.Sprintf("Son dưỡng môi %d", i), EN: fmt.Sprintf("Lip balm %d", i), ZH: "润唇膏"}
		r.Variants = append(r.Variants, v)
		moves[i] = edge.StockMove{SKU: v.SKU, Delta: 3, Reason: edge.StockGoodsIn, Ref: "opening", At: r.Effective}
	}
	s := sqliteShop(b)
	require.NoError(b, s.PutRelease(b.Context(), r))
	require.NoError(b, s.MoveStock(b.Context(), moves))
	return s
}

// A till's search and a kiosk's catalogue in a shop of 50,000 variants, as they
// are answered over HTTP.
func BenchmarkLargeShop(b *testing.B) {
	s := manySKUs(b, 50_000)
	s.do("GET", "/api/v1/catalogue/search?q=", "") // makes the index
	for _, path := range []string{"/search?q=duong+moi+4999", "/search?q=SKU-049999", "/search?q=dduong+49999", "/variants/SKU-049999", ""} {
		b.Run(path, func(b *testing.B) {
			var n int64
			for b.Loop() {
				r := s.do("GET", "/api/v1/catalogue"+path, "")
				require.Equal(b, http.StatusOK, r.StatusCode)
				n = r.ContentLength
				if body, err := io.ReadAll(r.Body); err == nil {
					n = int64(len(body))
				}
			}
			b.ReportMetric(float64(n), "B/answer")
		})
	}
}

// A kiosk opens with a page of each shelf and the products of the looks, and has
// the others when it asks for them, each once.
func TestShelvesComePageByPage(t *testing.T) {
	s := memoryShop(t)
	const products = 130
	r := edgetest.Release(2)
	like := r.Variants[0]
	r.Variants = r.Variants[:1]
	for i := range products {
		v := like
		v.SKU, v.GTIN, v.Product = edge.SKU(fmt.Sprintf("MANY-%03d", i)), "", fmt.Sprintf("many-%d", i/2*2)
		if i%4 == 0 {
			v.Product = fmt.Sprintf("odd-%d", i)
		}
		if i < 60 {
			v.TryOn = nil
		}
		r.Variants = append(r.Variants, v)
	}
	r.Looks = []edge.Look{{ID: "look", Items: []edge.LookItem{{SKU: "MANY-059"}, {SKU: "GONE"}}}}
	s.Advance(time.Hour)
	require.NoError(t, s.PutRelease(t.Context(), r))
	require.NoError(t, s.MoveStock(t.Context(), []edge.StockMove{{SKU: "MANY-059", Delta: 4, Reason: edge.StockGoodsIn, Ref: "n", At: s.Now()}}))

	type product struct {
		ID       string
		Variants []struct {
			SKU   edge.SKU
			TryOn *edge.TryOn
			Stock int64
		}
	}
	opening := decode[struct {
		Totals   map[string]int
		Page     int
		Products []product
	}](t, s.do("GET", "/api/v1/catalogue", ""), 200)
	total := opening.Totals[like.Category]
	require.Greater(t, total, opening.Page+1)
	require.Len(t, opening.Products, opening.Page+1, "a page, and the look's")
	last := opening.Products[opening.Page]
	require.Equal(t, "many-58", last.ID)
	require.EqualValues(t, 4, last.Variants[1].Stock)

	seen := map[string]bool{}
	tryOn := true
	for from := 0; from < total; from += 7 {
		path := fmt.Sprintf("/api/v1/catalogue/categories/%s?from=%d&limit=7", like.Category, from)
		answer := s.do("GET", path, "")
		tag := answer.Header.Get("ETag")
		page := decode[struct {
			Release  uint32
			Total    int
			Products []product
		}](t, answer, 200)
		require.EqualValues(t, 2, page.Release)
		require.Equal(t, total, page.Total)
		for i, p := range page.Products {
			require.False(t, seen[p.ID])
			seen[p.ID] = true
			can := p.Variants[0].TryOn != nil
			require.True(t, tryOn || !can, "what can be tried on is first")
			tryOn = can
			if from+i < opening.Page {
				require.Equal(t, opening.Products[from+i], p)
			}
		}
		require.Equal(t, 304, s.do("GET", path, "", header{"If-None-Match": tag}).StatusCode)
	}
	require.Len(t, seen, total)
	require.False(t, tryOn)

	found := decode[struct{ Product product }](t, s.do("GET", "/api/v1/catalogue/variants/MANY-059", ""), 200)
	require.Equal(t, last, found.Product, "with its product's other variants")
	none := decode[struct{ Products []product }](t, s.do("GET", "/api/v1/catalogue/categories/none?from=5", ""), 200)
	require.NotNil(t, none.Products)
	requireError(t, s.do("GET", "/api/v1/catalogue/categories/none?from=-1", ""), 400, edge.Invalid, "from")
}

// Shops that headquarters names are called by their names.
func TestShopsHaveNames(t *testing.T) {
	s := memoryShop(t)
	dalat := edge.Place{Name: "Đà Lạt Hòa Bình", Address: "1 Khu Hòa Bình"}
	require.NoError(t, s.Apply(t.Context(), 1, edge.Delivery{Stock: []edge.ShopStock{
		{Shop: "dalat", Place: dalat, AsOf: s.Now(), Levels: map[edge.SKU]int64{edgetest.Lipstick: 7}},
		{Shop: "vinh", AsOf: s.Now(), Levels: map[edge.SKU]int64{edgetest.Lipstick: 1}},
	}}))
	at := decode[struct{ Elsewhere []edge.ShopLevel }](t, s.do("GET", "/api/v1/catalogue/variants/"+string(edgetest.Lipstick), ""), 200)
	require.Equal(t, dalat, at.Elsewhere[0].Place)
	require.Empty(t, at.Elsewhere[1].Name)
	shop := decode[struct{ Places map[string]edge.Place }](t, s.do("GET", "/api/v1/shop", ""), 200)
	require.Equal(t, map[string]edge.Place{"dalat": dalat}, shop.Places)
}
