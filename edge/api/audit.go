package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// audit records what was done and leaves no other record. It has been done: where the log cannot be written
// the answer is the same, and the program's own log says so.
func (s *Server) audit(c *gin.Context, r edge.AuditRecord) {
	if ses, ok := c.Get(staffCookie); ok && r.Staff == "" {
		r.Staff = ses.(session).Name
	}
	ctx := context.WithoutCancel(c.Request.Context()) // whoever asked may leave
	if err := s.cfg.Audit.Audit(ctx, r); err != nil {
		s.cfg.Log.ErrorContext(ctx, "the audit log was not written", "kind", r.Kind, "err", err)
	}
}

// getConsents lists what people agreed to, for managers.
func (s *Server) getConsents(c *gin.Context) {
	if signedIn(c).Role != manager {
		s.Fail(c, edge.Errorf("api.getConsents", edge.Forbidden, "only a manager can see what people agreed to: sign in as one"))
		return
	}
	limit, err := number(c, "limit", 1, 500, 200)
	if err != nil {
		s.Fail(c, err)
		return
	}
	list, err := s.cfg.Audit.Consents(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"consents": list})
}

// getAudit is for managers.
func (s *Server) getAudit(c *gin.Context) {
	if signedIn(c).Role != manager {
		s.Fail(c, edge.Errorf("api.getAudit", edge.Forbidden, "only a manager can see who did what: sign in as one"))
		return
	}
	limit, err := number(c, "limit", 1, 500, 200)
	if err != nil {
		s.Fail(c, err)
		return
	}
	records, err := s.cfg.Audit.AuditRecords(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"records": records})
}
