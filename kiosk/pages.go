package kiosk

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge/api"
)

// policy lets the pages use only what this gateway serves, its WebSocket too. The
// phone's QR code and the camera's pictures come as blobs.
const policy = "default-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const notBuilt = "The pages are not built: run `make build`.\n"

// registerPages serves the kiosk's page at /, the staff's at /staff, and what
// they load.
func (k *Kiosk) registerPages(e *gin.Engine) {
	e.GET("/", k.Page("index.html"))
	e.GET("/staff", k.Page("staff.html"))
	e.GET("/assets/*file", k.asset)
	k.registerBrand(e)
	k.registerNowhere(e)
}

// Page serves an HTML file of the pages, which names the assets of its own build: a browser
// keeps it and asks every time whether it is still the same.
func (k *Kiosk) Page(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policy)
		api.AllowCamera(h) // a tablet is the mirror's camera
		h.Set("Cache-Control", "no-cache")
		b, err := fs.ReadFile(k.cfg.Pages, name)
		if errors.Is(err, fs.ErrNotExist) {
			c.String(http.StatusServiceUnavailable, notBuilt)
			return
		}
		if err != nil {
			k.cfg.Fail(c, err)
			return
		}
		sum := sha256.Sum256(b)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		if c.GetHeader("If-None-Match") == tag {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, "text/html; charset=utf-8", b)
	}
}

// asset serves a file whose name holds its hash, so that it may be kept for
// ever. The build has put compressed forms beside what shrinks.
func (k *Kiosk) asset(c *gin.Context) {
	name := path.Join("assets", path.Clean("/"+c.Param("file")))
	h := c.Writer.Header()
	h.Set("Vary", "Accept-Encoding")
	for _, form := range forms() {
		if !accepts(c.GetHeader("Accept-Encoding"), form.encoding) {
			continue
		}
		b, err := fs.ReadFile(k.cfg.Pages, name+form.ending)
		if err != nil {
			continue
		}
		if form.encoding != "identity" {
			h.Set("Content-Encoding", form.encoding)
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		c.Data(http.StatusOK, contentType(name), b)
		return
	}
	c.String(http.StatusNotFound, "no such file\n")
}

// form is how a file is written: a coding of RFC 9110, section 8.4.1, and what
// the build appends to the file's name for it.
type form struct{ encoding, ending string }

// forms are those that the build makes, the smallest first.
func forms() []form {
	return []form{{"br", ".br"}, {"gzip", ".gz"}, {"identity", ""}}
}

// accepts reports whether an Accept-Encoding takes the coding. The file as it is
// goes to everybody: all browsers take it.
func accepts(header, encoding string) bool {
	if encoding == "identity" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			_, q, given := strings.Cut(weight, "=")
			return !given || strings.Trim(q, " 0.") != ""
		}
	}
	return false
}

// contentType does not depend on which types the machine happens to know.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return "application/octet-stream"
}
