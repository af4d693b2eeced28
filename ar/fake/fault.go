package fake

import (
	"math/rand/v2"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Spoil makes of a good frame what a camera with the fault gives, as sensors
// give it: with noise that is new in every frame. FaultSize halves its sides;
// faults that are no picture leave it as it is.
func Spoil(f *ar.Frame, fault ar.Fault, random *rand.Rand) {
	switch fault {
	case ar.FaultSize:
		f.Resize(max(f.Width/2, 1), max(f.Height/2, 1))
		TestCard(f)
	case ar.FaultBlack:
		each(f, func(uint8) int { return 4 + random.IntN(9) })
	case ar.FaultNoise:
		each(f, func(uint8) int { return random.IntN(256) })
	case ar.FaultDark:
		each(f, func(v uint8) int { return 3 + int(v)/9 + random.IntN(7) })
	case ar.FaultCovered:
		each(f, func(uint8) int { return 90 + random.IntN(21) })
	}
}

func each(f *ar.Frame, light func(v uint8) int) {
	for i, v := range f.Pix {
		f.Pix[i] = uint8(light(v))
	}
}
