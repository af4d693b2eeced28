package look

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// pearls is a pair of pearl drops.
func pearls() ar.Look {
	l := wearing(ar.Earrings, "drop.svg", "")
	l.Layers[0].Color = ar.Color{R: 0xF1, G: 0xE9, B: 0xDF}
	return l
}

// pearlLight is the mean light (blue, green, red) of the pearl on one side.
func pearlLight(f *ar.Frame, face *ar.Face, side int) (mean [3]float64) {
	at, scale := lobePixel(face, side)
	n := 0.
	for y := int(at.y + 14*scale); y < int(at.y+18*scale); y++ {
		for x := int(at.x - 2*scale); x < int(at.x+2*scale); x++ {
			for c := range mean {
				mean[c] += float64(linear[f.Pix[3*(y*f.Width+x)+c]])
			}
			n++
		}
	}
	for c := range mean {
		mean[c] /= n
	}
	return mean
}

// TestPearlsStayWhiteOnRuddySkin: a red face does not tell of red light. In
// red light they are red, all the same.
func TestPearlsStayWhiteOnRuddySkin(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	redness := func(f *ar.Frame, face ar.Face) float64 {
		p := pearlLight(drawn(t, r, f, face, pearls()), &face, 1)
		return p[2] / p[1]
	}
	f, face := fx.posedEars(1280, 720, 0, 600)
	fair := redness(f, face)
	ruddy := redness(lit(f, func(int) [3]float32 { return [3]float32{0.75, 0.75, 1.1} }), face)
	require.InEpsilon(t, fair, ruddy, 0.15)
	lamp := redness(lit(f, func(int) [3]float32 { return [3]float32{0.4, 0.5, 1.6} }), face)
	require.Greater(t, lamp, 1.35*fair)
}

// TestEarringsAreLitFromTheirSide of the head.
func TestEarringsAreLitFromTheirSide(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.posedEars(1280, 720, 0, 600)
	half := lit(f, func(x int) [3]float32 {
		if x < f.Width/2 {
			return [3]float32{1, 1, 1}
		}
		return [3]float32{0.3, 0.3, 0.3}
	})
	out := drawn(t, r, half, face, pearls())
	require.Less(t, pearlLight(out, &face, 1)[1], 0.75*pearlLight(out, &face, 0)[1])
}

// darkBeside is a face with hair of no light all around it, as far in as its
// outline, drawn out by part.
func darkBeside(f *ar.Frame, face *ar.Face, part float64) *ar.Frame {
	out := clone(f)
	outline := drawIn(nil, contour(nil, face, faceOval, f), -part)
	for i := 0; i < len(out.Pix); i += 3 {
		if !contains(outline, vec{float64(i / 3 % f.Width), float64(i / 3 / f.Width)}) {
			copy(out.Pix[i:], []byte{24, 26, 30})
		}
	}
	return out
}

// TestCheeksAreNoLobes: faces are a little wider than their landmarks say; who
// wears the hair over the ears wears no earrings at the edge of the cheeks.
func TestCheeksAreNoLobes(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	for _, yaw := range []float64{-6, 0, 6} {
		f, face := fx.posedEars(640, 360, yaw, 600)
		hair := darkBeside(f, &face, 0.04)
		require.Empty(t, changed(hair, drawn(t, r, hair, face, wearing(ar.Earrings, "drop.svg", ""))), "yaw %v", yaw)
		require.NotEmpty(t, changed(f, drawn(t, r, f, face, wearing(ar.Earrings, "drop.svg", ""))), "yaw %v", yaw)
	}
}

// TestEarringsAreWhole or not there: hair that creeps over a lobe leaves no
// half of one.
func TestEarringsAreWhole(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.posedEars(640, 360, -12, 600)
	at, scale := lobePixel(&face, 1)
	last := float32(1)
	for down := 0.; down <= 14; down += 0.5 {
		frame := clone(f)
		cover(frame, vec{at.x, at.y + (down-29)*scale}, 20*scale, 24, 26, 30)
		drawn(t, r, frame, face, wearing(ar.Earrings, "stud.svg", ar.Left))
		shown := r.jewels.single.ears[1].fader.shown
		require.True(t, shown == 0 || shown == last, "hair down to %v: %v", down, shown)
		last = shown
	}
	require.Zero(t, last)
}

// TestEarringsDoNotFlicker where a lobe is seen so little that noise decides.
func TestEarringsDoNotFlicker(t *testing.T) {
	for _, shown := range []float32{0, 1} {
		e := earring{fader: fader{shown: shown, known: true}}
		for _, bare := range []float32{lobeBare + 0.01, lobeClear - 0.01} {
			require.Equal(t, shown, e.wants(1, bare))
		}
		require.Zero(t, e.wants(1, 0.5*lobeBare))
		require.Equal(t, float32(1), e.wants(1, 2*lobeClear))
		require.Zero(t, e.wants(0.1, 1), "the head hides it")
	}
}
