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
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

var epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// builtSet holds the models that ar/models/install.sh has put into the tree.
var builtSet = sync.OnceValues(func() (*models.Set, error) {
	return models.Open(filepath.Join("..", "..", "build", "models"))
})

func openSet(tb testing.TB) *models.Set {
	tb.Helper()
	set, err := builtSet()
	require.NoError(tb, err, "the tests of this package need the face models")
	return set
}

func openModels(tb testing.TB) face.Models {
	tb.Helper()
	set := openSet(tb)
	return face.Models{
		Runtime: set.Runtime, Detector: set.Detector, Landmarks: set.Attention,
		Lips: face.Detail(set.Lips), Eyes: face.Detail(set.Eyes), Head: set.Head,
	}
}

func newTracker(tb testing.TB, opt face.Options) *face.Tracker {
	tb.Helper()
	t, err := face.New(openModels(tb), opt)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// track is one call that must succeed.
func track(tb testing.TB, t *face.Tracker, f *ar.Frame) []ar.Face {
	tb.Helper()
	faces, err := t.Track(nil, f)
	require.NoError(tb, err)
	return faces
}

// decodedFrames holds what readFrame has decoded, by name.
var decodedFrames sync.Map

// readFrame gives a copy of a picture of testdata/faces, which is decoded but
// once.
func readFrame(tb testing.TB, name string) *ar.Frame {
	tb.Helper()
	if f, ok := decodedFrames.Load(name); ok {
		return copied(f.(*ar.Frame))
	}
	file, err := os.Open(filepath.Join("testdata", "faces", name))
	require.NoError(tb, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(tb, err)
	f := blank(img.Bounds().Dx(), img.Bounds().Dy())
	for y := range f.Height {
		for x := range f.Width {
			r, g, b, _ := img.At(x, y).RGBA()
			copy(f.Pix[3*(y*f.Width+x):], []byte{byte(b >> 8), byte(g >> 8), byte(r >> 8)})
		}
	}
	decodedFrames.Store(name, f)
	return copied(f)
}

func copied(f *ar.Frame) *ar.Frame {
	c := *f
	c.Pix = slices.Clone(f.Pix)
	return &c
}

func blank(width, height int) *ar.Frame {
	f := &ar.Frame{At: epoch}
	f.Resize(width, height)
	clear(f.Pix)
	return f
}

// after is the same picture taken i thirtieths of a second later.
func after(f *ar.Frame, i int) *ar.Frame {
	later := *f
	later.At, later.Seq = epoch.Add(time.Duration(i)*time.Second/30), uint64(i+1)
	return &later
}

// paste copies a picture into another with its corner at x, y; what sticks out
// is cut off.
func paste(dst, src *ar.Frame, x, y int) {
	for row := range src.Height {
		if y+row < 0 || y+row >= dst.Height {
			continue
		}
		first, last := max(0, -x), min(src.Width, dst.Width-x)
		if first < last {
			copy(dst.Pix[3*((y+row)*dst.Width+x+first):], src.Pix[3*(row*src.Width+first):3*(row*src.Width+last)])
		}
	}
}

// mirrored is the picture with left and right exchanged.
func mirrored(f *ar.Frame) *ar.Frame {
	out := blank(f.Width, f.Height)
	for y := range f.Height {
		for x := range f.Width {
			copy(out.Pix[3*(y*f.Width+f.Width-1-x):][:3], f.Pix[3*(y*f.Width+x):])
		}
	}
	return out
}

// fewer is every fourth of all where races are looked for: what they read is of
// one goroutine, and takes far longer there. CI runs these tests without the race
// detector too, and there it is all.
func fewer[T any](all []T) []T {
	if !racing {
		return all
	}
	var out []T
	for i := 0; i < len(all); i += 4 {
		out = append(out, all[i])
	}
	return out
}

type reference struct {
	Width, Height    int
	First, Tracked12 [ar.Points][3]float64
}

// readReferences gives the pictures' references by name, fewer where races are
// looked for.
func readReferences(tb testing.TB) map[string]reference {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "faces", "landmarks.json"))
	require.NoError(tb, err)
	var all map[string]reference
	require.NoError(tb, json.Unmarshal(data, &all))
	require.GreaterOrEqual(tb, len(all), 8)
	out := map[string]reference{}
	for _, name := range fewer(slices.Sorted(maps.Keys(all))) {
		out[name] = all[name]
	}
	return out
}

// off gives the mean and the largest distance of a face's points from the
// wanted ones in the picture, as fractions of the distance between the eyes'
// outer corners (points 33 and 263).
func off(f *ar.Face, want *[ar.Points][3]float64, width, height int) (mean, most float64) {
	w, h := float64(width), float64(height)
	unit := math.Hypot((want[33][0]-want[263][0])*w, (want[33][1]-want[263][1])*h)
	for i, p := range f.Points {
		d := math.Hypot((float64(p.X)-want[i][0])*w, (float64(p.Y)-want[i][1])*h) / unit
		mean, most = mean+d/ar.Points, max(most, d)
	}
	return mean, most
}

// TestLandmarksAreMediaPipes holds the whole way from a picture to landmarks
// against MediaPipe's own runtime.
func TestLandmarksAreMediaPipes(t *testing.T) {
	references := readReferences(t)
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(references)) {
		t.Run(name, func(t *testing.T) {
			ref, f := references[name], readFrame(t, name)
			require.Equal(t, []int{ref.Width, ref.Height}, []int{f.Width, f.Height})
			tracker := newTracker(t, face.Options{Raw: true})
			faces := track(t, tracker, f)
			require.Len(t, faces, 1)
			require.Greater(t, faces[0].Score, float32(0.9))
			mean, most := off(&faces[0], &ref.First, f.Width, f.Height)
			t.Logf("first: mean %.3f %%, most %.3f %% of the eyes' distance", 100*mean, 100*most)
			require.LessOrEqual(t, mean, 0.001)
			require.LessOrEqual(t, most, 0.005)
			for i := range 12 {
				faces = track(t, tracker, after(f, i+1))
				require.Len(t, faces, 1)
			}
			mean, most = off(&faces[0], &ref.Tracked12, f.Width, f.Height)
			t.Logf("after 12 more: mean %.3f %%, most %.3f %%", 100*mean, 100*most)
			// The region follows the points and the points the region, so the
			// last digit of a resampled colour may grow to tenths of a percent
			// where a part of the face is hidden.
			require.LessOrEqual(t, mean, 0.004)
			sum += mean
		})
	}
	require.LessOrEqual(t, sum/float64(len(references)), 0.001, "mean over all pictures after 12 more frames")
}

// TestDepthIsMediaPipes: depths may differ a little more than places, for the
// reference has them rounded.
func TestDepthIsMediaPipes(t *testing.T) {
	for name, ref := range readReferences(t) {
		faces := track(t, newTracker(t, face.Options{Raw: true}), readFrame(t, name))
		require.Len(t, faces, 1)
		unit := math.Abs(ref.First[33][0] - ref.First[263][0])
		for i, p := range faces[0].Points {
			require.InDelta(t, ref.First[i][2], p.Z, 0.01*unit, "%s, point %d", name, i)
		}
	}
}
