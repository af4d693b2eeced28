package camera_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
)

func TestScalerKeepsTheWhole(t *testing.T) {
	var src, dst ar.Frame
	src.Resize(1280, 720)
	for y := range src.Height {
		for x := range src.Width {
			copy(src.Pix[3*(y*src.Width+x):], []byte{byte(x * 255 / 1279), byte(y * 255 / 719), 77})
		}
	}
	for _, size := range [][2]int{{960, 540}, {640, 360}, {1280, 720}} {
		dst.Resize(size[0], size[1])
		require.NoError(t, camera.Scaler{}.Scale(&dst, &src))
		require.Equal(t, size, [2]int{dst.Width, dst.Height})
		for _, at := range [][2]int{{0, 0}, {dst.Width - 1, 0}, {dst.Width / 2, dst.Height / 2}, {dst.Width - 1, dst.Height - 1}} {
			p := dst.Pix[3*(at[1]*dst.Width+at[0]):][:3]
			require.InDelta(t, at[0]*255/(dst.Width-1), p[0], 2)
			require.InDelta(t, at[1]*255/(dst.Height-1), p[1], 2)
			require.EqualValues(t, 77, p[2])
		}
	}
	require.Error(t, camera.Scaler{}.Scale(&ar.Frame{}, &src))
}
