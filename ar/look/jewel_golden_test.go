package look

import (
	"image"
	"testing"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestJewelsLookAsTheyDid compares each piece with its picture under
// testdata/golden; go test -run AsTheyDid -update writes them anew.
func TestJewelsLookAsTheyDid(t *testing.T) {
	fx := readFixtures(t)
	for _, tt := range []struct {
		picture, asset string
		kind           ar.Kind
		side           ar.Side
	}{
		{"astronaut.png", "stud.svg", ar.Earrings, ar.Right},
		{"astronaut.png", "hoop.svg", ar.Earrings, ar.Right},
		{"astronaut.png", "drop.svg", ar.Earrings, ar.Left},
		{"group_s1a.png", "lotus-leaf.svg", ar.Earrings, ar.Left},
		{"group_s1a.png", "hoop.svg", ar.Earrings, ar.Left},
		{"group_s6a.png", "nose-stud.svg", ar.NoseStud, ar.Left},
	} {
		name := "jewel-" + tt.picture[:len(tt.picture)-4] + "-" + tt.asset[:len(tt.asset)-4]
		t.Run(name, func(t *testing.T) {
			f, face := fx.withLobes(t, tt.picture)
			out := drawn(t, newJeweller(t, fx), f, face, wearing(tt.kind, tt.asset, tt.side))
			points := []vec{pixel(&face, 344, f)}
			if tt.kind == ar.Earrings {
				side := 0
				if tt.side == ar.Left {
					side = 1
				}
				at, _ := lobePixel(&face, side)
				points = []vec{at, {at.x, at.y + 0.35*eyeDistance(&face, f)}}
			}
			crop := bounds(0.25*eyeDistance(&face, f), image.Rect(0, 0, f.Width, f.Height), points)
			requireInside(t, f, out, crop)
			requireGolden(t, name, out, crop)
		})
	}
}
