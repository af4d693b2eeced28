package look

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestNecklaceDoesNotHangFromNowhere: where cloth covers its lowest part, no
// scraps of the chain are drawn on skin to the left and right.
func TestNecklaceDoesNotHangFromNowhere(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.posed(640, 360, 0, 750)
	look := wearing(ar.Necklace, "necklace.svg", "")
	require.NotEmpty(t, changed(f, drawn(t, r, f, face, look)))
	chin := float64(face.Points[152].Y) * float64(f.Height)
	perMM := face.Pose.Focal / 800
	for i := 0; i < len(f.Pix); i += 3 {
		x, y := float64(i/3%f.Width), float64(i/3/f.Width)
		if x > 320-18*perMM && x < 320+18*perMM && y > chin+8 {
			copy(f.Pix[i:], []byte{120, 60, 30})
		}
	}
	require.Empty(t, changed(f, drawn(t, r, f, face, look)))
}

// TestNecklaceIsSeenThoughACheekShines: the skin is known from both cheeks.
func TestNecklaceIsSeenThoughACheekShines(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.posed(640, 360, 0, 750)
	for _, i := range cheekSides[0] {
		cover(f, pixel(&face, i, f), 5, 215, 228, 240)
	}
	require.NotEmpty(t, changed(f, drawn(t, r, f, face, wearing(ar.Necklace, "necklace.svg", ""))))
}
