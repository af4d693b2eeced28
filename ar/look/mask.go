package look

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// vec is a place in the frame, in pixels.
type vec struct{ x, y float64 }

// mask is how much of each pixel in a part of the frame something covers,
// 0–255.
type mask struct {
	image.Alpha
	raster vector.Rasterizer
	page   image.Alpha // the same pixels, counted from 0, 0: the rasteriser is quick only there
	sums   []uint32    // scratch
}

// reset makes the mask an empty one over r, reusing its memory, and ready for
// contours.
func (m *mask) reset(r image.Rectangle) {
	m.blank(r)
	m.raster.Reset(r.Dx(), r.Dy())
	m.raster.DrawOp = draw.Src
}

// blank makes the mask an empty one over r, reusing its memory.
func (m *mask) blank(r image.Rectangle) {
	n := r.Dx() * r.Dy()
	if cap(m.Pix) < n {
		m.Pix = make([]uint8, n)
	}
	m.Pix, m.Stride, m.Rect = m.Pix[:n], r.Dx(), r
	clear(m.Pix)
}

// outline adds a closed contour. Contours that run the same way round add up,
// one that runs the other way inside them is a hole.
func (m *mask) outline(contour []vec) {
	m.edges(contour)
	m.raster.ClosePath()
}

// edges adds a part of a contour: all parts together must close.
func (m *mask) edges(line []vec) {
	// The rasteriser's fixed-point numbers overflow far outside the mask.
	const far = 2048
	x0, y0 := float64(m.Rect.Min.X), float64(m.Rect.Min.Y)
	for i, p := range line {
		x, y := float32(clamp(p.x-x0, far)), float32(clamp(p.y-y0, far))
		if i == 0 {
			m.raster.MoveTo(x, y)
		} else {
			m.raster.LineTo(x, y)
		}
	}
}

// fill turns the contours so far into coverage.
func (m *mask) fill() {
	m.page = image.Alpha{Pix: m.Pix, Stride: m.Stride, Rect: image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy())}
	m.raster.Draw(&m.page, m.page.Rect, image.Opaque, image.Point{})
}

// blur softens the mask by so many passes of a box filter, each of which turns
// an edge into a ramp 2·radius pixels wider. tmp is scratch.
func (m *mask) blur(radius, passes int, tmp []uint8) []uint8 {
	if radius < 1 {
		return tmp
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if cap(tmp) < w*h {
		tmp = make([]uint8, w*h)
	}
	tmp = tmp[:w*h]
	if cap(m.sums) < w {
		m.sums = make([]uint32, w)
	}
	m.sums = m.sums[:w]
	for range passes {
		boxRows(tmp, m.Pix, w, h, radius)
		boxColumns(m.Pix, tmp, m.sums, h, radius)
	}
	return tmp
}

// boxRows averages 2·radius+1 neighbours along each row.
func boxRows(dst, src []uint8, w, h, radius int) {
	scale := uint32(1<<16) / uint32(2*radius+1)
	for y := range h {
		d, s := dst[y*w:][:w], src[y*w:][:w]
		sum := uint32(0)
		for x := range min(radius, w) {
			sum += uint32(s[x])
		}
		for x := range d {
			if x+radius < w {
				sum += uint32(s[x+radius])
			}
			d[x] = uint8((sum*scale + 1<<15) >> 16)
			if x >= radius {
				sum -= uint32(s[x-radius])
			}
		}
	}
}

// boxColumns averages 2·radius+1 neighbours along each column. sums is scratch,
// a number for each column.
func boxColumns(dst, src []uint8, sums []uint32, h, radius int) {
	scale := uint32(1<<16) / uint32(2*radius+1)
	w := len(sums)
	clear(sums)
	add := func(y int) {
		for x, v := range src[y*w:][:w] {
			sums[x] += uint32(v)
		}
	}
	for y := range min(radius, h) {
		add(y)
	}
	for y := range h {
		if y+radius < h {
			add(y + radius)
		}
		d := dst[y*w:][:w]
		for x, s := range sums {
			d[x] = uint8((s*scale + 1<<15) >> 16)
		}
		if y >= radius {
			for x, v := range src[(y-radius)*w:][:w] {
				sums[x] -= uint32(v)
			}
		}
	}
}

// bounds is the smallest rectangle of whole pixels, pad pixels wider on each
// side, that holds the points and lies within size.
func bounds(pad float64, size image.Rectangle, contours ...[]vec) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range contours {
		for _, p := range c {
			x0, x1 = min(x0, p.x), max(x1, p.x)
			y0, y1 = min(y0, p.y), max(y1, p.y)
		}
	}
	if !(x0-pad > -1e6 && y0-pad > -1e6 && x1+pad < 1e6 && y1+pad < 1e6) {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(x0-pad)), int(math.Floor(y0-pad)),
		int(math.Ceil(x1+pad)), int(math.Ceil(y1+pad))).Intersect(size)
}

// area is positive for a contour that runs clockwise on the screen.
func area(c []vec) float64 {
	sum := 0.0
	for i, p := range c {
		q := c[(i+1)%len(c)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum / 2
}

// curve puts two more points between each two of a closed contour, on a
// Catmull-Rom spline, and appends all to dst.
func curve(dst, c []vec) []vec {
	n := len(c)
	for i, p1 := range c {
		p0, p2, p3 := c[(i+n-1)%n], c[(i+1)%n], c[(i+2)%n]
		dst = append(dst, p1)
		for _, t := range [2]float64{1. / 3, 2. / 3} {
			dst = append(dst, vec{spline(p0.x, p1.x, p2.x, p3.x, t), spline(p0.y, p1.y, p2.y, p3.y, t)})
		}
	}
	return dst
}

func spline(a, b, c, d, t float64) float64 {
	return b + 0.5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// hull is the convex hull of pts (Andrew's monotone chain), clockwise on the
// screen, written over out. pts must be sorted by x, then y.
func hull(out, pts []vec) []vec {
	out = out[:0]
	turn := func(a, b, c vec) float64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }
	for pass := range 2 {
		base := len(out)
		for i := range pts {
			p := pts[i]
			if pass == 1 {
				p = pts[len(pts)-1-i]
			}
			for len(out) >= base+2 && turn(out[len(out)-2], out[len(out)-1], p) <= 0 {
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		out = out[:len(out)-1]
	}
	return out
}

// sum is the whole of what is covered, 255 a pixel.
func (m *mask) sum() (n int) {
	for _, v := range m.Pix {
		n += int(v)
	}
	return n
}
