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
