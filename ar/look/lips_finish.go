package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// finish is how a lipstick answers light. L is OKLab's.
type finish struct {
	relief  float32 // how much of the lips' own light and dark stays
	ceiling float32 // bare lips' highlights never rise above this L over their mean
	stain   float32 // how much of the lips' own differences of colour stays
	shine   float32 // how strongly the lips' own bright spots come back as light
	sheen   float32 // how strong the highlights are that any light leaves on wet lips
	metal   float32 // 0: highlights have the light's colour, 1: the shade's
	sparkle float32 // how bright the grains are
}

func finishOf(f ar.Finish) finish {
	switch f {
	case ar.Satin:
		return finish{relief: 1.05, ceiling: 0.30, stain: 0.3, shine: 0.25, sheen: 0.28}
	case ar.Gloss:
		return finish{relief: 1.15, ceiling: 0.60, stain: 0.4, shine: 0.55, sheen: 0.70}
	case ar.Metallic:
		return finish{relief: 1.4, ceiling: 0.60, stain: 0.2, shine: 0.5, sheen: 0.8, metal: 0.55, sparkle: 0.1}
	case ar.Shimmer:
		return finish{relief: 1.1, ceiling: 0.40, stain: 0.3, shine: 0.3, sheen: 0.3, metal: 0.4, sparkle: 0.6}
	default: // matte
		return finish{relief: 1.35, ceiling: 0.25, stain: 0.25}
	}
}

// placed reports whether the finish draws by the place on the lips.
func (f finish) placed() bool { return f.sheen > 0 || f.sparkle > 0 }

// paint is a lipstick on a face's lips.
type paint struct {
	shade lab
	bare  bareLips
	look  finish

	shift float32    // millimetres by which a turned head's highlights lie aside
	cells [2]float32 // sizes of the grains' cells per millimetre, the coarser first
	fine  float32    // share of the finer
}

// over is the shade with the relief of the bare lips.
func (p *paint) over(old lab) lab {
	d := p.look.relief * (old.L - p.bare.mean.L)
	if d > 0 {
		d /= 1 + d/p.look.ceiling
	} else {
		d /= 1 - d/(3*p.shade.L+0.3) // the dark lines of a dark shade stay above black
	}
	return lab{
		p.shade.L + d,
		p.shade.a + p.look.stain*(old.a-p.bare.mean.a),
		p.shade.b + p.look.stain*(old.b-p.bare.mean.b),
	}
}

// spot is how brightly the lips' own bright spots come back. Only what stands
// out counts: dry lips in flat light have none.
func (p *paint) spot(old lab) float32 {
	if p.look.shine == 0 || old.L <= p.bare.shine {
		return 0
	}
	return p.look.shine * smooth(old.L, p.bare.shine, max(p.bare.top, p.bare.shine+0.04)) *
		smooth(old.L-p.bare.mean.L, 0.04, 0.14)
}

// shone puts a highlight of strength s over c.
func (p *paint) shone(c lab, s float32) lab {
	// A metal's highlight is a paler shade.
	m := p.look.metal
	light := lab{1 - 0.6*m*(1-p.shade.L), 0.9 * m * p.shade.a, 0.9 * m * p.shade.b}
	return lab{c.L + s*(light.L-c.L), c.a + s*(light.a-c.a), c.b + s*(light.b-c.b)}
}

// aim turns highlights and grains to how the face is seen.
func (p *paint) aim(face *ar.Face, head *ar.Mesh, f *ar.Frame) {
	if face.Pose.Valid {
		p.shift = -float32(clamp(24*math.Sin(face.Pose.Yaw*math.Pi/180), 14))
	}
	// Grains are little wider than a pixel, whatever the distance: two
	// sizes are blended, or they would jump when the face comes nearer.
	perMM := eyeDistance(face, f) / (2 * irisX)
	level := math.Log2(max(perMM, 0.1) / 1.3)
	whole := math.Floor(level)
	coarse := float32(math.Exp2(whole))
	p.cells, p.fine = [2]float32{coarse, 2 * coarse}, float32(level-whole)
}

// irisX is how far from the middle the canonical head's irises are, in
// millimetres.
const irisX = 31.8

// lit is how brightly a place shines beside its own spots: the highlight that a
// light from above leaves on the round of the lower lip and the edge of the
// upper one, and the grains.
func (p *paint) lit(spot float32, old lab, at place) float32 {
	// The lips' own light carries a highlight, and folds across them break it.
	relief := min(max(1+5*(old.L-p.bare.mean.L), 0.15), 1.3)
	s := p.look.sheen * highlight(at, p.shift)
	if s > 0 {
		s *= relief * (0.3 + 1.2*grain(0.7*at.x, 0.2*at.y))
	}
	s = max(s, spot)
	if p.look.sparkle > 0 {
		g := grain(at.x*p.cells[0], at.y*p.cells[0])
		g += p.fine * (grain(at.x*p.cells[1]+17, at.y*p.cells[1]+5) - g)
		s += p.look.sparkle * smooth(g, grainDull, grainBright) * relief * (strewn + (1-strewn)*catches(at, p.shift))
	}
	return min(s, 0.85)
}

// Few grains lie so that they send the light to the eye: those duller than
// grainDull, of 0–1, are not seen, and those that are lie mostly about the
// highlights; strewn is the share of their brightness that is left elsewhere.
const (
	grainDull, grainBright = 0.55, 0.95

	strewn = 0.3
)

// catches is how well grains at a place catch the light, 0–1: a wider round
// than that of the highlight.
func catches(at place, shift float32) float32 {
	x := (at.x - shift) / 16
	if at.lower > 0 {
		return bell(x) * bell((at.out-0.5)/0.26)
	}
	return 0.7 * bell(x) * bell((at.out-0.65)/0.24)
}

// highlight is how bright wet lips shine at a place, 0–1. Towards the corners
// lips are too thin to be round.
func highlight(at place, shift float32) float32 {
	x := at.x - shift
	if at.lower > 0 {
		return bell(x/11) * bell((at.out-0.45)/0.14) * (1 - smooth(max(at.x, -at.x), 12, 21))
	}
	// Either side of the dip in the upper lip.
	side := max(x, -x) - 5
	return 0.45 * bell(side/4) * bell((at.out-0.78)/0.13)
}

// bell is 1 at 0 and falls to nothing at ±2.
func bell(x float32) float32 {
	t := max(1-x*x/4, 0)
	return t * t * t
}
