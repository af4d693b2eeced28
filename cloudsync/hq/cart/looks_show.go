package cart

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// shownLook is a look as the template draws it: Src leads the address of its
// sealed photo, Up that of the pictures.
type shownLook struct {
	L       look
	W       looksWords
	Src, Up string
}

// With shows a look.
func (v *looksView) With(l look, src, up string) shownLook {
	return shownLook{L: l, W: v.Words, Src: src + l.Photo, Up: up}
}

// WithOwn shows a look of a vote to the shopper, who has the photo's own key.
func (v *looksView) WithOwn(l look, src, up string) shownLook {
	l.Wrapped = ""
	return v.With(l, src, up)
}

// CanAsk reports whether there are enough looks to ask about.
func (v *looksView) CanAsk() bool { return len(v.Choices) >= edge.MinVoteLooks }

// Chosen reports whether this friend has voted.
func (v *looksView) Chosen() bool {
	return slices.ContainsFunc(v.Vote.Looks, func(l look) bool { return l.Chosen })
}

// Count says how many have voted.
func (w looksWords) Count(n, most int) string { return fmt.Sprintf(w.Voted, n, most) }

// renderLooks writes a whole page, which opens sealed photos by itself.
func (p *Pages) renderLooks(c *gin.Context, code int, name string, v *looksView) {
	v.Nonce = nonce()
	var page bytes.Buffer
	if err := p.ofLooks.ExecuteTemplate(&page, name, v); err != nil {
		p.Log.Error("looks page", "template", name, "error", err)
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	privately(h)
	h.Set("Vary", "Accept-Encoding, Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data: blob:; style-src 'nonce-"+v.Nonce+"'; script-src 'nonce-"+v.Nonce+
		"'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		page = p.compressed(page.Bytes())
	}
	c.Data(code, "text/html; charset=utf-8", page.Bytes())
}
