package look

import (
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
			path := filepath.Join("testdata", "golden", strings.ReplaceAll(name, " ", "-")+".png")
			if *update {
				writeGolden(t, path, out, crop)
			}
			off := goldenDistances(t, path, out, crop)
			sum := 0.
			for _, d := range off {
				sum += d
			}
			// Other processors round otherwise.
			require.Less(t, sum/float64(len(off)), 0.2)
			require.Less(t, off[len(off)*99/100], 1.5)
		})
	}
}
