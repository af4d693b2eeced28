package face_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// BenchmarkTrack720p is a frame with a face that is known already.
func BenchmarkTrack720p(b *testing.B) {
	t := newTracker(b, face.Options{})
	f := enlarge(readFrame(b, "webcam_man.png"))
	var faces []ar.Face
	for i := 0; b.Loop(); i++ {
		var err error
		faces, err = t.Track(faces[:0], after(f, i))
		require.NoError(b, err)
		require.Len(b, faces, 1)
	}
}

// BenchmarkSearch720p is a frame with nobody in it.
func BenchmarkSearch720p(b *testing.B) {
	t := newTracker(b, face.Options{})
	f := blank(1280, 720)
	for b.Loop() {
		faces, err := t.Track(nil, f)
		require.NoError(b, err)
		require.Empty(b, faces)
	}
}

// BenchmarkNew is what a tracker takes until it can be used.
func BenchmarkNew(b *testing.B) {
	m := openModels(b)
	for b.Loop() {
		t, err := face.New(m, face.Options{})
		require.NoError(b, err)
		require.NoError(b, t.Close())
	}
}

// enlarge blows a picture up to 1280×720, each pixel as it is, with black bars
// left and right.
func enlarge(f *ar.Frame) *ar.Frame {
	out := blank(1280, 720)
	width := f.Width * out.Height / f.Height
	left := (out.Width - width) / 2
	for y := range out.Height {
		for x := range width {
			from := 3 * (y*f.Height/out.Height*f.Width + x*f.Width/width)
			copy(out.Pix[3*(y*out.Width+left+x):][:3], f.Pix[from:])
		}
	}
	return out
}
