package face

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// The edge of an iris is looked for between these distances from its
	// middle, in radii of the model's iris, which is up to a fifth too large.
	limbusFrom = 0.55
	limbusTo   = 1.25
	// limbusSteps is how many places along that way are looked at.
	limbusSteps = 48
	// limbusArc is how far (degrees) above and below the horizontal diameter
	// the edge is looked at: further the lids may cover it.
	limbusArc  = 24
	limbusRays = 9
	// limbusContrast is how much brighter (of 255) the white of the eye must
	// be than the iris.
	limbusContrast = 12
	// limbusBlur is how blurred a camera's pixels are, as the deviation of a
	// Gaussian: the steepest place of a round edge so blurred lies inside the
	// edge by half the square of that over the radius.
	limbusBlur = 0.8
)

// irisDiameter measures an iris in the picture, pixels: the model's points
// tell where to look, the edge to the white of the eye, which is blurred but
// of the same place whatever the eye's size, tells how wide it is. middle and
// the ends of the horizontal diameter are in pixels. ok is false where no edge
// is clear enough.
func irisDiameter(f *ar.Frame, middle, a, b ar.Point) (d float64, ok bool) {
	r := span(a, b) / 2
	if !(r >= 2.5 && r < 200) {
		return 0, false
	}
	ux, uy := float64(b.X-a.X)/(2*r), float64(b.Y-a.Y)/(2*r)
	for _, side := range [2]float64{-1, 1} {
		edge, ok := limbus(f, float64(middle.X), float64(middle.Y), side*ux, side*uy, r)
		if !ok {
			return 0, false
		}
		d += edge + limbusBlur*limbusBlur/(2*edge)
	}
	return d, true
}

// limbus is how far from the middle the iris ends in direction ux, uy.
func limbus(f *ar.Frame, cx, cy, ux, uy, r float64) (edge float64, ok bool) {
	var light [limbusSteps + 1]float64 // mean over the arc, by distance
	for ray := range limbusRays {
		turn := limbusArc * (2*float64(ray)/(limbusRays-1) - 1) * math.Pi / 180
		sin, cos := math.Sincos(turn)
		dx, dy := ux*cos-uy*sin, ux*sin+uy*cos
		for i := range light {
			s := r * (limbusFrom + (limbusTo-limbusFrom)*float64(i)/limbusSteps)
			v, in := brightness(f, cx+s*dx, cy+s*dy)
			if !in {
				return 0, false
			}
			light[i] += v / limbusRays
		}
	}
	// The steepest rise, over a tenth of the radius to each side.
	const w = limbusSteps / 7
	best, at := 0.0, -1
	rise := func(i int) float64 {
		sum := 0.0
		for k := 1; k <= w; k++ {
			sum += light[i+k] - light[i-k]
		}
		return sum / w
	}
	for i := w; i <= limbusSteps-w; i++ {
		if v := rise(i); v > best {
			best, at = v, i
		}
	}
	if best < limbusContrast || at == w || at == limbusSteps-w {
		return 0, false
	}
	before, after := rise(at-1), rise(at+1)
	peak := float64(at) + 0.5*(before-after)/(before-2*best+after)
	return r * (limbusFrom + (limbusTo-limbusFrom)*peak/limbusSteps), true
}

// brightness is the green light at a place, pixel centres at .5, between
// neighbours in proportion.
func brightness(f *ar.Frame, x, y float64) (v float64, in bool) {
	x, y = x-0.5, y-0.5
	x0, y0 := math.Floor(x), math.Floor(y)
	if !(x0 >= 0 && y0 >= 0 && x0 < float64(f.Width-1) && y0 < float64(f.Height-1)) {
		return 0, false
	}
	i := 3*(int(y0)*f.Width+int(x0)) + 1
	at := func(d int) float64 { return float64(f.Pix[i+d]) }
	fx, fy := x-x0, y-y0
	top := at(0) + fx*(at(3)-at(0))
	below := at(3*f.Width) + fx*(at(3*f.Width+3)-at(3*f.Width))
	return top + fy*(below-top), true
}
