package look

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSwingIsBounded: whatever the head does and however the frames come, the
// thread leans no further than it may, and comes to rest when the head does.
func TestSwingIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.Float64Range(3, 120).Draw(t, "length")
		mass := rapid.Float64Range(0.2, 100).Draw(t, "mass")
		var s swing
		end := 0.0
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			end += rapid.Float64Range(-300, 300).Draw(t, "step")
			seconds := rapid.OneOf(
				rapid.Float64Range(0, 0.1), rapid.Float64Range(-1, 30), rapid.Just(0.0), rapid.Just(1e-9),
			).Draw(t, "seconds")
			angle := s.angle(end, seconds, length, mass)
			if !(math.Abs(angle) <= math.Pi/6+1e-9) {
				t.Fatalf("leans by %v rad", angle)
			}
		}
		// Five seconds of a head that stands still, in frames of any length.
		dt := rapid.Float64Range(0.001, swingGap).Draw(t, "still")
		for passed := 0.0; passed < 5; passed += dt {
			s.angle(end, dt, length, mass)
		}
		if angle := s.angle(end, dt, length, mass); math.Abs(angle) > 0.02 {
			t.Fatalf("still leans by %v rad", angle)
		}
	})
}

// TestSwingLosesEnergy: a weight that is left alone never gains any.
func TestSwingLosesEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.Float64Range(3, 120).Draw(t, "length")
		s := swing{x: 0.3 * length * rapid.Float64Range(-1, 1).Draw(t, "x"), known: true}
		energy := func() float64 { return s.v*s.v + gravity/length*s.x*s.x }
		before := energy()
		for range 40 {
			s.angle(0, rapid.Float64Range(0, swingGap).Draw(t, "dt"), length, 3)
			if now := energy(); now > before*(1+1e-9)+1e-300 {
				t.Fatalf("%v after %v", now, before)
			} else {
				before = now
			}
		}
	})
}

// TestSwingIsAPendulum: it swings with the period of its length, however long
// the frames are, and lags behind the head.
func TestSwingIsAPendulum(t *testing.T) {
	const length, mass = 25, 50
	for _, dt := range []float64{1. / 120, 1. / 30, 1. / 15} {
		s := swing{x: 5, known: true}
		crossings, before, at := 0, s.x, 0.0
		for at < 1.27 {
			s.angle(0, dt, length, mass)
			at += dt
			if before > 0 != (s.x > 0) {
				crossings++
			}
			before = s.x
		}
		// √(0.025 m / 9.81 m/s²)·2π = 0.317 s a period: four in 1.27 s.
		require.InDelta(t, 8, crossings, 1, "frames of %v s", dt)
	}
	var s swing
	s.angle(0, 0, length, mass)
	require.Negative(t, s.angle(10, 1./30, length, mass), "the head moves to the right, the weight stays behind")
	require.Zero(t, s.angle(50, 1, length, mass), "after a gap it hangs still")
}

// TestSwingDoesNotDependOnTheFrameRate: the same movement seen in frames twice
// as often swings alike.
func TestSwingDoesNotDependOnTheFrameRate(t *testing.T) {
	run := func(fps int) float64 {
		var s swing
		most := 0.0
		for i := range 2 * fps {
			at := float64(i) / float64(fps)
			most = max(most, math.Abs(s.angle(20*math.Sin(6*at), 1/float64(fps), 25, 3)))
		}
		return most
	}
	require.InEpsilon(t, run(120), run(30), 0.15)
}
