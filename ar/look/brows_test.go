package look

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestBrowsAreAsThickAsTheyAre: what fills a brow is as thick as the brow is in
// the picture, within what brows are like, and lies in its middle.
func TestBrowsAreAsThickAsTheyAre(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	filled := func(from, to float64) (thick float64, middle [2]float64) {
		f, face := fx.posed(1280, 960, 0, 400)
		for side, edges := range browEdges {
			var b brows
			b.upper = openCurve(nil, contour(nil, &face, edges[0], f))
			b.lower = openCurve(nil, contour(nil, &face, edges[1], f))
			var band []vec
			for i := range 13 {
				band = append(band, b.onLandmarks(float64(i)/12, to))
			}
			for i := 12; i >= 0; i-- {
				band = append(band, b.onLandmarks(float64(i)/12, from))
			}
			require.Len(t, band, 26, "side %d", side)
			fill(f, rgb{0.03, 0.02, 0.02}, rgb{1, 1, 1}, band...)
		}
		drawn(t, r, f, face, skinLooks()["brows"])
		return r.brows.thick, r.brows.middle
	}
	thin, low := filled(0.1, 0.5)
	thick, _ := filled(0, 0.9)
	_, high := filled(0.4, 0.8)
	require.Greater(t, thick, 1.25*thin)
	require.GreaterOrEqual(t, thin, browThin)
	require.LessOrEqual(t, thick, browFull)
	for i := range low {
		require.Greater(t, high[i], low[i]+0.15)
	}
}

// TestBrowsRunOut: a brow's tail is fainter than its body, and no pen's line.
func TestBrowsRunOut(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 960, 0, 400)
	drawn(t, r, f, face, ar.Look{Layers: skinLooks()["brows"].Layers})
	b := &r.brows // holds the left brow, the last that was drawn
	at := func(u float64) float64 {
		sum, n := 0., 0.
		for _, v := range []float64{-0.4, -0.2, 0, 0.2, 0.4} {
			for du := -0.04; du <= 0.04; du += 0.01 {
				p := b.at(u+du, v)
				sum, n = sum+float64(b.cover.Pix[b.cover.PixOffset(int(p.x), int(p.y))]), n+1
			}
		}
		return sum / n
	}
	require.Greater(t, at(0.45), 100.)
	require.Less(t, at(0.93), 0.5*at(0.45))
}
