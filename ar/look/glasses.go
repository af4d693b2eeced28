package look

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// How glasses answer light.
const (
	rimBack     = 0.55 // light on the inner side of the rims
	templeLight = 0.78 // light on the side pieces
	bevel       = 0.22 // light and dark along the front's edges
	lensGleam   = 0.07 // of white, at the lenses' upper edge
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
	soft               [2][]uint8 // rows of the shadow
}

// paint hangs the shape on face's head.
func (g *glasses) paint(f *ar.Frame, mesh *ar.Mesh, face *ar.Face, s *shape, c ar.Color, alpha float32) {
	alpha *= 1 - smooth(float32(math.Abs(face.Pose.Yaw)), 50, 65)
	if !(alpha > 0) || !sound(&face.Pose) {
		return
	}
	h := newHead(mesh, face, f)
	// Pixels a millimetre at the bridge.
	a, b := h.project(-10, bridgeY, h.bridgeZ), h.project(10, bridgeY, h.bridgeZ)
	up, down := h.project(0, bridgeY-10, h.bridgeZ), h.project(0, bridgeY+10, h.bridgeZ)
	scale := max(math.Hypot(b.x-a.x, b.y-a.y), math.Hypot(up.x-down.x, up.y-down.y)) / 20
	if !(scale > 0.1 && scale < 50) {
		return
	}
	r := g.frameRegion(f, &h, s, scale)
	if r.Empty() {
		return
	}
	g.masks(f, face, &h, s, r, scale)
	g.hide(mesh, face, &h, f)
	base := ar3{float32(c.B), float32(c.G), float32(c.R)}
	light := g.light(f)
	for i := range base {
		base[i] *= light
	}
	g.shadow(f, alpha)
	for _, side := range []float64{-1, 1} {
		g.temple(f, &h, s, side, base, alpha)
	}
	for i := range s.lenses {
		g.drawLens(f, &h, &s.lenses[i], light, alpha)
	}
	g.drawFront(f, base, scale, alpha)
}

// frameRegion is the part of the frame in which glasses change anything.
func (g *glasses) frameRegion(f *ar.Frame, h *head, s *shape, scale float64) image.Rectangle {
	g.points = g.points[:0]
	for _, c := range s.frame {
		for _, p := range c {
			g.points = append(g.points, h.front(p, 0, 0), h.front(p, skinBack, 4))
		}
	}
	for _, side := range []float64{-1, 1} {
		for _, y := range []float64{-6, 6} {
			g.points = append(g.points, h.project(side*h.width, earY+y, h.earZ))
		}
	}
	return bounds(6*scale+2, image.Rect(0, 0, f.Width, f.Height), g.points)
}

// masks draws the coverage of all but the lenses and side pieces.
func (g *glasses) masks(f *ar.Frame, face *ar.Face, h *head, s *shape, r image.Rectangle, scale float64) {
	for _, layer := range []struct {
		m          *mask
		back, down float64
	}{{&g.back, rimDepth, 0}, {&g.front, 0, 0}} {
		layer.m.reset(r)
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
	for i := range ar.MeshPoints {
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

// light is how bright the scene is, from the skin around the eyes: a frame
// must not shine in a dark shop.
func (g *glasses) light(f *ar.Frame) float32 {
	r := g.face.Rect
	sum, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += 4 {
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		for x := 0; x < r.Dx(); x += 4 {
			if g.face.Pix[(y-r.Min.Y)*r.Dx()+x] > 0 {
				sum += int(row[3*x+1])
				n++
			}
		}
	}
	if n == 0 {
		return 1
	}
	return min(max(0.45+float32(sum)/float32(n)/200, 0.5), 1)
}

// drawFront paints the rims' inner sides, then the front with light along its
// upper edges and dark along its lower ones.
func (g *glasses) drawFront(f *ar.Frame, base ar3, scale float64, alpha float32) {
	r := g.front.Rect
	w, h := r.Dx(), r.Dy()
	step := max(int(0.7*scale+0.5), 1)
	for y := range h {
		row := f.Pix[3*((y+r.Min.Y)*f.Width+r.Min.X):]
		back, front := g.back.Pix[y*w:][:w], g.front.Pix[y*w:][:w]
		above, below := g.front.Pix[max(y-step, 0)*w:][:w], g.front.Pix[min(y+step, h-1)*w:][:w]
		nose := g.nose.Pix[y*w:][:w]
		for x := range front {
			if back[x] == 0 && front[x] == 0 {
				continue
			}
			px := row[3*x:][:3]
			seen := alpha * float32(255-nose[x]) / (255 * 255)
			if back[x] > 0 && front[x] < 255 {
				blend(px, base, rimBack, 0, seen*float32(back[x]))
			}
			if front[x] > 0 {
				edge := float32(int(below[x])-int(above[x])) / 255
				blend(px, base, 1+bevel*edge, 26*max(edge, 0), seen*float32(front[x]))
			}
		}
	}
}

// blend lays c·light+shine over the pixel.
func blend(px []byte, c ar3, light, shine, alpha float32) {
	for i := range c {
		v := min(c[i]*light+shine, 255)
		px[i] = uint8(float32(px[i]) + alpha*(v-float32(px[i])) + 0.5)
	}
}

// drawLens tints what lies behind a lens and puts a faint gleam on its upper
// half.
func (g *glasses) drawLens(f *ar.Frame, h *head, l *lens, light, alpha float32) {
	g.contours = g.contours[:0]
	n := 0
	for _, c := range l.contours {
		n += len(c)
	}
	g.points = slices.Grow(g.points[:0], n)
	for _, c := range l.contours {
		from := len(g.points)
		for _, p := range c {
			g.points = append(g.points, h.front(p, rimDepth/2, 0))
		}
		g.contours = append(g.contours, g.points[from:])
	}
	whole := g.front.Rect
	r := bounds(1, whole, g.contours...)
	if r.Empty() {
		return
	}
	g.lens.reset(r)
	for _, c := range g.contours {
		g.lens.edges(c)
	}
	g.lens.fill()
	top, height := float32(r.Min.Y), float32(r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		gleam := lensGleam * light * (1 - smooth((float32(y)-top)/height, 0, 0.7)) * (0.3 + 0.7*l.opacity)
		// Tint and gleam together are old·keep + add, in 16.16 numbers.
		keep := int32(65536 * (1 - l.opacity) * (1 - gleam))
		var add [3]int32
		for c := range add {
			add[c] = int32(65536 * (l.opacity*light*l.color[c]*(1-gleam) + 255*gleam))
		}
		part := int32(alpha * 257)
		nose := g.nose.Pix[(y-whole.Min.Y)*whole.Dx()+r.Min.X-whole.Min.X:][:r.Dx()]
		for x, v := range g.lens.Pix[i:][:r.Dx()] {
			if v == 0 {
				continue
			}
			px := row[3*x:][:3]
			a := part * int32(v) >> 8 * int32(255-nose[x]) / 255
			for c := range add {
				old := int32(px[c])
				tinted := (old*keep + add[c]) >> 16
				px[c] = uint8(old + ((tinted-old)*a+128)>>8)
			}
		}
	}
}

// temple draws one side piece from its hinge to the ear. Where the camera sees
// its inside, the face is before it.
func (g *glasses) temple(f *ar.Frame, h *head, s *shape, side float64, base ar3, alpha float32) {
	x0 := side * (s.halfWidth - 1.5) * h.size
	y0 := bridgeY + s.hingeY*h.size
	z0 := h.bridgeZ + frontWrap*x0*x0 + frontTilt*s.hingeY*h.size + 1
	half := s.templeHeight / 2 * h.size
	// A short piece ends before the ear.
	toEar := math.Hypot(side*h.width-x0, math.Hypot(earY-y0, h.earZ-z0))
	reach := min(s.temple*h.size/toEar, 1)
	thick := min(1.2, half)
	at := func(t, out, up float64) vec {
		t *= reach
		x := x0 + t*(side*h.width-x0) + side*out
		y := y0 + t*(earY-y0) + up
		return h.project(x, y, z0+t*(h.earZ-z0))
	}
	// It is straight and tapers, so what is seen of it is convex.
	g.points = g.points[:0]
	for t, high := range [2]float64{half, (1 - 0.35*reach) * half} {
		for _, out := range [2]float64{-thick, thick} {
			g.points = append(g.points, at(float64(t), out, -high), at(float64(t), out, high))
		}
	}
	slices.SortFunc(g.points, leftmost)
	g.outline = hull(g.outline, g.points)
	whole := g.front.Rect
	r := bounds(1, whole, g.points)
	if r.Empty() {
		return
	}
	g.side.reset(r)
	g.side.outline(g.outline)
	g.side.fill()

	sees := h.seesSide(side)
	from, to := at(0, 0, 0), at(1, 0, 0)
	dx, dy := to.x-from.x, to.y-from.y
	// Where the outside is in view the ear hides the end; on the other side
	// hair and head hide most.
	fadeFrom, fadeTo := 0.15+0.70*sees, 0.45+0.55*sees
	norm := 1 / max(dx*dx+dy*dy, 1)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		face := g.face.Pix[(y-whole.Min.Y)*whole.Dx()+r.Min.X-whole.Min.X:][:r.Dx()]
		for x, v := range g.side.Pix[i:][:r.Dx()] {
			if v == 0 {
				continue
			}
			a := alpha * float32(v) / 255 * (1 - float32(face[x])/255*(1-sees))
			t := ((float64(x+r.Min.X)+0.5-from.x)*dx + (float64(y)+0.5-from.y)*dy) * norm
			a *= 1 - smooth(float32(t), fadeFrom, fadeTo)
			blend(row[3*x:][:3], base, templeLight, 0, a)
		}
	}
}
