package look

import "math"

// lab is a colour in OKLab (Ottosson 2020, bottosson.github.io/posts/oklab):
// L is 0 (black) to 1 (white), a and b are near ±0.4 at most.
type lab struct{ L, a, b float32 }

// linear holds the light of each sRGB byte, 0–1 (IEC 61966-2-1).
var linear = func() (t [256]float32) {
	for i := range t {
		v := float64(i) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		t[i] = float32(v)
	}
	return t
}()

// lightSteps is how finely light is cut for its way back to bytes: fine enough
// that the darkest bytes, the nearest to each other, stay apart.
const lightSteps = 8192

// srgb is the byte of each step of light.
var srgb = func() (t [lightSteps + 1]uint8) {
	for i := range t {
		v := float64(i) / lightSteps
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t[i] = uint8(v*255 + 0.5)
	}
	return t
}()

func toByte(v float32) uint8 {
	i := int32(v*lightSteps + 0.5)
	if uint32(i) > lightSteps {
		if v < 1 {
			return 0
		}
		return 255
	}
	return srgb[i]
}

// toLab takes a BGR pixel to OKLab.
func toLab(b8, g8, r8 uint8) lab {
	return labOf(linear[r8], linear[g8], linear[b8])
}

// labOf takes light to OKLab. More than 1 is brighter than white.
func labOf(r, g, b float32) lab {
	l := cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return lab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// bgr takes c back to a pixel; what a screen cannot show is clipped.
func (c lab) bgr() (b, g, r uint8) { return c.under(rgb{1, 1, 1}) }

// under is the pixel of c seen under the light.
func (c lab) under(light rgb) (b, g, r uint8) {
	l := c.L + 0.3963377774*c.a + 0.2158037573*c.b
	m := c.L - 0.1055613458*c.a - 0.0638541728*c.b
	s := c.L - 0.0894841775*c.a - 1.2914855480*c.b
	l, m, s = l*l*l, m*m*m, s*s*s
	return toByte(light[2] * (-0.0041960863*l - 0.7034186147*m + 1.7076147010*s)),
		toByte(light[1] * (-1.2684380046*l + 2.6097574011*m - 0.3413193965*s)),
		toByte(light[0] * (4.0767416621*l - 3.3077115913*m + 0.2309699292*s))
}

// cbrt is the cube root of x, to about 2e-5: a guess from the bits of
// the number, then two steps of Newton's method.
func cbrt(x float32) float32 {
	if x <= 0 {
		return 0
	}
	y := math.Float32frombits(math.Float32bits(x)/3 + 709921077)
	y = (2*y + x/(y*y)) / 3
	return (2*y + x/(y*y)) / 3
}

// smooth rises from 0 at lo to 1 at hi without a kink.
func smooth(x, lo, hi float32) float32 {
	t := min(max((x-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}
