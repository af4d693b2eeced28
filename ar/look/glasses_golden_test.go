package look

import (
	"image"
	"testing"
)

// TestGlassesLookAsTheyDid compares glasses on faces, one looking ahead, others
// turned, with their pictures under testdata/golden; -update writes them anew.
func TestGlassesLookAsTheyDid(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for name, what := range map[string]struct{ picture, asset string }{
		"glasses":             {"astronaut.png", "round.svg"},
		"glasses tinted":      {"astronaut.png", "wire.svg"},
		"glasses turned":      {"group_s1a.png", "round.svg"},
		"glasses beside hair": {"group_s6a.png", "wire.svg"},
	} {
		t.Run(name, func(t *testing.T) {
			f, face := fx.read(t, what.picture)
			out := drawn(t, r, f, face, spectacles(what.asset))
			crop := bounds(1.2*eyeDistance(&face, f), image.Rect(0, 0, f.Width, f.Height),
				[]vec{pixel(&face, nose, f)})
			requireGolden(t, name, out, crop)
		})
	}
}
