package ar

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotPaused is why there is no preview: the mirror itself can be shown.
var ErrNotPaused = errors.New("the mirror is not paused")

// previewSide is how many pixels the longer side of a preview has.
const previewSide = 24

// preview is the memory for previews; it belongs to the goroutine of Show and
// is cleared after each.
type preview struct {
	cells [previewSide * previewSide][3]int
	frame Frame
}

// Preview shows the next frame to somebody who has not agreed to be looked at
// yet: 24 pixels wide or high, each the mean of three by three such cells of the
// picture, so that there is light and movement but no face. It is made only
// while the pipeline is paused; the frame is not analysed, and nothing of it is
// kept. It waits until ctx is done at most. The picture belongs to the caller.
func (p *Pipeline) Preview(ctx context.Context) ([]byte, error) {
	picture, err := await(ctx, p.peeks)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return picture, nil
}

// await has the goroutine of Show answer from its next frame.
func await[T any](ctx context.Context, asks chan<- chan<- answer[T]) (got T, err error) {
	ask := make(chan answer[T], 1)
	select {
	case asks <- ask:
	case <-ctx.Done():
		return got, ctx.Err()
	}
	select {
	case a := <-ask:
		return a.got, a.err
	case <-ctx.Done():
		return got, ctx.Err()
	}
}

// answer is what the goroutine of Show has for who awaits it.
type answer[T any] struct {
	got T
	err error
}

// peek answers who waits for a preview, if anybody.
func (p *Pipeline) peek(f *Frame, paused bool) {
	select {
	case ask := <-p.peeks:
		if !paused {
			ask <- shot{err: ErrNotPaused}
			return
		}
		picture, err := p.blurred(f)
		ask <- shot{picture, err}
	default:
	}
}

// blurred is the preview of f, encoded as the viewers' pictures are.
func (p *Pipeline) blurred(f *Frame) (_ []byte, err error) {
	defer caught(&err)
	if f.Width < 1 || f.Height < 1 || p.cfg.Encoder == nil {
		return nil, errors.New("no picture, or no encoder")
	}
	v := &p.preview
	defer v.clear()
	v.blur(f)
	picture, err := p.cfg.Encoder.Encode(nil, &v.frame)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return picture, nil
}

// blur makes v.frame the preview of f: the mean of each cell, and then of each
// cell and its neighbours.
func (v *preview) blur(f *Frame) {
	long := max(f.Width, f.Height)
	w, h := max(previewSide*f.Width/long, 1), max(previewSide*f.Height/long, 1)
	for y := range h {
		for x := range w {
			v.cells[y*w+x] = meanOf(f, x*f.Width/w, y*f.Height/h, (x+1)*f.Width/w, (y+1)*f.Height/h)
		}
	}
	v.frame.Resize(w, h)
	for y := range h {
		for x := range w {
			for c := range 3 {
				sum := 0
				for i := range 9 {
					sum += v.cells[min(max(y+i/3-1, 0), h-1)*w+min(max(x+i%3-1, 0), w-1)][c]
				}
				v.frame.Pix[3*(y*w+x)+c] = uint8(sum / 9)
			}
		}
	}
}

// meanOf is the mean colour of f in [x0, x1) × [y0, y1), of every fourth pixel
// of every fourth row.
func meanOf(f *Frame, x0, y0, x1, y1 int) (sum [3]int) {
	n := 0
	for y := y0; y < max(y1, y0+1); y += 4 {
		for x := x0; x < max(x1, x0+1); x += 4 {
			px := f.Pix[3*(y*f.Width+x):][:3]
			sum[0], sum[1], sum[2] = sum[0]+int(px[0]), sum[1]+int(px[1]), sum[2]+int(px[2])
			n++
		}
	}
	return [3]int{sum[0] / n, sum[1] / n, sum[2] / n}
}

func (v *preview) clear() {
	clear(v.cells[:])
	clear(v.frame.Pix[:cap(v.frame.Pix)])
}
