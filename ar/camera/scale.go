package camera

import (
	"image"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Scaler brings frames to another size. It is an ar.Scaler.
type Scaler struct{}

// Scale fills dst, which has its size, with the whole of src.
func (Scaler) Scale(dst, src *ar.Frame) error {
	how := gocv.InterpolationLinear
	if 2*dst.Width <= src.Width {
		how = gocv.InterpolationArea
	}
	return withMat(src, func(from *gocv.Mat) error {
		return withMat(dst, func(to *gocv.Mat) error {
			return gocv.Resize(*from, to, image.Pt(dst.Width, dst.Height), 0, 0, how)
		})
	})
}
