package look

import (
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestHighlightsEndSoftly: where skin is bright already, highlighter turns no
// shades of it into one white.
func TestHighlightsEndSoftly(t *testing.T) {
	skin := [3]float32{0.40, 0.45, 0.60}
	for finish, p := range highlighterPigments {
		f := &ar.Frame{}
		f.Resize(256, 1)
		for x := range 256 { // from the darkest skin to the brightest
			for c, v := range skin {
				f.Pix[3*x+c] = toByte(v / skin[2] * linear[x])
			}
		}
		out := clone(f)
		var all mask
		all.reset(image.Rect(0, 0, out.Width, out.Height))
		for i := range all.Pix {
			all.Pix[i] = 255
		}
		lit := newTint(skin, rgb{1, 1, 1}, ar.Color{R: 0xF6, G: 0xDF, B: 0xC4}, p)
		lit.glint = 0
		lit.paint(out, &all, nil, 1)
		for x := 150; x <= 250; x += 20 {
			for c := range 3 {
				darker, brighter := out.Pix[3*(x-20)+c], out.Pix[3*x+c]
				require.Less(t, brighter, uint8(255), "%s at %d, channel %d", finish, x, c)
				apart := int(f.Pix[3*x+c]) - int(f.Pix[3*(x-20)+c])
				require.GreaterOrEqual(t, 10*(int(brighter)-int(darker)), apart, "%s at %d, channel %d", finish, x, c)
			}
		}
	}
}

// TestBlushDoesNotGlow: it flushes the skin by taking light away; it adds
// hardly any, whatever the shade and the skin.
func TestBlushDoesNotGlow(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range pictures {
		f, face := fx.read(t, picture)
		for _, c := range []ar.Color{{R: 0xE8, G: 0x74, B: 0x6B}, {R: 0xEE, G: 0x9A, B: 0x8E}, {R: 0xC4, G: 0x53, B: 0x6E}} {
			l := withIntensity(skinLooks()["blush apples"], 1)
			l.Layers[0].Color = c
			out := drawn(t, r, f, face, l)
			var before, after rgb
			for _, p := range changed(f, out) {
				i := 3 * (int(p.y)*f.Width + int(p.x))
				for k := range before {
					before[k] += linear[f.Pix[i+2-k]]
					after[k] += linear[out.Pix[i+2-k]]
				}
			}
			require.Less(t, after[0], 1.06*before[0], "%s %v: red", picture, c)
			require.Less(t, after[1], 0.95*before[1], "%s %v: green", picture, c)
		}
	}
}

// TestFlakesAreNoNoiseFromAfar: the smaller than a pixel flakes are, the less
// each pixel shows its own.
func TestFlakesAreNoNoiseFromAfar(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	l := skinLooks()["blush shimmer"]
	glint := func(distance, yaw float64) float32 {
		f, face := fx.posed(1280, 720, yaw, distance)
		require.NotEmpty(t, changed(f, drawn(t, r, f, face, l)))
		worn := r.bare.tint(l.Layers[0].Color, blushPigments[ar.Shimmer])
		return worn.glint
	}
	near, far := glint(300, 0), glint(1200, 0)
	require.Equal(t, blushPigments[ar.Shimmer].glint, near)
	require.Less(t, far, 0.6*near)
	require.InEpsilon(t, far, glint(1200, 35), 0.1, "a face that turns is no farther away")
}
