package ar

import (
	"context"
	"time"
)

// Frame is one picture from a camera: packed 8-bit BGR, top row first, three
// bytes a pixel, no padding between rows. Frames live in memory only; nothing
// in this project writes a live one to disk or sends it off the machine.
type Frame struct {
	Pix           []byte // len = 3*Width*Height
	Width, Height int    // pixels
	Seq           uint64 // counts the camera's frames from 1; a gap is a dropped frame
	At            time.Time

	left uint64 // how many had left before it was taken
}

// Resize makes Pix fit width × height, reusing its memory where it can. The
// pixels afterwards are undefined.
func (f *Frame) Resize(width, height int) {
	n := 3 * width * height
	if cap(f.Pix) < n {
		f.Pix = make([]byte, n)
	}
	f.Pix, f.Width, f.Height = f.Pix[:n], width, height
}

// Camera gives frames. A camera is used by one goroutine at a time.
type Camera interface {
	// Read waits for the next frame and writes it into f, which it resizes.
	// It returns io.EOF when a source that ends has ended, ctx.Err() when ctx
	// is done, and any other error when the camera is lost; after an error the
	// camera must be closed and opened anew.
	Read(ctx context.Context, f *Frame) error
	Close() error
}

// Encoder turns a frame into the bytes of a picture file.
type Encoder interface {
	// Encode appends the encoded frame to dst and returns the longer slice.
	Encode(dst []byte, f *Frame) ([]byte, error)
}
