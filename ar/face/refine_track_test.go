package face_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// mostApart is the largest distance between the named landmarks of two faces,
// in distances between the eyes.
func mostApart(a, b *ar.Face, f *ar.Frame, named ...int) (most float64) {
	for _, i := range named {
		p, q := a.Points[i], b.Points[i]
		d := math.Hypot(float64(p.X-q.X)*float64(f.Width), float64(p.Y-q.Y)*float64(f.Height))
		most = max(most, d/eyeSpan(a, f))
	}
	return most
}

// Landmarks that tell whether a part was looked at closely: of the lips' edges,
// and of the lids' and the brows'.
var (
	lipEdges = []int{0, 17, 61, 291, 13, 14, 37, 267}
	lidEdges = []int{159, 145, 386, 374, 105, 334}
)

// TestEyesAreLookedAtUntilTheyHaveTold: once the head's scale is known, eyes
// that nobody asks for are looked at now and then alone, and lips never; the
// glasses stay where they were.
func TestEyesAreLookedAtUntilTheyHaveTold(t *testing.T) {
	const frames = 60
	pool := newPool(t, 1)
	f := enlarge(readFrame(t, "webcam_man.png"))
	sparing, whole := pooled(t, pool, face.Options{}), pooled(t, pool, face.Options{})
	sparing.Refine(0)
	var looked []int
	for i := range frames {
		got, want := track(t, sparing, after(f, i))[0], track(t, whole, after(f, i))[0]
		parts := face.LookedAt(sparing)
		require.Equal(t, ar.AllParts, face.LookedAt(whole))
		require.Zero(t, parts&ar.PartLips)
		if parts != 0 {
			looked = append(looked, i)
		}
		if i == 0 {
			require.Greater(t, mostApart(&got, &want, f, lipEdges...), 0.005, "lips are the mesh's")
		}
		require.InDelta(t, want.Pose.Scale, got.Pose.Scale, 0.01)
		require.Less(t, mostApart(&got, &want, f, 33, 263), 0.003, "frame %d", i)
		require.InDelta(t, want.Pose.Yaw, got.Pose.Yaw, 0.3)
		require.InDelta(t, want.Pose.T[2], got.Pose.T[2], 0.005*want.Pose.T[2])
	}
	require.GreaterOrEqual(t, len(looked), 30, "30 frames tell the scale")
	for i := range 30 {
		require.Equal(t, i, looked[i])
	}
	for i := 31; i < len(looked); i++ {
		require.Equal(t, 5, looked[i]-looked[i-1], "now and then")
	}
	require.Less(t, len(looked), 40)
}

// TestPartsAreFineAtOnce: in the first frame that wants a part it is as fine as
// if it had been wanted all the time.
func TestPartsAreFineAtOnce(t *testing.T) {
	pool := newPool(t, 1)
	f := enlarge(readFrame(t, "webcam_man.png"))
	late, always := pooled(t, pool, face.Options{}), pooled(t, pool, face.Options{})
	late.Refine(0)
	show := func(i int) (got, want ar.Face) {
		return track(t, late, after(f, i))[0], track(t, always, after(f, i))[0]
	}
	for i := range 50 {
		got, want := show(i)
		require.Greater(t, mostApart(&got, &want, f, lipEdges...), 0.005)
	}
	late.Refine(ar.PartLips)
	got, want := show(50)
	require.Less(t, mostApart(&got, &want, f, lipEdges...), 0.003)
	late.Refine(ar.AllParts)
	got, want = show(51)
	require.Equal(t, ar.AllParts, face.LookedAt(late))
	require.Less(t, mostApart(&got, &want, f, append(lidEdges, lipEdges...)...), 0.003)
}

// TestSinglePicturesAreLookedAtAllOver whatever is wanted.
func TestSinglePicturesAreLookedAtAllOver(t *testing.T) {
	pool := newPool(t, 1)
	f := readFrame(t, "webcam_man.png")
	sparing, whole := pooled(t, pool, face.Options{Raw: true}), pooled(t, pool, face.Options{Raw: true})
	sparing.Refine(0)
	for range 3 {
		require.True(t, track(t, whole, f)[0] == track(t, sparing, f)[0])
		require.Equal(t, ar.AllParts, face.LookedAt(sparing))
	}
}

// TestGlassesFollowWithoutCloserLooks: a face that moves is followed as well
// without anybody asking for its eyes.
func TestGlassesFollowWithoutCloserLooks(t *testing.T) {
	pool := newPool(t, 1)
	f, grain := readFrame(t, "webcam_man.png"), newNoise(4)
	sparing, whole := pooled(t, pool, face.Options{}), pooled(t, pool, face.Options{})
	sparing.Refine(ar.PartLips)
	for i := range 75 {
		scene := blank(f.Width+300, f.Height+100)
		x := 150 + int(math.Round(100*math.Sin(float64(max(i-35, 0))/8)))
		paste(scene, f, x, 50)
		scene = grain.over(scene, i, float64(scene.Width)/2, float64(scene.Height)/2, float64(scene.Width))
		got, want := track(t, sparing, after(scene, i)), track(t, whole, after(scene, i))
		require.Len(t, got, 1)
		require.Less(t, mostApart(&got[0], &want[0], scene, 33, 133, 263, 362), 0.02, "frame %d", i)
		require.Less(t, mostApart(&got[0], &want[0], scene, lipEdges...), 0.01, "frame %d", i)
	}
}
