package face_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// TestFaceIsLostAndFoundAgain: a face is back in the first frame that shows it,
// as the same if it was away for a moment, and as somebody new if for longer.
func TestFaceIsLostAndFoundAgain(t *testing.T) {
	f := readFrame(t, "webcam_man.png")
	nobody := blank(f.Width, f.Height)
	for away, number := range map[int]int{1: 1, 5: 1, 12: 1, 20: 2, 200: 2} {
		tracker := newTracker(t, face.Options{})
		var faces []ar.Face
		for i := range 5 {
			faces = track(t, tracker, after(f, i))
			require.Len(t, faces, 1)
			require.Equal(t, 1, faces[0].ID)
		}
		for i := range away {
			require.Empty(t, track(t, tracker, after(nobody, 5+i)))
		}
		again := track(t, tracker, after(f, 5+away))
		require.Len(t, again, 1, "away for %d frames", away)
		require.Equal(t, number, again[0].ID, "away for %d frames", away)
		require.InDelta(t, faces[0].Points[1].X, again[0].Points[1].X, 0.01)
		require.Greater(t, again[0].Score, float32(0.75), "as surely as ever, so that its look is drawn whole")
	}
}

// TestForgottenFace: whoever is there next is somebody new.
func TestForgottenFace(t *testing.T) {
	tracker := newTracker(t, face.Options{})
	f := readFrame(t, "webcam_man.png")
	require.Equal(t, 1, track(t, tracker, after(f, 0))[0].ID)
	tracker.Forget()
	require.Equal(t, 2, track(t, tracker, after(f, 1))[0].ID)
}

// TestFrameChangesItsSize: a face in a smaller picture of the same scene is the
// same, where it was; in a picture of other proportions it is somebody new.
func TestFrameChangesItsSize(t *testing.T) {
	tracker := newTracker(t, face.Options{})
	f := enlarge(readFrame(t, "webcam_man.png"))
	half := blank(f.Width/2, f.Height/2)
	for y := range half.Height {
		for x := range half.Width {
			copy(half.Pix[3*(y*half.Width+x):][:3], f.Pix[3*(2*y*f.Width+2*x):])
		}
	}
	var last ar.Face
	for i := range 40 {
		shown := f
		if i/10%2 == 1 {
			shown = half
		}
		faces := track(t, tracker, after(shown, i))
		require.Len(t, faces, 1)
		require.Equal(t, 1, faces[0].ID)
		if i > 0 {
			require.Less(t, moved(&last, &faces[0], f, 0), 0.02, "frame %d", i)
			require.InEpsilon(t, last.Pose.T[2], faces[0].Pose.T[2], 0.02)
		}
		last = faces[0]
	}
	square := blank(480, 480)
	paste(square, readFrame(t, "webcam_man.png"), -80, 0)
	faces := track(t, tracker, after(square, 40))
	require.Len(t, faces, 1)
	require.Equal(t, 2, faces[0].ID)
}

// TestFewerFaces: a tracker that is told to follow fewer keeps the nearest.
func TestFewerFaces(t *testing.T) {
	tracker := newTracker(t, face.Options{MaxFaces: 3})
	f := two(t)
	first := track(t, tracker, after(f, 0))
	require.Len(t, first, 2)
	tracker.LimitFaces(1)
	for i := range 20 {
		faces := track(t, tracker, after(f, 1+i))
		require.Len(t, faces, 1)
		require.Equal(t, first[0].ID, faces[0].ID)
	}
	tracker.LimitFaces(99)
	for i := range 10 {
		require.LessOrEqual(t, len(track(t, tracker, after(f, 21+i))), 3)
	}
	require.Len(t, track(t, tracker, after(f, 31)), 2)
}

// TestFaceJumps: a face that leaves its region between two frames is found by
// the detector in the same frame.
func TestFaceJumps(t *testing.T) {
	tracker := newTracker(t, face.Options{})
	f := readFrame(t, "webcam_man.png")
	left, right := blank(1600, 480), blank(1600, 480)
	paste(left, f, 0, 0)
	paste(right, f, 960, 0)
	require.Len(t, track(t, tracker, after(left, 0)), 1)
	faces := track(t, tracker, after(right, 1))
	require.Len(t, faces, 1)
	require.Greater(t, faces[0].Points[1].X, float32(0.6))
}

func TestFaceIsFollowed(t *testing.T) {
	tracker := newTracker(t, face.Options{Raw: true})
	f := readFrame(t, "webcam_man.png")
	var first ar.Face
	for i := range 40 {
		moved := blank(960, 720)
		paste(moved, f, 8*i, 6*i)
		faces := track(t, tracker, after(moved, i))
		require.Len(t, faces, 1)
		if i == 0 {
			first = faces[0]
		}
		require.Equal(t, first.ID, faces[0].ID)
		require.InDelta(t, float64(first.Points[1].X)*960+float64(8*i), float64(faces[0].Points[1].X)*960, 3)
		require.InDelta(t, float64(first.Points[1].Y)*720+float64(6*i), float64(faces[0].Points[1].Y)*720, 3)
	}
}

// two shows a larger face and, to the right of it, a smaller one.
func two(tb testing.TB) *ar.Frame {
	tb.Helper()
	f := small(tb)
	man := readFrame(tb, "webcam_man.png")
	paste(f, cropped(man, 470), 0, 0)
	return f
}

// small shows the smaller face alone.
func small(tb testing.TB) *ar.Frame {
	tb.Helper()
	f := blank(700, 480)
	paste(f, readFrame(tb, "astronaut.png"), 310, 0)
	paste(f, blank(470, 480), 0, 0)
	return f
}

// cropped is the left part of a picture.
func cropped(f *ar.Frame, width int) *ar.Frame {
	out := blank(width, f.Height)
	paste(out, f, 0, 0)
	return out
}

func TestNearestFaceIsTheOnlyOne(t *testing.T) {
	for name, f := range map[string]*ar.Frame{"left": two(t), "right": mirrored(two(t))} {
		faces := track(t, newTracker(t, face.Options{}), f)
		require.Len(t, faces, 1)
		require.Equal(t, name == "left", faces[0].Points[1].X < 0.5, name)
	}
}

func TestSeveralFaces(t *testing.T) {
	tracker := newTracker(t, face.Options{MaxFaces: 3})
	f := two(t)
	first := track(t, tracker, f)
	require.Len(t, first, 2)
	require.Less(t, first[0].Points[1].X, float32(0.5), "the nearest comes first")
	require.Less(t, first[0].Pose.T[2], first[1].Pose.T[2])
	require.NotEqual(t, first[0].ID, first[1].ID)
	for i := range 20 { // past the times of two searches, which must find nobody twice
		faces := track(t, tracker, after(f, i+1))
		require.Len(t, faces, 2)
		require.Equal(t, first[0].ID, faces[0].ID)
		require.Equal(t, first[1].ID, faces[1].ID)
	}
	faces := track(t, tracker, after(small(t), 21))
	require.Len(t, faces, 1)
	require.Equal(t, first[1].ID, faces[0].ID, "who stays keeps the number")
	for i := range 10 {
		faces = track(t, tracker, after(f, 22+i))
	}
	require.Len(t, faces, 2, "who comes is found within a search's interval")
}

// TestClip follows the man of the demo's clip, who moves nearer and farther.
func TestClip(t *testing.T) {
	tracker := newTracker(t, face.Options{})
	path, err := models.Clip(filepath.Dir(openSet(t).Runtime))
	require.NoError(t, err)
	clip, err := gocv.VideoCaptureFile(path)
	require.NoError(t, err)
	defer clip.Close()
	picture := gocv.NewMat()
	defer picture.Close()
	for i := range 200 {
		require.True(t, clip.Read(&picture), "the clip ends at frame %d", i)
		f := &ar.Frame{
			Pix: picture.ToBytes(), Width: picture.Cols(), Height: picture.Rows(),
			At: epoch.Add(time.Duration(i) * time.Second / 25),
		}
		faces := track(t, tracker, f)
		require.Len(t, faces, 1, "frame %d", i)
		require.Equal(t, 1, faces[0].ID, "frame %d", i)
		require.True(t, faces[0].Pose.Valid, "frame %d", i)
	}
}

// TestTrackersSideBySide: each sees what it would alone.
func TestTrackersSideBySide(t *testing.T) {
	f := readFrame(t, "webcam_man.png")
	m := openModels(t)
	want := track(t, newTracker(t, face.Options{}), f)
	var all sync.WaitGroup
	got := make([][]ar.Face, 3)
	errs := make([]error, len(got))
	for i := range got {
		all.Go(func() {
			tracker, err := face.New(m, face.Options{})
			if err != nil {
				errs[i] = err
				return
			}
			for k := range 5 {
				if got[i], errs[i] = tracker.Track(nil, after(f, k*1000)); errs[i] != nil {
					return
				}
			}
			tracker.Close()
			if tracker, errs[i] = face.New(m, face.Options{}); errs[i] != nil {
				return
			}
			defer tracker.Close()
			got[i], errs[i] = tracker.Track(nil, f)
		})
	}
	all.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		require.Equal(t, want, got[i])
	}
}

func TestBadInput(t *testing.T) {
	m := openModels(t)
	tracker := newTracker(t, face.Options{})
	for name, f := range map[string]*ar.Frame{
		"no pixels":   {},
		"too short":   {Pix: make([]byte, 11), Width: 2, Height: 2},
		"too long":    {Pix: make([]byte, 13), Width: 2, Height: 2},
		"too wide":    {Pix: make([]byte, 3<<15), Width: 1 << 15, Height: 1},
		"below zero":  {Pix: make([]byte, 12), Width: -2, Height: -2},
		"overflowing": {Pix: make([]byte, 12), Width: 1 << 62, Height: 4},
	} {
		_, err := tracker.Track(nil, f)
		require.ErrorContains(t, err, "want three bytes a pixel", name)
	}
	require.Empty(t, track(t, tracker, blank(1, 1)))

	_, err := face.New(m, face.Options{MaxFaces: 17})
	require.ErrorContains(t, err, "want 1 to 16")
	_, err = face.New(m, face.Options{MaxFaces: -1})
	require.ErrorContains(t, err, "want 1 to 16")
	_, err = face.New(m, face.Options{Focal: -1})
	require.ErrorContains(t, err, "focal length")

	bad := m
	bad.Landmarks = m.Landmarks[:len(m.Landmarks)/2]
	_, err = face.New(bad, face.Options{})
	require.ErrorContains(t, err, "face: landmarks")
	bad = m
	bad.Detector = nil
	_, err = face.New(bad, face.Options{})
	require.ErrorContains(t, err, "face: detector")
	bad = m
	bad.Head = ar.Mesh{}
	_, err = face.New(bad, face.Options{})
	require.ErrorContains(t, err, "face: pose")
	bad = m
	bad.Runtime = filepath.Join(t.TempDir(), "libonnxruntime.so.1")
	_, err = face.New(bad, face.Options{})
	require.ErrorContains(t, err, bad.Runtime)
}

func TestClosedTracker(t *testing.T) {
	tracker, err := face.New(openModels(t), face.Options{})
	require.NoError(t, err)
	require.NoError(t, tracker.Close())
	require.NoError(t, tracker.Close())
	_, err = tracker.Track(nil, blank(8, 8))
	require.ErrorContains(t, err, "closed")
}
