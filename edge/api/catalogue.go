package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

type catalogueView struct {
	Release    uint32          `json:"release"`
	Currency   string          `json:"currency"`
	Shop       Shop            `json:"shop"`
	Categories []edge.Category `json:"categories"`
	Products   []productView   `json:"products"`
	Looks      []edge.Look     `json:"looks"` // complete looks, of the products above
}

type productView struct {
	ID       string        `json:"id"`
	Category string        `json:"category"`
	Brand    string        `json:"brand"`
	Name     edge.Text     `json:"name"`
	Picture  string        `json:"picture,omitempty"`
	Variants []variantView `json:"variants"`
}

type variantView struct {
	SKU    edge.SKU    `json:"sku"`
	GTIN   edge.GTIN   `json:"gtin"`
	Shade  edge.Text   `json:"shade"`
	Color  string      `json:"color,omitempty"`
	Finish string      `json:"finish,omitempty"`
	Price  edge.Money  `json:"price"`
	TryOn  *edge.TryOn `json:"tryon,omitempty"`
	Stock  int64       `json:"stock"`
}

// getCatalogue answers the release in force, its variants grouped by product,
// with what is in stock now.
func (s *Server) getCatalogue(c *gin.Context) {
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	stock, err := s.cfg.Ledger.Stock(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	v := catalogueView{
		Release: r.Version, Currency: r.Currency, Shop: s.cfg.Shop,
		Categories: r.Categories, Products: products(r, stock),
		Looks: r.Looks,
	}
	if v.Looks == nil {
		v.Looks = []edge.Look{}
	}
	body, err := json.Marshal(v)
	if err != nil {
		s.Fail(c, err)
		return
	}
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	c.Header("ETag", tag)
	c.Header("Cache-Control", "no-cache") // keep it, but ask each time
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", body)
}

func products(r *edge.Release, stock map[edge.SKU]int64) []productView {
	ps := []productView{}
	at := map[string]int{}
	for i := range r.Variants {
		v := &r.Variants[i]
		j, ok := at[v.Product]
		if !ok {
			j = len(ps)
			at[v.Product] = j
			ps = append(ps, productView{
				ID: v.Product, Category: v.Category, Brand: v.Brand, Name: v.Name, Picture: pictureURL(v.Picture),
			})
		}
		ps[j].Variants = append(ps[j].Variants, variantView{
			SKU: v.SKU, GTIN: v.GTIN, Shade: v.Shade, Color: v.Color, Finish: v.Finish,
			Price: v.Price, TryOn: v.TryOn, Stock: stock[v.SKU],
		})
	}
	return ps
}

func pictureURL(file string) string {
	if file == "" {
		return ""
	}
	return base + "/pictures/" + file
}

// getPicture serves one of the shop's pictures, and nothing else of its files.
func (s *Server) getPicture(c *gin.Context) {
	file := c.Param("file")
	known := slices.Contains([]string{".svg", ".png", ".jpg", ".webp"}, path.Ext(file))
	st, err := fs.Stat(s.cfg.Pictures, file)
	if !known || !fs.ValidPath(file) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || (err == nil && !st.Mode().IsRegular()) {
		s.Fail(c, edge.Errorf("api", edge.NotFound, "there is no picture %.60q", file))
		return
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	if path.Ext(file) == ".svg" {
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	}
	c.Header("Cache-Control", "public, max-age=3600")
	http.ServeFileFS(c.Writer, c.Request, s.cfg.Pictures, file)
}
