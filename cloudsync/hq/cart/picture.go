package cart

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

// picture serves a product's picture. Drawings may hold script: they are
// shown where none runs.
func (p *Pages) picture(c *gin.Context) {
	name := c.Param("file")
	kind := mime.TypeByExtension(path.Ext(name))
	if !strings.HasPrefix(kind, "image/") || !fs.ValidPath(name) {
		c.Status(http.StatusNotFound)
		return
	}
	b, err := fs.ReadFile(p.Pictures, name)
	if err != nil {
		c.Status(http.StatusNotFound)
		return
	}
	h := c.Writer.Header()
	forOthers(h)
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	c.Data(http.StatusOK, kind, b)
}
