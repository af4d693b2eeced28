package ar_test

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// TestPanicIsOneFramesFailure: the till sells on, who asked for a photo is
// answered, and the mirror goes on when it can.
func TestPanicIsOneFramesFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		broken := time.Now().Add(time.Second)
		r.cfg.Photo = encoder{}
		r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) {
			if time.Now().Before(broken) {
				panic("no such landmark")
			}
			return []ar.Face{{ID: 1, Score: 1}}, nil
		}}
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, err := p.Snapshot(ctx)
			require.ErrorContains(t, err, "no such landmark")
			require.Positive(t, p.Stats().Failed)
			require.NotEmpty(t, r.sink.all(), "the frame is shown as it is")
			time.Sleep(2 * time.Second)
			require.Positive(t, p.Stats().Faces)
		})
		require.Contains(t, r.log.String(), "no such landmark")
	})
}

// fragile is a camera that panics: as it is opened, at its third frame, or as
// it is closed.
type fragile struct {
	fake.Camera
	when string
	read int
}

func (c *fragile) Read(ctx context.Context, f *ar.Frame) error {
	if c.read++; c.when == "read" && c.read == 3 {
		f.Resize(2, 2)
		panic("a picture of no kind")
	}
	if c.when == "close" && c.read == 3 {
		return fake.ErrLost
	}
	return c.Camera.Read(ctx, f)
}

func (c *fragile) Close() error {
	if c.when == "close" {
		panic("a picture of no kind")
	}
	return c.Camera.Close()
}

// TestPanicIsOneCamerasLoss: a camera whose program panics is lost as any other,
// told without a stack, tried again more and more slowly, and comes back.
func TestPanicIsOneCamerasLoss(t *testing.T) {
	for _, when := range []string{"open", "read", "close"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				var opened atomic.Int32
				var sound atomic.Bool
				r.cfg.Open = func(context.Context) (ar.Camera, error) {
					opened.Add(1)
					cam := &fragile{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}, when: when}
					if sound.Load() {
						cam.when = ""
					} else if when == "open" {
						panic("a picture of no kind")
					}
					return cam, nil
				}
				p := r.pipeline(t)
				run(t, p, time.Minute, func() {
					require.Greater(t, opened.Load(), int32(10), "it is tried again")
					require.Less(t, opened.Load(), int32(20), "with longer and longer pauses")
					s := p.Stats()
					require.False(t, s.Camera)
					require.Equal(t, ar.FaultLost, s.CameraFault)
					require.Contains(t, s.CameraError, "a picture of no kind")
					require.NotContains(t, s.CameraError, "goroutine")
					require.Contains(t, r.log.String(), "pipeline_panic_test.go", "the log tells where")
					paper := []byte{0xF2, 0xF7, 0xFA}
					require.True(t, slices.ContainsFunc(r.sink.all(), func(p []byte) bool { return bytes.Equal(firstPixel(p), paper) }), "no card is shown")
					sound.Store(true)
					time.Sleep(6 * time.Second)
					require.True(t, p.Stats().Camera)
					require.Empty(t, p.Stats().CameraFault)
				})
			})
		})
	}
}

// TestPanicInAPhotoAnswers: who asked is told, wherever it went wrong.
func TestPanicInAPhotoAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.Photo = breaking{}
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			_, err := p.Snapshot(t.Context())
			require.ErrorContains(t, err, "no such quality")
		})
		r.cfg.Encoder = breaking{}
		p = r.pipeline(t)
		run(t, p, time.Second, func() { require.Greater(t, p.Stats().Failed, uint64(20)) })
	})
}

// breaking is an encoder that panics.
type breaking struct{}

func (breaking) Encode([]byte, *ar.Frame) ([]byte, error) { panic("no such quality") }

// stubborn is a tracker that panics when it is to forget.
type stubborn struct{ fake.Tracker }

func (*stubborn) Forget() { panic("cannot forget") }

// TestPanicInForgetting: who has left takes neither the till nor the rest with
// them, whether frames come or not.
func TestPanicInForgetting(t *testing.T) {
	for name, ends := range map[string]error{"frames": nil, "none": ar.ErrIdle} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				r.cfg.Tracker = &stubborn{}
				cam := &ending{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}}
				r.cfg.Open = func(context.Context) (ar.Camera, error) { return cam, nil }
				p := r.pipeline(t)
				run(t, p, time.Second, func() {
					cam.end(ends)
					p.SetPaused(true)
					time.Sleep(5 * time.Second)
				})
				require.Equal(t, 1, bytes.Count(r.log.Bytes(), []byte("is not forgotten")), "it is said once")
			})
		})
	}
}
