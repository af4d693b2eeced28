package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// hitView is one variant and the product that it is of.
type hitView struct {
	Product productView `json:"product"`
	Variant variantView `json:"variant"`
}

// hit is a variant of the product, which has it.
func (p productView) hit(sku edge.SKU) hitView {
	i := slices.IndexFunc(p.Variants, func(v variantView) bool { return v.SKU == sku })
	return hitView{p, p.Variants[i]}
}

// index is the index of the release in force. It is made by the first who asks
// after a release has come into force; others wait for it.
func (s *Server) index(ctx context.Context) (*edge.Index, error) {
	r, err := s.cfg.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	s.indexing.Lock()
	defer s.indexing.Unlock()
	if s.indexed == nil || s.indexed.Release() != r {
		s.indexed = edge.NewIndex(r)
	}
	return s.indexed, nil
}

// getSearch finds variants by words, or the one that a scanner has read.
func (s *Server) getSearch(c *gin.Context) {
	limit, err := number(c, "limit", 1, 200, 60)
	if err != nil {
		s.Fail(c, err)
		return
	}
	x, err := s.index(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	found := x.Find(c.Query("q"), limit)
	hits, err := s.hits(c.Request.Context(), found.Variants)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, struct {
		Release uint32    `json:"release"`
		Total   int       `json:"total"`
		Exact   bool      `json:"exact"`
		Near    bool      `json:"near"`
		Hits    []hitView `json:"hits"`
	}{x.Release().Version, found.Total, found.Exact, found.Near, hits})
}

// hits are the variants with what is in stock here now.
func (s *Server) hits(ctx context.Context, variants []*edge.Variant) ([]hitView, error) {
	skus := make([]edge.SKU, len(variants))
	for i, v := range variants {
		skus[i] = v.SKU
	}
	stock, err := s.cfg.Ledger.StockOf(ctx, skus)
	if err != nil {
		return nil, err
	}
	list := make([]hitView, len(variants))
	for i, v := range variants {
		list[i] = hitView{productOf(v), variantOf(v, stock)}
	}
	return list, nil
}

// getVariant answers what a variant is, beside its product's others, and where it
// is: here, and in the other shops as far as headquarters has told.
func (s *Server) getVariant(c *gin.Context) {
	ctx, sku := c.Request.Context(), edge.SKU(c.Param("sku"))
	x, err := s.index(ctx)
	if err != nil {
		s.Fail(c, err)
		return
	}
	v, ok := x.Release().Variant(sku)
	if !ok {
		s.Fail(c, edge.Errorf("api", edge.NotFound, "there is no product %.70q in catalogue %d: read its code again", sku, x.Release().Version))
		return
	}
	products, err := s.products(ctx, []edge.Product{x.Product(v.Product)})
	if err != nil {
		s.Fail(c, err)
		return
	}
	elsewhere := []edge.ShopLevel{}
	if s.cfg.Office != nil {
		levels, err := s.cfg.Office.StockElsewhere(ctx, sku)
		if err != nil {
			s.Fail(c, err)
			return
		}
		for _, l := range levels {
			if l.Shop != s.cfg.Shop.ID { // of ours the ledger knows more
				elsewhere = append(elsewhere, l)
			}
		}
	}
	c.JSON(http.StatusOK, struct {
		hitView
		Elsewhere []edge.ShopLevel `json:"elsewhere"`
	}{products[0].hit(sku), elsewhere})
}
