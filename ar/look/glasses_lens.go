package look

import (
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// What lenses mirror, of the light on white paper: clear ones are coated.
const (
	clearMirrors  = 0.10
	tintedMirrors = 0.26
	lensRound     = 1. / 95 // 1/mm, the curve of a lens's front
)

// gleamSteps is at how many places along each side of a lens it is worked out
// what is mirrored there.
const gleamSteps = 14

// gleams is what lenses mirror: the shop before the shopper, with a bright
// window in it.
type gleams struct {
	turn   [9]float64
	bright float32
	grid   [gleamSteps][gleamSteps]int32 // of 65536
}

func (m *gleams) fit(h *head, bright float32) { m.turn, m.bright = h.pose.R, bright }

// over makes the grid what is mirrored over a lens of that middle and half
// size, millimetres.
func (m *gleams) over(half vec, much float32) {
	t := &m.turn
	for i := range gleamSteps {
		for j := range gleamSteps {
			x := half.x * (2*float64(j)/(gleamSteps-1) - 1)
			y := half.y * (2*float64(i)/(gleamSteps-1) - 1)
			n := direction(x*lensRound, y*lensRound+frontTilt, -1)
			r := mirrored([3]float64{
				t[0]*n[0] + t[1]*n[1] + t[2]*n[2], t[3]*n[0] + t[4]*n[1] + t[5]*n[2], t[6]*n[0] + t[7]*n[1] + t[8]*n[2],
			})
			m.grid[i][j] = int32(65536 * min(much*m.bright*shopWindow(r), 0.5))
		}
	}
}

// shopWindow is how bright what the camera sees mirrored in direction r is: a
// window to the left, and what is above the shopper's eyes.
func shopWindow(r [3]float64) float32 {
	x, y := float32(r[0]), float32(-r[1])
	edge := func(v, lo, hi float32) float32 {
		return smooth(v, lo-0.12, lo+0.12) * (1 - smooth(v, hi-0.12, hi+0.12))
	}
	window := edge(x-0.5*y, -0.35, 0) * edge(y, -0.55, 0.05)
	return 0.25*smooth(y, -0.5, 0.6) + 0.75*window + 0.03
}

// drawLens tints what lies behind a lens and lays over it what it mirrors.
func (g *glasses) drawLens(f *ar.Frame, h *head, l *lens, alpha float32) {
	g.contours = g.contours[:0]
	n := 0
	for _, c := range l.contours {
		n += len(c)
	}
	g.points = slices.Grow(g.points[:0], n)
	lo, hi := vec{math.Inf(1), math.Inf(1)}, vec{math.Inf(-1), math.Inf(-1)}
	for _, c := range l.contours {
		from := len(g.points)
		for _, p := range c {
			lo.x, lo.y, hi.x, hi.y = min(lo.x, p.x), min(lo.y, p.y), max(hi.x, p.x), max(hi.y, p.y)
			g.points = append(g.points, h.front(p, rimDepth/2, 0))
		}
		g.contours = append(g.contours, g.points[from:])
	}
	whole := g.front.Rect
	r := bounds(1, whole, g.contours...)
	if r.Empty() {
		return
	}
	g.lens.reset(r)
	for _, c := range g.contours {
		g.lens.edges(c)
	}
	g.lens.fill()
	// Dark lenses mirror in full, clear ones are coated against it.
	g.gleams.over(vec{(hi.x - lo.x) / 2, (hi.y - lo.y) / 2}, clearMirrors+(tintedMirrors-clearMirrors)*l.opacity)
	// It takes light away and adds none: what is behind it stays as clear.
	var keep [3]int32
	for c := range keep {
		keep[c] = int32(65536 * (1 - l.opacity*(1-l.color[c]/255)))
	}
	part := int32(alpha * 257)
	w := r.Dx()
	step := (gleamSteps - 1) << 16 / w
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * w
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		nose := g.nose.Pix[(y-whole.Min.Y)*whole.Dx()+r.Min.X-whole.Min.X:][:w]
		line := g.gleams.row(y-r.Min.Y, r.Dy())
		for x, v := range g.lens.Pix[i:][:w] {
			if v == 0 {
				continue
			}
			px := row[3*x:][:3]
			a := part * int32(v) >> 8
			if nose[x] > 0 {
				a = a * int32(255-nose[x]) / 255
			}
			at := x * step
			k := at >> 16
			gleam := line[k] + (line[k+1]-line[k])*int32(at>>8&255)>>8
			for c := range keep {
				old := int32(px[c])
				tinted := old * keep[c] >> 16
				tinted += (255 - tinted) * gleam >> 16
				px[c] = uint8(old + ((tinted-old)*a+128)>>8)
			}
		}
	}
}

// row is what is mirrored along row y of height.
func (m *gleams) row(y, height int) (line [gleamSteps + 1]int32) {
	at := y * (gleamSteps - 1) * 256 / max(height, 1)
	i := at >> 8
	for j := range gleamSteps {
		a, b := m.grid[i][j], m.grid[min(i+1, gleamSteps-1)][j]
		line[j] = a + (b-a)*int32(at&255)>>8
	}
	line[gleamSteps] = line[gleamSteps-1]
	return line
}
