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
const evenMost = fixedOne * 3 / 10

// within is v, at most limit and at least -limit.
func within[T int64 | float32](v, limit T) T {
	if v > limit {
		return limit
	}
	if v < -limit {
		return -limit
	}
	return v
}

// paint lays the tint over what cover covers; glints is the glitter's grain
// for the same pixels, of use only to a tint that glints, which evens nothing
// out.
func (t *tint) paint(f *ar.Frame, cover *mask, glints []uint8, alpha float32) {
	var levels [256]tintLevel
	t.fill(&levels, alpha)
	r := cover.Rect
	w := r.Dx()
	for y := range r.Dy() {
		row, line := f.Pix[3*((y+r.Min.Y)*f.Width+r.Min.X):][:3*w], cover.Pix[y*w:][:w]
		if t.glint > 0 {
			glitter(row, line, glints[y*w:][:w], &levels)
		} else {
			wear(row, line, &levels)
		}
	}
}

// wear lays a tint without glitter over a row of pixels.
func wear(row, line []uint8, levels *[256]tintLevel) {
	for x := 0; x < len(line); x++ {
		v := int64(line[x])
		if v == 0 {
			x += nothing(line[x:]) - 1
			continue
		}
		px := (*[3]uint8)(row[3*x:])
		level := &levels[px[1]]
		blue, green, red := fixedLight[px[0]], fixedLight[px[1]], fixedLight[px[2]]
		if e := v * level.even; e != 0 {
			blue += e * within(level.blue-blue, blue*evenMost>>fixedBits) >> gainBits
			red += e * within(level.red-red, red*evenMost>>fixedBits) >> gainBits
		}
		px[0] = fixedByte(blue * (gainOne + v*level.gain[0]))
		px[1] = fixedByte(green * (gainOne + v*level.gain[1]))
		px[2] = fixedByte(red * (gainOne + v*level.gain[2]))
	}
}

// glitter lays a tint with glitter over a row of pixels.
func glitter(row, line, glints []uint8, levels *[256]tintLevel) {
	glints = glints[:len(line)]
	for x := 0; x < len(line); x++ {
		v := int64(line[x])
		if v == 0 {
			x += nothing(line[x:]) - 1
			continue
		}
		px := (*[3]uint8)(row[3*x:])
		level := &levels[px[1]]
		b, g, r := level.gain[0], level.gain[1], level.gain[2]
		if flake := flakes[glints[x]]; flake > 0 {
			b, g, r = b+flake*level.flake[0]>>gainBits, g+flake*level.flake[1]>>gainBits, r+flake*level.flake[2]>>gainBits
		}
		px[0] = fixedByte(fixedLight[px[0]] * (gainOne + v*b))
		px[1] = fixedByte(fixedLight[px[1]] * (gainOne + v*g))
		px[2] = fixedByte(fixedLight[px[2]] * (gainOne + v*r))
	}
}

// flakes is the light that a flake of each grain sends to the eye: few lie so
// that they do.
var flakes = func() (t [256]int64) {
	for i := range t {
		t[i] = int64(gainOne * math.Pow(float64(i)/255, 4))
	}
	return t
}()

// Whole numbers of light, fixedOne of which are white paper's, and of gains:
// their product keeps all that a byte tells.
const (
	fixedBits, fixedOne = 22, 1 << fixedBits
	gainBits, gainOne   = 24, 1 << gainBits
)

// fixedLight is the light of each byte.
var fixedLight = func() (t [256]int64) {
	for i, v := range linear {
		t[i] = int64(v*fixedOne + 0.5)
	}
	return t
}()

// fixedByte is the byte of light times gain, neither of which is negative.
func fixedByte(v int64) uint8 {
	const step = fixedOne * gainOne / lightSteps
	return srgb[min(uint64(v+step/2)/step, lightSteps)]
}

// tintLevel is what a tint does to pixels of one green, for each 255th that
// they are covered: what it adds to their light, in parts of it, what glitter
// adds to that, and how far it evens out, to what blue and red.
type tintLevel struct {
	gain, flake     [3]int64
	even, blue, red int64
}

// fill works out the levels.
func (t *tint) fill(levels *[256]tintLevel, alpha float32) {
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
		flake := room * wears * t.glint * smooth(light, 0.6, 1.5)
		for c, gain := range t.gain {
			l.flake[c] = int64(gain * flake * gainOne)
			gain = wears * (gain*shines - 1)
			if gain > 0 {
				gain *= room
			}
			l.gain[c] = int64(gain * gainOne)
		}
		l.even = int64(wears * t.even * gainOne)
		l.blue, l.red = int64(t.blue*linear[i]*fixedOne), int64(t.red*linear[i]*fixedOne)
	}
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
