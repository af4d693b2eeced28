package look

import "math"

// gravity is in millimetres a second squared.
const gravity = 9810

// swingGap is the time between frames, in seconds, beyond which the past says
// nothing: what hung then hangs still now.
const swingGap = 0.5

// swing is a weight on a thread whose upper end the head moves: a damped
// pendulum of small angles, sideways in the picture.
//
// Between frames the upper end is taken to move evenly. Seen from it the
// weight is then a free oscillator, whose equation is solved exactly, so the
// swing is stable for frames of any length; at each frame the weight keeps its
// speed while the end changes its own.
type swing struct {
	x, v  float64 // millimetres that the weight is beside the end, and a second
	end   float64 // where the end was, millimetres
	speed float64 // of the end
	known bool
}

// angle is how far the thread leans to the right of the picture, radians, when
// its end is at the place end (millimetres), seconds after the frame before.
// length is in millimetres, mass in grams.
func (s *swing) angle(end, seconds, length, mass float64) float64 {
	if !s.known || !(seconds >= 0 && seconds <= swingGap) {
		*s = swing{end: end, known: true}
		return 0
	}
	if seconds > 0 {
		speed := (end - s.end) / seconds
		s.v -= speed - s.speed
		s.end, s.speed = end, speed
		s.run(seconds, length, mass)
	}
	return math.Asin(s.x / length)
}

// run lets the weight swing freely.
func (s *swing) run(seconds, length, mass float64) {
	// Light pieces are slowed by the air and the friction of their links more.
	damping := 0.12 + 0.25/(1+mass)
	w := math.Sqrt(gravity / length)
	wd := w * math.Sqrt(1-damping*damping)
	sin, cos := math.Sincos(wd * seconds)
	decay := math.Exp(-damping * w * seconds)
	b := (s.v + damping*w*s.x) / wd
	x := decay * (s.x*cos + b*sin)
	v := decay * (s.v*cos - (damping*s.v+w*s.x)*w/wd*sin)
	// Beyond that a real one would jangle, and the angles are not small.
	limit := 0.5 * length
	if math.Abs(x) > limit {
		x, v = clamp(x, limit), 0
	}
	s.x, s.v = x, clamp(v, w*limit)
}
