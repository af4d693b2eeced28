package look

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSimplifiedIsNowhereFarOff: all that is left out lies near what is left,
// and what is left was there, in its order.
func TestSimplifiedIsNowhereFarOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(-50, 50)
		line := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vec {
			return vec{number.Draw(t, "x"), number.Draw(t, "y")}
		}), 1, 60).Draw(t, "line")
		off := rapid.Float64Range(0, 20).Draw(t, "off")
		left := simplified(line, off)
		require.Equal(t, line[0], left[0])
		require.Equal(t, line[len(line)-1], left[len(left)-1])
		from := 0
		for _, p := range left {
			i := slices.Index(line[from:], p)
			require.GreaterOrEqual(t, i, 0)
			from += i
		}
		for _, p := range line {
			require.LessOrEqual(t, lineDistance(left, p), off+1e-9)
		}
	})
}

func TestCircleNeedsFewPoints(t *testing.T) {
	var circle []vec
	for i := range 361 {
		s, c := math.Sincos(float64(i) * math.Pi / 180)
		circle = append(circle, vec{25 * c, 25 * s})
	}
	require.Less(t, len(simplified(circle, shapeFine)), 150)
}
