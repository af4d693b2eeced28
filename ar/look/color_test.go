package look

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
)

func TestOKLabOfKnownColours(t *testing.T) {
	for _, tt := range []struct {
		name    string
		r, g, b uint8
		want    lab
	}{ // from the defining page and CSS Color 4's examples
		{"black", 0, 0, 0, lab{0, 0, 0}},
		{"white", 255, 255, 255, lab{1, 0, 0}},
		{"red", 255, 0, 0, lab{0.62796, 0.22486, 0.12585}},
		{"green", 0, 255, 0, lab{0.86644, -0.23389, 0.17950}},
		{"blue", 0, 0, 255, lab{0.45201, -0.03246, -0.31153}},
	} {
		got := toLab(tt.b, tt.g, tt.r)
		require.InDelta(t, tt.want.L, got.L, 1e-3, tt.name)
		require.InDelta(t, tt.want.a, got.a, 1e-3, tt.name)
		require.InDelta(t, tt.want.b, got.b, 1e-3, tt.name)
	}
}

func TestColourComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, g, r := rapid.Byte().Draw(t, "b"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "r")
		b2, g2, r2 := toLab(b, g, r).bgr()
		for i, pair := range [3][2]uint8{{b, b2}, {g, g2}, {r, r2}} {
			if d := int(pair[0]) - int(pair[1]); d < -1 || d > 1 {
				t.Fatalf("channel %d: %d came back as %d", i, pair[0], pair[1])
			}
		}
	})
}

func TestCubeRoot(t *testing.T) {
	for x := float32(1e-4); x <= 1.1; x *= 1.07 {
		require.InEpsilon(t, math.Cbrt(float64(x)), cbrt(x), 2e-5)
	}
	require.Zero(t, cbrt(0))
	require.Zero(t, cbrt(-1))
}

// cielab is a colour in CIELAB under D65.
type cielab struct{ L, a, b float64 }

// cielabOf takes light (red, green, blue) to CIELAB (IEC 61966-2-1's matrix).
func cielabOf(c rgb) cielab {
	r, g, b := float64(c[0]), float64(c[1]), float64(c[2])
	f := func(t float64) float64 {
		if t > 216./24389 {
			return math.Cbrt(t)
		}
		return (24389./27*t + 16) / 116
	}
	x := f((0.4124564*r + 0.3575761*g + 0.1804375*b) / 0.95047)
	y := f(0.2126729*r + 0.7151522*g + 0.0721750*b)
	z := f((0.0193339*r + 0.1191920*g + 0.9503041*b) / 1.08883)
	return cielab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// lightOf is the light of a colour on the screen.
func lightOf(c ar.Color) rgb { return rgb{linear[c.R], linear[c.G], linear[c.B]} }

// under is c in the light.
func (c rgb) under(light rgb) rgb { return rgb{c[0] * light[0], c[1] * light[1], c[2] * light[2]} }

// lightFrom is the light of a CIELAB colour.
func lightFrom(c cielab) rgb {
	f := func(t float64) float64 {
		if t > 6./29 {
			return t * t * t
		}
		return (116*t - 16) * 27 / 24389
	}
	y := (c.L + 16) / 116
	X, Y, Z := 0.95047*f(y+c.a/500), f(y), 1.08883*f(y-c.b/200)
	return rgb{
		float32(3.2404542*X - 1.5371385*Y - 0.4985314*Z),
		float32(-0.9692660*X + 1.8760108*Y + 0.0415560*Z),
		float32(0.0556434*X - 0.2040259*Y + 1.0572252*Z),
	}
}

// deltaE00 is the difference of two colours by CIEDE2000 (Sharma, Wu, Dalal
// 2005).
func deltaE00(p, q cielab) float64 {
	mean7 := func(x float64) float64 { x = math.Pow(x, 7); return math.Sqrt(x / (x + 6103515625)) }
	g := 0.5 * (1 - mean7((math.Hypot(p.a, p.b)+math.Hypot(q.a, q.b))/2))
	pa, qa := (1+g)*p.a, (1+g)*q.a
	pc, qc := math.Hypot(pa, p.b), math.Hypot(qa, q.b)
	angle := func(b, a float64) float64 { return math.Mod(math.Atan2(b, a)+2*math.Pi, 2*math.Pi) }
	ph, qh := angle(p.b, pa), angle(q.b, qa)
	dh, mh := qh-ph, (ph+qh)/2
	switch {
	case pc*qc == 0:
		dh, mh = 0, ph+qh
	case math.Abs(dh) > math.Pi:
		if dh > 0 {
			dh -= 2 * math.Pi
		} else {
			dh += 2 * math.Pi
		}
		mh += math.Pi
	}
	ml, mc := (p.L+q.L)/2, (pc+qc)/2
	deg := math.Pi / 180
	t := 1 - 0.17*math.Cos(mh-30*deg) + 0.24*math.Cos(2*mh) + 0.32*math.Cos(3*mh+6*deg) - 0.20*math.Cos(4*mh-63*deg)
	turn := (math.Mod(mh/deg, 360) - 275) / 25
	rt := -2 * mean7(mc) * math.Sin(60*deg*math.Exp(-turn*turn))
	l := (q.L - p.L) / (1 + 0.015*(ml-50)*(ml-50)/math.Sqrt(20+(ml-50)*(ml-50)))
	c := (qc - pc) / (1 + 0.045*mc)
	h := 2 * math.Sqrt(pc*qc) * math.Sin(dh/2) / (1 + 0.015*mc*t)
	return math.Sqrt(l*l + c*c + h*h + rt*c*h)
}

func TestDeltaE00(t *testing.T) {
	for _, tt := range []struct {
		p, q cielab
		want float64
	}{ // from the supplementary data of Sharma, Wu, Dalal
		{cielab{50, 2.6772, -79.7751}, cielab{50, 0, -82.7485}, 2.0425},
		{cielab{50, -1, 2}, cielab{50, 0, 0}, 2.3669},
		{cielab{50, 2.49, -0.001}, cielab{50, -2.49, 0.0009}, 7.1792},
		{cielab{50, 2.5, 0}, cielab{58, 24, 15}, 19.4535},
		{cielab{60.2574, -34.0099, 36.2677}, cielab{60.4626, -34.1751, 39.4387}, 1.2644},
		{cielab{2.0776, 0.0795, -1.1350}, cielab{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		require.InDelta(t, tt.want, deltaE00(tt.p, tt.q), 1e-4)
	}
	c := cielabOf(lightOf(ar.Color{R: 0xB4, G: 0x24, B: 0x3C}))
	back := lightFrom(c)
	require.InDelta(t, linear[0xB4], back[0], 1e-4)
	require.InDelta(t, linear[0x24], back[1], 1e-4)
	require.InDelta(t, linear[0x3C], back[2], 1e-4)
}
