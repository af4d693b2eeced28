// Package fake has a camera and a tracker that need no hardware and no models:
// a moving test card and a script. They serve tests, and a kiosk that is set up
// before its camera has come.
package fake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// ErrLost is how a Camera with LoseAfter fails.
var ErrLost = errors.New("the camera is gone")

// Camera shows a test card: eight colour bars over a grey ramp, with a white
// square that wanders to and fro and a binary counter of the frame number in
// the top left corner. It is an ar.Camera.
type Camera struct {
	Width, Height int // pixels; 0 means 1280 × 720
	FPS           float64
	EndAfter      uint64 // frames until io.EOF; 0 means never
	LoseAfter     uint64 // frames until ErrLost; 0 means never
	// Fault says what is wrong with frame seq; nil means never anything.
	Fault func(seq uint64) ar.Fault

	random *rand.Rand
	seq    uint64
	start  time.Time
	closed bool
}

// Read waits until the next frame is due and draws it. With FPS 0 every frame
// is due at once.
func (c *Camera) Read(ctx context.Context, f *ar.Frame) error {
	if c.closed {
		return fmt.Errorf("read test card: %w", io.ErrClosedPipe)
	}
	if c.LoseAfter > 0 && c.seq >= c.LoseAfter {
		return ErrLost
	}
	if c.EndAfter > 0 && c.seq >= c.EndAfter {
		return io.EOF
	}
	if c.start.IsZero() {
		c.start = time.Now()
	}
	if err := c.wait(ctx); err != nil {
		return err
	}
	c.seq++
	fault := ar.Fault("")
	if c.Fault != nil {
		fault = c.Fault(c.seq)
	}
	if fault == ar.FaultLost {
		return ErrLost
	}
	width, height := c.Width, c.Height
	if width <= 0 || height <= 0 {
		width, height = 1280, 720
	}
	f.Resize(width, height)
	f.Seq, f.At = c.seq, time.Now()
	if fault == ar.FaultFrozen {
		f.Seq = 1
	}
	TestCard(f)
	f.Seq = c.seq
	if c.random == nil {
		c.random = rand.New(rand.NewPCG(1, 1))
	}
	Spoil(f, fault, c.random)
	return nil
}

func (c *Camera) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil || c.FPS <= 0 {
		return err
	}
	due := c.start.Add(time.Duration(float64(c.seq) / c.FPS * float64(time.Second)))
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close makes every later Read fail.
func (c *Camera) Close() error {
	c.closed = true
	return nil
}

// counterBits is how many bits of the frame number the card shows.
const counterBits = 16

// TestCard draws the card of f.Seq over the whole of f.
func TestCard(f *ar.Frame) {
	bars := [8][3]byte{ // BGR
		{235, 235, 235},
		{16, 235, 235},
		{235, 235, 16},
		{16, 235, 16},
		{235, 16, 235},
		{16, 16, 235},
		{235, 16, 16},
		{16, 16, 16},
	}
	bar, ramp := f.Pix[:3*f.Width], f.Pix[3*f.Width*(f.Height*3/4):]
	for y := range f.Height {
		row := f.Pix[3*y*f.Width:][:3*f.Width]
		switch {
		case y > 0 && y < f.Height*3/4:
			copy(row, bar)
			continue
		case y > f.Height*3/4:
			copy(row, ramp)
			continue
		}
		for x := range f.Width {
			px := row[3*x:][:3]
			if y < f.Height*3/4 {
				copy(px, bars[8*x/f.Width][:])
			} else {
				g := byte(255 * x / f.Width)
				px[0], px[1], px[2] = g, g, g
			}
		}
	}
	side := max(f.Height/8, 1)
	run := max(f.Width-side, 1)
	x := int(f.Seq*4) % (2 * run)
	if x > run {
		x = 2*run - x
	}
	fill(f, x, f.Height/2-side/2, side, side, 255)
	cell := max(f.Width/64, 1)
	for b := range counterBits {
		v := byte(0)
		if f.Seq>>(counterBits-1-b)&1 == 1 {
			v = 255
		}
		fill(f, b*cell, 0, cell, cell, v)
	}
}

// Counter reads the frame number (modulo 65536) back from a card, also when
// it has been through a lossy encoder.
func Counter(f *ar.Frame) uint16 {
	var n uint16
	cell := max(f.Width/64, 1)
	for b := range counterBits {
		i := 3 * ((cell/2)*f.Width + b*cell + cell/2)
		n = n<<1 | uint16(f.Pix[i]>>7)
	}
	return n
}

func fill(f *ar.Frame, x, y, w, h int, v byte) {
	for j := max(y, 0); j < min(y+h, f.Height); j++ {
		for i := max(x, 0); i < min(x+w, f.Width); i++ {
			px := f.Pix[3*(j*f.Width+i):][:3]
			px[0], px[1], px[2] = v, v, v
		}
	}
}
