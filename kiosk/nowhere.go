package kiosk

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

//go:embed nowhere.html
var nowhere string

// styleOf is the source that lets a page use the style in it, and no other.
func styleOf(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// registerNowhere answers for every address that there is nothing at: people
// read what to open instead, programs the error.
func (k *Kiosk) registerNowhere(e *gin.Engine) {
	policy := "default-src 'none'; img-src 'self'; style-src 'self' " + styleOf(nowhere) + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	e.NoRoute(func(c *gin.Context) {
		if c.Request.Method != http.MethodGet || !strings.Contains(c.GetHeader("Accept"), "text/html") {
			k.cfg.Fail(c, edge.Errorf("kiosk", edge.NotFound, "there is nothing at %.100q", c.Request.URL.Path))
			return
		}
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		c.Data(http.StatusNotFound, "text/html; charset=utf-8", []byte(nowhere))
	})
}
