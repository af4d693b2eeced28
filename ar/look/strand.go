package look

import "math"

// strand is a hair in the frame: a quadratic curve that tapers to its tip.
type strand struct {
	root, bend, tip vec
	width           float64 // at the root, pixels
}

// strandSteps is how many lines a side of a strand is drawn with.
const strandSteps = 5

// draw adds the strand's outline to m. All strands run the same way round, so
// that those that cross add up. points is scratch.
func (s *strand) draw(m *mask, points []vec) []vec {
	var at, off [strandSteps + 1]vec
	for i := range at {
		t := float64(i) / strandSteps
		u := 1 - t
		at[i] = vec{
			u*u*s.root.x + 2*u*t*s.bend.x + t*t*s.tip.x,
			u*u*s.root.y + 2*u*t*s.bend.y + t*t*s.tip.y,
		}
		dx := u*(s.bend.x-s.root.x) + t*(s.tip.x-s.bend.x)
		dy := u*(s.bend.y-s.root.y) + t*(s.tip.y-s.bend.y)
		if n := math.Hypot(dx, dy); n > 0 {
			w := s.width / 2 * (1 - t*t) / n
			off[i] = vec{-dy * w, dx * w}
		}
	}
	points = points[:0]
	for i := range at {
		points = append(points, vec{at[i].x + off[i].x, at[i].y + off[i].y})
	}
	for i := strandSteps - 1; i >= 0; i-- {
		points = append(points, vec{at[i].x - off[i].x, at[i].y - off[i].y})
	}
	m.outline(points)
	return points
}

// jitter is a number of its own, −1 to 1, for each hair: the same in every
// frame, so that hairs do not swim.
func jitter(hair, what int) float64 {
	return 2*float64(grains[(hair*37+what*11+5)&(len(grains)-1)]) - 1
}
