package ar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// TestStatsTellOfTheNearestFacesGlasses: those of others say nothing, nor does
// a mirror that is paused.
func TestStatsTellOfTheNearestFacesGlasses(t *testing.T) {
	r := newRig()
	var faces []ar.Face
	r.cfg.Tracker = &fake.Tracker{Script: func(*ar.Frame) ([]ar.Face, error) { return faces, nil }}
	p := r.pipeline(t)
	told := func(now ...ar.Face) bool {
		faces = now
		var f ar.Frame
		f.Resize(64, 36)
		_, err := p.Process(&f)
		require.NoError(t, err)
		return p.Stats().WearsGlasses
	}
	bare, worn := ar.Face{ID: 1, Score: 1}, ar.Face{ID: 2, Score: 1, WearsGlasses: true}
	require.False(t, told(bare, worn))
	require.True(t, told(worn, bare))
	p.SetPaused(true)
	require.False(t, p.Stats().WearsGlasses)
	p.SetPaused(false)
	require.False(t, told(), "nobody is there")
}
