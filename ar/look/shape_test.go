package look

import (
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// covered is how many square millimetres lines cover by the winding rule.
func covered(lines [][]vec) float64 {
	const scale = 4
	m := &mask{}
	m.reset(image.Rect(-110*scale, -60*scale, 110*scale, 60*scale))
	for _, l := range lines {
		big := make([]vec, len(l))
		for i, p := range l {
			big[i] = vec{p.x * scale, p.y * scale}
		}
		m.edges(big)
	}
	m.fill()
	sum := 0.0
	for _, v := range m.Pix {
		sum += float64(v) / 255
	}
	return sum / scale / scale
}

func svg(inside string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-72 -28 144 56" data-temple="140" data-hinge-y="-9">` + inside + `</svg>`)
}

func TestShapesAreDrawnAsMeant(t *testing.T) {
	ring := math.Pi * (25*25 - 20*20)
	for _, tt := range []struct {
		name, svg string
		want      float64 // mm²
	}{
		{"a fill", `<rect id="frame" x="-60" y="-10" width="120" height="20"/>`, 2400},
		{"a hole by fill-rule", `<path class="frame" fill-rule="evenodd" d="M-60-10H60V10H-60ZM-50-5H50V5H-50Z"/>`, 1400},
		{"a hole by direction", `<path class="frame" d="M-60-10H60V10H-60ZM-50-5V5H50V-5Z"/>`, 1400},
		{"a stroke", `<g class="frame" fill="none" stroke="#000" stroke-width="5"><circle cx="-30" cy="0" r="22.5"/><circle cx="30" cy="0" r="22.5"/></g>`, 2 * ring},
		{"a mirrored part", `<g id="frame"><rect x="-60" y="-5" width="50" height="10"/><rect transform="scale(-1 1)" x="-60" y="-5" width="50" height="10"/></g>`, 1000},
		{"parts that overlap", `<g id="frame"><rect x="-60" y="-5" width="80" height="10"/><rect transform="scale(-1 1)" x="-60" y="-5" width="80" height="10"/></g>`, 1200},
		{"other elements", `<title>x</title><rect id="frame" x="-60" y="-5" width="120" height="10"/><rect id="note" x="-60" y="-25" width="120" height="10"/>`, 1200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := parseShape(svg(tt.svg))
			require.NoError(t, err)
			require.InEpsilon(t, tt.want, covered(s.frame), 0.01)
			require.Equal(t, 140.0, s.temple)
			require.Equal(t, -9.0, s.hingeY)
		})
	}
}

func TestLensesKeepTheirColour(t *testing.T) {
	s, err := parseShape(svg(`<g class="lens" fill="#102030" fill-opacity="0.5"><circle cx="-30" cy="0" r="20"/></g>
		<circle class="lens" cx="30" cy="0" r="20" fill="#405060"/><rect id="frame" x="-60" y="-5" width="120" height="10"/>`))
	require.NoError(t, err)
	require.Len(t, s.lenses, 2)
	require.Equal(t, ar3{0x30, 0x20, 0x10}, s.lenses[0].color)
	require.InDelta(t, 0.5, s.lenses[0].opacity, 0.01)
	require.Equal(t, ar3{0x60, 0x50, 0x40}, s.lenses[1].color)
	require.InDelta(t, 1, s.lenses[1].opacity, 0.01)
	require.InEpsilon(t, 400*math.Pi, covered(s.lenses[0].contours), 0.01)
}

func TestHingeIsMeasured(t *testing.T) {
	s, err := parseShape([]byte(`<svg><path id="frame" d="M-60-10H60V10H-60Z"/></svg>`))
	require.NoError(t, err)
	require.Equal(t, 60.0, s.halfWidth)
	require.InDelta(t, 0, s.hingeY, 1e-9)
	require.Equal(t, 145.0, s.temple)
}

func TestBrokenShapes(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "not an SVG"},
		{"text", "hello", "not an SVG"},
		{"cut off", `<svg><g><path id="frame"`, "not an SVG"},
		{"not closed", `<svg><g>`, "cut off"},
		{"another root", `<html></html>`, "begins with <html>"},
		{"no frame", string(svg(`<rect x="-60" y="-5" width="120" height="10"/>`)), `"frame"`},
		{"in pixels", string(svg(`<rect id="frame" x="0" y="0" width="1200" height="400"/>`)), "millimetres"},
		{"tiny", string(svg(`<rect id="frame" x="-6" y="0" width="12" height="4"/>`)), "millimetres"},
		{"temple", `<svg data-temple="9e9"></svg>`, "data-temple"},
		{"hinge", `<svg data-hinge-y="low"></svg>`, "data-hinge-y"},
		{"deep", "<svg>" + strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100) + "</svg>", "too deep"},
		{"huge", "<svg>" + strings.Repeat(" ", maxShapeBytes) + "</svg>", "256 KiB"},
		{"many points", string(svg(`<path id="frame" d="M0 0` + strings.Repeat("L60 1L-60 2", maxShapePoints/2) + `Z"/>`)), "over 20000 points"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseShape([]byte(tt.file))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func FuzzParseShape(f *testing.F) {
	for _, name := range []string{"round.svg", "wire.svg"} {
		data, err := os.ReadFile("testdata/glasses/" + name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`<svg><g id="frame" transform="matrix(1 2 3 4 5 6)"><use href="#a"/><path d="M0 0A1 1 0 0 1 50 50a"/></g></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseShape(data)
		if err == nil && (len(s.frame) == 0 || !(s.halfWidth >= 40 && s.halfWidth <= 100)) {
			t.Fatalf("accepted a shape of half width %v with %d lines", s.halfWidth, len(s.frame))
		}
	})
}
