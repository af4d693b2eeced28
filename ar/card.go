package ar

import "math"

// A card is what viewers see instead of a faulty camera's picture: a calm page
// with a camera on it and what is the matter with it. It has no words, so it
// needs no language; the page beside it says the rest. The drawing's unit is a
// sixth of the frame's shorter side, its origin the middle, y points down.
//
// shapes are distances to an outline in units, negative inside.
type shape func(u, v float64) float64

// drawing is what a card shows: ink, and over it the accent with a gap of paper
// around it.
type drawing struct{ ink, accent shape }

// reach is how far a drawing goes from the middle, in units.
const reach = 1.75

// drawCard fills f, which it makes width × height, with the card of fault.
func drawCard(f *Frame, width, height int, fault Fault) {
	f.Resize(width, height)
	paper, ink, accent := Color{0xFA, 0xF7, 0xF2}, Color{0xB9, 0xB0, 0xA8}, Color{0xB4, 0x43, 0x6C}
	d := drawingOf(fault)
	unit := float64(min(width, height)) / 6
	px := 1 / unit
	for y := range height {
		for x := range width {
			u := (float64(x) + 0.5 - float64(width)/2) / unit
			v := (float64(y) + 0.5 - float64(height)/2) / unit
			c := paper
			if max(math.Abs(u), math.Abs(v)) < reach {
				over := d.accent(u, v)
				c = cover(c, ink, max(d.ink(u, v), 0.09-over), px)
				c = cover(c, accent, over, px)
			}
			i := 3 * (y*width + x)
			f.Pix[i], f.Pix[i+1], f.Pix[i+2] = c.B, c.G, c.R
		}
	}
}

// drawingOf is the drawing that tells of fault.
func drawingOf(fault Fault) drawing {
	switch fault {
	case FaultStalled:
		return drawing{body, dots}
	case FaultSize:
		return drawing{func(u, v float64) float64 { return camera(u*1.6, v*1.6) / 1.6 }, corners}
	case FaultFrozen:
		return drawing{body, snowflake}
	case FaultBlack:
		return drawing{camera, func(u, v float64) float64 { return disc(u, v, 0.46) }}
	case FaultNoise:
		return drawing{body, static}
	case FaultDark:
		return drawing{body, moon}
	case FaultCovered:
		return drawing{camera, hand}
	}
	return drawing{camera, func(u, v float64) float64 { return line(u, v, -0.95, 0.95, 0.95, -0.95, 0.055) }}
}

// body is a camera without its lens.
func body(u, v float64) float64 {
	return min(box(u, v, 1.0, 0.68, 0.2), box(u, v+0.74, 0.34, 0.16, 0.1))
}

func camera(u, v float64) float64 {
	ring := math.Abs(math.Hypot(u, v)-0.36) - 0.07
	return max(body(u, v), -ring)
}

// dots wait.
func dots(u, v float64) float64 {
	return disc(max(math.Abs(u)-0.42, -math.Abs(u)), v, 0.13)
}

// corners are those of the picture that was meant.
func corners(u, v float64) float64 {
	u, v = math.Abs(u), math.Abs(v)
	return min(line(u, v, 0.95, 1.0, 1.35, 1.0, 0.055), line(u, v, 1.35, 0.6, 1.35, 1.0, 0.055))
}

func snowflake(u, v float64) float64 {
	d := math.Inf(1)
	for i := range 6 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 3)
		x, y := cos*u+sin*v, math.Abs(cos*v-sin*u)
		d = min(d, line(x, y, 0, 0, 0.52, 0, 0.045), line(x, y, 0.26, 0, 0.4, 0.14, 0.04))
	}
	return d
}

func moon(u, v float64) float64 {
	return max(disc(u+0.04, v, 0.46), -disc(u-0.2, v+0.14, 0.4))
}

// static is the snow of a screen without a picture.
func static(u, v float64) float64 {
	const cell = 0.16
	if math.Abs(u) > 4*cell || math.Abs(v) > 2.5*cell {
		return box(u, v, 4*cell, 2.5*cell, 0)
	}
	column, row := math.Floor(u/cell), math.Floor(v/cell+0.5)
	if on := uint(column*7+row*13+row*row*5+column*column*3+1000)%5 < 2; !on {
		return cell / 4
	}
	return box(u-(column+0.5)*cell, v-row*cell, cell/2, cell/2, 0)
}

// hand is held before the lens.
func hand(u, v float64) float64 {
	d := box(u, v-0.3, 0.42, 0.4, 0.2)
	for i, top := range [4]float64{-0.45, -0.62, -0.6, -0.38} {
		x := -0.33 + 0.22*float64(i)
		d = min(d, line(u, v, x, 0.2, x, top, 0.095))
	}
	return min(d, line(u, v, 0.36, 0.5, 0.68, 0.05, 0.1))
}

func disc(u, v, r float64) float64 { return math.Hypot(u, v) - r }

// line is the distance to a stroke from a to b, r wide to either side.
func line(u, v, ax, ay, bx, by, r float64) float64 {
	t := ((u-ax)*(bx-ax) + (v-ay)*(by-ay)) / ((bx-ax)*(bx-ax) + (by-ay)*(by-ay))
	t = min(max(t, 0), 1)
	return math.Hypot(u-ax-t*(bx-ax), v-ay-t*(by-ay)) - r
}

// box is the distance to a rectangle of half sides a and b around the origin
// with corners of radius r.
func box(u, v, a, b, r float64) float64 {
	dx, dy := math.Abs(u)-a+r, math.Abs(v)-b+r
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - r
}

// cover paints c over the ground where the distance d is negative, with an edge
// px wide.
func cover(ground, c Color, d, px float64) Color {
	a := min(max(0.5-d/px, 0), 1)
	mix := func(g, c uint8) uint8 { return uint8(float64(g) + a*(float64(c)-float64(g)) + 0.5) }
	return Color{mix(ground.R, c.R), mix(ground.G, c.G), mix(ground.B, c.B)}
}
