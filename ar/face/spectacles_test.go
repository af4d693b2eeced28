package face

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSpectaclesNeedASecond: one look is not enough, nor is one against them.
func TestSpectaclesNeedASecond(t *testing.T) {
	const on, off = 2 * spectaclesClear, spectaclesFaint / 2
	s := &spectacles{}
	after := func(lines float64, worn bool) (n int) {
		for ; s.worn != worn; n++ {
			require.Less(t, n, 100)
			s.count(lines, spectaclesEvery)
		}
		return n
	}
	require.InDelta(t, 7, after(on, true), 3, "looks of 100 ms")
	for range 20 {
		s.count(on, spectaclesEvery)
	}
	s.count(off, spectaclesEvery)
	require.True(t, s.worn)
	require.InDelta(t, 8, after(off, false), 3)

	for range 100 { // as often as not
		s.count(on, spectaclesEvery)
		s.count(off, spectaclesEvery)
		require.False(t, s.worn)
	}
	s.count(on, time.Hour)
	require.False(t, s.worn, "not by one look, however long ago the last was")
}
