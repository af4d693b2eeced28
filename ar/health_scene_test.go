package ar_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// paint fills a frame with a colour (B, G, R) in a light that falls from one
// side and fades towards the corners, as walls and hands have it, with noise.
func paint(color [3]float64, from, fall float64, random *rand.Rand) *ar.Frame {
	f := &ar.Frame{}
	f.Resize(80, 48)
	sin, cos := math.Sincos(from)
	for y := range f.Height {
		for x := range f.Width {
			u, v := float64(x)/40-1, float64(y)/24-1
			light := 1 + fall*(u*cos+v*sin)/2 - fall*(u*u+v*v)/6
			for c := range 3 {
				f.Pix[3*(y*f.Width+x)+c] = uint8(min(max(color[c]*light+2*random.NormFloat64()+0.5, 0), 255))
			}
		}
	}
	return f
}

// bright is f with so much light (or gain of the camera).
func bright(f *ar.Frame, gain float64) *ar.Frame {
	g := &ar.Frame{}
	g.Resize(f.Width, f.Height)
	for i, v := range f.Pix {
		g.Pix[i] = uint8(min(gain*float64(v)+0.5, 255))
	}
	return g
}

// before puts a photo before a wall, as wide as share of the frame and as high,
// its middle at x (0–1 of the width).
func before(wall, photo *ar.Frame, share, x float64) *ar.Frame {
	f := bright(wall, 1)
	width := int(share * float64(f.Width))
	left := int(x*float64(f.Width)) - width/2
	for y := range f.Height {
		for i := range width {
			if to := left + i; to >= 0 && to < f.Width {
				from := 3 * (y*photo.Height/f.Height*photo.Width + i*photo.Width/width)
				copy(f.Pix[3*(y*f.Width+to):][:3], photo.Pix[from:from+3])
			}
		}
	}
	return f
}

// sweep covers f from the left up to x (0–1) with what is in front of it, out of
// focus.
func sweep(f, front *ar.Frame, x float64) *ar.Frame {
	g := bright(f, 1)
	for i := range g.Pix {
		at := float64(i/3%g.Width) / float64(g.Width)
		a := min(max((x-at)/0.3+0.5, 0), 1)
		g.Pix[i] = uint8((1-a)*float64(f.Pix[i]) + a*float64(front.Pix[i]))
	}
	return g
}

// show gives h the frames of so many seconds, 10 a second, and says which faults
// there were; picture is told the time since the beginning.
func show(h *ar.Health, from time.Time, seconds float64, picture func(t float64) *ar.Frame) (faults []ar.Fault, until time.Time) {
	seen := map[ar.Fault]bool{}
	for n := range int(10 * seconds) {
		seen[h.Check(picture(float64(n)/10), from)] = true
		from = from.Add(100 * time.Millisecond)
	}
	return slices.Sorted(maps.Keys(seen)), from
}

var (
	walls = map[string][3]float64{ // B, G, R
		"white": {205, 214, 220}, "grey": {120, 122, 121}, "beige": {150, 185, 205}, "green": {110, 130, 95}, "dark": {58, 50, 48},
	}
	fronts = map[string][3]float64{
		"hand": {70, 90, 150}, "hand in shade": {28, 38, 66}, "paper": {190, 196, 200}, "tape": {46, 47, 50}, "lit finger": {22, 28, 190},
	}
	healthy = []ar.Fault{""}
)

func still() *ar.Health { return &ar.Health{} } // its frames need not differ

// Nobody is there: an evenly lit wall is no fault, from the first frame on and
// however the light changes in a while.
func TestEmptyWallIsNoFault(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for name, color := range walls {
		frames := []*ar.Frame{paint(color, 0.7, 0.3, random), paint(color, 0.7, 0.3, random)}
		n := 0
		faults, _ := show(still(), time.Now(), 30, func(at float64) *ar.Frame {
			n++
			return bright(frames[n%2], 1-at/100) // the evening comes
		})
		require.Equal(t, healthy, faults, "a %s wall", name)
	}
}

// Somebody large stands before the wall and leaves, in a second or slowly, and
// the camera makes the picture lighter or darker then.
func TestWhoLeavesAWallBehindIsNoFault(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	for _, file := range []string{"astronaut.png", "webcam_man.png"} {
		photo := photo(t, file)
		for name, color := range walls {
			wall := paint(color, 2, 0.25, random)
			for _, takes := range []float64{1, 4} {
				for _, gain := range []float64{0.75, 1.3} {
					h := still()
					faults, _ := show(h, time.Now(), 11, func(at float64) *ar.Frame {
						left := min(max((at-5)/takes, 0), 1)
						if left < 0.2 {
							h.Face()
						}
						adapted := min(max((at-5-takes)/1.5, 0), 1)
						return bright(before(wall, photo, 0.65, 0.5+left), 1+(gain-1)*adapted)
					})
					require.Equal(t, healthy, faults, "%s leaves a %s wall in %v s, gain %v", file, name, takes, gain)
				}
			}
		}
	}
}

// What is put before the lens is told within its time and until it is taken
// away, though the camera adapts to it: over people before a wall, and over a
// wall alone.
func TestCoveredLensIsTold(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	woman := photo(t, "astronaut.png")
	for name, color := range fronts {
		front := paint(color, 4, 0.5, random)
		for wallName, wallColor := range walls {
			wall := paint(wallColor, 0.5, 0.2, random)
			for who, scene := range map[string]*ar.Frame{
				"a woman": before(wall, woman, 0.5, 0.5), "nobody": wall,
			} {
				h := still()
				faults, now := show(h, time.Now(), 4, func(float64) *ar.Frame { return scene })
				require.Equal(t, healthy, faults)
				faults, now = show(h, now, 1.5, func(at float64) *ar.Frame { return sweep(scene, front, at/0.4*1.3-0.15) })
				told := faults[len(faults)-1]
				require.Contains(t, []ar.Fault{ar.FaultCovered, ar.FaultDark}, told, "%s over %s before a %s wall", name, who, wallName)
				adapted := 115 / mean(front)
				faults, now = show(h, now, 3, func(at float64) *ar.Frame { return bright(front, 1+(adapted-1)*min(at, 1)) })
				require.NotContains(t, faults, ar.Fault(""), "%s over %s before a %s wall, adapted", name, who, wallName)
				_, now = show(h, now, 0.5, func(float64) *ar.Frame { return scene })
				faults, _ = show(h, now, 1, func(float64) *ar.Frame { return scene })
				require.Equal(t, healthy, faults, "%s was taken away", name)
			}
		}
	}
}

func mean(f *ar.Frame) float64 {
	sum := 0
	for _, v := range f.Pix {
		sum += int(v)
	}
	return float64(sum) / float64(len(f.Pix))
}

// A lens that is covered with a finger from the start glows. So does a red wall,
// until somebody has walked before it.
func TestGlow(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	red := paint([3]float64{40, 34, 170}, 1, 0.3, random)
	h := still()
	faults, now := show(h, time.Now(), 5, func(float64) *ar.Frame { return red })
	require.Contains(t, faults, ar.FaultCovered)
	woman := photo(t, "astronaut.png")
	_, now = show(h, now, 5, func(at float64) *ar.Frame { return before(red, woman, 0.6, -0.3+min(at/2, 0.8)) })
	faults, _ = show(h, now, 10, func(at float64) *ar.Frame { return before(red, woman, 0.6, 0.5+at) })
	require.Equal(t, healthy, faults)
}
