package camera

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

func noise(width, height int) *ar.Frame {
	random := rand.New(rand.NewPCG(1, 2))
	f := &ar.Frame{}
	f.Resize(width, height)
	for i := range f.Pix {
		f.Pix[i] = byte(random.UintN(256))
	}
	return f
}

// OpenCV's encoder is the same library with the same settings.
func TestJPEGIsWhatOpenCVWrites(t *testing.T) {
	var f ar.Frame
	require.NoError(t, ReadPicture(photo, &f))
	for _, mirror := range []bool{false, true} {
		got, err := (&JPEG{Quality: 80, Mirror: mirror}).Encode(nil, &f)
		require.NoError(t, err)
		require.NoError(t, withMat(&f, func(m *gocv.Mat) error {
			if mirror {
				flipped := gocv.NewMat()
				defer flipped.Close()
				if err := gocv.Flip(*m, &flipped, 1); err != nil {
					return err
				}
				m = &flipped
			}
			want, err := gocv.IMEncodeWithParams(gocv.JPEGFileExt, *m, []int{gocv.IMWriteJpegQuality, 80})
			require.NoError(t, err)
			defer want.Close()
			require.Less(t, meanDifference(decode(t, want.GetBytes()), decode(t, got)), 0.5)
			require.InEpsilon(t, len(want.GetBytes()), len(got), 0.02)
			return nil
		}))
	}
}

func TestJPEGOfAnySize(t *testing.T) {
	j := &JPEG{Quality: 100, Mirror: true}
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 2}, {17, 5}, {640, 480}, {16, 16}, {1, 700}} {
		f := noise(size[0], size[1])
		data, err := j.Encode(nil, f)
		require.NoError(t, err)
		m, err := gocv.IMDecode(data, gocv.IMReadColor)
		require.NoError(t, err)
		require.Equal(t, size, [2]int{m.Cols(), m.Rows()})
		require.NoError(t, m.Close())
	}
}

// A picture and its mirror image come out as each other's, whatever the width.
func TestJPEGMirrorsEveryPixel(t *testing.T) {
	for width := 1; width <= 40; width++ {
		f, flipped := noise(width, 2), noise(width, 2)
		for i := range 2 * width {
			y, x := i/width, i%width
			copy(flipped.Pix[3*i:][:3], f.Pix[3*(y*width+width-1-x):])
		}
		mirrored, err := (&JPEG{Quality: 90, Mirror: true}).Encode(nil, f)
		require.NoError(t, err)
		plain, err := (&JPEG{Quality: 90}).Encode(nil, flipped)
		require.NoError(t, err)
		require.Equal(t, plain, mirrored, "%d pixels wide", width)
	}
}

// Noise at the highest quality is longer than the room for a usual picture.
func TestJPEGMakesRoom(t *testing.T) {
	f := noise(640, 480)
	j := &JPEG{Quality: 100}
	first, err := j.Encode(nil, f)
	require.NoError(t, err)
	require.Greater(t, len(first), 64<<10+len(f.Pix)/16)
	again, err := j.Encode(nil, f)
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestJPEGTellsWhy(t *testing.T) {
	_, err := (&JPEG{}).Encode(nil, noise(70_000, 1)) // the format ends at 65535
	require.ErrorContains(t, err, "Maximum supported image dimension")
	f := noise(8, 8)
	f.Width = 9
	_, err = (&JPEG{}).Encode(nil, f)
	require.ErrorContains(t, err, "9 × 8")
}

func TestJPEGAllocatesNothing(t *testing.T) {
	f := noise(64, 48)
	j := &JPEG{Mirror: true}
	dst, err := j.Encode(nil, f)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(20, func() {
		dst, err = j.Encode(dst[:0], f)
	}))
	require.NoError(t, err)
}
