package ar_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// flood is a renderer that fills the frame with the first layer's colour.
type flood struct{ *painter }

func (flood) Draw(f *ar.Frame, _ []ar.Face, l ar.Look) error {
	c := l.Layers[0].Color
	for i := 0; i < len(f.Pix); i += 3 {
		f.Pix[i], f.Pix[i+1], f.Pix[i+2] = c.B, c.G, c.R
	}
	return nil
}

// raw encodes nothing: a picture is its pixels.
type raw struct{}

func (raw) Encode(dst []byte, f *ar.Frame) ([]byte, error) { return append(dst, f.Pix...), nil }

// faceAt is a face whose landmarks fill a box of the frame.
func faceAt(x, y, w, h float32) ar.Face {
	face := ar.Face{ID: 1, Score: 1}
	for i := range face.Points {
		face.Points[i] = ar.Point{X: x + w*float32(i%20)/19, Y: y + h*float32(i/20%20)/19}
	}
	return face
}

// newCompareRig floods frames with what is worn and counts how often faces are
// tracked.
func newCompareRig() (*rig, *atomic.Int64) {
	r := newRig()
	var tracked atomic.Int64
	r.cfg.Renderer, r.cfg.Encoder, r.cfg.Photo = flood{r.painter}, raw{}, raw{}
	r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) {
		tracked.Add(1)
		return []ar.Face{faceAt(0.4, 0.3, 0.2, 0.3)}, nil
	}}
	return r, &tracked
}

func at(f *ar.Frame, x, y int) ar.Color {
	px := f.Pix[3*(y*f.Width+x):]
	return ar.Color{R: px[2], G: px[1], B: px[0]}
}

func testCard(width, height int) *ar.Frame {
	f := &ar.Frame{Seq: 1}
	f.Resize(width, height)
	fake.TestCard(f)
	return f
}

var red, green, blue = ar.Color{R: 200}, ar.Color{G: 200}, ar.Color{B: 200}

func TestSplitIsBareLeftOfTheEdgeAsDisplayed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(8, 48).Draw(t, "width")
		edge := rapid.IntRange(0, width).Draw(t, "edge")
		mirrored := rapid.Bool().Draw(t, "mirrored")
		r, tracked := newCompareRig()
		r.cfg.Mirrored = mirrored
		p, err := ar.NewPipeline(r.cfg)
		require.NoError(t, err)
		require.NoError(t, p.SetLook(look(red)))
		require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareSplit, At: float64(edge) / float64(width)}))
		f, card := testCard(width, 8), testCard(width, 8)
		_, err = p.Process(f)
		require.NoError(t, err)
		for y := range f.Height {
			for x := range width {
				displayed := x
				if mirrored {
					displayed = width - 1 - x
				}
				want := red
				if displayed < edge {
					want = at(card, x, y)
				}
				if got := at(f, x, y); got != want {
					t.Fatalf("%d, %d: %v, want %v", x, y, got, want)
				}
			}
		}
		require.EqualValues(t, 1, tracked.Load())
	})
}

func TestShadesStandInReadingOrder(t *testing.T) {
	for _, mirrored := range []bool{false, true} {
		r, tracked := newCompareRig()
		r.cfg.Mirrored = mirrored
		p := r.pipeline(t)
		require.NoError(t, p.SetCompare(ar.Compare{
			Mode: ar.CompareShades, Looks: []ar.Look{look(red), look(green), look(blue), {}}, Columns: 2, Aspect: 1,
		}))
		f := testCard(320, 180)
		_, err := p.Process(f)
		require.NoError(t, err)
		require.EqualValues(t, 1, tracked.Load(), "one inference for all shades")
		require.InDelta(t, 1, float64(f.Width)/float64(f.Height), 0.05)
		require.LessOrEqual(t, f.Width*f.Height, 320*180, "no larger than a frame")
		require.Len(t, f.Pix, 3*f.Width*f.Height)
		left, right := f.Width/4, 3*f.Width/4
		if mirrored {
			left, right = right, left
		}
		top, bottom := f.Height/4, 3*f.Height/4
		require.Equal(t, red, at(f, left, top))
		require.Equal(t, green, at(f, right, top))
		require.Equal(t, blue, at(f, left, bottom))
		none := at(f, right, bottom)
		for _, c := range []ar.Color{red, green, blue} {
			require.NotEqual(t, c, none, "the shade before shines through")
		}
		require.Equal(t, ar.Color{R: 0xFA, G: 0xF7, B: 0xF2}, at(f, f.Width/2, top), "the gap")
	}
}

// A shade shows the face, not the middle of the frame.
func TestShadesShowTheFace(t *testing.T) {
	r, _ := newCompareRig()
	r.cfg.Tracker = &fake.Tracker{Script: fake.Still(faceAt(0.1, 0.1, 0.1, 0.2))}
	p := r.pipeline(t)
	require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareShades, Looks: make([]ar.Look, 2), Columns: 2, Aspect: 1}))
	f := &ar.Frame{Seq: 1}
	f.Resize(320, 180)
	for y := range 180 { // a grey ramp tells where a pixel is from
		for x := range 320 {
			copy(f.Pix[3*(y*320+x):], []byte{byte(x / 2), byte(x / 2), byte(x / 2)})
		}
	}
	_, err := p.Process(f)
	require.NoError(t, err)
	middle := 2 * float64(at(f, f.Width/4, f.Height/2).R)
	require.InDelta(t, 0.15*320, middle, 8, "the middle of the shade is the middle of the face")
}

func TestFrozenMomentTakesNewShades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tracked := newCompareRig()
		p := r.pipeline(t)
		split := ar.Compare{Mode: ar.CompareSplit, At: 0.5}
		require.NoError(t, p.SetCompare(split))
		run(t, p, 500*time.Millisecond, func() {
			split.Freeze = true
			require.NoError(t, p.SetCompare(split))
			time.Sleep(100 * time.Millisecond)
			looked, from := tracked.Load(), len(r.sink.all())
			for _, c := range []ar.Color{red, green} {
				require.NoError(t, p.SetLook(look(c)))
				time.Sleep(300 * time.Millisecond)
				synctest.Wait()
				all := r.sink.all()
				require.Equal(t, []byte{c.B, c.G, c.R}, all[len(all)-1][3*63:3*64])
			}
			require.True(t, p.Compare().Freeze)
			require.Equal(t, looked, tracked.Load(), "a held face is not tracked again")
			still := r.sink.all()[from:]
			require.Greater(t, len(still), 10)
			for _, b := range still[1:] {
				require.Equal(t, still[0][:3*32], b[:3*32], "the bare half stands still")
			}

			split.Freeze = false
			require.NoError(t, p.SetCompare(split))
			time.Sleep(300 * time.Millisecond)
			require.Greater(t, tracked.Load(), looked)
			live := r.sink.all()
			require.NotEqual(t, live[len(live)-1], live[len(live)-2], "the picture moves again")
		})
	})
}

func TestFreezeEndsByItselfAndByPausing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tracked := newCompareRig()
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareOff, Freeze: true}))
			time.Sleep(ar.FreezeLimit - time.Second)
			require.True(t, p.Compare().Freeze)
			looked := tracked.Load()
			time.Sleep(2 * time.Second)
			require.False(t, p.Compare().Freeze)
			require.Greater(t, tracked.Load(), looked)

			require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareSplit, At: 0.5, Freeze: true}))
			p.SetPaused(true)
			require.Equal(t, ar.Compare{Mode: ar.CompareOff}, p.Compare(), "nothing is left of what was compared")
		})
	})
}

func TestCompareRefuses(t *testing.T) {
	r, _ := newCompareRig()
	p := r.pipeline(t)
	two := []ar.Look{{}, look(red)}
	for want, c := range map[string]ar.Compare{
		"mode":        {Mode: "flip"},
		"the edge":    {Mode: ar.CompareSplit, At: 1.01},
		"1 shades":    {Mode: ar.CompareShades, Looks: two[:1], Columns: 1, Aspect: 1},
		"5 shades":    {Mode: ar.CompareShades, Looks: make([]ar.Look, 5), Columns: 1, Aspect: 1},
		"columns":     {Mode: ar.CompareShades, Looks: two, Columns: 3, Aspect: 1},
		"aspect":      {Mode: ar.CompareShades, Looks: two, Columns: 2},
		"shade 2":     {Mode: ar.CompareShades, Looks: []ar.Look{{}, {Layers: []ar.Layer{{Kind: "hat"}}}}, Columns: 2, Aspect: 1},
		"such shape":  {Mode: ar.CompareShades, Looks: []ar.Look{{}, {Layers: []ar.Layer{{Kind: ar.Glasses, Asset: "none.svg"}}}}, Columns: 2, Aspect: 1},
		"edge at NaN": {Mode: ar.CompareSplit, At: nan()},
	} {
		require.ErrorContains(t, p.SetCompare(c), want)
	}
	require.Equal(t, ar.CompareOff, p.Compare().Mode, "what was shown stays")
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestReplayShowsTheLastSecondsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tracked := newCompareRig()
		r.cfg.Encoder = encoder{}
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			require.Equal(t, ar.Replay{State: ar.ReplayOff}, p.Replay())
			from := len(r.sink.all())
			p.SetReplay(true)
			time.Sleep(ar.ReplayLength - 50*time.Millisecond)
			require.Equal(t, ar.ReplayRecording, p.Replay().State)
			require.Equal(t, 50*time.Millisecond, p.Replay().Left)
			time.Sleep(60 * time.Millisecond)
			synctest.Wait()
			first, last := number(r.sink.all()[from]), uint64(0)
			for _, b := range r.sink.all()[from:] { // the last may be the first again
				last = max(last, number(b))
			}
			require.InDelta(t, 150, last-first, 3)

			looked := tracked.Load()
			require.Equal(t, ar.ReplayPlaying, p.Replay().State)
			from = len(r.sink.all())
			time.Sleep(12 * time.Second)
			synctest.Wait()
			require.Equal(t, looked, tracked.Load(), "nobody is looked at meanwhile")
			starts := 0
			for _, b := range r.sink.all()[from:] {
				require.True(t, first <= number(b) && number(b) <= last, "%d is no recorded picture", number(b))
				if number(b) == first {
					starts++
				}
			}
			require.InDelta(t, 2.5, starts, 0.5, "over and over, at its own speed")

			p.SetReplay(false)
			require.Equal(t, ar.Replay{State: ar.ReplayOff}, p.Replay())
			time.Sleep(time.Second)
			live := r.sink.all()
			require.Greater(t, number(live[len(live)-1]), last, "the mirror again")
		})
	})
}

func TestReplayEndsByItselfAndByPausing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newCompareRig()
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			p.SetReplay(true)
			time.Sleep(ar.ReplayLength + ar.ReplayLimit + time.Second)
			require.Equal(t, ar.ReplayOff, p.Replay().State)

			for _, state := range []ar.ReplayState{ar.ReplayRecording, ar.ReplayPlaying} {
				p.SetReplay(true)
				if state == ar.ReplayPlaying {
					time.Sleep(ar.ReplayLength + time.Second)
				}
				require.Equal(t, state, p.Replay().State)
				p.SetPaused(true)
				require.Equal(t, ar.ReplayOff, p.Replay().State)
				p.SetReplay(true)
				require.Equal(t, ar.ReplayOff, p.Replay().State, "nothing is recorded while paused")
				p.SetPaused(false)
			}
		})
	})
}

// A replay needs no camera: it is seen to its end whatever becomes of that, and
// then the card is.
func TestReplayGoesOnWithoutFrames(t *testing.T) {
	for name, fails := range map[string]error{"stalled": ar.ErrIdle, "lost": errors.New("unplugged")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				cam := &ending{Camera: fake.Camera{Width: 64, Height: 36, FPS: 30}}
				opened := false
				r.cfg.Open = func(context.Context) (ar.Camera, error) {
					if opened {
						return nil, fails
					}
					opened = true
					return cam, nil
				}
				p := r.pipeline(t)
				card := func(p []byte) bool { return bytes.Equal(firstPixel(p), []byte{0xF2, 0xF7, 0xFA}) }
				run(t, p, 100*time.Millisecond, func() {
					p.SetReplay(true)
					time.Sleep(2 * time.Second)
					cam.end(fails)
					time.Sleep(ar.ReplayLength)
					require.True(t, slices.ContainsFunc(r.sink.all(), card), "while it is recorded the card is shown")
					synctest.Wait()
					require.Equal(t, ar.ReplayPlaying, p.Replay().State)
					from := len(r.sink.all())
					time.Sleep(ar.ReplayLimit - 5*time.Second)
					synctest.Wait()
					shown := r.sink.all()[from:]
					require.False(t, slices.ContainsFunc(shown, card), "the card covers the replay, or was recorded")
					require.InDelta(t, 55*30, len(shown), 100, "at its own speed, with a moment before each beginning")
					require.Equal(t, ar.Fault(name), p.Stats().CameraFault)

					time.Sleep(10 * time.Second)
					require.Equal(t, ar.ReplayOff, p.Replay().State)
					require.True(t, slices.ContainsFunc(r.sink.all()[from+len(shown):], card))
				})
			})
		})
	}
}

// Nobody looks, so nothing is recorded: there is nothing to show again.
func TestReplayOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newCompareRig()
		r.sink.unwanted = true
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			p.SetReplay(true)
			time.Sleep(ar.ReplayLength + time.Second)
			require.Equal(t, ar.ReplayOff, p.Replay().State)
		})
	})
}

func TestSnapshotIsTheWholeLookAroundTheFace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newCompareRig()
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(red)))
		require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareSplit, At: 1}))
		run(t, p, time.Second, func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			before := len(r.sink.all())
			photo, err := p.Snapshot(ctx)
			require.NoError(t, err)
			require.Less(t, len(photo), 3*64*36, "less than the frame: whoever is beside the face is not in it")
			require.Equal(t, bytes.Repeat([]byte{0, 0, 200}, len(photo)/3), photo)
			time.Sleep(100 * time.Millisecond)
			for _, b := range r.sink.all()[before:] {
				require.NotEqual(t, []byte{0, 0, 200}, b[:3], "the viewers' split stays")
			}
		})
	})
}

func TestSnapshotRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newCompareRig()
		nobody := false
		r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) {
			if nobody {
				return nil, nil
			}
			return []ar.Face{faceAt(0.4, 0.3, 0.2, 0.3)}, nil
		}}
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			p.SetPaused(true)
			_, err := p.Snapshot(t.Context())
			require.ErrorIs(t, err, ar.ErrNotLooked)
			p.SetPaused(false)
			p.SetReplay(true)
			time.Sleep(ar.ReplayLength + time.Second)
			_, err = p.Snapshot(t.Context())
			require.ErrorIs(t, err, ar.ErrNotLooked)
			p.SetReplay(false)
			synctest.Wait()
			nobody = true
			_, err = p.Snapshot(t.Context())
			require.ErrorIs(t, err, ar.ErrNoFace)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Snapshot(ctx) // no frame comes
		require.ErrorIs(t, err, context.DeadlineExceeded)

		r.cfg.Photo = nil
		_, err = r.pipeline(t).Snapshot(t.Context())
		require.ErrorContains(t, err, "no encoder")
	})
}

// The shopper is told to come closer by how far apart the pupils are, whatever
// the mirror shows.
func TestFarFace(t *testing.T) {
	for _, tt := range []struct {
		eyes float32 // of the frame's width
		far  bool
	}{{0.02, true}, {0.035, true}, {0.045, false}, {0.2, false}} {
		r, _ := newCompareRig()
		face := faceAt(0.4, 0.3, 0.2, 0.3)
		face.Points[468], face.Points[473] = ar.Point{X: 0.5, Y: 0.4}, ar.Point{X: 0.5 + tt.eyes, Y: 0.4}
		r.cfg.Tracker = &fake.Tracker{Script: fake.Still(face)}
		p := r.pipeline(t)
		require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareShades, Looks: make([]ar.Look, 2), Columns: 2, Aspect: 4}))
		_, err := p.Process(testCard(320, 180)) // 12.6 px are far
		require.NoError(t, err)
		require.Equal(t, tt.far, p.Stats().Far, tt.eyes)
		require.Equal(t, 320, p.Stats().Width, "of the camera's frame")
		p.SetPaused(true)
		require.False(t, p.Stats().Far)
	}
}

// TestLandmarksThatAreNoNumbers: what a model answers for one frame does not stop the
// shades for the rest of the visit.
func TestLandmarksThatAreNoNumbers(t *testing.T) {
	for _, odd := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		r, _ := newCompareRig()
		face := faceAt(0.4, 0.3, 0.2, 0.3)
		r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) { return []ar.Face{face}, nil }}
		p := r.pipeline(t)
		require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareShades, Looks: []ar.Look{{}, look(red)}, Columns: 2, Aspect: 1}))
		usual := face
		face.Points[3].X = odd
		require.NotPanics(t, func() { require.NoError(t, p.Show(testCard(64, 36))) })
		face = usual
		require.NotPanics(t, func() { require.NoError(t, p.Show(testCard(64, 36))) })
		require.Len(t, r.sink.all(), 2)
	}
}
