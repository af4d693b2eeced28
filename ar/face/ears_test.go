package face_test

import (
	"encoding/json"
	"image"
	_ "image/jpeg"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// lobeMarks are the lobes that were marked by hand where a picture shows them:
// pixels, the shopper's right and left.
type lobeMarks struct{ Right, Left []float64 }

func (m lobeMarks) of(side int) []float64 { return [2][]float64{m.Right, m.Left}[side] }

func readLobeMarks(tb testing.TB) map[string]lobeMarks {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "lobes.json"))
	require.NoError(tb, err)
	var out map[string]lobeMarks
	require.NoError(tb, json.Unmarshal(data, &out))
	require.GreaterOrEqual(tb, len(out), 12)
	return out
}

// lobeFrame reads a picture of testdata, or a frame of the demo's clip.
func lobeFrame(tb testing.TB, name string) *ar.Frame {
	tb.Helper()
	if number, ok := strings.CutPrefix(name, "clip "); ok {
		n, err := strconv.Atoi(number)
		require.NoError(tb, err)
		path, err := models.Clip(filepath.Dir(openSet(tb).Runtime))
		require.NoError(tb, err)
		clip, err := gocv.VideoCaptureFile(path)
		require.NoError(tb, err)
		defer clip.Close()
		picture := gocv.NewMat()
		defer picture.Close()
		require.NoError(tb, clip.Grab(n))
		require.True(tb, clip.Read(&picture))
		return &ar.Frame{Pix: picture.ToBytes(), Width: picture.Cols(), Height: picture.Rows(), At: epoch}
	}
	file, err := os.Open(filepath.Join("testdata", filepath.FromSlash(name)))
	require.NoError(tb, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(tb, err)
	f := blank(img.Bounds().Dx(), img.Bounds().Dy())
	for i := 0; i < len(f.Pix); i += 3 {
		r, g, b, _ := img.At(i/3%f.Width, i/3/f.Width).RGBA()
		f.Pix[i], f.Pix[i+1], f.Pix[i+2] = byte(b>>8), byte(g>>8), byte(r>>8)
	}
	return f
}

// seen is where the pose puts a place on the head, pixels.
func seen(p *ar.Pose, v [3]float64) (x, y float64) {
	q := func(i int) float64 { return p.R[3*i]*v[0] + p.R[3*i+1]*v[1] + p.R[3*i+2]*v[2] + p.T[i] }
	return p.CX + p.Focal*q(0)/q(2), p.CY + p.Focal*q(1)/q(2)
}

func eyesApart(f *ar.Face, frame *ar.Frame) float64 {
	r, l := f.Points[33], f.Points[263]
	return math.Hypot(float64(r.X-l.X)*float64(frame.Width), float64(r.Y-l.Y)*float64(frame.Height))
}

// TestLobes holds the lobes against those marked by hand.
func TestLobes(t *testing.T) {
	all := readLobeMarks(t)
	var sum, count float64
	people, pool := map[string][]float64{}, newPool(t, 1)
	for _, name := range fewer(slices.Sorted(maps.Keys(all))) {
		f, marks := lobeFrame(t, name), all[name]
		faces := track(t, pooled(t, pool, face.Options{Raw: true, MaxFaces: 4}), f)
		for side := range 2 {
			mark := marks.of(side)
			if mark == nil {
				continue
			}
			best, yaw := math.Inf(1), 0.0
			for _, found := range faces {
				x, y := seen(&found.Pose, found.Lobes[side])
				if off := math.Hypot(x-mark[0], y-mark[1]) / eyesApart(&found, f); off < best {
					best, yaw = off, found.Pose.Yaw
				}
			}
			t.Logf("%-22s %-5s yaw %3.0f: %.1f %%", name, [2]string{"right", "left"}[side], yaw, 100*best)
			require.LessOrEqual(t, math.Abs(yaw), 31.0, "marks are of heads turned by up to 30°")
			require.LessOrEqual(t, best, 0.16, "%s: no lobe is far off", name)
			who, _, _ := strings.Cut(name, " ")
			people[who] = append(people[who], best)
		}
	}
	for _, errs := range people { // everybody counts the same, however often marked
		for _, e := range errs {
			sum += e / float64(len(errs))
		}
		count++
	}
	t.Logf("mean over %v heads: %.2f %% of the eyes' distance", count, 100*sum/count)
	require.LessOrEqual(t, sum/count, 0.08)
}

// TestLobesAreTheShoppersOwn: in a mirrored picture the left ear is where the
// right one was.
func TestLobesAreTheShoppersOwn(t *testing.T) {
	f := readFrame(t, "webcam_man.png")
	plain := track(t, newTracker(t, face.Options{Raw: true}), f)[0]
	other := track(t, newTracker(t, face.Options{Raw: true}), mirrored(f))[0]
	for side := range 2 {
		x, y := seen(&plain.Pose, plain.Lobes[side])
		mx, my := seen(&other.Pose, other.Lobes[1-side])
		require.InDelta(t, float64(f.Width)-x, mx, 0.05*eyesApart(&plain, f))
		require.InDelta(t, y, my, 0.05*eyesApart(&plain, f))
	}
	right, _ := seen(&plain.Pose, plain.Lobes[0])
	left, _ := seen(&plain.Pose, plain.Lobes[1])
	require.Less(t, right, left, "in a picture that is not mirrored the shopper's right is on the left")
}

// TestLobesStayOnTheHead: what was learnt when the face was found stays.
func TestLobesStayOnTheHead(t *testing.T) {
	tracker := newTracker(t, face.Options{Raw: true})
	f := readFrame(t, "astronaut.png")
	first := track(t, tracker, f)[0]
	for i := range 10 {
		again := track(t, tracker, after(f, i+1))[0]
		for side := range 2 {
			x, y := seen(&first.Pose, first.Lobes[side])
			ax, ay := seen(&again.Pose, again.Lobes[side])
			require.Less(t, math.Hypot(ax-x, ay-y), 0.03*eyesApart(&first, f))
		}
	}
	require.NotZero(t, first.Lobes)
}
