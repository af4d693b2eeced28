package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// faultView is what stands where something cannot be shown or done.
type faultView struct {
	Says  string // what happened and what to do
	Exact string // as the programs say it; may be empty
}

// faultWord names what the pages say of a status.
func faultWord(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return "fault_entered"
	case http.StatusForbidden:
		return "fault_forbidden"
	case http.StatusNotFound:
		return "fault_nowhere"
	case http.StatusMethodNotAllowed:
		return "fault_form"
	case http.StatusConflict:
		return "fault_changed"
	case http.StatusTooManyRequests:
		return "fault_busy"
	}
	return "fault_inside"
}

// Explain answers a person whose request ended with a status and nothing else. It
// knows nobody, so it shows nothing but the way back.
func (p *Pages) Explain(c *gin.Context, status int) {
	p.fault(c, status, "")
}

func (p *Pages) fault(c *gin.Context, status int, exact string) {
	p.renderStatus(c, status, "fault", "fault", faultView{p.words(c).T(faultWord(status)), exact})
}

// fail answers with an error, people with a page. What went wrong inside is
// logged, not shown.
func (p *Pages) fail(c *gin.Context, err error) {
	defer c.Abort()
	known := map[edge.Kind]int{
		edge.Invalid: http.StatusBadRequest, edge.Unauthorized: http.StatusUnauthorized, edge.Forbidden: http.StatusForbidden,
		edge.NotFound: http.StatusNotFound, edge.Conflict: http.StatusConflict, edge.TooMany: http.StatusTooManyRequests,
	}
	status, kind, msg := http.StatusInternalServerError, edge.Internal, ""
	switch e, ok := errors.AsType[*edge.Error](err); {
	case errors.Is(err, context.Canceled):
		c.Status(http.StatusServiceUnavailable) // whoever asked has left; or HQ stops, and has not done it
		return
	case ok && known[e.Kind] != 0:
		status, kind, msg = known[e.Kind], e.Kind, e.Msg
	default:
		p.Log.Error("HQ page", "route", c.FullPath(), "error", err)
	}
	if isPage(c) {
		p.fault(c, status, msg)
		return
	}
	if msg == "" {
		msg = "HQ cannot answer right now: try again, and if it stays look at its log"
	}
	c.JSON(status, gin.H{"error": gin.H{"kind": kind, "message": msg}})
}
