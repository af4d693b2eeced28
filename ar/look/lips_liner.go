package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// A lip liner's line goes along the lips' outer contour: how far it reaches out
// of it, how far into the lip its strongest part does, and within how much more
// it runs out, in millimetres; its strongest part takes so much of a thin lip's
// thickness at most.
const (
	linerOut   = 0.3
	linerIn    = 0.7
	linerRunny = 1.6
	linerShare = 0.25
	// linerMost is how far it covers where it is strongest.
	linerMost = 0.85
)

// border makes l.lip the coverage of the line along the outer contour, which
// runs out inwards, and reports whether there is anything to paint.
func (l *lips) border(f *ar.Frame, face *ar.Face) bool {
	l.find(f, face)
	scale := faceScale(face, f)
	edge, runny := max(int(0.4*scale+0.5), 1), max(int(linerRunny/2*scale+0.5), 1)
	r := bounds(linerOut*scale+float64(2*runny)+1, image.Rect(0, 0, f.Width, f.Height), l.outer)
	if r.Empty() {
		return false
	}
	l.mouth.reset(r) // what is free of it within
	l.along(-linerIn * scale)
	l.mouth.outline(l.curve)
	l.mouth.fill()
	l.tmp = l.mouth.blur(runny, 2, l.tmp)
	l.lip.reset(r)
	l.along(linerOut * scale)
	l.lip.outline(l.curve)
	l.lip.fill()
	l.tmp = l.lip.blur(edge, 1, l.tmp)
	for i, cover := range l.lip.Pix {
		if cover > 0 {
			l.lip.Pix[i] = uint8(linerMost * float32(cover) * float32(255-l.mouth.Pix[i]) / 255)
		}
	}
	l.spareMouth(edge)
	return true
}

// along makes l.curve the outer contour moved so many pixels outwards.
func (l *lips) along(d float64) {
	l.line = l.line[:0]
	for i, out := range l.outer {
		in := l.inner[i]
		dx, dy := out.x-in.x, out.y-in.y
		thick := math.Hypot(dx, dy)
		if thick < 1e-6 {
			l.line = append(l.line, out)
			continue
		}
		move := max(d/thick, -linerShare)
		l.line = append(l.line, vec{out.x + move*dx, out.y + move*dy})
	}
	l.curve = curve(l.curve[:0], l.line)
}
