package ar_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// ending is a camera that ends as it is told to, as a tablet's when its shopper
// has finished. It knows the memory of all frames that it was given.
type ending struct {
	fake.Camera
	mu     sync.Mutex
	err    error // what Read says; nil while there are pictures
	frames []*ar.Frame
}

func (e *ending) end(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *ending) Read(ctx context.Context, f *ar.Frame) error {
	e.mu.Lock()
	err := e.err
	if !slices.Contains(e.frames, f) {
		e.frames = append(e.frames, f)
	}
	e.mu.Unlock()
	if err == nil {
		return e.Camera.Read(ctx, f)
	}
	select {
	case <-time.After(time.Second):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestNothingStaysWithoutFrames: who has left is forgotten although no frame
// comes any more, whether the camera rests or is lost.
func TestNothingStaysWithoutFrames(t *testing.T) {
	for name, end := range map[string]error{"idle": ar.ErrIdle, "lost": errors.New("unplugged")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, work := newToilingRig(time.Millisecond)
				cam := &ending{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}}
				opened := false
				r.cfg.Open = func(context.Context) (ar.Camera, error) {
					if opened {
						return nil, errors.New("unplugged")
					}
					opened = true
					return cam, nil
				}
				p := r.pipeline(t)
				run(t, p, time.Second, func() {
					require.Zero(t, work.forgets.Load())
					cam.end(end)
					time.Sleep(100 * time.Millisecond) // the last frame is through
					p.SetPaused(true)
					time.Sleep(3 * time.Second)
					synctest.Wait()
					require.Positive(t, work.forgets.Load(), "the tracker still knows who was there")
					require.GreaterOrEqual(t, len(cam.frames), 2)
					for i, f := range cam.frames {
						require.Empty(t, slices.DeleteFunc(slices.Clone(f.Pix[:cap(f.Pix)]), func(b byte) bool { return b == 0 }), "frame %d shows somebody", i)
					}
				})
			})
		})
	}
}

// TestShortPauseForgetsToo: the next shopper may begin before another frame has
// come.
func TestShortPauseForgetsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, work := newToilingRig(time.Millisecond)
		p := r.pipeline(t)
		run(t, p, time.Second, func() {
			p.SetPaused(true)
			p.SetPaused(false)
			time.Sleep(100 * time.Millisecond)
			require.Positive(t, work.forgets.Load())
		})
	})
}

// TestMirrorWithoutFramesIsNoLoad: a mirror whose camera was lost, or rests,
// does not cost the others on its machine their effort.
func TestMirrorWithoutFramesIsNoLoad(t *testing.T) {
	for name, paused := range map[string]bool{"lost": false, "finished": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load := ar.NewLoad(2)
				var cams []*ending
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 4)
				var all []*ar.Pipeline
				for i := range 4 {
					r, work := newToilingRig(5 * time.Millisecond)
					r.cfg.Load = load
					if i > 0 {
						work.takes.Store(int64(800 * time.Millisecond)) // too much with the least effort
						cam := &ending{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}}
						cams = append(cams, cam)
						r.cfg.Open = func(context.Context) (ar.Camera, error) { return cam, nil }
					}
					p := r.pipeline(t)
					all = append(all, p)
					go func() { done <- p.Run(ctx) }()
				}
				time.Sleep(30 * time.Second)
				require.Positive(t, all[0].Stats().Level)
				for _, cam := range cams {
					cam.end(ar.ErrIdle)
				}
				for _, p := range all[1:] {
					p.SetPaused(paused)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Zero(t, all[0].Stats().Level)
				cancel()
				for range all {
					require.NoError(t, <-done)
				}
			})
		})
	}
}
