// Package web is what people and systems at HQ look at: the shops and how they
// are, the sales as they come in, and the same as JSON and as a stream of events
// for the pages' own use. Systems use package api.
//
// It knows no users: whoever reaches it sees everything, so it is served to
// HQ's own network only.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Headquarters is what the pages need of HQ.
type Headquarters interface {
	Shops(ctx context.Context) ([]hq.Shop, error)
	Turnover(ctx context.Context, since time.Time) ([]hq.Turnover, error)
	Sales(ctx context.Context, after int64, limit int) ([]hq.Sale, error)
	LatestSales(ctx context.Context, limit int) ([]hq.Sale, error)
	Watch() (changed <-chan struct{}, cancel func())
}

// Options are what the pages are made with. All are needed.
type Options struct {
	HQ    Headquarters
	Brand string         // the chain's name
	Zone  *time.Location // of the times on the pages, and of when a day begins
	Now   func() time.Time
	Log   *slog.Logger
}

// Pages answers HQ's people and systems.
type Pages struct {
	Options
	templates *template.Template
	streams   chan struct{} // a place for each stream that may be open
}

const maxStreams = 200

// New makes the pages.
func New(o Options) (*Pages, error) {
	if o.HQ == nil || o.Brand == "" || o.Zone == nil || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf("web.New", edge.Invalid, "HQ, brand, zone, clock and log are all needed")
	}
	t, err := parse()
	if err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	return &Pages{Options: o, templates: t, streams: make(chan struct{}, maxStreams)}, nil
}

// Register adds the routes. A stream ends with its request's context: a server
// that shuts down cancels its base context first.
func (p *Pages) Register(r gin.IRouter) {
	r.GET("/", p.shopsPage)
	r.GET("/sales", p.salesPage)
	r.GET("/shops.json", p.shops)
	r.GET("/sales.json", p.sales)
	r.GET("/live", p.events)
}

// frame is what every page has around its content.
type frame struct {
	Brand, Lang, Nonce, Here string
	Words                    words
	Content                  any
}

// render writes a page, or only its content where the page's script asks for
// what is new.
func (p *Pages) render(c *gin.Context, name string, content any) {
	lang := langOf(c)
	f := frame{Brand: p.Brand, Lang: lang, Nonce: nonce(), Here: name, Words: wordsIn(lang), Content: content}
	if c.Query("part") == "" {
		name = "page"
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, f); err != nil {
		p.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'nonce-"+f.Nonce+"'; script-src 'nonce-"+f.Nonce+
		"'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// fail answers with an error. What went wrong inside is logged, not shown.
func (p *Pages) fail(c *gin.Context, err error) {
	status, kind, msg := http.StatusInternalServerError, edge.Internal, "HQ cannot answer right now: try again, and if it stays look at its log"
	switch e, ok := errors.AsType[*edge.Error](err); {
	case errors.Is(err, context.Canceled):
		c.Abort() // whoever asked has left
		return
	case ok && e.Kind == edge.Invalid:
		status, kind, msg = http.StatusBadRequest, e.Kind, e.Msg
	case ok && e.Kind == edge.TooMany:
		status, kind, msg = http.StatusTooManyRequests, e.Kind, e.Msg
	default:
		p.Log.Error("HQ page", "route", c.FullPath(), "error", err)
	}
	c.AbortWithStatusJSON(status, gin.H{"error": gin.H{"kind": kind, "message": msg}})
}

// langOf is the page's language: asked for in the address, else the browser's,
// else Vietnamese.
func langOf(c *gin.Context) string {
	switch l := c.Query("lang"); l {
	case "vi", "en", "zh":
		return l
	}
	tags, _, _ := language.ParseAcceptLanguage(c.GetHeader("Accept-Language")) // a broken header wants nothing
	_, i, _ := language.NewMatcher([]language.Tag{
		language.Vietnamese, language.English, language.SimplifiedChinese, language.TraditionalChinese,
	}).Match(tags...)
	return []string{"vi", "en", "zh", "zh"}[i]
}
