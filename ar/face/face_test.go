package face_test

import (
	"encoding/json"
	"image"
	_ "image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

var epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// openModels reads the models that ar/models/install.sh has put into the tree.
func openModels(tb testing.TB) face.Models {
	tb.Helper()
	set, err := models.Open(filepath.Join("..", "..", "build", "models"))
	require.NoError(tb, err, "the tests need the face models: run `make setup`")
	return face.Models{Runtime: set.Runtime, Detector: set.Detector, Landmarks: set.Attention, Head: set.Head}
}

func newTracker(tb testing.TB, opt face.Options) *face.Tracker {
	tb.Helper()
	t, err := face.New(openModels(tb), opt)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// readFrame reads a picture of testdata/faces.
func readFrame(tb testing.TB, name string) *ar.Frame {
	tb.Helper()
	file, err := os.Open(filepath.Join("testdata", "faces", name))
	require.NoError(tb, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(tb, err)
	f := &ar.Frame{At: epoch}
	f.Resize(img.Bounds().Dx(), img.Bounds().Dy())
	for y := range f.Height {
		for x := range f.Width {
			r, g, b, _ := img.At(x, y).RGBA()
			copy(f.Pix[3*(y*f.Width+x):], []byte{byte(b >> 8), byte(g >> 8), byte(r >> 8)})
		}
	}
	return f
}

// after is the frame as taken i thirtieths of a second later.
func after(f *ar.Frame, i int) *ar.Frame {
	g := *f
	g.At, g.Seq = epoch.Add(time.Duration(i)*time.Second/30), uint64(i+1)
	return &g
}

type reference struct {
	Width, Height    int
	First, Tracked12 [ar.Points][3]float64
}

func readReferences(tb testing.TB) map[string]reference {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "faces", "landmarks.json"))
	require.NoError(tb, err)
	var out map[string]reference
	require.NoError(tb, json.Unmarshal(data, &out))
	require.NotEmpty(tb, out)
	return out
}

// off gives the mean and the largest distance of the face's points from the
// reference's in the picture, as fractions of the distance between the eyes'
// outer corners (points 33 and 263).
func off(f *ar.Face, want [ar.Points][3]float64, width, height int) (mean, most float64) {
	w, h := float64(width), float64(height)
	unit := math.Hypot((want[33][0]-want[263][0])*w, (want[33][1]-want[263][1])*h)
	for i, p := range f.Points {
		d := math.Hypot((float64(p.X)-want[i][0])*w, (float64(p.Y)-want[i][1])*h) / unit
		mean, most = mean+d/ar.Points, max(most, d)
	}
	return mean, most
}

func TestLandmarksAreMediaPipes(t *testing.T) {
	references := readReferences(t)
	for _, name := range slices.Sorted(maps.Keys(references)) {
		t.Run(name, func(t *testing.T) {
			ref := references[name]
			f := readFrame(t, name)
			require.Equal(t, []int{ref.Width, ref.Height}, []int{f.Width, f.Height})
			tracker := newTracker(t, face.Options{Raw: true})
			faces, err := tracker.Track(nil, f)
			require.NoError(t, err)
			require.Len(t, faces, 1)
			mean, most := off(&faces[0], ref.First, f.Width, f.Height)
			t.Logf("first frame: mean %.3f %%, most %.3f %% of the eyes' distance", 100*mean, 100*most)
			require.LessOrEqual(t, mean, 0.001)
			require.LessOrEqual(t, most, 0.005)
			for i := range 12 {
				faces, err = tracker.Track(faces[:0], after(f, i+1))
				require.NoError(t, err)
				require.Len(t, faces, 1)
			}
			mean, most = off(&faces[0], ref.Tracked12, f.Width, f.Height)
			t.Logf("after 12 more: mean %.3f %%, most %.3f %%; score %.3f, yaw %.1f, pitch %.1f, roll %.1f, scale %.3f, z %.0f",
				100*mean, 100*most, faces[0].Score, faces[0].Pose.Yaw, faces[0].Pose.Pitch, faces[0].Pose.Roll, faces[0].Pose.Scale, faces[0].Pose.T[2])
			require.LessOrEqual(t, mean, 0.0015)
		})
	}
}
