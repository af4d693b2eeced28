package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The upper lids' lash lines in the landmarks' numbering, from the inner
// corner of the eye to the outer: the shopper's right eye and the left.
var lashLines = [2][]int{
	{133, 173, 157, 158, 159, 160, 161, 246, 33},
	{362, 398, 384, 385, 386, 387, 388, 466, 263},
}

// Landmarks beside the outer corners, and the brows' ends above them: a wing
// points between the two.
var (
	wingEnds = [2]int{124, 353}
	browEnds = [2]int{46, 276}
)

// wingRise is how far from the one to the other.
const wingRise = 0.25

// The middles of the brows' lower edges.
var browMiddles = [2]int{52, 282}

// line is the shape of an eyeliner.
type line struct {
	inner, outer float64 // thickness at the corners of the eye, millimetres
	wing         float64 // length of the wing, as a part of the way to what it points at
}

var lines = map[ar.Shape]line{
	ar.Thin:    {inner: 0.25, outer: 0.9},
	ar.Classic: {inner: 0.45, outer: 1.7},
	ar.Winged:  {inner: 0.45, outer: 1.9, wing: 0.62},
}

// thick is how thick the line is so far along it from the inner corner, 0–1.
func (l line) thick(along float64) float64 { return l.inner + (l.outer-l.inner)*along }

// How an eyeliner's edge is softened, in millimetres, and how far below the
// lash line it begins; what of that is in the eye is taken away.
const (
	linerFeather = 0.35
	linerUnder   = 0.4
)

// linerPigments is how eyeliner lies on lids.
var linerPigments = map[ar.Finish]pigment{
	ar.Matte: {hue: 1, light: 0.95},
	ar.Gloss: {hue: 1, light: 0.95, sheen: 0.6},
}

// liner paints eyeliner. Its fields are scratch.
type liner struct {
	lash, smooth, edge []vec
	cover              mask
	tmp                []uint8
}

func (l *liner) paint(f *ar.Frame, face *ar.Face, s *surface, e *eyes, bare *bareSkin, layer ar.Layer, alpha float32) {
	if alpha <= 0 || !bare.seen {
		return
	}
	t := bare.tint(layer.Color, linerPigments[layer.Finish])
	scale := faceScale(face, f)
	feather := int(linerFeather*scale + 0.5)
	for side := range lashLines {
		l.contour(f, face, s, side, lines[layer.Shape], scale)
		r := bounds(2*float64(feather)+1, image.Rect(0, 0, f.Width, f.Height), l.edge)
		if r.Empty() {
			continue
		}
		l.cover.reset(r)
		l.cover.outline(l.edge)
		l.cover.fill()
		l.tmp = l.cover.blur(feather, 1, l.tmp)
		e.spare(&l.cover)
		s.keep(&l.cover)
		t.paint(f, &l.cover, nil, alpha)
	}
}

// Where along the lash line the lower edge of a wing leaves it, short of the
// corner, which would stick out below, and where its upper edge comes back to
// the line.
const (
	wingLeaves = 0.97
	wingMeets  = 0.7
)

// contour makes l.edge the line's outline: along the lash line and back above
// it, around the wing if there is one.
func (l *liner) contour(f *ar.Frame, face *ar.Face, s *surface, side int, shape line, scale float64) {
	l.lash = contour(l.lash[:0], face, lashLines[side], f)
	l.smooth = openCurve(l.smooth[:0], l.lash)
	n := len(l.smooth)
	corner := l.smooth[n-1]
	// A wing that turns out of sight is drawn in.
	reach := shape.wing * float64(s.corners[wingEnds[side]].wears)

	// Up is square to the eye, on the brow's side.
	inner, brow := l.smooth[0], pixel(face, browMiddles[side], f)
	up := vec{inner.y - corner.y, corner.x - inner.x}
	if up.x*(brow.x-corner.x)+up.y*(brow.y-corner.y) < 0 {
		up.x, up.y = -up.x, -up.y
	}

	l.edge = l.edge[:0]
	for i := range l.smooth {
		if reach > 0 && float64(i) > wingLeaves*float64(n-1) {
			break
		}
		l.edge = append(l.edge, l.beside(i, up, -linerUnder*scale*l.wears(i, s, side)))
	}
	meets := 1.0
	if reach > 0 {
		end, tail := pixel(face, wingEnds[side], f), pixel(face, browEnds[side], f)
		tip := vec{
			corner.x + reach*(end.x+wingRise*(tail.x-end.x)-corner.x),
			corner.y + reach*(end.y+wingRise*(tail.y-end.y)-corner.y),
		}
		meets = 1 - (1-wingMeets)*reach/shape.wing
		i := int(meets * float64(n-1))
		l.wing(tip, l.beside(i, up, shape.thick(meets)*scale*l.wears(i, s, side)))
	}
	for i := n - 1; i >= 0; i-- {
		along := float64(i) / float64(n-1)
		thick := shape.thick(along)
		if reach == 0 { // runs out at the outer corner
			thick *= 1 - math.Pow(along, 6)*0.6
		} else if along > meets { // the wing takes over
			continue
		}
		l.edge = append(l.edge, l.beside(i, up, thick*scale*l.wears(i, s, side)))
	}
}

// wing adds a wing's edges from the lash line, where l.edge ends, to its tip and
// back to root: the lower one bends up towards the tip, the upper one follows
// it, so that it runs out in a point.
func (l *liner) wing(tip, root vec) {
	const steps, bend = 6, 0.1
	curve := func(from, to vec, bend float64) {
		// Across from the middle, to the left of the way.
		dx, dy := to.x-from.x, to.y-from.y
		mid := vec{from.x + dx/2 + bend*dy, from.y + dy/2 - bend*dx}
		for i := 1; i <= steps; i++ {
			t := float64(i) / steps
			u := 1 - t
			l.edge = append(l.edge, vec{
				u*u*from.x + 2*u*t*mid.x + t*t*to.x,
				u*u*from.y + 2*u*t*mid.y + t*t*to.y,
			})
		}
	}
	from := l.edge[len(l.edge)-1]
	// The eye's inner side of both edges is where root is not.
	turn := bend
	if (tip.x-from.x)*(root.y-from.y)-(tip.y-from.y)*(root.x-from.x) > 0 {
		turn = -bend
	}
	curve(from, tip, -turn)
	curve(tip, root, turn)
}

// wears is how much of its thickness the line has at the i-th point of the
// lash line: the part of a lid that turns away takes it along.
func (l *liner) wears(i int, s *surface, side int) float64 {
	return float64(s.corners[lashLines[side][(i+1)/3]].wears)
}

// beside is the place d pixels off the lash line at its i-th point, square to
// the line, on the side of up.
func (l *liner) beside(i int, up vec, d float64) vec {
	a, b := l.smooth[max(i-1, 0)], l.smooth[min(i+1, len(l.smooth)-1)]
	nx, ny := -(b.y - a.y), b.x-a.x
	length := math.Hypot(nx, ny)
	if length == 0 {
		return l.smooth[i]
	}
	if nx*up.x+ny*up.y < 0 {
		nx, ny = -nx, -ny
	}
	return vec{l.smooth[i].x + d*nx/length, l.smooth[i].y + d*ny/length}
}

// openCurve puts two more points between each two of an open line, on a
// Catmull-Rom spline, and appends all to dst.
func openCurve(dst, c []vec) []vec {
	for i, p1 := range c[:len(c)-1] {
		p0, p2, p3 := c[max(i-1, 0)], c[i+1], c[min(i+2, len(c)-1)]
		dst = append(dst, p1)
		for _, t := range [2]float64{1. / 3, 2. / 3} {
			dst = append(dst, vec{spline(p0.x, p1.x, p2.x, p3.x, t), spline(p0.y, p1.y, p2.y, p3.y, t)})
		}
	}
	return append(dst, c[len(c)-1])
}

// faceScale is how many pixels a millimetre on the face is: by the eyes or,
// when it is turned to the side, by the way from the brows to the nose's base.
func faceScale(face *ar.Face, f *ar.Frame) float64 {
	const pupils, nose = 63.6, 54.2 // millimetres on the canonical head
	a, b := pixel(face, 168, f), pixel(face, 2, f)
	return max(eyeDistance(face, f)/pupils, math.Hypot(a.x-b.x, a.y-b.y)/nose)
}
