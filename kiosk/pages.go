package kiosk

import (
	"errors"
	"io/fs"
	"net/http"
	"path"

	"github.com/gin-gonic/gin"
)

// policy lets the pages use only what this gateway serves. The phone's QR code
// and the camera's pictures come as blobs.
const policy = "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const notBuilt = "The pages are not built: run `make build`.\n"

// registerPages serves the kiosk's page at /, the staff's at /staff, and what
// they load.
func (k *Kiosk) registerPages(e *gin.Engine) {
	e.GET("/", k.page("index.html"))
	e.GET("/staff", k.page("staff.html"))
	e.GET("/assets/*file", k.asset)
}

// page serves an HTML file, which names the assets of its own build and so is
// asked for anew every time.
func (k *Kiosk) page(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
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
		c.Data(http.StatusOK, "text/html; charset=utf-8", b)
	}
}

// asset serves a file whose name holds its hash, so that it may be kept for
// ever.
func (k *Kiosk) asset(c *gin.Context) {
	name := path.Join("assets", path.Clean("/"+c.Param("file")))
	b, err := fs.ReadFile(k.cfg.Pages, name)
	if err != nil {
		c.String(http.StatusNotFound, "no such file\n")
		return
	}
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, contentType(name), b)
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
