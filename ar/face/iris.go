package face

import (
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// irisWidth is the visible diameter of a human iris, millimetres; it hardly
	// differs between people (11.7 ± 0.5).
	irisWidth = 11.7
	// A head's scale is the median over irisFrames frames with the head turned
	// no further than irisYaw degrees, and stays from then on. Until there is
	// one, frames with the head turned up to irisTurned degrees have to do; they
	// are as far off as heads differ, so the truth is taken to be half way
	// between what they say and the usual head.
	irisFrames = 30
	irisYaw    = 10
	irisTurned = 30
	// The scales of human heads, with room for the model's error.
	minScale = 0.75
	maxScale = 1.3
	// irisOpen is how far an eye is open (height by width) whose iris can be
	// seen well enough, and irisAside how far the iris may be off the eye's
	// middle, in its widths: further, it is seen from the side.
	irisOpen  = 0.18
	irisAside = 0.18
	// irisModel is how much wider than the irises the model's are: the median
	// over the test pictures in which the irises' edges are clear.
	irisModel = 1.05
	// irisPair is how much the two eyes may differ, by the model.
	irisPair = 1.25
)

// irisPoints are an eye's landmarks: the iris's middle and the ends of its
// horizontal diameter, the lids' middles and the eye's corners.
type irisPoints struct{ middle, a, b, upper, lower, outer, inner int }

var irises = [2]irisPoints{
	{468, 469, 471, 159, 145, 33, 133},
	{473, 474, 476, 386, 374, 263, 362},
}

// iris measures how large a head is. A single camera cannot tell a small head
// from a far one; but it sees how many irises wide the head is.
type iris struct {
	front, turned []float64
	median        float64
	vain          int // frames that told nothing
}

// scale takes the irises of one more frame into account and gives what is
// known of the head's scale, 1 while nothing is. Points are pixels of f, as
// the model gave them.
func (p *poser) scale(s *iris, f *ar.Frame, points *[ar.Points]ar.Point, pose *ar.Pose) float64 {
	if !s.wants(pose) {
		return s.known()
	}
	v, ok := p.measure(f, points, pose)
	switch {
	case !ok:
		s.vain++
	case math.Abs(pose.Yaw) <= irisYaw:
		s.front = append(s.front, v)
		s.settle(s.front)
	default:
		s.turned = append(s.turned, (v+1)/2)
		s.settle(s.turned)
	}
	return s.known()
}

// wants reports whether the irises of a head in that pose would tell more.
func (s *iris) wants(pose *ar.Pose) bool {
	yaw := math.Abs(pose.Yaw)
	return pose.Valid && (yaw <= irisYaw && len(s.front) < irisFrames ||
		yaw <= irisTurned && len(s.front) == 0 && len(s.turned) < irisFrames)
}

func (s *iris) settle(scales []float64) {
	sorted := slices.Sorted(slices.Values(scales))
	s.median = min(max(sorted[len(sorted)/2], minScale), maxScale)
}

func (s *iris) known() float64 {
	if s.median == 0 {
		return 1
	}
	return s.median
}

// measure is the head's scale by the irises of one frame; ok is false where
// the eyes are shut or cannot be trusted. Who stands before a mirror looks
// into it, so irises are taken to face the camera however the head is turned.
func (p *poser) measure(f *ar.Frame, points *[ar.Points]ar.Point, pose *ar.Pose) (scale float64, ok bool) {
	var seen, guessed []float64 // widths in the canonical head's millimetres
	for i, eye := range irises {
		if !looksAhead(points, eye) {
			continue
		}
		mm := p.pixelAt(p.eyes[i], pose)
		guess := span(points[eye.a], points[eye.b]) / irisModel
		guessed = append(guessed, guess*mm)
		// The edge is exact on large irises and noisy on small ones; the guess
		// is as good or bad at any size. Half and half they are better than
		// either.
		if d, ok := irisDiameter(f, points[eye.middle], points[eye.a], points[eye.b]); ok {
			seen = append(seen, (d+guess)/2*mm)
		}
	}
	if len(seen) == 0 {
		if len(guessed) == 2 && max(guessed[0]/guessed[1], guessed[1]/guessed[0]) > irisPair {
			return 0, false
		}
		seen = guessed
	}
	var width float64
	for _, w := range seen {
		width += w / float64(len(seen))
	}
	if !(width > 0) {
		return 0, false
	}
	return irisWidth / width, true
}

// mirrorDistance is how far away (canonical millimetres) a face is taken to be
// whose distance is not known for want of the camera's focal length. It says
// how much nearer the nose seems than the ears; a guess that is always the same
// keeps glasses as wide beside the face however large the picture of it is.
const mirrorDistance = 600

// pixelAt is how many millimetres a pixel is at a place of the head.
func (p *poser) pixelAt(place [3]float64, pose *ar.Pose) float64 {
	// The fit makes the head as large as it is seen at the landmarks' middle.
	away := turn(pose.R, p.middle)[2]
	middle := pose.T[2] + away
	nearer := turn(pose.R, place)[2] - away
	distance := middle
	if !pose.Calibrated {
		distance = mirrorDistance
	}
	return middle * (1 + nearer/distance) / pose.Focal
}

// looksAhead reports whether an eye is open and its iris near its middle.
func looksAhead(points *[ar.Points]ar.Point, eye irisPoints) bool {
	outer, inner, middle := points[eye.outer], points[eye.inner], points[eye.middle]
	wide := span(outer, inner)
	if !(span(points[eye.upper], points[eye.lower]) >= irisOpen*wide) {
		return false
	}
	along := (float64(middle.X)-float64(outer.X+inner.X)/2)*float64(inner.X-outer.X) +
		(float64(middle.Y)-float64(outer.Y+inner.Y)/2)*float64(inner.Y-outer.Y)
	return math.Abs(along) <= irisAside*wide*wide
}

// span is the distance in the picture.
func span(a, b ar.Point) float64 { return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) }
