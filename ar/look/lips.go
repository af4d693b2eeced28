package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The lips' contours in the landmarks' numbering, each a closed loop.
var (
	lipsOuter = []int{61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146}
	lipsInner = []int{78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95}
)

// lipFeather is how far the lips' edge is softened to either side, as a part
// of the distance between the eyes.
const lipFeather = 0.025

// lips paints lipstick. Its fields are scratch.
type lips struct {
	outer, inner, curve []vec
	corners, line       []vec
	lip, mouth          mask
	open, tmp           []uint8
	lab                 []lab
	places              []place
}

// paint colours the lips of face, or draws their border, in the light that
// falls on it. All of it happens
// in what the lips give back of the light: that is the same in any light.
func (l *lips) paint(f *ar.Frame, head *ar.Mesh, face *ar.Face, s *surface, layer ar.Layer, light rgb, alpha float32) {
	if alpha <= 0 {
		return
	}
	least := uint8(lipSurely)
	if layer.Kind == ar.LipLiner {
		least = lineSurely
		if !l.border(f, face) {
			return
		}
	} else if !l.mask(f, face) {
		return
	}
	s.keepLips(f, &l.lip, &l.mouth)
	p := paint{
		shade: toLab(layer.Color.B, layer.Color.G, layer.Color.R),
		bare:  l.measure(f, light, least),
		look:  finishOf(layer.Finish),
	}
	if p.bare.weight == 0 {
		return
	}
	placed := layer.Gradient || p.look.placed()
	if placed {
		l.place(head)
		p.aim(face, head, f)
	}
	r := l.lip.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		for x := range r.Dx() {
			cover := l.lip.Pix[i+x]
			if cover == 0 {
				continue
			}
			px := row[3*x:][:3]
			old := l.lab[i+x]
			t := alpha * float32(cover) / 255
			shine := p.spot(old)
			if placed {
				at := l.places[i+x]
				shine = p.lit(shine, old, at)
				if layer.Gradient {
					t *= inward(at)
				}
			}
			c := p.shone(p.over(old), shine)
			px[0], px[1], px[2] = lab{
				old.L + t*(c.L-old.L),
				old.a + t*(c.a-old.a),
				old.b + t*(c.b-old.b),
			}.under(light)
		}
	}
}

// mask makes l.lip the coverage of the lips: the outer contour softened to
// both sides, less the mouth's opening, softened into the lip alone so that no
// tooth is ever painted. It reports whether there is anything to paint.
func (l *lips) mask(f *ar.Frame, face *ar.Face) bool {
	l.find(f, face)
	feather := lipFeather * eyeDistance(face, f)
	radius := max(int(feather/2+0.5), 1)
	r := bounds(2*float64(radius)+1, image.Rect(0, 0, f.Width, f.Height), l.outer)
	if r.Empty() {
		return false
	}
	l.lip.reset(r)
	l.curve = curve(l.curve[:0], l.outer)
	l.lip.outline(l.curve)
	l.lip.fill()
	l.tmp = l.lip.blur(radius, 2, l.tmp)

	l.spareMouth(radius)
	return true
}

// The gap between the lips, in millimetres at its widest, up to which they are
// shut, and from which the mouth is open.
const (
	lipsShut = 1.6
	lipsOpen = 3.2
)

// find reads the contours. Lips that touch have a seam, as dark as the picture
// has it and painted like the rest, and not a thin opening that is left bare:
// the landmarks of shut lips lie a little apart.
func (l *lips) find(f *ar.Frame, face *ar.Face) {
	l.outer = contour(l.outer[:0], face, lipsOuter, f)
	l.inner = contour(l.inner[:0], face, lipsInner, f)
	// The inner contour's points from one corner to the other answer those back
	// one by one.
	n := len(l.inner)
	gap := 0.0
	for i := 1; i < n/2; i++ {
		a, b := l.inner[i], l.inner[n-i]
		gap = max(gap, math.Hypot(a.x-b.x, a.y-b.y))
	}
	shut := 1 - float64(smooth(float32(gap/faceScale(face, f)), lipsShut, lipsOpen))
	for i := 1; i < n/2 && shut > 0; i++ {
		a, b := &l.inner[i], &l.inner[n-i]
		dx, dy := shut/2*(b.x-a.x), shut/2*(b.y-a.y)
		*a, *b = vec{a.x + dx, a.y + dy}, vec{b.x - dx, b.y - dy}
	}
	l.foldBack(faceScale(face, f))
}

// lipEdgeOn is how much of the lip's back, in square millimetres, would be seen
// between two points of the contour where it has turned away.
const lipEdgeOn = 0.5

// foldBack takes the outer contour back to the inner one where the lip turns
// away from the camera, behind the face's outline: what lies there is not seen,
// and its contour would run over the skin before it.
func (l *lips) foldBack(scale float64) {
	n := len(l.outer)
	l.line = l.line[:0]
	// The loop runs so that what is seen of the lip is positive, or is mirrored.
	way := 1.0
	if area(l.outer) < 0 {
		way = -1
	}
	shown := func(i int) float64 {
		out, in, next := l.outer[i], l.inner[i], l.outer[(i+1)%n]
		return way * ((out.x-in.x)*(next.y-out.y) - (out.y-in.y)*(next.x-out.x))
	}
	last := shown(n - 1)
	for i, out := range l.outer {
		here := shown(i)
		k := min(max(1+min(last, here)/(lipEdgeOn*scale*scale), 0), 1)
		in := l.inner[i]
		l.line = append(l.line, vec{in.x + k*(out.x-in.x), in.y + k*(out.y-in.y)})
		last = here
	}
	l.outer, l.line = l.line, l.outer
}

// spareMouth takes the mouth's opening, with a feather of so many pixels around
// it, out of l.lip.
func (l *lips) spareMouth(radius int) {
	l.mouth.reset(l.lip.Rect)
	l.curve = curve(l.curve[:0], l.inner)
	l.mouth.outline(l.curve)
	l.mouth.fill()
	l.open = append(l.open[:0], l.mouth.Pix...)
	l.tmp = l.mouth.blur(radius, 2, l.tmp)
	for i, cover := range l.lip.Pix {
		if cover == 0 {
			continue
		}
		// Blurred, the opening's edge is at 128 and its feather below.
		rest := uint32(max(255-2*int(l.mouth.Pix[i]), 0))
		rest = min(rest, uint32(255-l.open[i]))
		l.lip.Pix[i] = uint8(uint32(cover) * rest / 255)
	}
}

// How much of a pixel a product must cover for the lips to be measured there.
const (
	lipSurely  = 160
	lineSurely = 64
)

// bareLips is how the lips are without paint.
type bareLips struct {
	weight     float32 // pixels measured
	mean       lab
	shine, top float32 // L above which the brightest tenth and fiftieth lie
}

// measure fills l.lab with what the lips under the mask give back of the light
// and sums up what is there where the mask is at least so much.
func (l *lips) measure(f *ar.Frame, light rgb, least uint8) bareLips {
	r := l.lip.Rect
	var gain rgb
	for c, v := range light {
		gain[c] = 1 / v
	}
	if cap(l.lab) < len(l.lip.Pix) {
		l.lab = make([]lab, len(l.lip.Pix))
	}
	l.lab = l.lab[:len(l.lip.Pix)]
	var histogram [256]int
	var s bareLips
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		for x := range r.Dx() {
			cover := l.lip.Pix[i+x]
			if cover == 0 {
				continue
			}
			c := labOf(gain[0]*linear[row[3*x+2]], gain[1]*linear[row[3*x+1]], gain[2]*linear[row[3*x]])
			l.lab[i+x] = c
			if cover < least {
				continue
			}
			s.mean.L += c.L
			s.mean.a += c.a
			s.mean.b += c.b
			histogram[int(min(max(c.L, 0), 1)*255)]++
			n++
		}
	}
	if n == 0 {
		return bareLips{}
	}
	s.weight = float32(n)
	s.mean.L /= s.weight
	s.mean.a /= s.weight
	s.mean.b /= s.weight
	s.shine, s.top = brightest(&histogram, n/10), brightest(&histogram, n/50)
	return s
}

// brightest is the L above which n pixels lie.
func brightest(histogram *[256]int, n int) float32 {
	i := 255
	for ; i > 0 && n >= 0; i-- {
		n -= histogram[i]
	}
	return float32(i+1) / 255
}

// contour appends the named landmarks in pixels to dst.
func contour(dst []vec, face *ar.Face, points []int, f *ar.Frame) []vec {
	for _, i := range points {
		dst = append(dst, pixel(face, i, f))
	}
	return dst
}

func pixel(face *ar.Face, i int, f *ar.Frame) vec {
	p := face.Points[i]
	return vec{float64(p.X) * float64(f.Width), float64(p.Y) * float64(f.Height)}
}

// eyeDistance is the distance between the irises' centres in pixels.
func eyeDistance(face *ar.Face, f *ar.Frame) float64 {
	r, l := pixel(face, 468, f), pixel(face, 473, f)
	return math.Hypot(l.x-r.x, l.y-r.y)
}
