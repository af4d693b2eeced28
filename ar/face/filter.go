package face

import (
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The One-Euro filter's settings (Casiez, Roussel, Vogel: "1€ Filter", CHI
// 2012). A landmark that stands still is smoothed with minCutoff; the faster
// it moves the higher the cut-off, so that a moving face does not lag. Speed is
// in distances between the eyes' outer corners per second, which makes near
// and far faces behave alike.
const (
	minCutoff   = 0.5 // Hz
	cutoffGain  = 40  // Hz per unit of speed
	speedCutoff = 1   // Hz
	// staleAfter is the gap between frames beyond which the past says nothing.
	staleAfter = 500 * time.Millisecond
)

// filter smooths a face's landmarks over time.
type filter struct {
	last     time.Time
	raw, out [ar.Points]ar.Point
	speed    [ar.Points][2]float64
}

// apply smooths the points, pixels of the frame taken at now, in place. When
// time stands still, runs backwards or jumps, the filter starts anew.
func (f *filter) apply(points *[ar.Points]ar.Point, now time.Time) {
	dt := now.Sub(f.last).Seconds()
	fresh := f.last.IsZero() || dt <= 0 || dt > staleAfter.Seconds()
	f.last = now
	unit := distance(points[rightEyeOuter], points[leftEyeOuter])
	if fresh || unit == 0 {
		f.raw, f.out, f.speed = *points, *points, [ar.Points][2]float64{}
		return
	}
	slow := weight(speedCutoff, dt)
	for i := range points {
		p, before, out, v := &points[i], &f.raw[i], &f.out[i], &f.speed[i]
		v[0] += slow * (float64(p.X-before.X)/(unit*dt) - v[0])
		v[1] += slow * (float64(p.Y-before.Y)/(unit*dt) - v[1])
		a := float32(weight(minCutoff+cutoffGain*math.Hypot(v[0], v[1]), dt))
		*before = *p
		out.X += a * (p.X - out.X)
		out.Y += a * (p.Y - out.Y)
		out.Z += a * (p.Z - out.Z)
		*p = *out
	}
}

// weight is how much of the newest value an exponential filter with that
// cut-off (Hz) takes after dt seconds.
func weight(cutoff, dt float64) float64 {
	r := 2 * math.Pi * cutoff * dt
	return r / (r + 1)
}
