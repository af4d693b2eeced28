package look

import (
	"bytes"
	"math"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// inGrey is spectacles of mid grey, which show the light's colour.
func inGrey(asset string) ar.Look {
	l := spectacles(asset)
	l.Layers[0].Color = ar.Color{R: 128, G: 128, B: 128}
	return l
}

// rims is the mean light (blue, green, red) of the front's solid pixels on
// each half of the face.
func (g *glasses) rims(f *ar.Frame, middle float64) (halves [2][3]float64) {
	var count [2]float64
	r := g.front.Rect
	for i, v := range g.front.Pix {
		if v < 255 {
			continue
		}
		x, y := r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx()
		side := 0
		if float64(x) > middle {
			side = 1
		}
		count[side]++
		for c := range 3 {
			halves[side][c] += float64(linear[f.Pix[3*(y*f.Width+x)+c]])
		}
	}
	for side := range halves {
		for c := range 3 {
			halves[side][c] /= count[side]
		}
	}
	return halves
}

// lit is the frame in other light: each channel's multiplied by its part of k.
func lit(f *ar.Frame, k func(x int) [3]float32) *ar.Frame {
	out := clone(f)
	for i := range out.Pix {
		out.Pix[i] = toByte(linear[out.Pix[i]] * k(i / 3 % f.Width)[i%3])
	}
	return out
}

// TestGlassesAreLitAsTheFaceIs: dimmer where it is dimmer, and on each side in
// the light of that side.
func TestGlassesAreLitAsTheFaceIs(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	middle := pixel(&face, nose, f).x
	rims := func(f *ar.Frame) [2][3]float64 {
		return r.glasses.rims(drawn(t, r, f, face, inGrey("round.svg")), middle)
	}
	plain := rims(f)
	dim := rims(lit(f, func(int) [3]float32 { return [3]float32{0.2, 0.2, 0.2} }))
	require.Less(t, dim[0][1], 0.4*plain[0][1])

	neon := rims(lit(f, func(x int) [3]float32 {
		if float64(x) < middle {
			return [3]float32{0.4, 0.6, 1}
		}
		return [3]float32{3, 0.8, 0.5}
	}))
	warm, cold := neon[0], neon[1]
	require.Greater(t, cold[0]/cold[2], 1.4*warm[0]/warm[2], "blue to red")
}

// overLens are the green values of what is seen through the picture's left
// lens.
func (r *Renderer) overLens(t *testing.T, f *ar.Frame, face ar.Face) (values []float64, brightest float64) {
	t.Helper()
	out := drawn(t, r, f, face, spectacles("wire.svg"))
	h := newHead(&r.head, &face, f)
	most := -1.
	for y := -16.; y <= 16; y++ {
		for x := -50.; x <= -18; x++ {
			p := h.front(vec{x, y}, rimDepth/2, 0)
			v := float64(greenAt(out, p))
			values = append(values, v)
			if v > most {
				most, brightest = v, x
			}
		}
	}
	return values, brightest
}

// TestDarkLensesAddNoHaze: what is dark behind a tinted lens stays dark, and
// differences become smaller no more than the tint says.
func TestDarkLensesAddNoHaze(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	behind := func(v byte) float64 {
		grey := clone(f)
		h := newHead(&r.head, &face, f)
		for y := -18.; y <= 18; y += 0.2 {
			for x := -56.; x <= -12; x += 0.2 {
				p := h.front(vec{x, y}, rimDepth/2, 0)
				i := 3 * (int(p.y)*f.Width + int(p.x))
				grey.Pix[i], grey.Pix[i+1], grey.Pix[i+2] = v, v, v
			}
		}
		values, _ := r.overLens(t, grey, face)
		least := math.Inf(1)
		for _, v := range values {
			least = min(least, v)
		}
		return least
	}
	dark, light := behind(20), behind(200)
	require.Less(t, dark, 15., "it gets darker")
	require.Greater(t, light/max(dark, 1), 4., "and contrast stays")
}

// TestLensesMirrorTheShop: faintly, not evenly, and what they mirror moves as
// the head turns.
func TestLensesMirrorTheShop(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	values, at := r.overLens(t, f, face)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	require.Greater(t, hi-lo, 8.)
	require.Less(t, hi-lo, 60., "faintly")
	turned, face := fx.posed(1280, 720, -9, 600)
	_, moved := r.overLens(t, turned, face)
	require.Greater(t, math.Abs(moved-at), 5., "millimetres")
}

// TestMaterialsAnswerLightDifferently: metal shines the most along a frame,
// matte plastic the least.
func TestMaterialsAnswerLightDifferently(t *testing.T) {
	fx := readFixtures(t)
	data, err := os.ReadFile("testdata/glasses/round.svg")
	require.NoError(t, err)
	spread := map[frameMaterial]float64{}
	for _, m := range frameMaterials() {
		file := bytes.Replace(data, []byte("<svg "), []byte(`<svg data-material="`+string(m)+`" `), 1)
		r, err := New(fx.mesh(), fstest.MapFS{"g.svg": {Data: file}})
		require.NoError(t, err)
		f, face := fx.posed(1280, 720, 0, 600)
		out := drawn(t, r, f, face, inGrey("g.svg"))
		g := &r.glasses
		var sum, squares, n float64
		for i, v := range g.front.Pix {
			if v == 255 {
				p := vec{float64(g.front.Rect.Min.X + i%g.front.Rect.Dx()), float64(g.front.Rect.Min.Y + i/g.front.Rect.Dx())}
				v := float64(greenAt(out, p))
				sum, squares, n = sum+v, squares+v*v, n+1
			}
		}
		spread[m] = math.Sqrt(squares/n - sum*sum/n/n)
	}
	require.Greater(t, spread[metalFrame], 1.2*spread[acetate])
	require.Greater(t, spread[acetate], 1.2*spread[matteAcetate])

	_, err = parseShape([]byte(`<svg data-material="wood"></svg>`))
	require.ErrorContains(t, err, "data-material")
}

// TestFrontsKeepTheirColourTowardsTheLamp: a head that is turned so that its
// glasses mirror a lamp has bright edges on them, no white front.
func TestFrontsKeepTheirColourTowardsTheLamp(t *testing.T) {
	yaw, pitch := -15*math.Pi/180, -21*math.Pi/180
	ys, yc := math.Sincos(yaw)
	ps, pc := math.Sincos(pitch)
	h := head{pose: ar.Pose{R: [9]float64{yc, 0, -ys, -ps * ys, pc, -ps * yc, pc * ys, ps, pc * yc}}}
	r := &h.pose.R
	require.Greater(t, dot3(mirrored([3]float64{-r[2], -r[5], -r[8]}), keyLamp), 0.97, "it mirrors the lamp")
	var p polish
	p.fit(&h, acetate)
	require.Less(t, p.white[polishSteps][polishSteps], float32(0.08))
	brightest := float32(0)
	for _, row := range p.white {
		brightest = max(brightest, slices.Max(row[:]))
	}
	require.Greater(t, brightest, float32(0.12))
}

// TestGlassesThrowAShadow on the skin below them, softer than they are.
func TestGlassesThrowAShadow(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	out := drawn(t, r, f, face, spectacles("round.svg"))
	g := &r.glasses
	darkest := 0.
	for i, v := range g.front.Pix {
		x, y := g.front.Rect.Min.X+i%g.front.Rect.Dx(), g.front.Rect.Min.Y+i/g.front.Rect.Dx()
		if v > 0 || g.back.Pix[i] > 0 || !contains(g.silhouette, vec{float64(x), float64(y)}) || float64(y) < pixel(&face, 5, f).y {
			continue
		}
		k := 3*(y*f.Width+x) + 1
		darkest = max(darkest, 1-float64(out.Pix[k])/float64(f.Pix[k]))
	}
	require.Greater(t, darkest, 0.15)
	require.Less(t, darkest, 0.45)
}

// TestGlassesTakeNoMemory once they are worn.
func TestGlassesTakeNoMemory(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posedEars(1280, 720, -20, 650)
	hairBehind(t, r, f, &face, 0.3, false)
	requireNoAllocations(t, r, f, face, spectacles("wire.svg"))
}
