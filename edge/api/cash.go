package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// shiftView is the open shift as staff see it. Whoever is to count sees nothing
// of what is expected before the count is recorded; a manager sees it always.
type shiftView struct {
	Number   uint32            `json:"number"`
	Records  []edge.CashRecord `json:"records"` // oldest first: its float is the first
	Counted  *edge.CashRecord  `json:"counted"` // the count that still stands
	Expected *int64            `json:"expected"`
	Totals   []edge.ZTotal     `json:"totals"` // an X report
}

func (s *Server) getCash(c *gin.Context) {
	ctx := c.Request.Context()
	shift, err := s.cfg.CashBook.CashShift(ctx)
	if err != nil {
		s.Fail(c, err)
		return
	}
	r, err := s.cfg.Catalogue.Release(ctx)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"currency": r.Currency, "tolerance": s.cfg.CashTolerance, "shift": viewShift(shift, signedIn(c).Role == manager),
	})
}

func viewShift(s *edge.CashShift, manages bool) *shiftView {
	if s == nil {
		return nil
	}
	v := &shiftView{Number: s.Number, Records: s.Records, Counted: s.Counted()}
	if v.Counted != nil || manages {
		expected := s.Expected()
		v.Expected, v.Totals = &expected, append([]edge.ZTotal{}, s.Totals...)
	}
	return v
}

func (s *Server) getCashRecords(c *gin.Context) {
	limit, err := number(c, "limit", 1, 500, 100)
	if err != nil {
		s.Fail(c, err)
		return
	}
	records, err := s.cfg.CashBook.CashRecords(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"records": records})
}

// postCash records an entry of the cash book, and opens the drawer for it where
// money moves.
func (s *Server) postCash(c *gin.Context) {
	var in edge.CashEntry
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	in.Staff, in.Tolerance = signedIn(c).Name, s.cfg.CashTolerance
	r, replayed, err := s.cfg.CashBook.RecordCash(c.Request.Context(), key, in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	opened := false
	if !replayed {
		opened = s.openDrawer(c.Request.Context(), r.Kind)
	}
	s.recorded(c, replayed, gin.H{"record": r, "opened": opened})
}

// openDrawer opens the drawer that hangs on the printer, if one does. What was
// recorded stays so where it cannot: the drawer has a key.
func (s *Server) openDrawer(ctx context.Context, kind edge.CashKind) bool {
	switch kind {
	case edge.CashIn, edge.CashOut, edge.CashDrop, edge.CashDrawer:
	default:
		return false
	}
	if err := s.cfg.Printing.Kick(ctx); err != nil {
		s.cfg.Log.WarnContext(ctx, "the cash drawer was not opened", "err", err)
		return false
	}
	return true
}
