package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The lower lids' lash lines, from the inner corner of the eye to the outer:
// the shopper's right eye and the left.
var lowerLashLines = [2][]int{
	{133, 155, 154, 153, 145, 144, 163, 7, 33},
	{362, 382, 381, 380, 374, 373, 390, 249, 263},
}

// The middles of the upper and the lower lids.
var lidMiddles = [2][2]int{{159, 145}, {386, 374}}

// lashSet is a row of lashes. Lengths and widths are millimetres.
type lashSet struct {
	count        int
	inner, outer float64 // length near the corners of the eye
	middle       float64 // and between them
	width        float64
	fan          float64 // how far the outermost lean outwards
	clump        float64 // how far the tips of neighbours come together, 0–1
}

var upperLashes = map[ar.Shape]lashSet{
	ar.Natural: {count: 30, inner: 4.2, middle: 7.2, outer: 7.8, width: 0.42, fan: 0.7, clump: 0.25},
	ar.Volume:  {count: 40, inner: 5.5, middle: 9.2, outer: 9.6, width: 0.58, fan: 0.75, clump: 0.5},
	ar.CatEye:  {count: 36, inner: 3.8, middle: 7, outer: 9.8, width: 0.48, fan: 0.95, clump: 0.4},
}

var lowerLashes = map[ar.Shape]lashSet{
	ar.Natural: {count: 17, inner: 2, middle: 2.8, outer: 3.4, width: 0.17, fan: 0.8},
	ar.Volume:  {count: 24, inner: 2.2, middle: 3.4, outer: 4, width: 0.22, fan: 0.8, clump: 0.3},
	ar.CatEye:  {count: 17, inner: 1.8, middle: 2.8, outer: 4, width: 0.19, fan: 1},
}

// The gap between the lids, in millimetres, at which lashes hang as on a shut
// eye and stand as on an open one.
const (
	lidsShut = 1.5
	lidsOpen = 6.0
)

// farLashes is by how much the lashes of an eye are drawn in that is seen from
// its inner side.
const farLashes = 0.5

// lashes paints lashes. Its fields are scratch.
type lashes struct {
	points, line, outline []vec
	strands               []strand
	ends                  []vec
	cover                 mask
}

func (l *lashes) paint(f *ar.Frame, head *ar.Mesh, face *ar.Face, s *surface, e *eyes, bare *bareSkin, layer ar.Layer, alpha float32) {
	if alpha <= 0 || !bare.seen {
		return
	}
	t := bare.tint(layer.Color, pigment{hue: 1, light: 0.95}) // nothing of what lies below
	turn := newAxes(head, face, f)
	scale := faceScale(face, f)
	for side := range lashLines {
		l.strands = l.strands[:0]
		upper, lower := pixel(face, lidMiddles[side][0], f), pixel(face, lidMiddles[side][1], f)
		open := float64(smooth(float32(math.Hypot(upper.x-lower.x, upper.y-lower.y)/scale), lidsShut, lidsOpen))
		out := float64(2*side - 1) // the shopper's left is to the right of the picture
		up := func(lean float64) (bend, tip vec) {
			rise := -0.3 + 0.95*open // a shut lid carries them down
			return turn.seen(0.35*out*lean, 0.2-0.35*rise, -0.35), turn.seen(out*lean, -rise, -0.6)
		}
		down := func(lean float64) (bend, tip vec) {
			return turn.seen(0.3*out*lean, 0.3, -0.3), turn.seen(out*lean, 0.9, -0.3)
		}
		// Lashes of an eye that turns away stand off it towards the background,
		// where they are easily too much.
		long := scale * (1 - farLashes*max(-out*turn.back[0], 0))
		l.row(f, face, s, lashLines[side], upperLashes[layer.Shape], scale, long, up)
		l.row(f, face, s, lowerLashLines[side], lowerLashes[layer.Shape], scale, long, down)
		if !l.mask(f) {
			continue
		}
		e.spare(&l.cover)
		s.keep(&l.cover)
		t.paint(f, &l.cover, nil, alpha)
	}
}

// row adds the lashes of one lid, whose lash line is along. toward gives how
// their bend and their tip are seen from the root, for a length of one, of a
// lash that leans outwards by so much; scale and long are the pixels of a
// millimetre across and along the lashes.
func (l *lashes) row(f *ar.Frame, face *ar.Face, s *surface, along []int, set lashSet, scale, long float64, toward func(lean float64) (bend, tip vec)) {
	l.points = contour(l.points[:0], face, along, f)
	l.line = openCurve(l.line[:0], l.points)
	last := float64(len(l.line) - 1)
	whole := 0.0
	for i, b := range l.line[1:] {
		whole += math.Hypot(b.x-l.line[i].x, b.y-l.line[i].y)
	}
	for i := range set.count {
		t := 0.1 + 0.9*(float64(i)+0.35*jitter(i, 0))/float64(set.count-1)
		t = min(max(t, 0.05), 1)
		at := t * last
		k := min(int(at), len(l.line)-2)
		a, b := l.line[k], l.line[k+1]
		root := vec{a.x + (at-float64(k))*(b.x-a.x), a.y + (at-float64(k))*(b.y-a.y)}
		wears := float64(s.corners[along[(k+1)/3]].wears)
		// Where they stand closer, by the corners, they are finer: no tuft.
		fine := min(math.Hypot(b.x-a.x, b.y-a.y)*last/max(whole, 1e-6), 1)
		long := long * set.length(t) * (1 + 0.12*jitter(i, 1)) * (0.4 + 0.6*wears)
		lean := -0.35 + (set.fan+0.35)*t + 0.07*jitter(i, 2)
		if mate := i - i%3 + 1; set.clump > 0 && mate < set.count { // threes come together
			there := -0.35 + (set.fan+0.35)*(0.1+0.9*float64(mate)/float64(set.count-1))
			lean += set.clump * (there - lean) * 2
		}
		bend, tip := toward(lean)
		l.strands = append(l.strands, strand{
			root:  root,
			bend:  vec{root.x + long*bend.x, root.y + long*bend.y},
			tip:   vec{root.x + long*tip.x, root.y + long*tip.y},
			width: set.width * scale * (1 + 0.2*jitter(i, 3)) * wears * fine * min(0.25+2*t, 1), // thin at the inner corner
		})
	}
}

// length is how long lashes are at t of the way to the outer corner.
func (s *lashSet) length(t float64) float64 {
	const peak = 0.62
	if t < peak {
		return s.inner + (s.middle-s.inner)*math.Sin(t/peak*math.Pi/2)
	}
	return s.middle + (s.outer-s.middle)*(t-peak)/(1-peak)
}

// mask draws the strands and reports whether any is in the frame.
func (l *lashes) mask(f *ar.Frame) bool {
	l.ends = l.ends[:0]
	for _, s := range l.strands {
		l.ends = append(l.ends, s.root, s.bend, s.tip)
	}
	r := bounds(2, image.Rect(0, 0, f.Width, f.Height), l.ends)
	if r.Empty() {
		return false
	}
	l.cover.reset(r)
	for i := range l.strands {
		l.outline = l.strands[i].draw(&l.cover, l.outline)
	}
	l.cover.fill()
	return true
}
