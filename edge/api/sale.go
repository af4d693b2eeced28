package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// postSale sells a cart. The Idempotency-Key makes it safe to send again: the
// answer is then the first one's sale.
func (s *Server) postSale(c *gin.Context) {
	key, co, err := s.bindCheckout(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	sale, replayed, err := s.cfg.Ledger.RecordSale(c.Request.Context(), key, co)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed {
		s.CartChanged(co.Cart)
	}
	s.recorded(c, replayed, gin.H{"sale": sale, "change": sale.Payments.Change()})
}

// bindOnce reads the body and the Idempotency-Key of a request that is to take
// effect once, however often it is sent.
func bindOnce(c *gin.Context, in any) (key string, err error) {
	key = c.GetHeader("Idempotency-Key")
	if key == "" {
		return "", edge.Errorf("api", edge.Invalid, "the Idempotency-Key header is missing: make a new one for each thing to do, and keep it when trying again")
	}
	return key, Bind(c, in)
}

// recorded answers such a request.
func (s *Server) recorded(c *gin.Context, replayed bool, body any) {
	if replayed {
		c.Header("Idempotent-Replay", "true")
		c.JSON(http.StatusOK, body)
		return
	}
	s.live.statusChanged()
	s.cfg.Printing.Wake() // its ticket may be queued
	c.JSON(http.StatusCreated, body)
}

// offline tells whether HQ cannot be asked now.
func (s *Server) offline() bool {
	up, _ := s.line()
	return !up
}

func (s *Server) getSales(c *gin.Context) {
	limit, err := number(c, "limit", 1, 1000, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	sales, err := s.sales(c, limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if sales == nil {
		sales = []edge.RecordedSale{}
	}
	c.JSON(http.StatusOK, gin.H{"sales": sales})
}

// sales are the newest, or those of the day of the query.
func (s *Server) sales(c *gin.Context, limit int) ([]edge.RecordedSale, error) {
	const op = "api.sales"
	text := c.Query("day")
	if text == "" {
		return s.cfg.Ledger.Sales(c.Request.Context(), limit)
	}
	zone, err := time.LoadLocation(s.cfg.Shop.Timezone)
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Internal, Msg: "the shop's timezone is not known on this machine", Err: err}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return nil, edge.Errorf(op, edge.Invalid, "day %.20q: write it as 2026-11-22", text)
	}
	return s.cfg.Ledger.SalesBetween(c.Request.Context(), day, day.AddDate(0, 0, 1), limit)
}
