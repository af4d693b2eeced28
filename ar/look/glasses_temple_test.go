package look

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// templePlace is where a part of the way of a side piece (0 right, 1 left) of
// round.svg is seen on a face.
func templePlace(t *testing.T, r *Renderer, f *ar.Frame, face *ar.Face, side int, way float64) vec {
	t.Helper()
	s, err := r.shape("round.svg")
	require.NoError(t, err)
	h := newHead(&r.head, face, f)
	piece := newTemple(&h, s, side)
	return piece.at(way, 0, 0)
}

func greenAt(f *ar.Frame, p vec) int { return int(f.Pix[3*(int(p.y)*f.Width+int(p.x))+1]) }

// TestSidePiecesAreSeenFromTheFront: ears stand farther out than the front's
// ends, so both side pieces are seen on their way to them, alike.
func TestSidePiecesAreSeenFromTheFront(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posedEars(1280, 720, 0, 600)
	out := drawn(t, r, f, face, spectacles("round.svg"))
	for side := range 2 {
		for _, way := range []float64{0.3, 0.6, 0.8} {
			p := templePlace(t, r, f, &face, side, way)
			require.Less(t, greenAt(out, p), 70, "side %d, %v of the way", side, way)
		}
	}
}

// hairBehind is how dark brown hair covers the head behind a place of the side
// piece's way on a head that is turned to the shopper's right; bareEar leaves
// the ear free.
func hairBehind(t *testing.T, r *Renderer, f *ar.Frame, face *ar.Face, way float64, bareEar bool) {
	t.Helper()
	edge := templePlace(t, r, f, face, 1, way)
	h := newHead(&r.head, face, f)
	ear := h.project(83, 22, 78)
	for i := 0; i < len(f.Pix); i += 3 {
		x, y := float64(i/3%f.Width), float64(i/3/f.Width)
		if x > edge.x && !(bareEar && math.Hypot(x-ear.x, y-ear.y) < 40) {
			copy(f.Pix[i:], []byte{30, 42, 60})
		}
	}
}

// TestHairHidesSidePieces a little behind where it begins, unless the ear that
// they go to is bare.
func TestHairHidesSidePieces(t *testing.T) {
	fx := readFixtures(t)
	for _, bareEar := range []bool{false, true} {
		r := newRenderer(t, fx)
		f, face := fx.posedEars(1280, 720, -30, 600)
		hairBehind(t, r, f, &face, 0.3, bareEar)
		out := drawn(t, r, f, face, spectacles("round.svg"))
		change := func(way float64) int {
			p := templePlace(t, r, f, &face, 1, way)
			return greenAt(f, p) - greenAt(out, p)
		}
		require.Greater(t, change(0.2), 60, "before the hair")
		require.Greater(t, change(0.32), 20, "on its first strands")
		for _, way := range []float64{0.7, 0.8, 0.9} {
			if bareEar && way < 0.9 {
				require.Greater(t, change(way), 15, "over hair to a bare ear")
			} else if !bareEar {
				require.Zero(t, change(way), "under hair")
			}
		}
	}
}

// TestSidePiecesNeverPop: hair that falls over the ear takes the side piece
// away as fast as a look fades, no faster.
func TestSidePiecesNeverPop(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	bare, face := fx.posedEars(1280, 720, -30, 600)
	covered := clone(bare)
	hairBehind(t, r, covered, &face, 0.3, false)
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	last := float32(1)
	for i := range 20 {
		f := clone(bare)
		if i >= 3 {
			f = clone(covered)
		}
		f.At = start.Add(time.Duration(i) * time.Second / 30)
		require.NoError(t, r.Draw(f, []ar.Face{face}, spectacles("round.svg")))
		end := r.glasses.temples[1].end
		if i > 1 { // the whole look fades in
			require.LessOrEqual(t, last-end, float32(1./30/fadeTime.Seconds()+1e-3), "frame %d", i)
		}
		last = end
	}
	require.Less(t, last, float32(0.5))
}
