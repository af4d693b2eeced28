package look

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestFoundationLeavesNoLines: between cheeks, brows and upper lip, around the
// nose with its folds, all of the skin is covered.
func TestFoundationLeavesNoLines(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	eachFace(t, func(t *testing.T, f *ar.Frame, face ar.Face) {
		drawnBare(t, r, f, face, base(skinTones[1], ar.Matte))
		cover := &r.base.cover
		lips := curve(nil, contour(nil, &face, lipsOuter, f))
		around := contour(nil, &face, []int{168, 358, 423, 426, 391, 164, 165, 206, 203, 129}, f)
		box := bounds(0, cover.Rect, around)
		n, bare := 0, 0
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				p := vec{float64(x) + 0.5, float64(y) + 0.5}
				if !contains(around, p) || contains(lips, p) || edgeDistance(lips, p) < 3 {
					continue
				}
				n++
				if cover.Pix[cover.PixOffset(x, y)] < 200 {
					bare++
				}
			}
		}
		require.Greater(t, n, 200)
		require.Zero(t, bare, "pixels of %d are bare", n)
	})
}

// TestFoundationRunsOutBesideWhatLiesOverTheFace: what is not the face's own
// stays bare, and beside it the foundation comes little by little.
func TestFoundationRunsOutBesideWhatLiesOverTheFace(t *testing.T) {
	mesh := readFixtures(t).mesh()
	n := newFoundation(&mesh)
	v := newVeil(&mesh)
	require.Nil(t, n.soften(nil))
	v.own, v.fitted = make([]uint8, veilSide*veilSide), true
	for i := range v.own {
		v.own[i] = 255
	}
	require.Nil(t, n.soften(v), "nothing lies over it")
	const y, from, to = 60, 70, 80
	for k := range v.own {
		if x := k % veilSide; x >= from && x < to && k/veilSide >= y-10 && k/veilSide < y+10 {
			v.own[k] = 0
			v.gaps[k/veilSide] |= 1 << (x / gapTexels)
		}
	}
	own := v.own
	require.Equal(t, &own[0], &n.soften(v)[0])
	row := v.own[y*veilSide:][:veilSide]
	for x := softTexels; x < veilSide-softTexels; x++ {
		require.LessOrEqual(t, row[x], own[y*veilSide+x])
		require.Less(t, max(row[x], row[x-1])-min(row[x], row[x-1]), uint8(130), "no hard edge at %d", x)
		if x < from-softTexels || x >= to+softTexels {
			require.Equal(t, uint8(255), row[x], "the rest wears all of it")
		}
	}
}
