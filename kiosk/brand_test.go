package kiosk

import (
	"encoding/hex"
	"math"
	"net/http"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
)

// contrast is WCAG's, of two colours as they stand in a style sheet.
func contrast(t require.TestingT, a, b string) float64 {
	y := func(s string) float64 {
		rgb, err := hex.DecodeString(s[1:])
		require.NoError(t, err)
		return linearOf(ar.Color{R: rgb[0], G: rgb[1], B: rgb[2]}).luminance()
	}
	hi, lo := max(y(a), y(b)), min(y(a), y(b))
	return (hi + 0.05) / (lo + 0.05)
}

func TestContrastOfKnownColours(t *testing.T) {
	require.InDelta(t, 21, contrast(t, "#000000", "#ffffff"), 1e-9)
	require.InDelta(t, 4.54, contrast(t, "#767676", "#ffffff"), 0.005) // the lightest grey that passes
}

// TestAnyAccentCanBeRead holds every colour that a shop may choose to the
// contrast that WCAG 2.2 AA asks for, in both themes.
func TestAnyAccentCanBeRead(t *testing.T) {
	pairs := regexp.MustCompile(`--(accent[a-z-]*): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	rapid.Check(t, func(t *rapid.T) {
		c := ar.Color{R: rapid.Byte().Draw(t, "r"), G: rapid.Byte().Draw(t, "g"), B: rapid.Byte().Draw(t, "b")}
		css := Brand{Accent: &c}.css()
		day, night := map[string]string{}, map[string]string{}
		for _, m := range pairs.FindAllStringSubmatch(css, -1) {
			day[m[1]], night[m[1]] = m[2], m[3]
		}
		for what, pair := range map[string][2]string{
			"white on the accent":       {"#ffffff", day["accent"]},
			"white on its deep tone":    {"#ffffff", day["accent-deep"]},
			"deep tone on the wash":     {day["accent-deep"], day["accent-wash"]},
			"deep tone on paper":        {day["accent-deep"], "#faf7f2"},
			"ink on the wash":           {"#1f1b18", day["accent-wash"]},
			"dark: ink on the accent":   {"#1f1b18", night["accent"]},
			"dark: ink on its tone":     {"#1f1b18", night["accent-deep"]},
			"dark: tone on the wash":    {night["accent-deep"], night["accent-wash"]},
			"dark: tone on raised":      {night["accent-deep"], "#231f1c"},
			"dark: light on the wash":   {"#f3eee8", night["accent-wash"]},
			"dark: accent against both": {night["accent"], "#231f1c"},
		} {
			if got := contrast(t, pair[0], pair[1]); math.IsNaN(got) || got < 4.5 {
				t.Fatalf("%s: %.2f:1 for accent %+v\n%s", what, got, c, css)
			}
		}
	})
}

func TestBrandIsServed(t *testing.T) {
	f := newFixture(t, nil)
	require.Empty(t, f.ok("GET", "/brand.css", ""))
	require.Equal(t, http.StatusTeapot, f.do("GET", "/brand/logo", "").Code)

	files := fstest.MapFS{"logo.svg": {Data: []byte("<svg/>")}, "other.svg": {Data: []byte("no")}}
	k := &Kiosk{cfg: Config{Brand: Brand{Accent: &ar.Color{R: 0x80}, Logo: "logo.svg", Files: files, Dark: true}}}
	f.engine = gin.New()
	k.registerBrand(f.engine)
	css := f.ok("GET", "/brand.css", "")
	require.Contains(t, css, "--accent: light-dark(#800000, ")
	require.Contains(t, css, "color-scheme: dark")
	require.Contains(t, css, "--logo: url('/brand/logo')")
	got := f.do("GET", "/brand/logo", "")
	require.Equal(t, "<svg/>", got.Body.String())
	require.Equal(t, "image/svg+xml", got.Header().Get("Content-Type"))
	require.Contains(t, got.Header().Get("Content-Security-Policy"), "sandbox")
}
