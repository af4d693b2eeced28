package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// bareStrokes are where skin is measured: on the cheeks, below a pair of
// glasses and above a beard, where no lash or fold darkens it.
var bareStrokes = [1]stroke{{line: []vec{{42, 121}, {52, 121}}, reach: 9, strength: 1}}

// bareSkin is how this face's skin looks with nothing on it.
type bareSkin struct {
	powder
	zone  *zone
	mean  [3]float32 // linear: blue, green, red
	light rgb        // that falls on it
	seen  bool
	flake float32 // how many pixels a flake of glitter is across
}

// flakeMM is the side of a flake of glitter, in millimetres.
const flakeMM = mapMM / mapSide / 2

// fit reads the cheeks under light. What is known of the face, if anything is,
// stands for cheeks that are hidden.
func (b *bareSkin) fit(f *ar.Frame, s *surface, e *eyes, light rgb, known *faceLight) {
	b.light = light
	b.flake = flakeMM * s.scale()
	b.seen = b.zone.carry(&b.cover, nil, s, nil, image.Rect(0, 0, f.Width, f.Height))
	if !b.seen {
		return
	}
	e.spare(&b.cover)
	whole := b.cover.sum()
	s.keep(&b.cover)
	shows := float32(b.cover.sum()) / float32(max(whole, 1))
	b.mean, b.seen = meanLight(f, &b.cover)
	if known == nil || !known.blushes && !b.seen {
		return
	}
	if !known.blushes || shows > cheeksFull {
		for c, v := range b.mean {
			known.cheeks[c] = log(max(v, 1./4096)) - log(light[2-c])
		}
		known.blushes = true
	}
	if k := smooth(shows, cheeksHalf, cheeksFull); k < 1 {
		for c, v := range b.mean {
			b.mean[c] = k*v + (1-k)*light[2-c]*exp(known.cheeks[c])
		}
	}
	b.seen = true
}

// As far as less of the cheeks is to be seen than this, what is known of them
// stands for them.
const (
	cheeksHalf = 0.6
	cheeksFull = 0.9
)

// tint is p in colour c on this skin.
func (b *bareSkin) tint(c ar.Color, p pigment) tint {
	t := newTint(b.mean, b.light, c, p)
	// Flakes much smaller than a pixel are seen as a sheen, not as noise.
	t.glint *= min(b.flake, 1)
	return t
}

// scale is how many pixels a millimetre of skin is: across the eyes or, when
// the face is turned to the side, along the nose, whichever is more.
func (s *surface) scale() float32 {
	const eyes, nose = 88.9, 54.2 // millimetres on the canonical head
	apart := func(i, k int) float32 {
		a, b := &s.corners[i], &s.corners[k]
		return float32(math.Hypot(float64(a.x-b.x), float64(a.y-b.y)))
	}
	return max(apart(33, 263)/eyes, apart(foreheadPoint, nosePoint)/nose)
}

// powder is a zone that lies on a face: how much of each pixel it covers, and
// its glitter's grain there.
type powder struct {
	cover  mask
	glints []uint8
}

// faint is how little cover nobody sees.
const faint = 0.03

// seen is cover without its faintest part, which would only take time.
func seen(cover float64) float64 { return max(cover-faint, 0) / (1 - faint) }

// lay puts z on what is bare of the skin, off the open eyes, and reports whether any of it is
// in the frame.
func (l *powder) lay(f *ar.Frame, s *surface, e *eyes, z *zone, p pigment) bool {
	glints := &l.glints
	if p.glint == 0 {
		glints = nil
	}
	if !z.carry(&l.cover, glints, s, s.veil, image.Rect(0, 0, f.Width, f.Height)) {
		return false
	}
	e.spare(&l.cover)
	return true
}
