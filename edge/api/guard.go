package api

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// logRequest notes the route, never the path, the query or the client: they
// may name a cart or a person.
func (s *Server) logRequest(c *gin.Context) {
	start := s.cfg.Now()
	c.Next()
	took := s.cfg.Now().Sub(start)
	s.cfg.Log.LogAttrs(c.Request.Context(), slog.LevelDebug, "request",
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()),
		slog.Int("status", c.Writer.Status()), slog.Duration("took", took))
	if s.cfg.Served != nil {
		s.cfg.Served(c.Request.Method, c.FullPath(), c.Writer.Status(), took)
	}
}

func (s *Server) recoverPanic(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // net/http's own way to drop a connection
		}
		s.cfg.Log.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(), "panic", p, "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.Fail(c, edge.Errorf("api", edge.Internal, "panic: %v", p))
	}()
	c.Next()
}

func protect(c *gin.Context) { Protect(c.Writer.Header()) }

// checkHost keeps out pages that made their own name resolve to our address
// (DNS rebinding).
func (s *Server) checkHost(c *gin.Context) {
	host := c.Request.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if !slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		s.Fail(c, edge.Errorf("api", edge.Forbidden, "this gateway is not called %.60q: use one of its own names, or add this one to http.allowed_hosts", host))
	}
}

// checkOrigin lets only our own pages change anything.
func (s *Server) checkOrigin(c *gin.Context) {
	origin := c.GetHeader("Origin")
	if origin == "" || reads(c.Request.Method) {
		return
	}
	if u, err := url.Parse(origin); err != nil || u.Host == "" || !strings.EqualFold(u.Host, c.Request.Host) {
		s.Fail(c, edge.Errorf("api", edge.Forbidden, "requests from %.60q are not taken here: open the gateway's own page", origin))
	}
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func (s *Server) limitRate(c *gin.Context) {
	if !reads(c.Request.Method) && !s.changing.allow(c.ClientIP()) {
		c.Header("Retry-After", "1")
		s.Fail(c, edge.Errorf("api", edge.TooMany, "too many changes at once: wait a second"))
	}
}

func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
}
