package ar_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// sink keeps what it is given. It is an ar.Sink.
type sink struct {
	mu       sync.Mutex
	unwanted bool
	pictures [][]byte
}

func (s *sink) Wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.unwanted
}

func (s *sink) Publish(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pictures = append(s.pictures, p)
}

func (s *sink) all() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.pictures...)
}

// encoder writes the frame's size, number and first pixel.
type encoder struct{ err error }

func (e encoder) Encode(dst []byte, f *ar.Frame) ([]byte, error) {
	dst = binary.BigEndian.AppendUint32(dst, uint32(f.Width))
	dst = binary.BigEndian.AppendUint64(dst, f.Seq)
	return append(dst, f.Pix[:3]...), e.err
}

func number(picture []byte) uint64 { return binary.BigEndian.Uint64(picture[4:]) }
func firstPixel(p []byte) []byte   { return p[12:15] }

// painter is a renderer that writes the first layer's colour into the first
// pixel and takes its time.
type painter struct {
	takes time.Duration
	err   error
	drew  int // faces
}

func (p *painter) Draw(f *ar.Frame, faces []ar.Face, l ar.Look) error {
	time.Sleep(p.takes)
	p.drew += len(faces)
	c := l.Layers[0].Color
	copy(f.Pix, []byte{c.B, c.G, c.R})
	return p.err
}

func (p *painter) Check(l ar.Look) error {
	if slices.ContainsFunc(l.Layers, func(l ar.Layer) bool { return l.Asset == "none.svg" }) {
		return errors.New("no such shape")
	}
	return nil
}

func (p *painter) Close() error { return nil }

func look(c ar.Color) ar.Look {
	return ar.Look{Layers: []ar.Layer{{Kind: ar.Lipstick, Color: c, Finish: ar.Matte, Intensity: 1}}}
}

// rig is a pipeline over a small test card.
type rig struct {
	cfg     ar.PipelineConfig
	sink    *sink
	painter *painter
	log     *bytes.Buffer
}

func newRig() *rig {
	r := &rig{sink: &sink{}, painter: &painter{}, log: &bytes.Buffer{}}
	r.cfg = ar.PipelineConfig{
		Open: func(context.Context) (ar.Camera, error) {
			return &fake.Camera{Width: 64, Height: 36, FPS: 30}, nil
		},
		Tracker:  &fake.Tracker{Script: fake.Still(ar.Face{ID: 1, Score: 1}, ar.Face{ID: 2, Score: 1})},
		Renderer: r.painter,
		Encoder:  encoder{},
		Sink:     r.sink,
		Log:      slog.New(slog.NewTextHandler(r.log, nil)),
	}
	return r
}

func (r *rig) pipeline(t *testing.T) *ar.Pipeline {
	t.Helper()
	p, err := ar.NewPipeline(r.cfg)
	require.NoError(t, err)
	return p
}

// run runs p, calls during once the clock has moved for d, and stops p. All
// goroutines must be gone afterwards, or the bubble it is called in fails.
func run(t *testing.T, p *ar.Pipeline, d time.Duration, during func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	time.Sleep(d)
	synctest.Wait()
	if during != nil {
		during()
	}
	cancel()
	require.NoError(t, <-done)
	synctest.Wait()
}

func TestEveryFrameWearsTheLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(ar.Color{R: 1, G: 2, B: 3})))
		run(t, p, time.Second-time.Millisecond, nil)
		pictures := r.sink.all()
		require.Len(t, pictures, 30)
		for i, b := range pictures {
			require.EqualValues(t, i+1, number(b))
			require.Equal(t, []byte{3, 2, 1}, firstPixel(b))
		}
		s := p.Stats()
		require.EqualValues(t, 30, s.Frames)
		require.EqualValues(t, 60, s.Faces)
		require.EqualValues(t, 30, s.Drawn)
		require.Equal(t, 30, r.painter.drew, "a bystander is not painted")
		require.Zero(t, s.Dropped)
		require.Zero(t, s.Failed)
		require.InDelta(t, 30, s.FPS, 1.5)
		require.True(t, s.Camera)
		require.Equal(t, 64, s.Width)
		require.WithinDuration(t, time.Now(), s.LastFace, 50*time.Millisecond)
	})
}

func TestEveryFaceBySetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.MaxFaces = 4
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(ar.Color{})))
		run(t, p, 10*time.Millisecond, nil)
		require.Equal(t, 2, r.painter.drew)
	})
}

func TestNewLookShowsWithinTwoFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.painter.takes = 5 * time.Millisecond
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(ar.Color{B: 1})))
		var before int
		time.AfterFunc(500*time.Millisecond, func() {
			before = len(r.sink.all())
			if err := p.SetLook(look(ar.Color{B: 2})); err != nil {
				t.Error(err)
			}
		})
		run(t, p, time.Second, nil)
		pictures := r.sink.all()
		require.EqualValues(t, 1, firstPixel(pictures[before-1])[0])
		require.EqualValues(t, 2, firstPixel(pictures[before+1])[0])
	})
}

func TestSlowDrawingDropsOldFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.painter.takes = 100 * time.Millisecond
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(ar.Color{})))
		run(t, p, 2*time.Second+time.Millisecond, nil)
		pictures := r.sink.all()
		require.InDelta(t, 20, len(pictures), 1)
		s := p.Stats()
		require.InDelta(t, 61, s.Frames+s.Dropped, 1, "every frame is drawn or dropped but for one that waits")
		require.InDelta(t, 100, s.FrameMS.P50, 1)
		require.InDelta(t, 100, s.DrawMS.P99, 1)
		last := number(pictures[len(pictures)-1])
		require.GreaterOrEqual(t, last, uint64(56), "what is shown is new")
	})
}

func TestPausedShowsAndTracksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var tracked atomic.Int64
		r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) {
			tracked.Add(1)
			return nil, nil
		}}
		p := r.pipeline(t)
		p.SetPaused(true)
		require.True(t, p.Paused())
		run(t, p, 10*time.Second, func() {
			require.Empty(t, r.sink.all())
			require.Zero(t, tracked.Load())
			require.True(t, p.Stats().Paused)
			p.SetPaused(false)
			time.Sleep(100 * time.Millisecond)
			require.NotEmpty(t, r.sink.all())
		})
	})
}

func TestNothingIsEncodedForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.sink.unwanted = true
		p := r.pipeline(t)
		run(t, p, time.Second, nil)
		require.Empty(t, r.sink.all())
		require.EqualValues(t, 31, p.Stats().Frames)
	})
}

func TestLostCameraComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var opened []time.Duration
		start := time.Now()
		r.cfg.Open = func(context.Context) (ar.Camera, error) {
			opened = append(opened, time.Since(start))
			switch n := len(opened); {
			case n == 1:
				return &fake.Camera{Width: 64, Height: 36, FPS: 30, LoseAfter: 31}, nil
			case n < 8:
				return nil, errors.New("no such device")
			}
			return &fake.Camera{Width: 64, Height: 36, FPS: 30}, nil
		}
		p := r.pipeline(t)
		run(t, p, 6*time.Second, func() {
			s := p.Stats()
			require.False(t, s.Camera)
			require.Equal(t, "no such device", s.CameraError)
			require.Zero(t, s.FPS)
			cards := r.sink.all()[31:]
			require.NotEmpty(t, cards, "the viewers see a card")
			for _, c := range cards {
				require.Zero(t, number(c))
				require.Equal(t, []byte{0xF2, 0xF7, 0xFA}, firstPixel(c))
			}
			time.Sleep(20 * time.Second)
			require.True(t, p.Stats().Camera)
			require.Empty(t, p.Stats().CameraError)
		})
		pictures := r.sink.all()
		require.NotZero(t, number(pictures[len(pictures)-1]), "and the picture again")
		// 1 s of pictures, then 250 ms, twice that, … up to 5 s.
		want := []time.Duration{0, 1250, 1750, 2750, 4750, 8750, 13750, 18750}
		require.Len(t, opened, len(want))
		for i := range want {
			require.InDelta(t, want[i]*time.Millisecond, opened[i], float64(time.Millisecond))
		}
		require.Equal(t, 1, bytes.Count(r.log.Bytes(), []byte("no camera")), "logged once:\n%s", r.log)
		require.Equal(t, 1, bytes.Count(r.log.Bytes(), []byte("camera is back")))
	})
}

// stuck is a camera that gives a few frames and then hangs.
type stuck struct {
	fake.Camera
	after uint64
}

func (s *stuck) Read(ctx context.Context, f *ar.Frame) error {
	if s.after == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	s.after--
	return s.Camera.Read(ctx, f)
}

func TestHangingCameraShowsTheCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.Open = func(context.Context) (ar.Camera, error) {
			return &stuck{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}, after: 3}, nil
		}
		p := r.pipeline(t)
		run(t, p, 5*time.Second, nil)
		require.Greater(t, len(r.sink.all()), 3)
	})
}

func TestFailuresShowTheFrameAsItIs(t *testing.T) {
	for name, spoil := range map[string]func(*rig){
		"tracker": func(r *rig) {
			r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) { return nil, errors.New("boom") }}
		},
		"renderer": func(r *rig) { r.painter.err = errors.New("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				spoil(r)
				p := r.pipeline(t)
				require.NoError(t, p.SetLook(look(ar.Color{})))
				run(t, p, time.Second-time.Millisecond, nil)
				require.Len(t, r.sink.all(), 30)
				require.EqualValues(t, 30, p.Stats().Failed)
				require.Equal(t, 1, bytes.Count(r.log.Bytes(), []byte("boom")), "logged once")
			})
		})
	}
}

func TestSourceThatEndsEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.Open = func(context.Context) (ar.Camera, error) {
			return &fake.Camera{Width: 64, Height: 36, FPS: 30, EndAfter: 5}, nil
		}
		p := r.pipeline(t)
		require.NoError(t, p.Run(t.Context()))
		require.Len(t, r.sink.all(), 5)
	})
}

func TestProcessIsTheSameWithoutACamera(t *testing.T) {
	r := newRig()
	p := r.pipeline(t)
	require.NoError(t, p.SetLook(look(ar.Color{R: 9})))
	cam := &fake.Camera{Width: 64, Height: 36, EndAfter: 3}
	var f ar.Frame
	for cam.Read(t.Context(), &f) == nil {
		faces, err := p.Process(&f)
		require.NoError(t, err)
		require.Len(t, faces, 2)
		require.EqualValues(t, 9, f.Pix[2])
	}
	require.ErrorIs(t, cam.Read(t.Context(), &f), io.EOF)
	require.EqualValues(t, 3, p.Stats().Drawn)
}

func TestPipelineRefuses(t *testing.T) {
	_, err := ar.NewPipeline(ar.PipelineConfig{})
	require.ErrorContains(t, err, "needed")
	r := newRig()
	r.cfg.Open = nil
	p := r.pipeline(t)
	require.ErrorContains(t, p.Run(t.Context()), "needed to run")
	require.ErrorContains(t, p.SetLook(ar.Look{Layers: []ar.Layer{{Kind: "hat"}}}), `kind "hat"`)
	require.ErrorContains(t, p.SetLook(ar.Look{Layers: []ar.Layer{{Kind: ar.Glasses, Asset: "none.svg"}}}), "no such shape")
	require.Empty(t, p.Look().Layers, "the look before stays")
}

// hanging is a tracker that stays in one frame until it is let go.
type hanging struct {
	ar.Tracker
	in, out chan struct{}
}

func (h hanging) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	h.in <- struct{}{}
	<-h.out
	return h.Tracker.Track(dst, f)
}

func TestATurnEndsNotWhileAFrameHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		h := hanging{r.cfg.Tracker, make(chan struct{}), make(chan struct{})}
		r.cfg.Tracker = h
		p := r.pipeline(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		<-h.in
		turned := make(chan error, 1)
		go func() { turned <- p.Turn(ctx) }()
		time.Sleep(time.Hour) // of the bubble's clock
		require.Empty(t, turned, "the pipeline hangs in a frame")
		h.out <- struct{}{}
		go func() { // and the frames after
			for {
				select {
				case <-h.in:
				case h.out <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}()
		require.NoError(t, <-turned)
		cancel()
		for stopped := false; !stopped; { // also in the middle of a frame
			select {
			case <-h.in:
			case h.out <- struct{}{}:
			case err := <-done:
				require.NoError(t, err)
				stopped = true
			}
		}
		require.ErrorIs(t, p.Turn(ctx), context.Canceled)
	})
}
