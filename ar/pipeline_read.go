package ar

import (
	"context"
	"fmt"
	"image"
)

// Grey is the next frame as the camera took it, in grey: nothing is drawn on it,
// and it is not mirrored. It is for reading a code that somebody holds up, and
// is made only while the pipeline looks. It waits until ctx is done at most. The
// picture belongs to the caller, who clears it after use.
func (p *Pipeline) Grey(ctx context.Context) (*image.Gray, error) {
	picture, err := await(ctx, p.reads)
	if err != nil {
		return nil, fmt.Errorf("grey: %w", err)
	}
	return picture, nil
}

// read answers who waits for a picture in grey, if anybody.
func (p *Pipeline) read(f *Frame, paused bool) {
	select {
	case ask := <-p.reads:
		if paused {
			ask <- answer[*image.Gray]{err: ErrNotLooked}
			return
		}
		ask <- answer[*image.Gray]{got: greyOf(f)}
	default:
	}
}

// greyOf weighs blue, green and red as the eye does (ITU-R BT.601).
func greyOf(f *Frame) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, f.Width, f.Height))
	for i := range g.Pix {
		px := f.Pix[3*i:][:3]
		g.Pix[i] = uint8((29*uint(px[0]) + 150*uint(px[1]) + 77*uint(px[2])) >> 8)
	}
	return g
}
