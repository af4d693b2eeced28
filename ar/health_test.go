package ar_test

import (
	"image"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// photos are those of people that all packages test with, thinned out to at
// most 320 pixels a side.
func photos(t testing.TB) map[string]*ar.Frame {
	t.Helper()
	files, err := filepath.Glob("face/testdata/faces/*.png")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	frames := map[string]*ar.Frame{}
	for _, file := range files {
		frames[filepath.Base(file)] = photo(t, filepath.Base(file))
	}
	return frames
}

// photo is one of them.
func photo(t testing.TB, name string) *ar.Frame {
	t.Helper()
	r, err := os.Open(filepath.Join("face/testdata/faces", name))
	require.NoError(t, err)
	defer r.Close()
	picture, _, err := image.Decode(r)
	require.NoError(t, err)
	return frameOf(picture)
}

func frameOf(m image.Image) *ar.Frame {
	f := &ar.Frame{}
	size := m.Bounds().Size()
	step := (max(size.X, size.Y) + 319) / 320
	f.Resize(size.X/step, size.Y/step)
	for i := range f.Width * f.Height {
		r, g, b, _ := m.At(m.Bounds().Min.X+i%f.Width*step, m.Bounds().Min.Y+i/f.Width*step).RGBA()
		f.Pix[3*i], f.Pix[3*i+1], f.Pix[3*i+2] = uint8(b>>8), uint8(g>>8), uint8(r>>8)
	}
	return f
}

// under is f as a sensor sees it with a share of its light (linear) and noise.
func under(f *ar.Frame, light float64, random *rand.Rand) *ar.Frame {
	var curve [256]float64
	for v := range curve {
		curve[v] = 255 * math.Pow(light*math.Pow(float64(v)/255, 2.2), 1/2.2)
	}
	g := &ar.Frame{}
	g.Resize(f.Width, f.Height)
	for i, v := range f.Pix {
		g.Pix[i] = uint8(min(max(curve[v]+2*random.NormFloat64()+0.5, 0), 255))
	}
	return g
}

// watch shows h frames, 10 a second for so many seconds.
func watch(h *ar.Health, from time.Time, seconds int, next func() *ar.Frame) (ar.Fault, time.Time) {
	var fault ar.Fault
	for range 10 * seconds {
		fault = h.Check(next(), from)
		from = from.Add(100 * time.Millisecond)
	}
	return fault, from
}

// No photo of people is taken for a fault, not even with a sixteenth of its
// light, and not in a picture file that stands still.
func TestPhotosAreNoFaults(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, photo := range photos(t) {
		for _, light := range []float64{1, 1. / 4, 1. / 16} {
			shots := []*ar.Frame{under(photo, light, random), under(photo, light, random)}
			h := &ar.Health{Config: ar.HealthConfig{Live: true, Width: photo.Width, Height: photo.Height}}
			n := 0
			fault, _ := watch(h, time.Now(), 6, func() *ar.Frame { n++; return shots[n%2] })
			require.Empty(t, fault, "%s with %v of its light", name, light)

			h = &ar.Health{}
			fault, _ = watch(h, time.Now(), 6, func() *ar.Frame { return shots[0] })
			require.Empty(t, fault, "%s stands still", name)
		}
	}
}

// Each fault of each photo is known by its own name, and over when it is gone.
func TestFaultsAreTold(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	photo := photo(t, "astronaut.png")
	spoilt := func(fault ar.Fault) func() *ar.Frame {
		shots := []*ar.Frame{under(photo, 1, random), under(photo, 1, random)}
		for _, f := range shots {
			fake.Spoil(f, fault, random)
		}
		n := 0
		return func() *ar.Frame {
			if fault != ar.FaultFrozen {
				n++
			}
			return shots[n%2]
		}
	}
	for _, want := range []ar.Fault{ar.FaultSize, ar.FaultBlack, ar.FaultNoise, ar.FaultDark, ar.FaultCovered, ar.FaultFrozen} {
		t.Run(string(want), func(t *testing.T) {
			h := &ar.Health{Config: ar.HealthConfig{Live: true, Width: photo.Width, Height: photo.Height}}
			fault, now := watch(h, time.Now(), 2, spoilt(""))
			require.Empty(t, fault)
			fault, now = watch(h, now, 4, spoilt(want))
			require.Equal(t, want, fault)
			fault, _ = watch(h, now, 1, spoilt(""))
			require.Empty(t, fault)
		})
	}
}

func TestPassingHandIsNoFault(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	photo := photo(t, "astronaut.png")
	covered := under(photo, 1, random)
	fake.Spoil(covered, ar.FaultCovered, random)
	h := &ar.Health{}
	now := time.Now()
	for n := range 100 {
		f := photo
		if n%20 < 8 { // 0.8 s before the lens, 1.2 s away
			f = covered
		}
		require.Empty(t, h.Check(f, now), "frame %d", n)
		now = now.Add(100 * time.Millisecond)
	}
}

// Where a face is seen the picture is good enough, however dark.
func TestFaceProvesThePicture(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	f := photo(t, "astronaut.png")
	fake.Spoil(f, ar.FaultDark, random)
	h := &ar.Health{}
	fault, now := watch(h, time.Now(), 3, func() *ar.Frame { return f })
	require.Equal(t, ar.FaultDark, fault)
	for range 5 {
		h.Face()
		fault = h.Check(f, now)
		now = now.Add(100 * time.Millisecond)
	}
	require.Empty(t, fault)
	fault, _ = watch(h, now, 5, func() *ar.Frame { return f })
	require.Equal(t, ar.FaultDark, fault, "the face has left")
}

func TestHealthOfAnySize(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {1, 1}, {2, 9}, {4, 2}, {5, 3}, {160, 1}, {7, 500}} {
		f := &ar.Frame{}
		f.Resize(size[0], size[1])
		h := &ar.Health{}
		h.Check(f, time.Now())
	}
	h := &ar.Health{}
	f := &ar.Frame{Pix: make([]byte, 5), Width: 2, Height: 1}
	fault, _ := watch(h, time.Now(), 2, func() *ar.Frame { return f })
	require.Equal(t, ar.FaultSize, fault, "a frame that lies about its size")
}

func BenchmarkHealth720p(b *testing.B) {
	frames := [2]ar.Frame{}
	for i := range frames { // two, so that the picture is not in the cache
		frames[i].Resize(1280, 720)
		frames[i].Seq = uint64(i)
		fake.TestCard(&frames[i])
	}
	h := &ar.Health{Config: ar.HealthConfig{Live: true}}
	now := time.Now()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		now = now.Add(33 * time.Millisecond)
		h.Check(&frames[n%2], now)
	}
}
