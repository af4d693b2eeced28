package look

import (
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// noseMargin is how far (millimetres) the nose must stand out before the
	// front to hide what is behind it: pads keep the rims off its sides.
	noseMargin = 2.5
	// The part of the face that can stand out before glasses.
	noseWidth  = 24.0
	noseBottom = 50.0
	// How far (degrees) a head is turned whose nose begins to hide the lens, and
	// from where on it hides all that is behind it: between, noses differ in
	// how they carry glasses.
	noseFrom, noseTo = 24, 38
)

// hide draws what of the face lies before the glasses: of a head that is
// turned, the ridge of the nose is before the far lens. What is on the
// camera's side of the front's surface hides what is behind it.
func (g *glasses) hide(mesh *ar.Mesh, face *ar.Face, h *head, f *ar.Frame) {
	g.nose.reset(g.front.Rect)
	// Of a head that looks ahead the rims are beside the nose.
	turned := smooth(float32(math.Abs(face.Pose.Yaw)), noseFrom, noseTo)
	if turned <= 0 {
		return
	}
	for _, t := range mesh.Triangles {
		var ahead [3]float64 // how far before the front
		most := math.Inf(-1)
		for i, v := range t {
			p := mesh.Vertices[v]
			if math.Abs(p[0]) > noseWidth || p[1] > noseBottom || p[1] < bridgeY {
				most = math.Inf(-1)
				break
			}
			ahead[i] = h.frontZ(p[0], p[1]) - p[2] - noseMargin
			most = max(most, ahead[i])
		}
		if most <= 0 {
			continue
		}
		g.points = g.points[:0]
		for i := range t {
			j := (i + 1) % 3
			a, b := pixel(face, int(t[i]), f), pixel(face, int(t[j]), f)
			if ahead[i] > 0 {
				g.points = append(g.points, a)
			}
			if (ahead[i] > 0) != (ahead[j] > 0) {
				k := ahead[i] / (ahead[i] - ahead[j])
				g.points = append(g.points, vec{a.x + k*(b.x-a.x), a.y + k*(b.y-a.y)})
			}
		}
		if area(g.points) < 0 { // all the same way round, so that they add up
			slices.Reverse(g.points)
		}
		g.nose.outline(g.points)
	}
	g.nose.fill()
	g.keepNear(h, face.Pose.Yaw, turned)
}

// keepNear takes away what hides the half of the glasses that comes nearer:
// that half is before the nose's flank. What hides the other half stays in
// part.
func (g *glasses) keepNear(h *head, yaw float64, part float32) {
	top, bottom := h.front(vec{0, -20}, 0, 0), h.front(vec{0, 30}, 0, 0)
	dx, dy := bottom.x-top.x, bottom.y-top.y
	if yaw < 0 {
		dx, dy = -dx, -dy
	}
	r := g.nose.Rect
	for i, v := range g.nose.Pix {
		if v == 0 {
			continue
		}
		x, y := float64(r.Min.X+i%r.Dx())+0.5, float64(r.Min.Y+i/r.Dx())+0.5
		far := (x-top.x)*dy-(y-top.y)*dx > 0
		if far {
			g.nose.Pix[i] = uint8(part * float32(v))
		} else {
			g.nose.Pix[i] = 0
		}
	}
}
