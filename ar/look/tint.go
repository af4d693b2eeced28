package look

import (
	"encoding/binary"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// pigment is how a product lies on skin at its full intensity.
type pigment struct {
	hue   float32 // how far the skin's hue goes to the shade's, 0–1
	light float32 // how far its lightness does, 0–1
	sheen float32 // how much more light the places that catch it give back
	glint float32 // how brightly flakes of glitter do
	dull  float32 // how much less light the places that shine give back
	even  float32 // how far red and pale patches of skin are evened out
	lift  float32 // how much more light it gives back by itself than skin of its colour
	hides float32 // how far it covers where skin mirrors the lamp, 0–1
	deep  float32 // what is darker than so much of the skin's light wears less of it, as hairs do
	sheer float32 // how far it only takes light away, 0–1: skin is flushed, it does not glow
}

// tint is a pigment on this face's skin: what each channel's light is
// multiplied by where the skin wears all of it. Multiplied, every pore and
// shadow keeps its part of the light around it.
type tint struct {
	gain  [3]float32 // blue, green, red
	mean  float32    // green light of the bare skin
	sheen float32
	glint float32
	dull  float32
	even  float32
	kept  float32 // of what skin mirrors
	deep  float32
	// What red and blue light the bare skin gives back against its green.
	red, blue float32
	// What of white is given back where the bare skin's green light is 1, in the
	// channel that gives back most.
	white float32
}

// The bounds of a gain: beyond them the picture's noise would be painted, not
// its skin.
const (
	gainLeast = 0.02
	gainMost  = 2.5
)

// newTint is p in colour c on skin of the given mean (blue, green and red
// light) that is seen under light.
func newTint(bare [3]float32, light rgb, c ar.Color, p pigment) tint {
	// What the skin gives back of white light.
	gives := [3]float32{bare[0] / light[2], bare[1] / light[1], bare[2] / light[0]}
	skin := labOf(gives[2], gives[1], gives[0])
	shade := toLab(c.B, c.G, c.R)
	bright := skin.L + p.light*(shade.L-skin.L)
	// Skin that goes only part of the way to a dark shade is to be as rich in
	// colour as the shade, not grey.
	rich := min(max(bright/max(shade.L, 1e-3), 0.6), 1.6)
	b, g, r := lab{
		bright,
		skin.a + p.hue*(rich*shade.a-skin.a),
		skin.b + p.hue*(rich*shade.b-skin.b),
	}.bgr()
	t := tint{mean: max(bare[1], 1e-3), sheen: p.sheen, glint: p.glint, dull: p.dull, even: p.even}
	t.kept, t.deep = glareKept*(1-p.hides), p.deep
	t.red, t.blue = bare[2]/t.mean, bare[0]/t.mean
	t.white = max(gives[0], gives[1], gives[2]) / t.mean
	for i, v := range [3]uint8{b, g, r} {
		t.gain[i] = min(max((1+p.lift)*linear[v]/max(gives[i], 1e-3), gainLeast), gainMost)
	}
	if most := max(t.gain[0], t.gain[1], t.gain[2]); most > 1 {
		for i := range t.gain {
			t.gain[i] /= 1 + p.sheer*(most-1)
		}
	}
	return t
}

// meanLight is the mean light (blue, green, red) of the pixels under cover,
// each as far as it is covered.
func meanLight(f *ar.Frame, cover *mask) (mean [3]float32, ok bool) {
	var sum [3]float32
	weight := float32(0)
	r := cover.Rect
	for y := r.Min.Y; y < r.Max.Y; y += 2 { // every fourth pixel is enough
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		line := cover.Pix[(y-r.Min.Y)*r.Dx():][:r.Dx()]
		for x := y & 1; x < len(line); x += 2 {
			if line[x] == 0 {
				continue
			}
			w := float32(line[x])
			for c := range sum {
				sum[c] += w * linear[row[3*x+c]]
			}
			weight += w
		}
	}
	if weight == 0 {
		return mean, false
	}
	for c := range mean {
		mean[c] = sum[c] / weight
	}
	return mean, true
}

// Where skin gives back so much more light than it does at large, it mirrors
// the lamp: what lies on it tints that but little.
const (
	glareFrom = 1.5
	glareFull = 2.6
	glareKept = 0.7
)

// evenMost is the most of a pixel's red or blue light that is evened out: more
// than patches of skin differ by is coloured light, which stays.
const evenMost = 0.3

// within is v, at most limit and at least -limit. (The language's min and max
// take their time to tell zeros and numbers that are none apart.)
func within(v, limit float32) float32 {
	if v > limit {
		return limit
	}
	if v < -limit {
		return -limit
	}
	return v
}

// paint lays the tint over what cover covers; glints is the glitter's grain
// for the same pixels, of use only to a tint that glints.
func (t *tint) paint(f *ar.Frame, cover *mask, glints []uint8, alpha float32) {
	levels := t.levels(alpha)
	r := cover.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):][:3*r.Dx()]
		line := cover.Pix[i:][:r.Dx()]
		for x := 0; x < len(line); x++ {
			if line[x] == 0 {
				x += nothing(line[x:]) - 1
				continue
			}
			px := (*[3]uint8)(row[3*x:])
			level := &levels[px[1]]
			v := float32(line[x])
			gain := level.gain
			if t.glint > 0 {
				flake := float32(glints[i+x])
				flake *= flake // few lie so that they send the light to the eye
				flake *= level.flake * flake
				for c := range gain {
					gain[c] += t.gain[c] * flake
				}
			}
			blue, green, red := linear[px[0]], linear[px[1]], linear[px[2]]
			if t.even > 0 {
				e := level.even * v
				blue += e * within(t.blue*green-blue, evenMost*blue)
				red += e * within(t.red*green-red, evenMost*red)
			}
			px[0] = toByte(blue * (1 + v*gain[0]))
			px[1] = toByte(green * (1 + v*gain[1]))
			px[2] = toByte(red * (1 + v*gain[2]))
		}
	}
}

// tintLevel is what a tint does to pixels of one green, for each 255th that
// they are covered: what it adds to their light, in parts of it, what glitter
// adds to that, by the fourth power of its grain, and how far it evens out.
type tintLevel struct {
	gain        [3]float32
	flake, even float32
}

func (t *tint) levels(alpha float32) (levels [256]tintLevel) {
	for i, light := range linear {
		light /= t.mean
		glare := smooth(light, glareFrom, glareFull)
		wears := alpha / 255 * (1 - t.kept*glare)
		if t.deep > 0 {
			wears *= smooth(light, 0.05*t.deep, t.deep)
		}
		shines := 1 + t.sheen*smooth(light, 0.9, 1.6)*(1-glare) - t.dull*smooth(light, 0.8, 2.2)
		l := &levels[i]
		room := t.room(linear[i], 255*wears*(max(t.gain[0], t.gain[1], t.gain[2])*shines-1))
		for c, gain := range t.gain {
			l.gain[c] = wears * (gain*shines - 1)
			if l.gain[c] > 0 {
				l.gain[c] *= room
			}
		}
		l.flake = room * wears * t.glint * smooth(light, 0.6, 1.5) / (255 * 255 * 255 * 255)
		l.even = wears * t.even
	}
	return levels
}

// room is what is left of a gain, in parts of a pixel's light, so that what is
// nearly white in this light becomes no blot without a shape: highlights end
// softly, as they do in a camera. Far from white all of it is left.
func (t *tint) room(green, gain float32) float32 {
	const most = 0.9 // of the way to white
	if gain <= 0 {
		return 1
	}
	light := min(green*t.white, 1)
	full := float64(gain * light / (most * max(1-light, 1e-3)))
	if full < 0.25 {
		return 1 // to a thousandth
	}
	return float32(1 / math.Sqrt(math.Sqrt(1+full*full*full*full)))
}

// nothing is how many pixels from the first of line on are not covered; the
// first is not.
func nothing(line []uint8) int {
	n := 1
	for len(line)-n >= 8 && binary.NativeEndian.Uint64(line[n:]) == 0 {
		n += 8
	}
	return n
}
