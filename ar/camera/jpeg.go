package camera

// #cgo LDFLAGS: -ljpeg
// #include "jpeg.h"
import "C"

import (
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/ar"
)

// JPEG encodes frames for the viewers. It is an ar.Encoder, for one goroutine
// at a time.
//
// It calls libjpeg-turbo, which OpenCV's own encoder is made of, itself: that
// saves copying the picture for the mirror and for another order of colours,
// a third of the time.
type JPEG struct {
	Quality int // 1–100; 0 means 80
	// Mirror flips the picture left to right, as a mirror shows it. The frame
	// itself is left as it is.
	Mirror bool

	out    []byte
	reason [C.JPEG_REASON]C.char
}

// Encode appends f as a JPEG file to dst.
func (j *JPEG) Encode(dst []byte, f *ar.Frame) ([]byte, error) {
	quality := j.Quality
	if quality == 0 {
		quality = 80
	}
	if quality < 1 || quality > 100 {
		return dst, fmt.Errorf("JPEG quality %d: want 1 to 100", quality)
	}
	if err := checkFrame(f); err != nil {
		return dst, err
	}
	mirror := C.int(0)
	if j.Mirror {
		mirror = 1
	}
	if j.out == nil {
		j.out = make([]byte, 64<<10+len(f.Pix)/16)
	}
	for {
		n := C.jpeg_encode((*C.uchar)(&f.Pix[0]), C.int(f.Width), C.int(f.Height), C.int(quality), mirror,
			(*C.uchar)(&j.out[0]), C.size_t(len(j.out)), &j.reason[0])
		switch {
		case n > 0:
			return append(dst, j.out[:n]...), nil
		case n < 0:
			return dst, fmt.Errorf("encode JPEG: %w", errors.New(C.GoString(&j.reason[0])))
		}
		j.out = make([]byte, 2*len(j.out))
	}
}
