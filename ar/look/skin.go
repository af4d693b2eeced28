package look

import (
	"image"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The canonical face's flat map as zones are drawn on it: mapSide texels
// square, mapMM millimetres of skin from edge to edge. The map keeps lengths
// to within a tenth on cheeks and lids.
const (
	mapSide = 256
	mapMM   = 240.0
)

// Skin that turns away from the camera wears less, and none from edge on, so
// that nothing is painted over the outline of a face. The numbers are cosines.
const (
	facingNone = 0.10
	facingFull = 0.42
)

// stroke is what a soft brush leaves on the flat map: strong along the line,
// nothing at reach from it. Places are millimetres from the top of the map's
// middle line, x to the shopper's right.
type stroke struct {
	line     []vec
	reach    float64
	strength float64 // 0–1
}

// zone is a soft mask on the flat map, the same on both sides of the face, and
// the triangles of the mesh that carry it.
type zone struct {
	cover     [mapSide * mapSide]uint8
	triangles []zoneTriangle
}

type zoneTriangle struct {
	corners [3]uint16
	index   int  // of the mesh's triangle
	full    bool // the zone covers all of it and what is around
}

// newZone draws the strokes on the map of mesh, less what the strokes that
// come over them cover.
func newZone(mesh *ar.Mesh, strokes []stroke, over ...stroke) *zone {
	return drawZone(mesh, func(p vec) float64 {
		covered := 1 - bareness(strokes, p)
		if covered > 0 {
			covered *= bareness(over, p)
		}
		return covered
	})
}

// drawZone draws how much, 0–1, covers the skin at each place of the map of
// mesh.
func drawZone(mesh *ar.Mesh, covers func(vec) float64) *zone {
	z := &zone{}
	const texel = mapMM / mapSide
	for y := range mapSide {
		row := z.cover[y*mapSide:][:mapSide]
		for x := range mapSide / 2 {
			p := vec{(float64(x) + 0.5) * texel, (float64(y) + 0.5) * texel}
			v := uint8(255*covers(p) + 0.5)
			row[mapSide/2-1-x], row[mapSide/2+x] = v, v
		}
	}
	for i, t := range mesh.Triangles {
		if least, most := z.around(mesh.UV[t[0]], mesh.UV[t[1]], mesh.UV[t[2]]); most > 0 {
			z.triangles = append(z.triangles, zoneTriangle{t, i, least == 255})
		}
	}
	return z
}

// bareness is how much of the skin at p the strokes leave bare, 0–1.
func bareness(strokes []stroke, p vec) float64 {
	bare := 1.0
	for _, s := range strokes {
		if d := lineDistance(s.line, p) / s.reach; d < 1 {
			bare *= 1 - s.strength*(1-d*d)*(1-d*d)
		}
	}
	return bare
}

// around is the least and the most of the zone in the box around a triangle.
func (z *zone) around(corners ...[2]float32) (least, most uint8) {
	box := image.Rectangle{Min: image.Pt(mapSide, mapSide)}
	for _, uv := range corners {
		x, y := int(uv[0]*mapSide), int(uv[1]*mapSide)
		box.Min.X, box.Min.Y = min(box.Min.X, x-1), min(box.Min.Y, y-1)
		box.Max.X, box.Max.Y = max(box.Max.X, x+2), max(box.Max.Y, y+2)
	}
	box = box.Intersect(image.Rect(0, 0, mapSide, mapSide))
	least = 255
	for y := box.Min.Y; y < box.Max.Y; y++ {
		row := z.cover[y*mapSide+box.Min.X : y*mapSide+box.Max.X]
		least, most = min(least, slices.Min(row)), max(most, slices.Max(row))
	}
	return least, most
}

// lineDistance is how far p is from an open line.
func lineDistance(line []vec, p vec) float64 {
	x, y := p.x-line[0].x, p.y-line[0].y
	best := x*x + y*y
	for i, b := range line[1:] {
		a := line[i]
		dx, dy := b.x-a.x, b.y-a.y
		t := 0.0
		if length := dx*dx + dy*dy; length > 0 {
			t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/length, 0), 1)
		}
		x, y = p.x-a.x-t*dx, p.y-a.y-t*dy
		best = min(best, x*x+y*y)
	}
	return math.Sqrt(best)
}

// corner is a vertex of the mesh in the frame: pixels, texels of the map and
// how much the skin there wears (0–1) for facing the camera.
type corner struct{ x, y, u, v, wears float32 }

// surface is one face's skin in one frame.
type surface struct {
	corners [ar.MeshPoints]corner
	normals [ar.MeshPoints][3]float32
	veil    *veil // what lies over it; nil is nothing
}

// keep leaves of a mask what is on the face's own skin and lips.
func (s *surface) keep(m *mask) {
	if s.veil != nil {
		s.veil.keep(m, s)
	}
}

// fit lays the mesh over face.
func (s *surface) fit(mesh *ar.Mesh, face *ar.Face, f *ar.Frame) {
	w, h := float32(f.Width), float32(f.Height)
	s.normals = [ar.MeshPoints][3]float32{}
	for _, t := range mesh.Triangles {
		a, b, c := face.Points[t[0]], face.Points[t[1]], face.Points[t[2]]
		x1, y1, z1 := (b.X-a.X)*w, (b.Y-a.Y)*h, (b.Z-a.Z)*w
		x2, y2, z2 := (c.X-a.X)*w, (c.Y-a.Y)*h, (c.Z-a.Z)*w
		n := [3]float32{y1*z2 - z1*y2, z1*x2 - x1*z2, x1*y2 - y1*x2}
		for _, i := range t {
			for k := range n {
				s.normals[i][k] += n[k]
			}
		}
	}
	for i := range s.corners {
		// The mesh's triangles run so that their normals point out of the
		// head, and the camera is where z is less.
		n := s.normals[i]
		facing := float32(0)
		if length := float32(math.Sqrt(float64(n[0]*n[0] + n[1]*n[1] + n[2]*n[2]))); length > 0 {
			facing = -n[2] / length
		}
		p, uv := face.Points[i], mesh.UV[i]
		s.corners[i] = corner{p.X * w, p.Y * h, uv[0] * mapSide, uv[1] * mapSide, smooth(facing, facingNone, facingFull)}
	}
}

// carry makes dst the zone as the skin carries it into the frame, less what over
// (nil is nothing) lies over it, and reports whether any of it is in there.
// glints, if not nil, becomes the grain of glitter that is stuck to the skin
// there, 0–255 a pixel.
func (z *zone) carry(dst *mask, glints *[]uint8, s *surface, over *veil, frame image.Rectangle) bool {
	x0, y0, x1, y1 := float32(math.Inf(1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Inf(-1))
	for i := range z.triangles {
		for _, i := range z.triangles[i].corners {
			c := &s.corners[i]
			x0, y0, x1, y1 = min(x0, c.x), min(y0, c.y), max(x1, c.x), max(y1, c.y)
		}
	}
	r := image.Rect(int(x0)-1, int(y0)-1, int(x1)+2, int(y1)+2).Intersect(frame)
	if len(z.triangles) == 0 || r.Empty() {
		return false
	}
	dst.blank(r)
	var grain []uint8
	if glints != nil {
		if cap(*glints) < len(dst.Pix) {
			*glints = make([]uint8, len(dst.Pix))
		}
		*glints = (*glints)[:len(dst.Pix)]
		grain = *glints
	}
	for i := range z.triangles {
		z.triangle(dst, grain, s, over, &z.triangles[i])
	}
	return true
}

// triangle carries one triangle.
func (z *zone) triangle(dst *mask, grain []uint8, s *surface, over *veil, t *zoneTriangle) {
	a, b, c := &s.corners[t.corners[0]], &s.corners[t.corners[1]], &s.corners[t.corners[2]]
	if a.wears+b.wears+c.wears == 0 {
		return
	}
	full := t.full && min(a.wears, b.wears, c.wears) == 1
	veiled := over != nil && over.lies(t.index)
	eachRow(a, b, c, dst.Rect, func(i, n int, at mapped) {
		row := dst.Pix[i : i+n]
		if full {
			for x := range row {
				row[x] = 255
			}
		} else {
			z.row(row, at)
		}
		if veiled {
			over.keepRow(row, at)
		}
		if grain != nil {
			at.glitter(grain[i : i+n])
		}
	})
}

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
