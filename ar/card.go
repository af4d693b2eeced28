package ar

import "math"

// drawCard fills f, which it makes width × height, with what viewers see while
// the camera is away: a calm page with a struck-through camera. It has no
// words, so it needs no language, and it is its own mirror image but for the
// stroke.
func drawCard(f *Frame, width, height int) {
	f.Resize(width, height)
	paper, ink, accent := Color{0xFA, 0xF7, 0xF2}, Color{0xB9, 0xB0, 0xA8}, Color{0xB4, 0x43, 0x6C}
	// The drawing's unit is a sixth of the shorter side; its origin the middle.
	unit := float64(min(width, height)) / 6
	px := 1 / unit
	for y := range height {
		for x := range width {
			u := (float64(x) + 0.5 - float64(width)/2) / unit
			v := (float64(y) + 0.5 - float64(height)/2) / unit
			body := box(u, v, 1.0, 0.68, 0.2)
			hump := box(u, v+0.74, 0.34, 0.16, 0.1)
			lens := math.Abs(math.Hypot(u, v)-0.36) - 0.07
			camera := max(min(body, hump), -lens)
			stroke := box((u+v)/math.Sqrt2, (u-v)/math.Sqrt2, 1.35, 0.055, 0.05)
			gap := stroke - 0.09

			c := over(paper, ink, max(camera, -gap), px)
			c = over(c, accent, stroke, px)
			i := 3 * (y*width + x)
			f.Pix[i], f.Pix[i+1], f.Pix[i+2] = c.B, c.G, c.R
		}
	}
}

// box is the distance to a rectangle of half sides a and b around the origin
// with corners of radius r; negative inside.
func box(u, v, a, b, r float64) float64 {
	dx, dy := math.Abs(u)-a+r, math.Abs(v)-b+r
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - r
}

// over paints c over the ground where the distance d is negative, with an edge
// px wide.
func over(ground, c Color, d, px float64) Color {
	a := min(max(0.5-d/px, 0), 1)
	mix := func(g, c uint8) uint8 { return uint8(float64(g) + a*(float64(c)-float64(g)) + 0.5) }
	return Color{mix(ground.R, c.R), mix(ground.G, c.G), mix(ground.B, c.B)}
}
