package look

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestWingsRiseToAPoint: a wing goes on outwards and up from the eye's outer
// corner, sticks out nowhere below it and is thin at its tip.
func TestWingsRiseToAPoint(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	l := skinLooks()["eyeliner winged"]
	for _, yaw := range []float64{-15, 0, 15} {
		f, face := fx.posed(1280, 960, yaw, 400)
		places := changed(f, drawn(t, r, f, face, l))
		mm := faceScale(&face, f)
		for side, line := range lashLines {
			inner, corner := pixel(&face, line[0], f), pixel(&face, line[len(line)-1], f)
			// As seen from the corner along the eye: outwards and up.
			n := math.Hypot(corner.x-inner.x, corner.y-inner.y)
			ox, oy := (corner.x-inner.x)/n, (corner.y-inner.y)/n
			sign := []float64{1, -1}[side]
			seen := func(p vec) (out, up float64) {
				dx, dy := p.x-corner.x, p.y-corner.y
				return (dx*ox + dy*oy) / mm, sign * (dy*ox - dx*oy) / mm
			}
			far, rise := 0., 0.
			for _, p := range places {
				if out, up := seen(p); out > far {
					far, rise = out, up
				}
			}
			require.Greater(t, far, 3.5, "yaw %v side %d", yaw, side)
			angle := math.Atan2(rise, far) * 180 / math.Pi
			require.Greater(t, angle, 27., "yaw %v side %d: it rises", yaw, side)
			require.Less(t, angle, 50., "yaw %v side %d", yaw, side)
			least, most := math.Inf(1), math.Inf(-1)
			for _, p := range places {
				out, up := seen(p)
				if out <= 0 {
					continue
				}
				require.Greater(t, up, rise*out/far-2.2, "yaw %v side %d: below the way to the tip", yaw, side)
				if math.Abs(out-0.85*far) < 0.25 {
					least, most = min(least, up), max(most, up)
				}
			}
			require.Less(t, most-least, 1.8, "yaw %v side %d: a point", yaw, side)
		}
	}
}

// TestLashesMakeNoTuft: they are hardly denser at the outer corner than in the
// middle of the lid.
func TestLashesMakeNoTuft(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, shape := range []ar.Shape{ar.Natural, ar.Volume, ar.CatEye} {
		f, face := fx.posed(1280, 960, 0, 500)
		drawn(t, r, f, face, skinLooks()["lashes "+string(shape)])
		upper := r.lashes.strands[:upperLashes[shape].count]
		density := func(from, to int) float64 { // width of hair on a pixel of the lid
			width, long := 0., 0.
			for i := from; i < to; i++ {
				a, b := upper[i].root, upper[i+1].root
				width, long = width+upper[i].width, long+math.Hypot(b.x-a.x, b.y-a.y)
			}
			return width / long
		}
		n := len(upper)
		require.Less(t, density(n*9/10, n-1), 1.6*density(n*4/10, n*7/10), "%s", shape)
	}
}
