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
	// no further than irisYaw degrees, and stays from then on.
	irisFrames = 30
	irisYaw    = 10
	// The scales of human heads, with room for the model's error.
	minScale = 0.75
	maxScale = 1.3
)

// iris measures how large a head is. A single camera cannot tell a small head
// from a far one; but it sees how many irises wide the head is.
type iris struct {
	scales []float64
	median float64
}

// scale takes the irises of one more frame into account and gives what is
// known of the head's scale, 1 while nothing is.
func (s *iris) scale(points *[ar.Points]ar.Point, pose ar.Pose) float64 {
	if len(s.scales) < irisFrames && math.Abs(pose.Yaw) <= irisYaw {
		// The ends of the irises' horizontal diameters.
		pixels := (span(points[469], points[471]) + span(points[474], points[476])) / 2
		width := pixels * pose.T[2] / pose.Focal / math.Cos(pose.Yaw*math.Pi/180)
		if width > 0 {
			s.scales = append(s.scales, irisWidth/width)
			sorted := slices.Sorted(slices.Values(s.scales))
			s.median = min(max(sorted[len(sorted)/2], minScale), maxScale)
		}
	}
	if s.median == 0 {
		return 1
	}
	return s.median
}

// span is the distance in the picture.
func span(a, b ar.Point) float64 { return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) }
