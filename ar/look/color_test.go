package look

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOKLabOfKnownColours(t *testing.T) {
	for _, tt := range []struct {
		name    string
		r, g, b uint8
		want    lab
	}{ // from the defining page and CSS Color 4's examples
		{"black", 0, 0, 0, lab{0, 0, 0}},
		{"white", 255, 255, 255, lab{1, 0, 0}},
		{"red", 255, 0, 0, lab{0.62796, 0.22486, 0.12585}},
		{"green", 0, 255, 0, lab{0.86644, -0.23389, 0.17950}},
		{"blue", 0, 0, 255, lab{0.45201, -0.03246, -0.31153}},
	} {
		got := toLab(tt.b, tt.g, tt.r)
		require.InDelta(t, tt.want.L, got.L, 1e-3, tt.name)
		require.InDelta(t, tt.want.a, got.a, 1e-3, tt.name)
		require.InDelta(t, tt.want.b, got.b, 1e-3, tt.name)
	}
}

func TestColourComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, g, r := rapid.Byte().Draw(t, "b"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "r")
		b2, g2, r2 := toLab(b, g, r).bgr()
		for i, pair := range [3][2]uint8{{b, b2}, {g, g2}, {r, r2}} {
			if d := int(pair[0]) - int(pair[1]); d < -1 || d > 1 {
				t.Fatalf("channel %d: %d came back as %d", i, pair[0], pair[1])
			}
		}
	})
}

func TestCubeRoot(t *testing.T) {
	for x := float32(1e-4); x <= 1.1; x *= 1.07 {
		require.InEpsilon(t, math.Cbrt(float64(x)), cbrt(x), 2e-5)
	}
	require.Zero(t, cbrt(0))
	require.Zero(t, cbrt(-1))
}
