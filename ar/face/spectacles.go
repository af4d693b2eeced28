package face

import (
	"math"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Whether a face wears spectacles is told by two lines that bare faces do not
// have: one across the bridge of the nose and one below each eye. They are
// looked for where lenses would be, held against the head in its pose.
const (
	// spectaclesClear is how clear the lines must be, spectaclesFaint what they
	// fall below when the spectacles are off: the geometric mean of how far the
	// two stand out, in parts of the skin's brightness. Bare faces reach 0.15,
	// spectacles begin at 0.21.
	spectaclesClear = 0.19
	spectaclesFaint = 0.17
	// They are looked for this often, with the head turned no further than
	// this (degrees).
	spectaclesEvery  = 100 * time.Millisecond
	spectaclesTurned = 25
	// A face is said to wear them once the looks of about the last second
	// mostly say so, and no longer once they mostly do not.
	spectaclesMemory = 600 * time.Millisecond
	spectaclesOn     = 0.65
	spectaclesOff    = 0.25
)

// spectacles is what is known of a tracked face's own.
type spectacles struct {
	worn   bool
	level  float64 // share of the looks of late that saw some
	looked time.Time
}

// look takes a frame into account, pixels of which the points are. A frame by
// itself decides alone.
func (s *spectacles) look(p *poser, f *ar.Frame, points *[ar.Points]ar.Point, pose *ar.Pose, alone bool) bool {
	if !pose.Valid || math.Abs(pose.Yaw) > spectaclesTurned || math.Abs(pose.Pitch) > spectaclesTurned {
		return s.worn
	}
	since := f.At.Sub(s.looked)
	if !alone && !s.looked.IsZero() && since >= 0 && since < spectaclesEvery {
		return s.worn
	}
	lines, ok := p.spectacleLines(f, points, pose)
	if !ok {
		return s.worn
	}
	if alone {
		s.worn = lines > spectaclesClear
		return s.worn
	}
	if s.looked.IsZero() || since < 0 {
		since = spectaclesEvery
	}
	s.looked = f.At
	s.count(lines, since)
	return s.worn
}

// count lets a look that saw such lines vote for the time that it stands for,
// at most that of two.
func (s *spectacles) count(lines float64, since time.Duration) {
	least := spectaclesClear
	if s.worn {
		least = spectaclesFaint
	}
	vote := 0.0
	if lines > least {
		vote = 1
	}
	since = min(since, 2*spectaclesEvery)
	s.level += (vote - s.level) * (1 - math.Exp(-since.Seconds()/spectaclesMemory.Seconds()))
	if s.level > spectaclesOn {
		s.worn = true
	} else if s.level < spectaclesOff {
		s.worn = false
	}
}

// Where the lines are looked for, in the canonical head's millimetres.
const (
	bridgeTop   = -12.0 // from there profileSteps millimetres down
	bridgeHalf  = 4.5   // to each side of the nose's ridge
	belowTop    = 10.0  // the same under the eyes
	belowInner  = 20.0
	belowColumn = 3.0 // from one to the next
	// The surface of the lenses: its depth at the nose, and how it bends back
	// to the sides and downwards.
	lensDepth = -24.0
	lensWrap  = 0.0014
	lensTilt  = 0.1
)

const (
	profileSteps = 25 // a millimetre each
	columns      = 9  // under each eye
)

// spectacleLines is how clear the lines of spectacles are; ok is false where
// they would be out of the picture.
func (p *poser) spectacleLines(f *ar.Frame, points *[ar.Points]ar.Point, pose *ar.Pose) (lines float64, ok bool) {
	g := gauge{frame: f, pose: pose, in: true}
	g.settle(p, points)
	var profile [profileSteps]float64
	const across = 7
	for x := range across {
		for i := range profile {
			profile[i] += g.at(bridgeHalf*(2*float64(x)/(across-1)-1), bridgeTop+float64(i)) / across
		}
	}
	bridge := clearest(&profile)
	var below [2 * columns]float64
	for c := range below {
		x := float64(c%2*2-1) * (belowInner + belowColumn*float64(c/2))
		for i := range profile {
			profile[i] = g.at(x, belowTop+float64(i))
		}
		below[c] = clearest(&profile)
	}
	slices.Sort(below[:])
	return math.Sqrt(bridge * below[columns]), g.in
}

// clearest is how far the clearest thin line, 1 to 6 mm, across a profile
// stands out, as a part of the profile's median.
func clearest(profile *[profileSteps]float64) float64 {
	best := 0.0
	for _, d := range [2]int{2, 4} {
		for i := d; i < len(profile)-d; i++ {
			best = max(best, math.Abs(profile[i]-(profile[i-d]+profile[i+d])/2))
		}
	}
	sorted := *profile
	slices.Sort(sorted[:])
	const dark = 20 // below that it is the camera's noise that stands out
	return best / max(sorted[profileSteps/2], dark)
}

// gauge samples a picture in a head's millimetres.
type gauge struct {
	frame *ar.Frame
	pose  *ar.Pose
	shift [2]float64
	in    bool // whether all so far was in the picture
}

// settle brings the head's eyes to where the landmarks saw them.
func (g *gauge) settle(p *poser, points *[ar.Points]ar.Point) {
	r, l := points[rightEyeOuter], points[leftEyeOuter]
	rx, ry := g.project(p.mesh.Vertices[rightEyeOuter])
	lx, ly := g.project(p.mesh.Vertices[leftEyeOuter])
	g.shift = [2]float64{(float64(r.X+l.X) - rx - lx) / 2, (float64(r.Y+l.Y) - ry - ly) / 2}
}

func (g *gauge) project(v [3]float64) (x, y float64) {
	q := turn(g.pose.R, v)
	k := g.pose.Focal / max(q[2]+g.pose.T[2], 1)
	return g.pose.CX + k*(q[0]+g.pose.T[0]) + g.shift[0], g.pose.CY + k*(q[1]+g.pose.T[1]) + g.shift[1]
}

// at is how bright the picture is at a place of the lenses' surface.
func (g *gauge) at(x, y float64) float64 {
	px, py := g.project([3]float64{x, y, lensDepth + lensWrap*x*x + lensTilt*y})
	v, in := brightness(g.frame, px, py)
	g.in = g.in && in
	return v
}
