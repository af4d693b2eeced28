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
