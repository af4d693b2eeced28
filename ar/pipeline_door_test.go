package ar_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// TestWhoLeftWhileAFrameWasDrawn: a frame takes so long that its shopper has left
// and the next one is here when it is done. It is neither shown nor held nor
// recorded.
func TestWhoLeftWhileAFrameWasDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const before, after = 1, 2 // who is in a frame, by its pixels
		r, _ := newCompareRig()
		r.cfg.Renderer = r.painter
		r.cfg.Encoder = raw{}
		var p *ar.Pipeline
		r.cfg.Tracker = &fake.Tracker{Script: func(f *ar.Frame) ([]ar.Face, error) {
			if f.Pix[0] == before {
				p.SetPaused(true)
				p.SetPaused(false)
				require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareOff, Freeze: true}))
				p.SetReplay(true)
			}
			return []ar.Face{faceAt(0.5, 0.5, 0.2, 0.2)}, nil
		}}
		p = r.pipeline(t)
		frameOf := func(who byte) *ar.Frame {
			f := &ar.Frame{At: time.Now()}
			f.Resize(64, 36)
			for i := range f.Pix {
				f.Pix[i] = who
			}
			return f
		}
		require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareOff, Freeze: true}))
		require.NoError(t, p.Show(frameOf(before)))
		require.Zero(t, len(r.sink.all()), "the next shopper sees who was here before")
		require.NoError(t, p.Show(frameOf(after)))
		time.Sleep(ar.ReplayLength + time.Second)
		require.NoError(t, p.Show(frameOf(after)))
		require.Positive(t, len(r.sink.all()))
		for _, picture := range r.sink.all() {
			require.Equal(t, byte(after), picture[0], "the next shopper sees who was here before")
		}
		p.SetPaused(true) // its timers end
	})
}

// counted is a camera that tells how many frames it has given.
type counted struct {
	fake.Camera
	frames atomic.Uint64
}

func (c *counted) Read(ctx context.Context, f *ar.Frame) error {
	err := c.Camera.Read(ctx, f)
	c.frames.Store(f.Seq)
	return err
}

// TestWhoLeftWhileAFrameWaited: nor is one shown that was taken of a shopper and
// waited behind another until the next one was here.
func TestWhoLeftWhileAFrameWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		h := hanging{r.cfg.Tracker, make(chan struct{}), make(chan struct{})}
		r.cfg.Tracker = h
		cam := &counted{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}}
		r.cfg.Open = func(context.Context) (ar.Camera, error) { return cam, nil }
		p := r.pipeline(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		<-h.in
		time.Sleep(time.Second)
		synctest.Wait()
		p.SetPaused(true)
		left := cam.frames.Load()
		p.SetPaused(false)
		go func() { // it goes on
			for {
				select {
				case <-h.in:
				case h.out <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		require.NotEmpty(t, r.sink.all(), "the mirror goes on")
		for _, picture := range r.sink.all() {
			require.Greater(t, number(picture), left, "the next shopper sees who was here before")
		}
		cancel()
		require.NoError(t, <-done)
	})
}
