package look

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// evenParts are landmarks around bare skin that no hair, lash or lip is near.
var evenParts = map[string][]int{
	"nose":          {168, 193, 122, 196, 198, 49, 64, 98, 2, 327, 294, 279, 420, 419, 351, 417},
	"right cheek":   {118, 117, 123, 187, 205, 36, 101},
	"left cheek":    {347, 346, 352, 411, 425, 266, 330},
	"forehead":      {109, 10, 338, 337, 9, 108},
	"chin":          {182, 18, 406, 428, 199, 208},
	"right temple":  {226, 31, 117, 123, 111, 143},
	"left temple":   {446, 261, 346, 352, 340, 372},
	"nose to mouth": {203, 206, 167, 164, 393, 426, 423, 327, 2, 98},
}

// TestBareSkinIsEvenlyCovered: foundation on a face that moves and speaks leaves
// no piece of bare skin without, and has no specks.
func TestBareSkinIsEvenlyCovered(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	dark := base(ar.Color{R: 0x8A, G: 0x5A, B: 0x3A}, ar.Matte)
	sum, least, n := map[string]float64{}, map[string]float64{}, 0
	eachOfClip(t, func(f *ar.Frame, face *ar.Face) {
		r.fades[face.ID] = fade{1, f.At}
		out := drawn(t, r, f, *face, dark)
		all := drawnBare(t, r, f, *face, dark)
		for name, part := range evenParts {
			outline := contour(nil, face, part, f)
			share, worst := wornOn(f, out, all, outline)
			sum[name] += share
			if v, ok := least[name]; !ok || worst < v {
				least[name] = worst
			}
			require.Empty(t, specks(f, out, outline), "%s, frame %d", name, n)
		}
		n++
	})
	for name := range evenParts {
		t.Logf("%s: %.3f covered, %.3f at least", name, sum[name]/float64(n), least[name])
	}
	for name := range evenParts {
		require.GreaterOrEqual(t, sum[name]/float64(n), 0.95, name)
		require.GreaterOrEqual(t, least[name], 0.6, name)
	}
}

// wornOn is how strongly skin within an outline is painted against all that
// could be there, and where that is least, in squares of pixels.
func wornOn(f, out, all *ar.Frame, outline []vec) (share, worst float64) {
	const side = 5
	type square struct{ with, all, n float64 }
	squares := map[[2]int]square{}
	with, whole := 0., 0.
	r := bounds(0, boundsOf(f), outline)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if !contains(outline, vec{float64(x) + 0.5, float64(y) + 0.5}) {
				continue
			}
			i := y*f.Width + x
			d, most := labDistance(labAt(f, i), labAt(out, i)), labDistance(labAt(f, i), labAt(all, i))
			with, whole = with+d, whole+most
			s := squares[[2]int{x / side, y / side}]
			squares[[2]int{x / side, y / side}] = square{s.with + d, s.all + most, s.n + 1}
		}
	}
	worst = 1
	for _, s := range squares {
		if s.n > side*side/2 && s.all > 0 {
			worst = min(worst, s.with/s.all)
		}
	}
	return with / whole, worst
}

// specks are pixels within an outline that are darkened much more than those on
// both sides of them.
func specks(f, out *ar.Frame, outline []vec) (at []vec) {
	gain := func(i int) float32 {
		return (linear[out.Pix[3*i+1]] + 0.005) / (linear[f.Pix[3*i+1]] + 0.005)
	}
	r := bounds(0, boundsOf(f).Inset(4), outline)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			i := y*f.Width + x
			dark := func(step int) bool { return gain(i) < 0.75*min(gain(i-step), gain(i+step)) }
			if slices.ContainsFunc([]int{1, 2, 3, f.Width, 2 * f.Width, 3 * f.Width}, dark) &&
				contains(outline, vec{float64(x) + 0.5, float64(y) + 0.5}) {
				at = append(at, vec{float64(x), float64(y)})
			}
		}
	}
	return at
}
