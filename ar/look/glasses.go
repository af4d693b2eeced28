package look

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// glasses draws spectacles. Its fields are scratch.
type glasses struct {
	points             []vec
	contours           [][]vec
	shade, back, front mask
	side, face, nose   mask
	lens               mask
	silhouette, sorted []vec
	outline            []vec // of a side piece
	tmp                []uint8
	soft               [2][]uint8   // rows of the shadow
	lit                [][3]float32 // the frame's own colour in each column's light: blue, green, red
	polish             polish
	gleams             gleams
	temples            [2]temple // the picture's left and right
	head               head
}

// paint hangs the shape on face's head. near is what is known of the face's
// skin and of the light on its sides.
func (g *glasses) paint(f *ar.Frame, mesh *ar.Mesh, face *ar.Face, s *shape, c ar.Color, near *jewels, alpha float32) {
	alpha *= 1 - smooth(float32(math.Abs(face.Pose.Yaw)), 50, 65)
	if !(alpha > 0) || !sound(&face.Pose) {
		return
	}
	g.head = newHead(mesh, face, f)
	h := &g.head
	// Pixels a millimetre at the bridge.
	a, b := h.project(-10, bridgeY, h.bridgeZ), h.project(10, bridgeY, h.bridgeZ)
	up, down := h.project(0, bridgeY-10, h.bridgeZ), h.project(0, bridgeY+10, h.bridgeZ)
	scale := max(math.Hypot(b.x-a.x, b.y-a.y), math.Hypot(up.x-down.x, up.y-down.y)) / 20
	if !(scale > 0.1 && scale < 50) {
		return
	}
	r := g.frameRegion(f, h, s, scale)
	if r.Empty() {
		return
	}
	for i := range g.temples {
		g.temples[i] = newTemple(h, s, i)
		g.temples[i].end = near.templeEnd(f, &g.temples[i], i, scale)
	}
	g.masks(f, face, h, s, r, scale)
	g.hide(mesh, face, h, f)
	g.light(face, f, c, near)
	g.shadow(f, alpha)
	for i := range g.temples {
		g.drawTemple(f, &g.temples[i], alpha)
	}
	g.gleams.fit(h, near.middleLight()[1])
	for i := range s.lenses {
		g.drawLens(f, h, &s.lenses[i], alpha)
	}
	g.polish.fit(h, s.material)
	g.drawFront(f, near.middleLight(), scale, alpha)
}

// frameRegion is the part of the frame in which glasses change anything.
func (g *glasses) frameRegion(f *ar.Frame, h *head, s *shape, scale float64) image.Rectangle {
	g.points = g.points[:0]
	for _, c := range s.frame {
		for _, p := range c {
			g.points = append(g.points, h.front(p, 0, 0), h.front(p, skinBack, 4))
		}
	}
	for _, ear := range h.ears {
		for _, y := range []float64{-6, 6} {
			g.points = append(g.points, h.project(ear[0], ear[1]+y, ear[2]))
		}
	}
	return bounds(6*scale+2, image.Rect(0, 0, f.Width, f.Height), g.points)
}

// masks draws the coverage of all but the lenses and side pieces.
func (g *glasses) masks(f *ar.Frame, face *ar.Face, h *head, s *shape, r image.Rectangle, scale float64) {
	g.points = g.points[:0]
	for _, c := range s.frame {
		for _, p := range c {
			g.points = append(g.points, h.front(p, 0, 0), h.front(p, rimDepth, 0))
		}
	}
	rims := bounds(2, r, g.points)
	for _, layer := range []struct {
		m          *mask
		back, down float64
	}{{&g.back, rimDepth, 0}, {&g.front, 0, 0}} {
		layer.m.reset(rims)
		for _, c := range s.frame {
			g.points = g.points[:0]
			for _, p := range c {
				g.points = append(g.points, h.front(p, layer.back, layer.down))
			}
			layer.m.edges(g.points)
		}
		layer.m.fill()
	}
	g.drawShade(h, s, r, scale)
	g.sorted = g.sorted[:0]
	for i := 0; i < ar.MeshPoints; i += 3 { // a third of them tell the outline
		g.sorted = append(g.sorted, pixel(face, i, f))
	}
	for _, i := range faceOval {
		g.sorted = append(g.sorted, pixel(face, i, f))
	}
	slices.SortFunc(g.sorted, leftmost)
	g.silhouette = hull(g.silhouette, g.sorted)
	g.face.reset(r)
	g.face.outline(g.silhouette)
	g.face.fill()
}

// leftmost orders points as hull wants them.
func leftmost(a, b vec) int {
	return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
}

// light gives each column of the picture the frame's colour in the light that
// falls there: from that on the one cheek to that on the other.
func (g *glasses) light(face *ar.Face, f *ar.Frame, c ar.Color, near *jewels) {
	r := g.face.Rect
	g.lit = slices.Grow(g.lit[:0], r.Dx())[:r.Dx()]
	from, to := pixel(face, rightEye, f).x, pixel(face, leftEye, f).x
	base := [3]float32{linear[c.B], linear[c.G], linear[c.R]}
	for x := range g.lit {
		t := float32(0.5)
		if to > from {
			t = smooth(float32((float64(x+r.Min.X)-from)/(to-from)), -0.2, 1.2)
		}
		for i := range base {
			a, b := near.light[0][2-i], near.light[1][2-i]
			g.lit[x][i] = base[i] * (a + t*(b-a))
		}
	}
}

// blend lays a colour over the pixel.
func blend(px []byte, c [3]uint8, alpha float32) {
	for i := range c {
		old := float32(px[i])
		px[i] = uint8(old + alpha*(float32(c[i])-old) + 0.5)
	}
}
