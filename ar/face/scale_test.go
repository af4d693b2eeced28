package face_test

import (
	"image"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// resized is the picture so many times as large, its point x, y (0–1) in the
// middle of a black frame of width × height; what sticks out is cut off.
func resized(tb testing.TB, f *ar.Frame, times, x, y float64, width, height int) *ar.Frame {
	tb.Helper()
	src, err := gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
	require.NoError(tb, err)
	defer src.Close()
	dst := gocv.NewMat()
	defer dst.Close()
	size := image.Pt(int(math.Round(times*float64(f.Width))), int(math.Round(times*float64(f.Height))))
	how := gocv.InterpolationCubic
	if times < 1 {
		how = gocv.InterpolationArea
	}
	require.NoError(tb, gocv.Resize(src, &dst, size, 0, 0, how))
	large := &ar.Frame{Pix: dst.ToBytes(), Width: size.X, Height: size.Y}
	out := blank(width, height)
	paste(out, large, width/2-int(x*float64(size.X)), height/2-int(y*float64(size.Y)))
	return out
}

// TestSameFaceAtAnySizeHasOneScale: the same still, 0.6 to 1.4 times as large,
// wears glasses of the same millimetres, to 2 %.
func TestSameFaceAtAnySizeHasOneScale(t *testing.T) {
	type still struct {
		name  string
		times float64 // that bring the eyes 130 pixels apart
	}
	pool := newPool(t, 1)
	for _, still := range fewer([]still{{"astronaut.png", 2.15}, {"group_s6a.png", 0.9}}) {
		f := readFrame(t, still.name)
		nose := track(t, pooled(t, pool, face.Options{Raw: true}), f)[0].Points[1]
		var scales []float64
		for _, k := range []float64{0.6, 0.8, 1, 1.2, 1.4} {
			tracker := pooled(t, pool, face.Options{})
			frame := resized(t, f, k*still.times, float64(nose.X), float64(nose.Y), 960, 720)
			var faces []ar.Face
			for i := range 31 {
				faces = track(t, tracker, after(frame, i))
				require.Len(t, faces, 1, "%s, %v times as large, frame %d", still.name, k, i)
			}
			require.True(t, faces[0].Pose.Valid)
			scales = append(scales, faces[0].Pose.Scale)
		}
		t.Logf("%s: scales %.4f", still.name, scales)
		require.LessOrEqual(t, spread(scales), 0.02, still.name)
	}
}

// spread is how far values are apart, as a part of their mean.
func spread(v []float64) float64 {
	low, high, sum := v[0], v[0], 0.0
	for _, x := range v {
		low, high, sum = min(low, x), max(high, x), sum+x
	}
	return (high - low) * float64(len(v)) / sum
}
