package kiosk

import (
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Brand is how the pages look like the shop's own. Its zero value is the
// default theme.
type Brand struct {
	Accent *ar.Color // nil for the theme's own
	Logo   string    // a file of Files; empty for none
	Files  fs.FS
	Dark   bool // the shopper's pages are dark; the till's follow the device
}

// Relative luminances (WCAG 2.2) that keep text of at least 4.5:1 on what it
// stands on: white on the accent, the accent's deep tone on its wash, and in
// the dark theme ink on the accent and the tone on its wash.
const (
	accentLight, deepLight = 0.18, 0.10
	accentDark, deepDark   = 0.36, 0.48
	washLight, washDark    = 0.82, 0.03
)

// css is the theme's variables as the brand has them. An accent too light for
// white text on it is darkened, and in the dark theme one too dark for ink
// lightened, by as much as it needs.
func (b Brand) css() string {
	var s strings.Builder
	if b.Accent != nil {
		c := linearOf(*b.Accent)
		pair := func(name string, day, night linear) {
			fmt.Fprintf(&s, "  --%s: light-dark(%v, %v);\n", name, day, night)
		}
		s.WriteString(":root:root {\n")
		pair("accent", c.atMost(accentLight), c.atLeast(accentDark))
		pair("accent-deep", c.atMost(deepLight), c.atLeast(deepDark))
		pair("accent-wash", c.atLeast(washLight), c.atMost(washDark))
		s.WriteString("}\n")
	}
	if b.Dark {
		s.WriteString(":root[data-theme='kiosk'] {\n  color-scheme: dark;\n}\n")
	}
	if b.Logo != "" {
		s.WriteString(":root {\n  --logo: url('/brand/logo');\n}\n.logo.logo {\n  display: block;\n}\n")
	}
	return s.String()
}

// linear is a colour in linear light, each part 0 to 1.
type linear [3]float64

func linearOf(c ar.Color) linear {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return linear{part(c.R), part(c.G), part(c.B)}
}

// luminance is the relative luminance by WCAG 2.2, 0 to 1.
func (l linear) luminance() float64 { return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] }

// atMost darkens the colour to that luminance, and keeps its tone.
func (l linear) atMost(y float64) linear {
	if now := l.luminance(); now > y {
		for i := range l {
			l[i] *= y / now
		}
	}
	return l
}

// atLeast lightens the colour to that luminance by adding white.
func (l linear) atLeast(y float64) linear {
	if now := l.luminance(); now < y {
		for i := range l {
			l[i] += (1 - l[i]) * (y - now) / (1 - now)
		}
	}
	return l
}

// String writes the colour as style sheets do, #rrggbb.
func (l linear) String() string {
	coded := func(v float64) int {
		if v > 0.0031308 {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		} else {
			v *= 12.92
		}
		return int(math.Round(min(max(v, 0), 1) * 255))
	}
	return fmt.Sprintf("#%02x%02x%02x", coded(l[0]), coded(l[1]), coded(l[2]))
}

// registerBrand serves the shop's colours and logo, which the pages link.
func (k *Kiosk) registerBrand(e *gin.Engine) {
	css := []byte(k.cfg.Brand.css())
	e.GET("/brand.css", func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "text/css; charset=utf-8", css)
	})
	e.GET("/brand/logo", func(c *gin.Context) {
		if k.cfg.Brand.Logo == "" {
			k.cfg.Fail(c, edge.Errorf("kiosk", edge.NotFound, "this shop shows no logo: set brand.logo in shop.yaml"))
			return
		}
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "public, max-age=3600")
		http.ServeFileFS(c.Writer, c.Request, k.cfg.Brand.Files, k.cfg.Brand.Logo)
	})
}
