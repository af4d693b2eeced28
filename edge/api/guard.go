package api

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
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
		s.Refuse(c, RefusedHost, edge.Errorf("api", edge.Forbidden, "this gateway is not called %.60q: use one of its own names, or add this one to http.allowed_hosts", host))
	}
}

// checkSealed keeps PINs and pictures off the network's open air: other machines
// come over TLS.
func (s *Server) checkSealed(c *gin.Context) {
	if !s.cfg.Sealed || c.Request.TLS != nil || own(c) {
		return
	}
	s.Refuse(c, RefusedClear, edge.Errorf("api", edge.Forbidden, "from other machines this gateway is reached over TLS only: open its https address (http.tls_addr in its settings; http.clear lets them come without)"))
}

// own reports whether a request comes from this machine.
func own(c *gin.Context) bool {
	at, err := netip.ParseAddr(c.ClientIP())
	return err == nil && at.Unmap().IsLoopback()
}

// checkPath keeps out addresses that browsers never send: those that climb out of
// a folder, and those with what ends a name for some part of the machine.
func (s *Server) checkPath(c *gin.Context) {
	if Climbs(c.Request.URL.Path) {
		s.Refuse(c, RefusedPath, edge.Errorf("api", edge.NotFound, "there is nothing at %.100q", c.Request.URL.Path))
	}
}

// Climbs reports whether a path, decoded, may name something outside the folder
// that it begins with.
func Climbs(path string) bool {
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return true
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." || part == "." {
			return true
		}
	}
	return false
}

// checkOrigin lets only our own pages change anything, and has no other site's
// page look at what we answer: it may lead here, and no more.
func (s *Server) checkOrigin(c *gin.Context) {
	h := c.Request.Header
	foreign := h.Get("Sec-Fetch-Site") == "cross-site" && (!reads(c.Request.Method) || h.Get("Sec-Fetch-Mode") != "navigate")
	origin := h.Get("Origin")
	if !foreign && origin != "" && !reads(c.Request.Method) {
		u, err := url.Parse(origin)
		foreign = err != nil || u.Host == "" || !strings.EqualFold(u.Host, c.Request.Host)
	}
	if foreign {
		s.Refuse(c, RefusedSite, edge.Errorf("api", edge.Forbidden, "requests from %.60q are not taken here: open the gateway's own page", cmp.Or(origin, "another site")))
	}
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// limitRate bounds what one client asks for. What a screen of this machine's own
// looks at is not counted: nothing that others do must freeze it.
func (s *Server) limitRate(c *gin.Context) {
	by, says := s.changing, "too many changes at once: wait a second"
	if reads(c.Request.Method) {
		by, says = s.reading, "too many requests at once: wait a second"
		if own(c) {
			return
		}
	}
	if !by.Allow(ClientOf(c.ClientIP())) {
		c.Header("Retry-After", "1")
		s.Refuse(c, RefusedRate, edge.Errorf("api", edge.TooMany, "%s", says))
	}
}

func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
}
