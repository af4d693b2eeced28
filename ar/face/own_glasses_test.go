package face_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar/face"
)

// TestWhoWearsGlasses: of the test pictures one shows a man with spectacles.
func TestWhoWearsGlasses(t *testing.T) {
	for name := range readReferences(t) {
		f, tracker := readFrame(t, name), newTracker(t, face.Options{Raw: true})
		for _, times := range []float64{0.7, 1, 1.4} {
			frame := resized(t, f, times, 0.5, 0.5, int(times*float64(f.Width)), int(times*float64(f.Height)))
			faces := track(t, tracker, frame)
			require.Len(t, faces, 1, name)
			require.Equal(t, name == "webcam_man.png", faces[0].WearsGlasses, "%s, %v times as large", name, times)
		}
	}
}

// TestGlassesAreNotSeenAtOnce: in a stream they are told after about a second,
// and stay known while the head is turned away or not seen for a moment.
func TestGlassesAreNotSeenAtOnce(t *testing.T) {
	tracker, f := newTracker(t, face.Options{}), readFrame(t, "webcam_man.png")
	told := -1
	for i := range 45 {
		faces := track(t, tracker, after(f, i))
		require.Len(t, faces, 1)
		if told < 0 && faces[0].WearsGlasses {
			told = i
		}
		require.Equal(t, told >= 0, faces[0].WearsGlasses, "once told they stay told")
	}
	require.Greater(t, told, 10, "frames of a thirtieth of a second")
	require.Less(t, told, 40)
}
