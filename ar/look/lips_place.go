package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// place is where on the lips a pixel lies. It moves with the lips: what is
// drawn by it does not swim.
type place struct {
	x, y  float32 // millimetres on the canonical head, mouth closed
	out   float32 // 0 at the inner contour, 1 at the outer one, more beyond
	lower float32 // 1 on the lower lip, 0 on the upper
}

// beyond is how far the places go on over the outer contour, in lips'
// thicknesses, to hold under its feather.
const beyond = 0.5

// place fills l.places for the pixels of l.lip.
func (l *lips) place(head *ar.Mesh) {
	n := len(l.lip.Pix)
	if cap(l.places) < n {
		l.places = make([]place, n)
	}
	l.places = l.places[:n]
	for i := range l.places {
		l.places[i] = place{out: 1 + beyond}
	}
	// The contours' points answer each other one by one.
	half := len(lipsOuter) / 2
	for i := range lipsOuter {
		j := (i + 1) % len(lipsOuter)
		lower := float32(0)
		if i >= half {
			lower = 1
		}
		a, b := l.ends(head, i, lower), l.ends(head, j, lower)
		l.triangle(a[0], a[1], b[1])
		l.triangle(a[0], b[1], b[0])
	}
}

// lipCorner is a corner of a triangle of places.
type lipCorner struct {
	at vec
	place
}

// ends are the inner end and the one beyond the outer contour of the line
// across the lip at the contours' point i.
func (l *lips) ends(head *ar.Mesh, i int, lower float32) [2]lipCorner {
	in, out := l.inner[i], l.outer[i]
	vi, vo := head.Vertices[lipsInner[i]], head.Vertices[lipsOuter[i]]
	far := func(in, out float64) float64 { return out + beyond*(out-in) }
	return [2]lipCorner{
		{in, place{float32(vi[0]), float32(vi[1]), 0, lower}},
		{vec{far(in.x, out.x), far(in.y, out.y)}, place{
			float32(far(vi[0], vo[0])), float32(far(vi[1], vo[1])), 1 + beyond, lower,
		}},
	}
}

// triangle writes the places of a triangle's pixels.
func (l *lips) triangle(a, b, c lipCorner) {
	det := (b.at.x-a.at.x)*(c.at.y-a.at.y) - (c.at.x-a.at.x)*(b.at.y-a.at.y)
	if math.Abs(det) < 1e-6 {
		return
	}
	// Each number runs evenly over the pixels.
	ux, uy := float32((c.at.y-a.at.y)/det), float32((a.at.x-c.at.x)/det)
	vx, vy := float32((a.at.y-b.at.y)/det), float32((b.at.x-a.at.x)/det)
	b.x, b.y, b.out = b.x-a.x, b.y-a.y, b.out-a.out
	c.x, c.y, c.out = c.x-a.x, c.y-a.y, c.out-a.out
	l.corners = append(l.corners[:0], a.at, b.at, c.at)
	r := bounds(0, l.lip.Rect, l.corners)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := l.places[(y-l.lip.Rect.Min.Y)*l.lip.Stride+r.Min.X-l.lip.Rect.Min.X:][:r.Dx()]
		px, py := float32(float64(r.Min.X)+0.5-a.at.x), float32(float64(y)+0.5-a.at.y)
		u, v := px*ux+py*uy, px*vx+py*vy
		for x := range row {
			if u >= 0 && v >= 0 && u+v <= 1 {
				row[x] = place{a.x + u*b.x + v*c.x, a.y + u*b.y + v*c.y, a.out + u*b.out + v*c.out, a.lower}
			}
			u += ux
			v += vx
		}
	}
}

// inward is how strong a gradient's colour is at a place.
func inward(p place) float32 { return 1 - 0.92*smooth(p.out, 0.15, 0.9) }

// grainSide is the side of the square of random numbers that grain repeats.
const grainSide = 64

// grains are random numbers, 0–1 (the finaliser of MurmurHash3 of their index).
var grains = func() (t [grainSide * grainSide]float32) {
	for i := range t {
		h := uint32(i + 1)
		h = (h ^ h>>16) * 0x85ebca6b
		h = (h ^ h>>13) * 0xc2b2ae35
		h ^= h >> 16
		t[i] = float32(h>>8) / (1 << 24)
	}
	return t
}()

// grain is smooth noise, 0–1, whose cells are 1 wide.
func grain(x, y float32) float32 {
	fx, fy := floor(x), floor(y)
	x, y = x-fx, y-fy
	i, j := int(fx)&(grainSide-1), int(fy)&(grainSide-1)
	i1, j1 := (i+1)&(grainSide-1), (j+1)&(grainSide-1)
	a, b := grains[j*grainSide+i], grains[j*grainSide+i1]
	c, d := grains[j1*grainSide+i], grains[j1*grainSide+i1]
	top, bottom := a+x*(b-a), c+x*(d-c)
	return top + y*(bottom-top)
}

func floor(x float32) float32 {
	f := float32(int32(x))
	if f > x {
		f--
	}
	return f
}
