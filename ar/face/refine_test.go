package face

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// lookCloser is a landmark model with its closer looks.
func lookCloser(t *testing.T) (*landmarker, *detector) {
	t.Helper()
	set, err := models.Open(filepath.Join("..", "..", "build", "models"))
	require.NoError(t, err, "the tests of this package need the face models")
	require.NoError(t, loadRuntime(set.Runtime))
	l, err := newLandmarker(Models{Landmarks: set.Attention, Lips: Detail(set.Lips), Eyes: Detail(set.Eyes)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.close()) })
	d, err := newDetector(set.Detector)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.close()) })
	return l, d
}

// TestPartsAreAsFineAsTheWhole: a part that is looked at closely has the
// landmarks it has when all are, every other point is the mesh's.
func TestPartsAreAsFineAsTheWhole(t *testing.T) {
	l, d := lookCloser(t)
	lips, eyes := l.details[lipDetail].points, l.details[eyeDetail].points
	require.Len(t, lips, 80)
	require.Len(t, eyes, 2*(71+5))
	for i := ar.MeshPoints; i < ar.Points; i++ {
		require.Contains(t, eyes, i)
	}
	pictures, err := filepath.Glob(filepath.Join("testdata", "faces", "*.png"))
	require.NoError(t, err)
	require.NotEmpty(t, pictures)
	for _, path := range pictures {
		picture := readPicture(t, path)
		found, err := d.find(picture)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		look := func(parts ar.Parts) *[ar.Points]ar.Point {
			tr := &track{region: found[0].region()}
			there, err := l.find(tr, picture, newPresence, parts)
			require.NoError(t, err)
			require.True(t, there, path)
			return &tr.points
		}
		whole, bare := look(ar.AllParts), look(0)
		for _, parts := range []ar.Parts{ar.PartLips, ar.PartEyes} {
			for i, p := range look(parts) {
				want := bare[i]
				if parts == ar.PartLips && slices.Contains(lips, i) || parts == ar.PartEyes && slices.Contains(eyes, i) {
					want = whole[i]
				}
				require.Equal(t, want, p, "%s: landmark %d, parts %b", path, i, parts)
			}
		}
		for which, part := range map[string][]int{"lips": lips, "eyes": eyes} {
			var apart float64
			for _, i := range part {
				apart += span(whole[i], bare[i]) / float64(len(part))
			}
			require.Greater(t, apart, 0.002*span(whole[33], whole[263]), "%s: a closer look finds other %s", path, which)
		}
		for _, eye := range irises { // the mesh has none
			require.Equal(t, bare[eye.middle].X, bare[eye.a].X)
			require.InDelta(t, whole[eye.middle].X, bare[eye.middle].X, 0.3*span(whole[eye.outer], whole[eye.inner]), path)
			require.InDelta(t, whole[eye.middle].Y, bare[eye.middle].Y, 0.3*span(whole[eye.outer], whole[eye.inner]), path)
		}
	}
}

// TestWhatWasSeenCloselyStays: landmarks do not jump when nobody looks closely
// any more.
func TestWhatWasSeenCloselyStays(t *testing.T) {
	l, d := lookCloser(t)
	picture := readPicture(t, filepath.Join("testdata", "faces", "webcam_man.png"))
	found, err := d.find(picture)
	require.NoError(t, err)
	tr := &track{region: found[0].region()}
	var seen [2][ar.Points]ar.Point
	for i, parts := range []ar.Parts{ar.AllParts, 0} {
		tr.region = found[0].region()
		there, err := l.find(tr, picture, newPresence, parts)
		require.NoError(t, err)
		require.True(t, there)
		require.Equal(t, parts, tr.fine)
		seen[i] = tr.points
	}
	for i, p := range seen[0] {
		require.InDelta(t, 0, span(p, seen[1][i]), 1e-3, "landmark %d", i)
	}
}

func TestRefinerRefuses(t *testing.T) {
	l, _ := lookCloser(t)
	for _, points := range [][]int{{-1}, {ar.Points}} {
		_, err := newRefiner(Detail{Points: points}, l.session)
		require.ErrorContains(t, err, "of 478")
	}
	_, err := newRefiner(Detail{Points: []int{1}, Model: []byte("none")}, l.session)
	require.Error(t, err)
}
