package cart

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

func (p *Pages) page(c *gin.Context) {
	lang := langOf(c)
	v, err := p.visit(c, !fetchedAhead(c.Request.Header))
	if err != nil {
		p.errorPage(c, lang, err)
		return
	}
	shown, err := p.view(c.Request.Context(), v)
	if err != nil {
		p.errorPage(c, lang, err)
		return
	}
	p.render(c, http.StatusOK, "page", shown)
}

func (p *Pages) errorPage(c *gin.Context, lang string, err error) {
	p.problemPage(c, lang, p.report(c, err), openingProblem)
}

// Explain answers a person whose request ended with a status and nothing else.
func (p *Pages) Explain(c *gin.Context, status int) {
	kind := edge.Internal
	switch status {
	case http.StatusTooManyRequests:
		kind = edge.TooMany
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		kind = edge.NotFound
	}
	lang := langOf(c)
	p.render(c, status, "problem", view{Brand: p.Brand, Lang: lang, Words: wordsIn(lang), Problem: openingProblem(lang, kind)})
}

func (p *Pages) problemPage(c *gin.Context, lang string, kind edge.Kind, says wording) {
	p.render(c, api.Status(kind), "problem", view{Brand: p.Brand, Lang: lang, Words: wordsIn(lang), Problem: says(lang, kind)})
}

// report logs what is our own fault and classes the error.
func (p *Pages) report(c *gin.Context, err error) edge.Kind {
	kind := edge.KindOf(err)
	if kind == edge.Internal && !errors.Is(err, context.Canceled) {
		p.Log.Error("cart page", "route", c.FullPath(), "error", err)
	}
	return kind
}

// render writes a whole page, compressed where the phone takes that.
func (p *Pages) render(c *gin.Context, code int, name string, v view) {
	v.Nonce = nonce()
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, v); err != nil {
		p.Log.Error("cart page", "template", name, "error", err)
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	privately(h)
	h.Set("Vary", "Accept-Encoding, Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; style-src 'nonce-"+v.Nonce+"'; script-src 'nonce-"+v.Nonce+
		"'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		page = p.compressed(page.Bytes())
	}
	c.Data(code, "text/html; charset=utf-8", page.Bytes())
}

func (p *Pages) compressed(page []byte) (out bytes.Buffer) {
	z := p.zip.Get().(*gzip.Writer)
	defer p.zip.Put(z)
	z.Reset(&out)
	_, _ = z.Write(page) // a Buffer takes everything
	_ = z.Close()
	return out
}

// privately keeps the address, which opens the cart, from leaking.
func privately(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("X-Content-Type-Options", "nosniff")
}

func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
