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

// toil is a tracker whose work goes with the frame's pixels and the faces.
type toil struct {
	takes   atomic.Int64 // nanoseconds, for a frame of 64 × 36 with four faces
	faces   atomic.Int64
	forgets atomic.Int64
}

func (t *toil) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	faces := int(t.faces.Load())
	time.Sleep(time.Duration(t.takes.Load()) * time.Duration(f.Width*f.Height*faces) / (64 * 36 * 4))
	for i := range faces {
		dst = append(dst, ar.Face{ID: i + 1, Score: 1})
	}
	return dst, nil
}

func (t *toil) LimitFaces(n int) { t.faces.Store(int64(n)) }
func (t *toil) Forget()          { t.forgets.Add(1) }
func (t *toil) Close() error     { return nil }

// corner is a scaler that keeps a frame's first pixels.
type corner struct{}

func (corner) Scale(dst, src *ar.Frame) error {
	copy(dst.Pix, src.Pix)
	return nil
}

func newToilingRig(takes time.Duration) (*rig, *toil) {
	r, work := newRig(), &toil{}
	work.takes.Store(int64(takes))
	work.faces.Store(4)
	r.cfg.Tracker, r.cfg.MaxFaces = work, 4
	r.cfg.Load, r.cfg.Scaler = ar.NewLoad(8), corner{}
	r.cfg.Open = func(context.Context) (ar.Camera, error) {
		return &fake.Camera{Width: 64, Height: 36, FPS: 30}, nil
	}
	return r, work
}

// TestOverloadLowersSizeThenRateThenFaces, and all comes back when there is
// less to do.
func TestOverloadLowersSizeThenRateThenFaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, work := newToilingRig(10 * time.Millisecond)
		p := r.pipeline(t)
		run(t, p, 10*time.Second, func() {
			s := p.Stats()
			require.Zero(t, s.Level)
			require.Zero(t, s.Skipped)
			require.Equal(t, 4, s.MaxFaces)

			work.takes.Store(int64(50 * time.Millisecond))
			time.Sleep(6 * time.Second)
			s = p.Stats()
			require.Equal(t, 1, s.Level)
			require.Equal(t, []int{48, 28}, []int{s.Width, s.Height})
			require.InDelta(t, 30, s.FPS, 1)

			work.takes.Store(int64(160 * time.Millisecond))
			time.Sleep(8 * time.Second)
			s = p.Stats()
			require.Equal(t, 3, s.Level)
			require.Equal(t, []int{32, 18}, []int{s.Width, s.Height})
			require.InDelta(t, 20, s.FPS, 1)
			require.Positive(t, s.Skipped)
			require.Equal(t, 4, s.MaxFaces)

			work.takes.Store(int64(2 * time.Second))
			time.Sleep(20 * time.Second)
			s = p.Stats()
			require.Equal(t, 7, s.Level)
			require.Equal(t, 1, s.MaxFaces)
			require.EqualValues(t, 1, work.faces.Load(), "the others are not even looked for")

			work.takes.Store(int64(5 * time.Millisecond))
			time.Sleep(2 * time.Minute)
			s = p.Stats()
			require.Zero(t, s.Level)
			require.Equal(t, []int{64, 36}, []int{s.Width, s.Height})
			require.InDelta(t, 30, s.FPS, 1)
			require.EqualValues(t, 4, work.faces.Load())
		})
	})
}

// TestLoadIsShared: a pipeline that keeps up makes less effort when the others
// on its machine leave nothing for the till, and more once they rest.
func TestLoadIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := ar.NewLoad(2)
		var all []*ar.Pipeline
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 4)
		for range 4 {
			r, _ := newToilingRig(16 * time.Millisecond)
			r.cfg.Load = load
			p := r.pipeline(t)
			all = append(all, p)
			go func() { done <- p.Run(ctx) }()
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		for _, p := range all {
			require.Positive(t, p.Stats().Level)
		}
		for _, p := range all[1:] {
			p.SetPaused(true)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, all[0].Stats().Level)
		cancel()
		for range all {
			require.NoError(t, <-done)
		}
	})
}

// mindful counts how often it was told to forget.
type mindful struct {
	ar.Renderer
	forgets atomic.Int64
}

func (p *mindful) Forget() { p.forgets.Add(1) }

// TestPauseForgetsFaces: tracker and renderer keep nothing of who was there.
func TestPauseForgetsFaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, work := newToilingRig(time.Millisecond)
		paint := &mindful{Renderer: r.cfg.Renderer}
		r.cfg.Renderer = paint
		p := r.pipeline(t)
		run(t, p, time.Second, func() {
			require.Zero(t, work.forgets.Load())
			require.Zero(t, paint.forgets.Load())
			p.SetPaused(true)
			time.Sleep(time.Second)
			require.Positive(t, work.forgets.Load())
			require.Positive(t, paint.forgets.Load())
		})
	})
}
