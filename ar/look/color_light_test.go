package look

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Skins, by CIELAB, and what lips of such faces are like.
var skins = []struct {
	name       string
	skin, lips cielab
}{
	{"light", cielab{68, 10, 16}, cielab{54, 21, 13}},
	{"medium", cielab{56, 13, 20}, cielab{46, 19, 14}},
	{"dark", cielab{40, 12, 16}, cielab{36, 14, 10}},
}

// planck is the light of a black body of the given temperature beside D65's,
// its strongest channel being 1 (Kim et al. 2002's fit of the locus).
func planck(kelvin float64) rgb {
	t := 1000 / kelvin
	x := -0.2661239*t*t*t - 0.2343589*t*t + 0.8776956*t + 0.179910
	y := -0.9549476*x*x*x - 1.37418593*x*x + 2.09137015*x - 0.16748867
	if kelvin > 4000 {
		x = -3.0258469*t*t*t + 2.1070379*t*t + 0.2226347*t + 0.240390
		y = 3.0817580*x*x*x - 5.87338670*x*x + 3.75112997*x - 0.37001483
	}
	X, Y, Z := x/y, 1., (1-x-y)/y
	c := rgb{
		float32(3.2404542*X - 1.5371385*Y - 0.4985314*Z),
		float32(-0.9692660*X + 1.8760108*Y + 0.0415560*Z),
		float32(0.0556434*X - 0.2040259*Y + 1.0572252*Z),
	}
	top := max(c[0], c[1], c[2])
	return rgb{c[0] / top, c[1] / top, c[2] / top}
}

// relit is the picture under other light.
func relit(f *ar.Frame, light rgb) *ar.Frame {
	out := clone(f)
	for i, v := range f.Pix {
		out.Pix[i] = toByte(linear[v] * light[2-i%3])
	}
	return out
}

// painted is a face drawn flat: skin, lips and the whites of the eyes, seen
// under light.
func (fx *fixtures) painted(skin, lips, whites, light rgb) (*ar.Frame, ar.Face) {
	f, face := fx.posed(640, 480, 0, 400)
	fill(f, skin, light, vec{0, 0}, vec{640, 0}, vec{640, 480}, vec{0, 480})
	fill(f, lips, light, contour(nil, &face, lipsOuter, f)...)
	for _, e := range eyeCorners {
		iris, corner := pixel(&face, e[0], f), pixel(&face, e[1], f)
		h := 0.09 * eyeDistance(&face, f)
		fill(f, whites, light, vec{iris.x, iris.y - h}, vec{corner.x, corner.y - h}, vec{corner.x, corner.y + h}, vec{iris.x, iris.y + h})
	}
	return f, face
}

func fill(f *ar.Frame, color, light rgb, outline ...vec) {
	box := bounds(1, boundsOf(f), outline)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if contains(outline, vec{float64(x) + 0.5, float64(y) + 0.5}) {
				for c := range color {
					f.Pix[3*(y*f.Width+x)+2-c] = toByte(color[c] * light[c])
				}
			}
		}
	}
}

// TestLipstickIsTheShadeInTheSceneLight: on faces whose skin and light are
// known, a full matte lipstick looks like the shade in that light.
func TestLipstickIsTheShadeInTheSceneLight(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	whites := rgb{0.54, 0.51, 0.48} // in the shadow of the lids
	for _, s := range fewer(skins) {
		for _, light := range []rgb{{1, 1, 1}, {0.25, 0.25, 0.25}, planck(3500), planck(9000)} {
			f, face := fx.painted(lightFrom(s.skin), lightFrom(s.lips), whites, light)
			for _, c := range []ar.Color{red, pink, {R: 0x5A, G: 0x12, B: 0x30}} {
				got := lipLight(drawn(t, r, f, face, lipstick(c, ar.Matte, 1)), &face)
				want := lightOf(c)
				for i := range want {
					want[i] *= light[i]
				}
				require.Less(t, deltaE00(cielabOf(want), cielabOf(got)), 9., "%s skin, %v in %v", s.name, c, light)
			}
		}
	}
}

// lipLight is the mean light of the lips.
func lipLight(f *ar.Frame, face *ar.Face) rgb {
	var sum rgb
	places := lipPlaces(f, face)
	for _, i := range places {
		for c := range sum {
			sum[c] += linear[f.Pix[3*i+2-c]] / float32(len(places))
		}
	}
	return sum
}

// TestLightIsSteady: noise and a blink leave the light as it is, and a lamp
// that is switched on is followed in half a second.
func TestLightIsSteady(t *testing.T) {
	fx := readFixtures(t)
	skin := lightFrom(skins[1].skin)
	f, face := fx.painted(skin, lightFrom(skins[1].lips), rgb{0.54, 0.51, 0.48}, rgb{0.6, 0.6, 0.6})
	shut, _ := fx.painted(skin, lightFrom(skins[1].lips), skin, rgb{0.6, 0.6, 0.6})
	lights := newLights()
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	var noise [1<<14 + 27]float64 // from another place on in each frame
	for i := range noise {
		noise[i] = 4 * random.NormFloat64()
	}
	see := func(f *ar.Frame) rgb {
		noisy := clone(f)
		from := random.IntN(len(noise))
		for i, v := range f.Pix {
			noisy.Pix[i] = uint8(min(max(float64(v)+noise[(from+i)%len(noise)], 0), 255))
		}
		at = at.Add(time.Second / 30)
		noisy.At = at
		return lights.of(noisy, &face, nil)
	}
	off := func(a, b rgb) float64 {
		worst := 0.
		for c := range a {
			worst = max(worst, math.Abs(math.Log(float64(a[c]/b[c]))))
		}
		return worst
	}
	start := see(f)
	last := start
	for i := range 40 {
		now := see(f)
		if i > 20 && i < 26 {
			now = see(shut)
		}
		require.Less(t, off(now, last), 0.01, "frame %d", i)
		last = now
	}
	require.Less(t, off(start, last), 0.06)
	bright := relit(f, rgb{1, 1, 1})
	for i, v := range bright.Pix {
		bright.Pix[i] = toByte(1.6 * linear[v])
	}
	for range 15 {
		last = see(bright)
	}
	require.InDelta(t, 1.6, last[1]/start[1], 0.1)

	lights.forget(at.Add(time.Minute))
	require.Empty(t, lights.faces)
}
