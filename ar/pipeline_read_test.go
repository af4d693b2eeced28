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

// TestGreyIsWhatTheCameraTook: a code is read from the camera's own picture,
// whatever the shopper wears, and from nothing once the mirror is paused.
func TestGreyIsWhatTheCameraTook(t *testing.T) {
	picture := &ar.Frame{}
	picture.Resize(4, 2)
	copy(picture.Pix, []byte{
		255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, // blue, green, red, white
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	})
	synctest.Test(t, func(t *testing.T) {
		r, _ := newCompareRig()
		r.cfg.Open = func(context.Context) (ar.Camera, error) { return &shown{picture: picture}, nil }
		r.cfg.Tracker = &fake.Tracker{Script: fake.Still(faceAt(0, 0, 1, 1))}
		r.cfg.Mirrored = true
		p := r.pipeline(t)
		require.NoError(t, p.SetLook(look(red)))
		run(t, p, 100*time.Millisecond, func() {
			grey, err := p.Grey(t.Context())
			require.NoError(t, err)
			require.Equal(t, []byte{28, 149, 76, 255, 0, 0, 0, 0}, grey.Pix)
			require.Equal(t, 4, grey.Stride)

			p.SetPaused(true)
			_, err = p.Grey(t.Context())
			require.ErrorIs(t, err, ar.ErrNotLooked)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Grey(ctx) // no frame comes
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
