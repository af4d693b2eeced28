package look

import (
	"image"
	"math"
)

// tubePoint is a point on the middle line of a round wire.
type tubePoint struct {
	at     vec        // pixels
	along  [3]float64 // direction of the wire in the camera's space
	radius float64    // pixels
	shown  float32    // 0-1
	glow   float32    // how much of the light it gives back
}

// tubePixel is what of a wire is seen in one pixel of the canvas.
type tubePixel struct {
	light  [3]float32
	covers float32
}

// tube draws wires, each a piece of the polyline from one of the points to the
// next, where drawn says so.
func (c *canvas) tube(points []tubePoint, m material, base [3]float32, drawn func(i int) bool) {
	n := len(c.pix)
	if cap(c.tubes) < n {
		c.tubes = make([]tubePixel, n)
	}
	c.tubes = c.tubes[:n]
	var touched image.Rectangle
	for i := range len(points) - 1 {
		if drawn(i) {
			r := c.segment(&points[i], &points[i+1], m, base)
			touched = touched.Union(r)
		}
	}
	for y := touched.Min.Y; y < touched.Max.Y; y++ {
		from := (y-c.rect.Min.Y)*c.rect.Dx() + touched.Min.X - c.rect.Min.X
		for i := from; i < from+touched.Dx(); i++ {
			if t := &c.tubes[i]; t.covers > 0 {
				c.over(i, t.light, t.covers)
				*t = tubePixel{}
			}
		}
	}
}

// segment writes a straight bit of wire among the tubes and says where.
func (c *canvas) segment(a, b *tubePoint, m material, base [3]float32) image.Rectangle {
	radius := (a.radius + b.radius) / 2
	c.points = append(c.points[:0], a.at, b.at)
	r := bounds(radius+1, c.rect, c.points)
	shown, glow := (a.shown+b.shown)/2, (a.glow+b.glow)/2
	if r.Empty() || shown <= 0 {
		return image.Rectangle{}
	}
	dx, dy := b.at.x-a.at.x, b.at.y-a.at.y
	length := dx*dx + dy*dy
	norm := 1 / max(math.Sqrt(length), 1e-6)
	side := [3]float64{-dy * norm, dx * norm, 0}
	// The part of the direction to the camera that is at right angles to the wire.
	t := a.along
	front := [3]float64{t[2] * t[0], t[2] * t[1], -1 + t[2]*t[2]}
	front = direction(front[0], front[1], min(front[2], -1e-3))
	// A wire of a pixel or two is seen as one light; of a thick one its round
	// is seen.
	across := func(q float64) [3]float32 {
		k := math.Sqrt(1 - q*q)
		return m.shine(base, [3]float64{q*side[0] + k*front[0], q*side[1] + k*front[1], k * front[2]})
	}
	l, mid, h := across(-0.7), across(0), across(0.7)
	round := smooth(float32(radius), 0.9, 2.2)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y-c.rect.Min.Y)*c.rect.Dx() + r.Min.X - c.rect.Min.X
		for x := range r.Dx() {
			px, py := float64(x+r.Min.X)+0.5-a.at.x, float64(y)+0.5-a.at.y
			along := min(max((px*dx+py*dy)/max(length, 1e-9), 0), 1)
			d := math.Hypot(px-along*dx, py-along*dy)
			covers := float32(min(max(radius+0.5-d, 0), 1, 2*radius)) * shown
			p := &c.tubes[i+x]
			if covers <= p.covers {
				continue
			}
			light := mid
			if round > 0 {
				light = across(min(max((px*side[0]+py*side[1])/radius, -0.95), 0.95))
			}
			for j := range light {
				even := 0.3*l[j] + 0.4*mid[j] + 0.3*h[j]
				light[j] = glow * (even + round*(light[j]-even))
			}
			p.light, p.covers = light, covers
		}
	}
	return r
}
