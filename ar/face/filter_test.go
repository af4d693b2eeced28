package face

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// eyes is how far the eyes' corners of the test's face are apart, pixels.
const eyes = 100

// faceAt is a face of which every point but the eyes' corners is at x.
func faceAt(x float64) *[ar.Points]ar.Point {
	out := &[ar.Points]ar.Point{}
	for i := range out {
		out[i] = ar.Point{X: float32(x), Y: 200, Z: 3}
	}
	out[leftEyeOuter].X += eyes
	return out
}

// run filters places at a frame rate and gives the filtered ones.
func run(f *filter, places []float64, rate float64) []float64 {
	var out []float64
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for i, x := range places {
		points := faceAt(x)
		f.apply(points, start.Add(time.Duration(float64(i)/rate*float64(time.Second))))
		out = append(out, float64(points[1].X))
	}
	return out
}

func rms(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

func steps(v []float64) []float64 {
	var out []float64
	for i := range v[1:] {
		out = append(out, v[i+1]-v[i])
	}
	return out
}

// TestStillFaceStandsStill: noise of the size the model has under a camera's
// own is cut to less than half, at any frame rate.
func TestStillFaceStandsStill(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []float64{15, 30, 60} {
		var noisy []float64
		for range 600 {
			noisy = append(noisy, 300+0.004*eyes*random.NormFloat64())
		}
		smooth := run(&filter{}, noisy, rate)
		before, now := rms(steps(noisy)), rms(steps(smooth[30:]))
		t.Logf("%v frames a second: %.2f of the jitter is left", rate, now/before)
		require.Less(t, now, before/2, "%v frames a second", rate)
	}
}

// TestMovingFaceDoesNotLag: a face that crosses the picture is at most half a
// frame's way behind itself.
func TestMovingFaceDoesNotLag(t *testing.T) {
	for _, speed := range []float64{1, 2, 4} { // eyes' distances a second
		var places []float64
		for i := range 60 {
			places = append(places, 100+speed*eyes*float64(i)/30)
		}
		smooth := run(&filter{}, places, 30)
		behind := (places[59] - smooth[59]) / (speed * eyes) // seconds
		t.Logf("speed %v: %.1f ms behind", speed, 1000*behind)
		require.Less(t, behind, 0.5/30)
		require.GreaterOrEqual(t, behind, 0.0)
	}
}

// TestSmoothingFollowsTheClock: the same movement in the same time ends at the
// same place, however many frames showed it and however unevenly.
func TestSmoothingFollowsTheClock(t *testing.T) {
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	end := func(times []float64) float64 {
		f, points := &filter{}, (*[ar.Points]ar.Point)(nil)
		for _, at := range times {
			points = faceAt(300 + 0.5*eyes*at)
			f.apply(points, start.Add(time.Duration(at*float64(time.Second))))
		}
		return float64(points[1].X)
	}
	var even, dense, uneven []float64
	for i := range 121 {
		at := float64(i) / 60
		dense = append(dense, at)
		if i%2 == 0 {
			even = append(even, at)
		}
		if i%5 < 2 || i == 120 {
			uneven = append(uneven, at)
		}
	}
	require.InDelta(t, end(even), end(dense), 0.01*eyes)
	require.InDelta(t, end(even), end(uneven), 0.01*eyes)
}

// TestFilterStartsAnew when time stands still, runs backwards or jumps.
func TestFilterStartsAnew(t *testing.T) {
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for name, gap := range map[string]time.Duration{"stands": 0, "back": -time.Hour, "jumps": time.Second} {
		f := &filter{}
		f.apply(faceAt(300), start)
		points := faceAt(320)
		f.apply(points, start.Add(gap))
		require.Equal(t, faceAt(320), points, name)
	}
	f := &filter{}
	f.apply(faceAt(300), start)
	points := faceAt(301)
	f.apply(points, start.Add(time.Second/30))
	require.Less(t, points[1].X, float32(301), "an ordinary frame is smoothed")
	require.Greater(t, points[1].X, float32(300))
}

// TestNearAndFarAlike: a face twice as large is smoothed the same.
func TestNearAndFarAlike(t *testing.T) {
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	near, far := &filter{}, &filter{}
	for i := range 30 {
		at := start.Add(time.Duration(i) * time.Second / 30)
		a := faceAt(5 * math.Sin(float64(i)))
		b := *a
		for k := range b {
			b[k].X, b[k].Y, b[k].Z = 2*b[k].X, 2*b[k].Y, 2*b[k].Z
		}
		near.apply(&b, at)
		far.apply(a, at)
		require.InDelta(t, 2*a[1].X, b[1].X, 1e-3)
	}
}
