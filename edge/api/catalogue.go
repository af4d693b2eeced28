package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
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

// shelfPage is how many products of a category are told at once, unless asked
// otherwise.
const shelfPage = 48

type catalogueView struct {
	shopView
	Totals   map[string]int `json:"totals"` // products of each category
	Page     int            `json:"page"`   // how many of each are below, at most
	Products []productView  `json:"products"`
	Looks    []edge.Look    `json:"looks"` // complete looks, whose products are all above
}

type shelfView struct {
	Release  uint32        `json:"release"`
	Total    int           `json:"total"`
	Products []productView `json:"products"`
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

// getShop answers what a page needs of the catalogue that searches it, and how
// the other shops are called.
func (s *Server) getShop(c *gin.Context) {
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	places := map[string]edge.Place{}
	if s.cfg.Office != nil {
		if places, err = s.cfg.Office.Places(c.Request.Context()); err != nil {
			s.Fail(c, err)
			return
		}
	}
	c.JSON(http.StatusOK, struct {
		shopView
		Places map[string]edge.Place `json:"places"`
	}{s.shop(r), places})
}

// listing is the catalogue as a kiosk opens with it: of one release, with the
// stock as of one mark.
type listing struct {
	release *edge.Release
	mark    edge.LaneMark
	until   time.Time
	document
}

// document is an answer that a page may keep.
type document struct {
	body []byte
	tag  string
}

func newDocument(v any) (document, error) {
	body, err := json.Marshal(v)
	sum := sha256.Sum256(body)
	return document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, err
}

// answer sends d to who does not have it yet.
func (d *document) answer(c *gin.Context) {
	c.Header("ETag", d.tag)
	c.Header("Cache-Control", "no-cache") // keep it, but ask each time
	if c.GetHeader("If-None-Match") == d.tag {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", d.body)
}

// listingLasts is how long a listing is kept: what headquarters brings back
// after a restore moves stock too, and makes no event of its own.
const listingLasts = time.Minute

// getCatalogue answers what a kiosk opens with: the shelves of the release in
// force, of each the first products, and those of the looks, with what is in
// stock now.
func (s *Server) getCatalogue(c *gin.Context) {
	l, err := s.list(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	l.answer(c)
}

// list makes the listing anew where release or stock have changed.
func (s *Server) list(ctx context.Context) (*listing, error) {
	x, err := s.index(ctx)
	if err != nil {
		return nil, err
	}
	r := x.Release()
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
	v := catalogueView{shopView: s.shop(r), Totals: map[string]int{}, Page: shelfPage, Looks: r.Looks}
	if v.Looks == nil {
		v.Looks = []edge.Look{}
	}
	var opening []edge.Product
	for _, category := range r.Categories {
		shelf := x.Shelf(category.ID)
		v.Totals[category.ID] = len(shelf)
		opening = append(opening, shelf[:min(len(shelf), shelfPage)]...)
	}
	if v.Products, err = s.products(ctx, append(opening, worn(x)...)); err != nil {
		return nil, err
	}
	d, err := newDocument(v)
	if err != nil {
		return nil, err
	}
	s.listed = &listing{r, mark, now.Add(listingLasts), d}
	return s.listed, nil
}

// worn are the products of the looks.
func worn(x *edge.Index) []edge.Product {
	var list []edge.Product
	for _, look := range x.Release().Looks {
		for _, item := range look.Items {
			if v, ok := x.Release().Variant(item.SKU); ok {
				list = append(list, x.Product(v.Product))
			}
		}
	}
	return list
}

// getShelf answers the products of a category from one on.
func (s *Server) getShelf(c *gin.Context) {
	from, err := number(c, "from", 0, math.MaxInt32, 0)
	if err != nil {
		s.Fail(c, err)
		return
	}
	limit, err := number(c, "limit", 1, 200, shelfPage)
	if err != nil {
		s.Fail(c, err)
		return
	}
	ctx := c.Request.Context()
	x, err := s.index(ctx)
	if err != nil {
		s.Fail(c, err)
		return
	}
	shelf := x.Shelf(c.Param("id"))
	v := shelfView{Release: x.Release().Version, Total: len(shelf)}
	shelf = shelf[min(from, len(shelf)):]
	if v.Products, err = s.products(ctx, shelf[:min(limit, len(shelf))]); err != nil {
		s.Fail(c, err)
		return
	}
	d, err := newDocument(v)
	if err != nil {
		s.Fail(c, err)
		return
	}
	d.answer(c)
}

// products are the products, each once, with what is in stock here now.
func (s *Server) products(ctx context.Context, list []edge.Product) ([]productView, error) {
	var skus []edge.SKU
	for _, p := range list {
		for _, v := range p {
			skus = append(skus, v.SKU)
		}
	}
	stock, err := s.cfg.Ledger.StockOf(ctx, skus)
	if err != nil {
		return nil, err
	}
	views := []productView{}
	seen := map[string]bool{}
	for _, p := range list {
		if seen[p[0].Product] {
			continue
		}
		seen[p[0].Product] = true
		view := productOf(p[0])
		for _, v := range p {
			view.Variants = append(view.Variants, variantOf(v, stock))
		}
		views = append(views, view)
	}
	return views, nil
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
