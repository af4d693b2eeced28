package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Status is the one table from an error's kind to its HTTP status.
func Status(k edge.Kind) int {
	switch k {
	case edge.Invalid:
		return http.StatusBadRequest
	case edge.Unauthorized:
		return http.StatusUnauthorized
	case edge.Forbidden:
		return http.StatusForbidden
	case edge.NotFound:
		return http.StatusNotFound
	case edge.Conflict:
		return http.StatusConflict
	case edge.Expired, edge.Withdrawn:
		return http.StatusGone
	case edge.TooEarly:
		return http.StatusTooEarly
	case edge.TooLarge:
		return http.StatusRequestEntityTooLarge
	case edge.TooMany:
		return http.StatusTooManyRequests
	case edge.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// errorView is the body of every answer that is an error.
type errorView struct {
	Error struct {
		Kind    edge.Kind `json:"kind"`
		Message string    `json:"message"`
		Op      string    `json:"op,omitempty"`
	} `json:"error"`
}

// Fail ends the request with err as its answer. What went wrong inside is
// logged and never shown.
func (s *Server) Fail(c *gin.Context, err error) {
	s.failStatus(c, Status(edge.KindOf(err)), err)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		s.refused(c, RefusedSize)
	}
}

func (s *Server) failStatus(c *gin.Context, status int, err error) {
	var v errorView
	e, ok := errors.AsType[*edge.Error](err)
	switch {
	case errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil:
		// Whoever asked has left; or the gateway stops, and must not seem to have
		// done what it was asked for.
		status = http.StatusServiceUnavailable
		v.Error.Kind, v.Error.Message = edge.Unavailable, "the gateway is stopping: try again when it is back"
		c.AbortWithStatusJSON(status, v)
		return
	case ok && e.Kind != edge.Internal:
		v.Error.Kind, v.Error.Message, v.Error.Op = e.Kind, e.Msg, e.Op
	default:
		v.Error.Kind, v.Error.Message = edge.Internal, "something went wrong inside the gateway: try again, and if it stays look at its log"
	}
	if status >= http.StatusInternalServerError {
		s.cfg.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(), "status", status, "error", err)
	}
	c.AbortWithStatusJSON(status, v)
}
