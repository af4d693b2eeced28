package ar_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// sized is an encoder of raw pixels that remembers the frame's size and memory.
type sized struct {
	width, height int
	pix           []byte
}

func (s *sized) Encode(dst []byte, f *ar.Frame) ([]byte, error) {
	s.width, s.height, s.pix = f.Width, f.Height, f.Pix[:cap(f.Pix)]
	return append(dst, f.Pix...), nil
}

// shown is a camera of one picture.
type shown struct {
	picture *ar.Frame
	seq     uint64
}

func (s *shown) Read(ctx context.Context, f *ar.Frame) error {
	select {
	case <-time.After(time.Second / 30):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.seq++
	f.Resize(s.picture.Width, s.picture.Height)
	copy(f.Pix, s.picture.Pix)
	f.Seq = s.seq
	return nil
}

func (s *shown) Close() error { return nil }

// previewOf is what somebody sees of a picture before they agree.
func previewOf(t *testing.T, picture *ar.Frame) (pixels []byte, width, height int) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		enc := &sized{}
		r.cfg.Encoder = enc
		r.cfg.Open = func(context.Context) (ar.Camera, error) { return &shown{picture: picture}, nil }
		r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) {
			t.Error("a frame is analysed before consent")
			return nil, nil
		}}
		p := r.pipeline(t)
		p.SetPaused(true)
		run(t, p, 100*time.Millisecond, func() {
			var err error
			pixels, err = p.Preview(t.Context())
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, make([]byte, len(enc.pix)), enc.pix, "nothing is kept")
			require.Empty(t, r.sink.all(), "nor shown to viewers")
			width, height = enc.width, enc.height
		})
	})
	return pixels, width, height
}

// TestPreviewIsNobody: before consent there is light and movement, but nothing
// smaller than a face's half.
func TestPreviewIsNobody(t *testing.T) {
	stripes := &ar.Frame{}
	stripes.Resize(1280, 720)
	for i := range stripes.Pix {
		if i/3%1280/20%2 == 0 { // 20 pixels wide: eyes and lips of a face 200 pixels wide
			stripes.Pix[i] = 255
		}
	}
	pixels, width, height := previewOf(t, stripes)
	require.Equal(t, []int{24, 13}, []int{width, height})
	require.Len(t, pixels, 3*24*13)
	for _, v := range pixels {
		require.InDelta(t, 127, v, 32, "stripes can be seen")
	}

	halves := &ar.Frame{}
	halves.Resize(720, 1280) // upright, light above
	for i := range 3 * 720 * 640 {
		halves.Pix[i] = 200
	}
	pixels, width, height = previewOf(t, halves)
	require.Equal(t, []int{13, 24}, []int{width, height})
	require.Equal(t, []byte{200, 0}, []byte{pixels[0], pixels[len(pixels)-1]}, "light and dark are where they are")

	for name, photo := range photos(t) {
		_, width, height := previewOf(t, photo)
		require.LessOrEqual(t, max(width, height), 24, name)
	}
}

func TestPreviewOnlyWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		p := r.pipeline(t)
		run(t, p, 100*time.Millisecond, func() {
			_, err := p.Preview(t.Context())
			require.ErrorIs(t, err, ar.ErrNotPaused)
			p.SetPaused(true)
			_, err = p.Preview(t.Context())
			require.NoError(t, err)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Preview(ctx) // no frame comes
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
