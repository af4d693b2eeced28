package camera

// #include "jpeg.h"
import "C"

import (
	"errors"
	"fmt"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// maxLiveSide and maxLivePixels bound a live picture: 4K, upright or not.
const (
	maxLiveSide   = 4096
	maxLivePixels = 4096 * 2304
)

// Decoder turns the JPEG pictures of a camera or a tablet into frames. The
// bytes may come from anywhere: a picture's size is checked before memory is
// spent on it, and only baseline JPEG is taken. It is for one goroutine at a
// time.
//
// Where the frames are to be half the picture's size or less, it is decoded at
// a half, a quarter or an eighth right away, which costs far less than decoding
// and scaling it. A picture of less than half the size is refused: its error has
// a Fault method that says ar.FaultSize.
type Decoder struct {
	fit    fitter
	page   ar.Frame // the picture as decoded, where it is not the frame yet
	w, h   C.int    // of the picture; here, so that they need no memory of their own
	reason [C.JPEG_REASON]C.char
}

// NewDecoder makes a decoder whose frames have the size and turn that c says.
func NewDecoder(c Config) *Decoder { return &Decoder{fit: newFitter(c)} }

// Decode writes the picture into f's pixels and size.
func (d *Decoder) Decode(f *ar.Frame, jpeg []byte) error {
	w, h, err := d.size(jpeg)
	if err != nil {
		return err
	}
	width, height := d.fit.untwisted(w, h)
	denom := 1
	for denom < 8 && up(w, 2*denom) >= width && up(h, 2*denom) >= height {
		denom *= 2
	}
	page := &d.page
	if d.fit.rotate == 0 && up(w, denom) == width && up(h, denom) == height {
		page = f
	}
	page.Resize(up(w, denom), up(h, denom))
	if C.jpeg_decode((*C.uchar)(&jpeg[0]), C.size_t(len(jpeg)), C.int(denom), (*C.uchar)(&page.Pix[0]),
		C.int(page.Width), C.int(page.Height), &d.reason[0]) != 0 {
		return d.fail()
	}
	if page == f {
		return nil
	}
	return withMat(page, func(m *gocv.Mat) error { return d.fit.fit(f, m) })
}

// size is the picture's size in pixels, within the limits.
func (d *Decoder) size(jpeg []byte) (w, h int, err error) {
	if len(jpeg) == 0 {
		return 0, 0, errors.New("decode JPEG: the picture is empty")
	}
	if C.jpeg_size((*C.uchar)(&jpeg[0]), C.size_t(len(jpeg)), &d.w, &d.h, &d.reason[0]) != 0 {
		return 0, 0, d.fail()
	}
	w, h = int(d.w), int(d.h)
	if w < 1 || h < 1 || w > maxLiveSide || h > maxLiveSide || w*h > maxLivePixels {
		return 0, 0, fmt.Errorf("decode JPEG: the picture is %d × %d pixels: send at most %d a side and %d in all", w, h, maxLiveSide, maxLivePixels)
	}
	return w, h, d.fit.enough(w, h)
}

func (d *Decoder) fail() error {
	return fmt.Errorf("decode JPEG: %w", errors.New(C.GoString(&d.reason[0])))
}

// Forget wipes what the decoder keeps of the last picture.
func (d *Decoder) Forget() {
	clear(d.page.Pix[:cap(d.page.Pix)])
	if !d.fit.turned.Empty() {
		d.fit.turned.SetTo(gocv.Scalar{})
	}
}

// Close frees what the decoder holds.
func (d *Decoder) Close() error { return d.fit.close() }

// up is n / d, rounded up.
func up(n, d int) int { return (n + d - 1) / d }
