package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const maxStockOf = 200 // SKUs of one question

// getStock answers with the mark too: whoever counts sends it back with what
// was found, so that sales meanwhile are not counted away.
func (s *Server) getStock(c *gin.Context) {
	skus := c.QueryArray("sku")
	if len(skus) > maxStockOf {
		s.Fail(c, edge.Errorf("api.getStock", edge.Invalid, "the stock of %d SKUs: ask for at most %d at a time, or for all", len(skus), maxStockOf))
		return
	}
	mark, err := s.cfg.Ledger.CountMark(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	stock, err := s.stock(c.Request.Context(), skus)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"as_of": mark, "stock": stock})
}

// stock is what the shop has of these SKUs, or of all where none is named.
func (s *Server) stock(ctx context.Context, skus []string) (map[edge.SKU]int64, error) {
	if len(skus) == 0 {
		return s.cfg.Ledger.Stock(ctx)
	}
	of := make([]edge.SKU, len(skus))
	for i, sku := range skus {
		of[i] = edge.SKU(sku)
	}
	return s.cfg.Ledger.StockOf(ctx, of)
}

func (s *Server) postStockMoves(c *gin.Context) {
	var in struct {
		Moves []struct {
			SKU     edge.SKU         `json:"sku"`
			Reason  edge.StockReason `json:"reason"`
			Ref     string           `json:"ref"`
			Delta   int64            `json:"delta"`
			Counted *int64           `json:"counted"`
			AsOf    *edge.LaneMark   `json:"as_of"`
		} `json:"moves"`
	}
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	entry := edge.StockEntry{Staff: signedIn(c).Name, Moves: []edge.StockMove{}}
	for _, m := range in.Moves {
		move := edge.StockMove{SKU: m.SKU, Reason: m.Reason, Ref: m.Ref, Delta: m.Delta}
		if (m.Counted == nil) != (m.AsOf == nil) {
			s.Fail(c, edge.Errorf("api.postStockMoves", edge.Invalid, "count of %.70q: counted and as_of go together", m.SKU))
			return
		}
		if m.Counted != nil {
			move.Count = &edge.StockCount{Counted: *m.Counted, AsOf: *m.AsOf}
		}
		entry.Moves = append(entry.Moves, move)
	}
	moves, replayed, err := s.cfg.Ledger.EnterStock(c.Request.Context(), key, entry)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"moves": moves})
}
