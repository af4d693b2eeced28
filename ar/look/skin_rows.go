package look

import "image"

// mapped is where a row of pixels begins on the map, how much it wears there,
// and how both change from pixel to pixel: 16.16 numbers.
type mapped struct{ u, v, wears, du, dv, dwears int32 }

// eachRow gives the rows of pixels within r that a triangle covers: the index of
// the first counted along r, how many, and where they are on the map. Each pixel
// belongs to the triangle its centre is in. Triangles that show their back have
// none.
func eachRow(a, b, c *corner, r image.Rectangle, do func(i, n int, at mapped)) {
	area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
	top := max(ceil(min(a.y, b.y, c.y)-0.5), r.Min.Y)
	bottom := min(ceil(max(a.y, b.y, c.y)-0.5), r.Max.Y)
	if !(area < -1e-3) || top >= bottom || max(a.x, b.x, c.x) < float32(r.Min.X) || min(a.x, b.x, c.x) > float32(r.Max.X) {
		return
	}
	const one = 1 << 16
	k := one / area
	x1, y1, x2, y2 := (b.x-a.x)*k, (b.y-a.y)*k, (c.x-a.x)*k, (c.y-a.y)*k
	// Each is counted from the first row's pixel at a, so that the steps' rounding
	// stays that of a few pixels.
	left := int(a.x)
	dx, dy := float32(left)+0.5-a.x, float32(top)+0.5-a.y
	plane := func(va, vb, vc float32) (at, dux, duy int32) {
		ux, uy := (vb-va)*y2-(vc-va)*y1, (vc-va)*x1-(vb-va)*x2
		// Far from a triangle that is seen from its side the numbers are large:
		// they wrap around, and back.
		return int32(int64(one*va + ux*dx + uy*dy)), int32(int64(ux)), int32(int64(uy))
	}
	u, ux, uy := plane(a.u-0.5, b.u-0.5, c.u-0.5)
	v, vx, vy := plane(a.v-0.5, b.v-0.5, c.v-0.5)
	w, wx, wy := plane(a.wears, b.wears, c.wears)
	sides := newSides(a, b, c)
	for y := top; y < bottom; y++ {
		x0, x1 := sides.at(float32(y) + 0.5)
		// Which of two triangles has a pixel whose centre is on their side does
		// not matter, as long as one has.
		from, to := max(int(x0+0.5), r.Min.X), min(int(x1+0.5), r.Max.X)
		if from < to {
			n := int32(from - left)
			do((y-r.Min.Y)*r.Dx()+from-r.Min.X, to-from, mapped{
				u: u + n*ux, du: ux, v: v + n*vx, dv: vx, wears: w + n*wx, dwears: wx,
			})
		}
		u, v, w = u+uy, v+vy, w+wy
	}
}

// row is the zone along a row of pixels, each between four texels. The corners
// of triangles are on the map, and so are their pixels; the index is cut to the
// map's size for the compiler, which then checks nothing.
func (z *zone) row(row []uint8, at mapped) {
	const one, side = 1 << 16, mapSide
	u, v, w := at.u, at.v, at.wears
	for x := range row {
		i := uint32(v>>16)*side + uint32(u>>16)
		fx, fy := uint32(u>>8)&255, uint32(v>>8)&255
		upper := uint32(z.cover[uint16(i)])*(256-fx) + uint32(z.cover[uint16(i+1)])*fx
		lower := uint32(z.cover[uint16(i+side)])*(256-fx) + uint32(z.cover[uint16(i+side+1)])*fx
		texel := (upper*(256-fy) + lower*fy + 1<<15) >> 16
		row[x] = uint8(texel * uint32(min(max(w, 0), one)) >> 16)
		u, v, w = u+at.du, v+at.dv, w+at.dwears
	}
}

// sides are the sides of a triangle: the long one from its top to its bottom,
// and the two of the corner between. How x changes with y is the same number for
// both triangles of a side.
type sides struct {
	top, middle        *corner
	long, upper, lower float32
}

func newSides(a, b, c *corner) sides {
	if a.y > b.y {
		a, b = b, a
	}
	if b.y > c.y {
		b, c = c, b
	}
	if a.y > b.y {
		a, b = b, a
	}
	slope := func(p, q *corner) float32 {
		if p.y == q.y {
			return 0
		}
		return (q.x - p.x) / (q.y - p.y)
	}
	return sides{top: a, middle: b, long: slope(a, c), upper: slope(a, b), lower: slope(b, c)}
}

// at is from where to where the triangle goes at a height that it has.
func (s *sides) at(y float32) (left, right float32) {
	left = s.top.x + (y-s.top.y)*s.long
	if y < s.middle.y {
		right = s.top.x + (y-s.top.y)*s.upper
	} else {
		right = s.middle.x + (y-s.middle.y)*s.lower
	}
	if left > right {
		return right, left
	}
	return left, right
}

// glitter is the grain along a row of pixels: one flake in each half texel
// square, most of them dull.
func (at mapped) glitter(row []uint8) {
	u, v := at.u, at.v
	for x := range row {
		h := uint32(u>>15)*0x9E3779B1 ^ uint32(v>>15)*0x85EBCA77
		h ^= h >> 15
		h *= 0x2C1B3C6D
		h ^= h >> 12
		n := h >> 16 & 255
		row[x] = uint8(n * n / 255 * n / 255 * n / 255)
		u, v = u+at.du, v+at.dv
	}
}

// ceil is the least whole number not below v, a place near the frame.
func ceil(v float32) int {
	n := int(v)
	if float32(n) < v {
		n++
	}
	return n
}
