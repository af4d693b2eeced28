package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

func (s *Server) postZReports(c *gin.Context) {
	key, err := bindOnce(c, &struct{}{})
	if err != nil {
		s.Fail(c, err)
		return
	}
	reports, replayed, err := s.cfg.Ledger.CloseDay(c.Request.Context(), key, signedIn(c).Name)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"z_reports": reports})
}

func (s *Server) getZReports(c *gin.Context) {
	limit, err := number(c, "limit", 1, 200, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	reports, err := s.cfg.Ledger.ZReports(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"z_reports": reports})
}
