package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
)

// benchCamera shows the clip as a camera does: picture n is there at a moment of
// its own, and gone when the next one comes. A reader who comes too late is given
// the picture of now.
type benchCamera struct {
	kiosk *benchKiosk
	every time.Duration // from picture to picture
	start time.Time
	n     int // the last picture that was given
	last  int // pictures in all
	timer *time.Timer
}

func newBenchCamera(k *benchKiosk, frames int, fps float64) *benchCamera {
	every := time.Duration(float64(time.Second) / fps)
	return &benchCamera{kiosk: k, every: every, last: frames, start: time.Now(), timer: time.NewTimer(every)}
}

// Read gives frames the time at which the camera had them.
func (c *benchCamera) Read(ctx context.Context, f *ar.Frame) error {
	if c.n == c.last {
		return io.EOF
	}
	c.n = min(max(c.n+1, int(time.Since(c.start)/c.every)), c.last)
	f.Seq, f.At = uint64(c.n), c.start.Add(time.Duration(c.n)*c.every)
	c.timer.Reset(time.Until(f.At))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.timer.C:
		return c.kiosk.fill(f, c.kiosk.clip.index(c.n))
	}
}

func (c *benchCamera) Close() error { return nil }

// benchEncoder measures the frames of a camera that has a pace of its own.
type benchEncoder struct {
	camera.JPEG
	kiosk *benchKiosk
}

// Encode notes how old the frame is by the time that it can be shown. The cards
// that stand in for frames have no number.
func (e *benchEncoder) Encode(dst []byte, f *ar.Frame) ([]byte, error) {
	k := e.kiosk
	dst, err := e.JPEG.Encode(dst, f)
	if err != nil || !k.paced || f.Seq == 0 {
		return dst, err
	}
	k.took = append(k.took, time.Since(f.At))
	if !bytes.Equal(k.clip.frames[k.clip.index(int(f.Seq))].Pix, f.Pix) {
		k.drawn++
	}
	return dst, nil
}

// runPaced lets a camera give so many frames, fps of them a second, to the mirror
// as it runs in the shop.
func (k *benchKiosk) runPaced(ctx context.Context, frames int, fps float64) error {
	k.paced = true
	k.camera = newBenchCamera(k, frames, fps)
	if err := k.pipeline.Run(ctx); err != nil {
		return err
	}
	if n := k.pipeline.Stats().Failed; n > 0 {
		return fmt.Errorf("%d frames could not be tracked, drawn on or encoded", n)
	}
	return ctx.Err()
}
