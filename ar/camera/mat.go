package camera

import (
	"errors"
	"fmt"
	"image"
	"runtime"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// withMat calls do with a Mat over f's own memory, without a copy. gocv hands
// OpenCV the slice's address to keep until the Mat is closed, so the memory is
// pinned for that long. do must not let the Mat grow or keep it.
func withMat(f *ar.Frame, do func(m *gocv.Mat) error) error {
	if err := checkFrame(f); err != nil {
		return err
	}
	var pin runtime.Pinner
	pin.Pin(&f.Pix[0])
	defer pin.Unpin()
	m, err := gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := do(&m); err != nil {
		return err
	}
	if p, err := m.DataPtrUint8(); err != nil || len(p) == 0 || &p[0] != &f.Pix[0] {
		return errors.New("OpenCV moved the frame to memory of its own")
	}
	return nil
}

// checkFrame reports a frame whose memory does not fit its size.
func checkFrame(f *ar.Frame) error {
	if len(f.Pix) == 0 || f.Width < 1 || f.Height < 1 || len(f.Pix) != 3*f.Width*f.Height {
		return fmt.Errorf("frame of %d × %d has %d bytes", f.Width, f.Height, len(f.Pix))
	}
	return nil
}

// fitter turns a source's picture upright and brings it to the frames' size.
type fitter struct {
	rotate        int
	width, height int // wanted; 0 as in Config
	turned        gocv.Mat
}

func newFitter(c Config) fitter {
	return fitter{rotate: c.Rotate, width: c.Width, height: c.Height, turned: gocv.NewMat()}
}

func (ft *fitter) close() error { return ft.turned.Close() }

// fit writes src into f.
func (ft *fitter) fit(f *ar.Frame, src *gocv.Mat) error {
	if src.Type() != gocv.MatTypeCV8UC3 {
		return fmt.Errorf("picture is of type %v, want 8-bit BGR", src.Type())
	}
	if ft.rotate != 0 {
		code := map[int]gocv.RotateFlag{90: gocv.Rotate90Clockwise, 180: gocv.Rotate180Clockwise, 270: gocv.Rotate90CounterClockwise}[ft.rotate]
		if err := gocv.Rotate(*src, &ft.turned, code); err != nil {
			return err
		}
		src = &ft.turned
	}
	width, height := frameSize(src.Cols(), src.Rows(), ft.width, ft.height)
	if err := fitting(width, height); err != nil {
		return err
	}
	f.Resize(width, height)
	if width == src.Cols() && height == src.Rows() {
		return withMat(f, func(m *gocv.Mat) error { return src.CopyTo(m) })
	}
	part := src.Region(cover(src.Cols(), src.Rows(), width, height))
	defer part.Close()
	how := gocv.InterpolationCubic
	switch {
	case 2*width <= part.Cols():
		how = gocv.InterpolationArea
	case width < part.Cols():
		how = gocv.InterpolationLinear // a fifth of Area's time, and no worse by eye
	}
	return withMat(f, func(m *gocv.Mat) error {
		return gocv.Resize(part, m, image.Pt(width, height), 0, 0, how)
	})
}

// enough refuses a live picture of w × h pixels that is less than half the
// frame's size: a camera that fell back to a small size.
func (ft *fitter) enough(w, h int) error {
	if width, height := ft.untwisted(w, h); 2*w < width || 2*h < height {
		return sizeError{w, h, width, height}
	}
	return nil
}

// untwisted is the size of the frame made of a picture of w × h pixels, as it is
// before the turn.
func (ft *fitter) untwisted(w, h int) (width, height int) {
	if ft.rotate%180 == 0 {
		return frameSize(w, h, ft.width, ft.height)
	}
	height, width = frameSize(h, w, ft.width, ft.height)
	return width, height
}

// frameSize fills in the sides that are 0 in width × height from a source of
// w × h pixels.
func frameSize(w, h, width, height int) (int, int) {
	switch {
	case width == 0 && height == 0:
		return w, h
	case width == 0:
		return max((height*w+h/2)/h, 1), height
	case height == 0:
		return width, max((width*h+w/2)/w, 1)
	}
	return width, height
}

// cover is the largest rectangle in the middle of w × h pixels that has the
// proportions of width × height.
func cover(w, h, width, height int) image.Rectangle {
	cw, ch := w, h
	if w*height > h*width {
		cw = max(h*width/height, 1)
	} else {
		ch = max(w*height/width, 1)
	}
	x, y := (w-cw)/2, (h-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}

// OneThread keeps OpenCV, in the whole process, from spreading the work on one
// picture over several cores: the cores are for several kiosks and for the till.
func OneThread() { gocv.SetNumThreads(1) }
