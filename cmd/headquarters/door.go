package headquarters

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/cart"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// What one address may ask for: so many requests at once and so many a second,
// and so many that show a wrong secret. Many phones share an address of their
// mobile network's.
const (
	requestsAtOnce, requestsPerSecond = 3000, 300.0
	wrongAtOnce, wrongPerSecond       = 60, 0.5
)

// largestBody is more than any route takes; each has a limit of its own besides.
const largestBody = max(int64(cloudsync.MaxPost), cloudsync.MaxPhotoPost) + 1

// door is what every request to headquarters passes, whatever it asks for.
type door struct {
	log      *slog.Logger
	proxies  []string     // whose word on who asks is taken
	requests *api.Limiter // by address
	wrong    *api.Limiter // by address: requests with a wrong secret
	refusals *api.Refusals
	acts     chan account.Act // that are to be written down
	origin   *http.CrossOriginProtection
}

func newDoor(proxies []string, now func() time.Time, log *slog.Logger) *door {
	return &door{
		log: log, proxies: proxies, refusals: api.NewRefusals(now), acts: make(chan account.Act, actsWaiting), origin: http.NewCrossOriginProtection(),
		requests: api.NewLimiter(now, requestsPerSecond, requestsAtOnce), wrong: api.NewLimiter(now, wrongPerSecond, wrongAtOnce),
	}
}

// engine answers behind the door; first sees every request, and explain shows people
// what a bare status means. It keeps a request's panic to itself, and its headers
// out of the log.
func (d *door) engine(first gin.HandlerFunc, explain func(c *gin.Context, status int)) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	if err := e.SetTrustedProxies(d.proxies); err != nil {
		return nil, fmt.Errorf("proxies: %w", err)
	}
	e.RedirectTrailingSlash = false // such an answer would pass nothing of this
	e.HandleMethodNotAllowed = true
	e.Use(first, bare(explain), gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, fault any) {
		d.log.Error("panic in a request", "route", c.FullPath(), "panic", fault, "stack", string(debug.Stack()))
		c.Status(http.StatusInternalServerError)
		c.Abort()
	}), protect, d.checkPath, d.checkSite, d.checkSecret, d.limit)
	return e, nil
}

// bare gives a body to the answers that end with the status of an error alone: people
// read a page, programs are told what is not there.
func bare(explain func(c *gin.Context, status int)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		status := c.Writer.Status()
		switch nowhere := c.FullPath() == ""; {
		case status < http.StatusBadRequest || c.Writer.Written():
		case reads(c):
			explain(c, status)
		case nowhere:
			nothingHere(c, status)
		}
	}
}

// nothingHere says so to a program.
func nothingHere(c *gin.Context, status int) {
	c.JSON(status, gin.H{"error": gin.H{"kind": edge.NotFound, "message": "there is nothing here"}})
}

// reads reports whether a person's browser asks for a page, and not a program.
func reads(c *gin.Context) bool {
	return strings.Contains(c.GetHeader("Accept"), "text/html") && !strings.HasPrefix(c.Request.URL.Path, "/v1/")
}

// places bounds connections. Those of proxies and of this machine are everybody's.
func (d *door) places(n int) process.Places {
	var spared []netip.Prefix
	for _, text := range d.proxies {
		if p, err := firmwarecfg.ParseKiosk(text); err == nil { // the settings were checked
			spared = append(spared, p)
		}
	}
	return process.Places{Max: n, Refused: func() { d.note("", api.RefusedConnections) }, Spared: func(a netip.Addr) bool {
		return a.IsLoopback() || slices.ContainsFunc(spared, func(p netip.Prefix) bool { return p.Contains(a) })
	}}
}

func protect(c *gin.Context) { api.Protect(c.Writer.Header()) }

// checkPath keeps out addresses that browsers never send.
func (d *door) checkPath(c *gin.Context) {
	if api.Climbs(c.Request.URL.Path) {
		d.refuse(c, api.RefusedPath, http.StatusNotFound, edge.NotFound, "there is nothing here")
	}
}

// checkSite lets no other site's page change anything, in the name of whose
// browser it is shown. A mini program that runs in one is known by its header,
// which other pages may not send.
func (d *door) checkSite(c *gin.Context) {
	reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead || c.Request.Method == http.MethodOptions
	if !reads && c.GetHeader("Sec-Fetch-Site") == "cross-site" && c.GetHeader(cart.PhoneHeader) == "" {
		d.refuse(c, api.RefusedSite, http.StatusForbidden, edge.Forbidden, "requests from other sites' pages are not taken here: open our own")
	}
}

// checkOrigin does so for the office's pages and API in browsers of every age:
// nobody else has reason to send to them.
func (d *door) checkOrigin(c *gin.Context) {
	if d.origin.Check(c.Request) != nil {
		d.refuse(c, api.RefusedSite, http.StatusForbidden, edge.Forbidden, "this came from another page: use headquarters' own")
	}
}

// limit bounds what one address asks for, and how often with a wrong secret.
// This machine's own are not counted: they are a proxy's whose word on who asks
// is not taken.
func (d *door) limit(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, largestBody)
	ip := c.ClientIP()
	if at, err := netip.ParseAddr(ip); err != nil || at.Unmap().IsLoopback() {
		return
	}
	client := api.ClientOf(ip)
	if !d.requests.Allow(client) {
		c.Header("Retry-After", "1")
		d.refuse(c, api.RefusedRate, http.StatusTooManyRequests, edge.TooMany, "too many requests at once: wait a second")
		return
	}
	// A page that is open and signed out goes on asking, and shows nothing.
	if c.GetHeader("Authorization") == "" && (c.Request.Method != http.MethodPost || c.FullPath() != "/sign-in") {
		return
	}
	if !d.wrong.Has(client) {
		c.Header("Retry-After", "60")
		d.refuse(c, api.RefusedStranger, http.StatusTooManyRequests, edge.TooMany, "too many wrong secrets: wait a minute")
		return
	}
	c.Next()
	if c.Writer.Status() == http.StatusUnauthorized {
		d.wrong.Allow(client)
	}
}

// refuse ends the request, and notes it.
func (d *door) refuse(c *gin.Context, what api.Refusal, status int, kind edge.Kind, says string) {
	d.note(c.FullPath(), what)
	if reads(c) {
		c.Status(status) // bare explains it
		c.Abort()
		return
	}
	c.AbortWithStatusJSON(status, gin.H{"error": gin.H{"kind": kind, "message": says}})
}
