package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

type shopView struct {
	Release    uint32          `json:"release"`
	Currency   string          `json:"currency"`
	Shop       Shop            `json:"shop"`
	Categories []edge.Category `json:"categories"`
}

type catalogueView struct {
	shopView
	Products []productView `json:"products"`
	Looks    []edge.Look   `json:"looks"` // complete looks, of the products above
}

type productView struct {
	ID       string        `json:"id"`
	Category string        `json:"category"`
	Brand    string        `json:"brand"`
	Name     edge.Text     `json:"name"`
	Picture  string        `json:"picture,omitempty"`
	Details  edge.Text     `json:"details,omitzero"`
	Variants []variantView `json:"variants,omitempty"`
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

func (s *Server) shop(r *edge.Release) shopView {
	return shopView{Release: r.Version, Currency: r.Currency, Shop: s.cfg.Shop, Categories: r.Categories}
}

// getShop answers what a page needs of the catalogue that searches it.
func (s *Server) getShop(c *gin.Context) {
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, s.shop(r))
}

// listing is the catalogue as pages get it: of one release, with the stock as of
// one mark.
type listing struct {
	release *edge.Release
	mark    edge.LaneMark
	until   time.Time
	body    []byte
	tag     string
}

// listingLasts is how long a listing is kept: what headquarters brings back
// after a restore moves stock too, and makes no event of its own.
const listingLasts = time.Minute

// getCatalogue answers the release in force, its variants grouped by product,
// with what is in stock now.
func (s *Server) getCatalogue(c *gin.Context) {
	l, err := s.list(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Header("ETag", l.tag)
	c.Header("Cache-Control", "no-cache") // keep it, but ask each time
	if c.GetHeader("If-None-Match") == l.tag {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", l.body)
}

// list makes the listing anew where release or stock have changed: in a large
// shop that is many megabytes.
func (s *Server) list(ctx context.Context) (*listing, error) {
	r, err := s.cfg.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	mark, err := s.cfg.Ledger.CountMark(ctx) // before the stock is read: what comes between is then read again
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	s.listing.Lock()
	defer s.listing.Unlock()
	if l := s.listed; l != nil && l.release == r && l.mark == mark && now.Before(l.until) {
		return l, nil
	}
	stock, err := s.cfg.Ledger.Stock(ctx)
	if err != nil {
		return nil, err
	}
	v := catalogueView{shopView: s.shop(r), Products: products(r, stock), Looks: r.Looks}
	if v.Looks == nil {
		v.Looks = []edge.Look{}
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	s.listed = &listing{r, mark, now.Add(listingLasts), body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	return s.listed, nil
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
			ps = append(ps, productOf(v))
		}
		ps[j].Variants = append(ps[j].Variants, variantOf(v, stock))
	}
	return ps
}

// productOf is the product that v is of, without its variants.
func productOf(v *edge.Variant) productView {
	return productView{
		ID: v.Product, Category: v.Category, Brand: v.Brand, Name: v.Name, Picture: pictureURL(v.Picture), Details: v.Details,
	}
}

func variantOf(v *edge.Variant, stock map[edge.SKU]int64) variantView {
	return variantView{
		SKU: v.SKU, GTIN: v.GTIN, Shade: v.Shade, Color: v.Color, Finish: v.Finish,
		Price: v.Price, TryOn: v.TryOn, Stock: stock[v.SKU],
	}
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
