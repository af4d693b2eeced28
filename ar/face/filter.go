package face

import (
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The settings of the One-Euro filter (Casiez, Roussel, Vogel: "1€ Filter", CHI
// 2012): what stands still is smoothed with minCutoff; the faster it moves the
// higher the cut-off, so that what moves does not lag. Speed is in distances
// between the eyes' outer corners per second, which makes near and far faces
// behave alike.
const (
	minCutoff  = 0.5 // Hz
	cutoffGain = 40  // Hz per unit of speed
	// A landmark's own speed is known less surely than the head's, which many
	// landmarks tell.
	speedCutoff     = 1 // Hz
	headSpeedCutoff = 4 // Hz
	// noiseSpeed is what a camera's noise alone lends a landmark or a head; it
	// does not raise the cut-off.
	noiseSpeed = 0.04
	// staleAfter is the gap between frames beyond which the past says nothing.
	staleAfter = 500 * time.Millisecond
)

// filter smooths a face's landmarks over time. What the head does as a whole
// and what each landmark does upon it are smoothed apart: a head that moves
// lets no noise of its landmarks through, and a mouth that opens does not shake
// the head.
type filter struct {
	last time.Time
	unit float64 // the distance between the eyes' outer corners, pixels
	// Where the head is: smoothed, as it came last, and its speed in units a
	// second.
	head, came, moving place
	// The landmarks upon the head, likewise.
	upon, raw [ar.Points]ar.Point
	speed     [ar.Points][2]float64
}

// apply smooths the points, pixels of the frame taken at now, in place. The
// head goes where the points named by rigid go. When time stands still, runs
// backwards or jumps, the filter starts anew.
func (f *filter) apply(points *[ar.Points]ar.Point, rigid []int, now time.Time) {
	dt := f.since(now)
	f.last, f.unit = now, distance(points[rightEyeOuter], points[leftEyeOuter])
	came, ok := fitted(&f.upon, points, rigid)
	if dt == 0 || !ok || f.unit == 0 {
		f.begin(points, rigid)
		return
	}
	f.follow(came, dt)
	slow := weight(speedCutoff, dt)
	for i := range points {
		p, out, v := came.lift(points[i]), &f.upon[i], &f.speed[i]
		v[0] += slow * (float64(p.X-f.raw[i].X)/dt - v[0])
		v[1] += slow * (float64(p.Y-f.raw[i].Y)/dt - v[1])
		f.raw[i] = p
		a := float32(weight(minCutoff+cutoffGain*max(math.Hypot(v[0], v[1])-noiseSpeed, 0), dt))
		out.X += a * (p.X - out.X)
		out.Y += a * (p.Y - out.Y)
		out.Z += a * (p.Z - out.Z)
		points[i] = f.head.lay(*out)
	}
}

// renew takes the named ones of the points, as they came in the frame that was
// applied last, as they are.
func (f *filter) renew(points, came *[ar.Points]ar.Point, named []int) {
	for _, i := range named {
		p := f.came.lift(came[i])
		f.upon[i], f.raw[i], f.speed[i] = p, p, [2]float64{}
		points[i] = f.head.lay(p)
	}
}

// since is how many seconds have gone by since the last frame; 0 when that says
// nothing.
func (f *filter) since(now time.Time) float64 {
	dt := now.Sub(f.last)
	if f.last.IsZero() || dt <= 0 || dt > staleAfter {
		return 0
	}
	return dt.Seconds()
}

// begin takes the points as they are.
func (f *filter) begin(points *[ar.Points]ar.Point, rigid []int) {
	x, y := middle(points, rigid)
	f.head = place{x, y, max(f.unit, 1), 0}
	f.came, f.moving = f.head, place{}
	for i, p := range points {
		f.upon[i] = f.head.lift(p)
	}
	f.raw, f.speed = f.upon, [ar.Points][2]float64{}
}

// follow brings the head nearer to where it came to.
func (f *filter) follow(came place, dt float64) {
	// reach is how far the landmarks lie from the head's middle, roughly: it
	// makes the speed of a turn comparable with that of a shift.
	const reach = 0.7
	slow := weight(headSpeedCutoff, dt)
	out, speed := f.head.numbers(), f.moving.numbers()
	last, next := f.came.numbers(), came.numbers()
	for i := range out {
		*speed[i] += slow * ((*next[i]-*last[i])/(f.unit*dt) - *speed[i])
	}
	v := math.Hypot(math.Hypot(f.moving.x, f.moving.y), reach*math.Hypot(f.moving.a, f.moving.b))
	w := weight(minCutoff+cutoffGain*max(v-noiseSpeed, 0), dt)
	for i := range out {
		*out[i] += w * (*next[i] - *out[i])
	}
	f.came = came
}

// ahead is how far the head is likely to have moved since the last frame,
// pixels.
func (f *filter) ahead(now time.Time) (x, y float64) {
	way := f.unit * f.since(now)
	return f.moving.x * way, f.moving.y * way
}

// scale goes on in a picture k times as large.
func (f *filter) scale(k float64) {
	f.unit *= k
	for _, p := range []*place{&f.head, &f.came} {
		for _, n := range p.numbers() {
			*n *= k
		}
	}
}

// place is the similarity that carries a head's own picture, in which the eyes
// were one apart when the filter began, into the frame: (u, v) goes to
// (x + a·u − b·v, y + b·u + a·v), pixels.
type place struct{ x, y, a, b float64 }

func (p *place) numbers() [4]*float64 { return [4]*float64{&p.x, &p.y, &p.a, &p.b} }

// lay carries a point of the head's picture into the frame.
func (p place) lay(q ar.Point) ar.Point {
	u, v := float64(q.X), float64(q.Y)
	return ar.Point{
		X: float32(p.x + p.a*u - p.b*v),
		Y: float32(p.y + p.b*u + p.a*v),
		Z: float32(math.Sqrt(p.a*p.a+p.b*p.b) * float64(q.Z)),
	}
}

// lift is the inverse of lay.
func (p place) lift(q ar.Point) ar.Point {
	x, y, n := float64(q.X)-p.x, float64(q.Y)-p.y, p.a*p.a+p.b*p.b
	return ar.Point{
		X: float32((p.a*x + p.b*y) / n),
		Y: float32((p.a*y - p.b*x) / n),
		Z: float32(float64(q.Z) / math.Sqrt(n)),
	}
}

// fitted is the place that brings the named points of the head's picture
// nearest to those of the frame (least squares); there is none when either are
// all in one spot.
func fitted(head, frame *[ar.Points]ar.Point, named []int) (_ place, ok bool) {
	hx, hy := middle(head, named)
	fx, fy := middle(frame, named)
	var along, across, size float64
	for _, i := range named {
		u, v := float64(head[i].X)-hx, float64(head[i].Y)-hy
		x, y := float64(frame[i].X)-fx, float64(frame[i].Y)-fy
		along += u*x + v*y
		across += u*y - v*x
		size += u*u + v*v
	}
	a, b := along/size, across/size
	return place{fx - a*hx + b*hy, fy - b*hx - a*hy, a, b}, a*a+b*b > 1e-6
}

func middle(points *[ar.Points]ar.Point, of []int) (x, y float64) {
	for _, i := range of {
		x += float64(points[i].X)
		y += float64(points[i].Y)
	}
	return x / float64(len(of)), y / float64(len(of))
}

// weight is how much of the newest value an exponential filter with that
// cut-off (Hz) takes after dt seconds.
func weight(cutoff, dt float64) float64 {
	r := 2 * math.Pi * cutoff * dt
	return r / (r + 1)
}
