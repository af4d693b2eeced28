package ar

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func boxFace(x, y, w, h float32) *Face {
	f := &Face{}
	for i := range f.Points {
		f.Points[i] = Point{X: x + w*float32(i%2), Y: y + h*float32(i/2%2)}
	}
	return f
}

func TestPortraitStaysInsideTheFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &Frame{Width: rapid.IntRange(8, 2000).Draw(t, "width"), Height: rapid.IntRange(8, 2000).Draw(t, "height")}
		at := rapid.Float32Range(-1.5, 2.5)
		aspect := rapid.Float64Range(0.1, 4).Draw(t, "aspect")
		var p portrait
		for range 3 {
			f.At = f.At.Add(30 * time.Millisecond)
			face := boxFace(at.Draw(t, "x"), at.Draw(t, "y"), rapid.Float32Range(0, 2).Draw(t, "w"), rapid.Float32Range(0, 2).Draw(t, "h"))
			r := p.follow(f, face, aspect)
			require.GreaterOrEqual(t, r.x, -1e-9)
			require.GreaterOrEqual(t, r.y, -1e-9)
			require.LessOrEqual(t, r.x+r.w, float64(f.Width)+1e-6)
			require.LessOrEqual(t, r.y+r.h, float64(f.Height)+1e-6)
			require.InDelta(t, aspect, r.w/r.h, 1e-9)
		}
	})
}

func TestPortraitFollowsWithoutHaste(t *testing.T) {
	start := time.Now()
	f := &Frame{Width: 1000, Height: 1000, At: start}
	var p portrait
	first := p.follow(f, boxFace(0.4, 0.4, 0.1, 0.1), 1)
	require.InDelta(t, 450, first.x+first.w/2, 1, "it begins at the face")
	f.At = start.Add(33 * time.Millisecond)
	next := p.follow(f, boxFace(0.44, 0.4, 0.1, 0.1), 1)
	require.InDelta(t, 5, next.x-first.x, 2, "an eighth of the way in one frame")
	f.At = f.At.Add(time.Millisecond)
	require.Equal(t, next, p.follow(f, nil, 1), "without a face it stays")
	for range 60 {
		f.At = f.At.Add(33 * time.Millisecond)
		next = p.follow(f, boxFace(0.44, 0.4, 0.1, 0.1), 1)
	}
	require.InDelta(t, 40, next.x-first.x, 0.5)
	f.At = f.At.Add(2 * portraitLost)
	next = p.follow(f, boxFace(0.2, 0.4, 0.1, 0.1), 1)
	require.InDelta(t, 250, next.x+next.w/2, 1, "after a while it jumps")
}

func TestScaler(t *testing.T) {
	src := &Frame{}
	src.Resize(40, 30)
	for i := range src.Pix {
		src.Pix[i] = byte(i * 7)
	}
	var s scaler
	same := &Frame{}
	same.Resize(40, 30)
	s.draw(same, 0, 0, 40, 30, src, rect{0, 0, 40, 30})
	require.Equal(t, src.Pix, same.Pix, "the same size is the same picture")

	part := &Frame{}
	part.Resize(12, 12)
	s.draw(part, 1, 1, 10, 10, src, rect{30, 20, 10, 10})
	for y := range 10 {
		require.Equal(t, src.Pix[3*((20+y)*40+30):][:30], part.Pix[3*((1+y)*12+1):][:30])
	}
	require.Equal(t, bytes.Repeat([]byte{0}, 36), part.Pix[:36], "nothing is drawn outside its place")

	// A ramp stays one at every scale.
	for x := range 40 {
		for y := range 30 {
			copy(src.Pix[3*(y*40+x):], []byte{byte(4 * x), 0, byte(4 * y)})
		}
	}
	large := &Frame{}
	large.Resize(97, 61)
	s.draw(large, 0, 0, 97, 61, src, rect{0, 0, 40, 30})
	for y := range 61 {
		for x := 1; x < 97; x++ {
			a, b := large.Pix[3*(y*97+x-1)], large.Pix[3*(y*97+x)]
			if b < a || b-a > 3 {
				t.Fatalf("%d, %d: %d after %d", x, y, b, a)
			}
		}
	}
}

// still, replay and what was compared hold nothing once they are over.
func TestNothingOfTheShopperStaysInMemory(t *testing.T) {
	zero := func(b []byte) bool { return len(bytes.Trim(b[:cap(b)], "\x00")) == 0 }
	f := &Frame{}
	f.Resize(16, 16)
	for i := range f.Pix {
		f.Pix[i] = 0xAA
	}

	var s still
	s.want(true)
	s.hold(f, []Face{*boxFace(0.1, 0.1, 0.5, 0.5)})
	pix, faces := s.frame.Pix, s.faces
	require.False(t, zero(pix))
	s.want(false)
	require.True(t, zero(pix), "pixels of a held moment are left")
	require.Equal(t, Face{}, faces[0], "landmarks of a held moment are left")
	_, held := s.show(nil, f)
	require.False(t, held)

	var r replay
	r.record()
	r.keep(f.Pix)
	r.mu.Lock()
	picture := r.shots[0].picture
	r.mu.Unlock()
	require.Equal(t, f.Pix, picture)
	require.NotSame(t, &f.Pix[0], &picture[0])
	r.stop()
	require.True(t, zero(picture), "a recorded picture is left")

	var c comparing
	c.keep(f, 0, 16)
	bare := c.bare
	c.forget()
	require.True(t, zero(bare), "the bare picture is left")
}

func TestReplayIsBounded(t *testing.T) {
	var r replay
	defer r.stop()
	r.record()
	picture := bytes.Repeat([]byte{1}, replayBytes/4+1)
	for range 4 {
		r.keep(picture)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Equal(t, ReplayPlaying, r.state, "full: it is played")
	require.Len(t, r.shots, 3)
	require.LessOrEqual(t, r.bytes, replayBytes)
}
