package look

import (
	"image"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// shadowPart is by how much smaller than the picture the shadow is kept: it is
// soft.
const shadowPart = 2

// shadowDark is how much of the skin's blue, green and red light glasses take:
// what still comes to it came through skin.
var shadowDark = [3]float32{0.52, 0.48, 0.38}

// drawShade draws the frame as its shadow falls: on the skin behind it, lower,
// and blurred.
func (g *glasses) drawShade(h *head, s *shape, r image.Rectangle, scale float64) {
	g.shade.reset(image.Rect(0, 0, (r.Dx()+shadowPart-1)/shadowPart, (r.Dy()+shadowPart-1)/shadowPart))
	for _, c := range s.frame {
		g.points = g.points[:0]
		for _, p := range c {
			q := h.front(p, skinBack, 3)
			g.points = append(g.points, vec{(q.x - float64(r.Min.X)) / shadowPart, (q.y - float64(r.Min.Y)) / shadowPart})
		}
		g.shade.edges(g.points)
	}
	for i := range g.temples {
		if t := &g.temples[i]; t.sees > 0.5 {
			g.shadeOf(t, r)
		}
	}
	g.shade.fill()
	g.tmp = g.shade.blur(max(int(2*scale/shadowPart+0.5), 1), 1, g.tmp)
}

// shadeOf adds the side piece's part of the shadow, as far as the face goes.
func (g *glasses) shadeOf(t *temple, r image.Rectangle) {
	g.points = t.outlined(g.points[:0], min(0.8, float64(t.end)), 3)
	for i, p := range g.points {
		g.points[i] = vec{(p.x - float64(r.Min.X)) / shadowPart, (p.y - float64(r.Min.Y)) / shadowPart}
	}
	slices.SortFunc(g.points, leftmost)
	g.outline = hull(g.outline, g.points)
	g.shade.outline(g.outline)
}

// shadow darkens the skin that the frame is before.
func (g *glasses) shadow(f *ar.Frame, alpha float32) {
	var keep [256][3]uint32 // of 65536, by the shadow
	for v := range keep {
		for c, dark := range shadowDark {
			keep[v][c] = 65536 - uint32(alpha*dark*256)*uint32(v)*256/255
		}
	}
	r := g.face.Rect
	for i := range g.soft {
		g.soft[i] = slices.Grow(g.soft[i][:0], r.Dx()+shadowPart)[:r.Dx()]
	}
	for y := range r.Dy() {
		shade := g.shadeRow(y, r.Dx())
		if shade == nil {
			continue
		}
		row, face := f.Pix[3*((y+r.Min.Y)*f.Width+r.Min.X):], g.face.Pix[y*r.Dx():][:r.Dx()]
		for x := 0; x < len(shade); x++ {
			v := shade[x]
			if v == 0 {
				x += nothing(shade[x:]) - 1
				continue
			}
			k := &keep[uint32(v)*uint32(face[x])/255]
			px := (*[3]uint8)(row[3*x:])
			px[0] = uint8(uint32(px[0]) * k[0] >> 16)
			px[1] = uint8(uint32(px[1]) * k[1] >> 16)
			px[2] = uint8(uint32(px[2]) * k[2] >> 16)
		}
	}
}

// shadeRow is a row of the shadow at the picture's own size: each of its
// pixels lies a quarter of the way from one of the small shadow's to the next.
// It is nil where there is none.
func (g *glasses) shadeRow(y, width int) []uint8 {
	w, h := g.shade.Rect.Dx(), g.shade.Rect.Dy()
	near := y / shadowPart
	next := min(max(near+2*(y%shadowPart)-1, 0), h-1)
	a, b := g.shade.Pix[near*w:][:w], g.shade.Pix[next*w:][:w]
	if empty(a) && empty(b) {
		return nil
	}
	mixed, out := g.soft[0][:w], g.soft[1][:w*shadowPart]
	for i := range mixed {
		mixed[i] = uint8((3*uint32(a[i]) + uint32(b[i]) + 2) / 4)
	}
	left := uint32(mixed[0])
	for i, v := range mixed {
		v, right := uint32(v), uint32(mixed[min(i+1, w-1)])
		out[2*i], out[2*i+1] = uint8((3*v+left+2)/4), uint8((3*v+right+2)/4)
		left = v
	}
	return out[:width]
}

// empty reports whether nothing is covered on a line.
func empty(line []uint8) bool {
	for i := 0; i < len(line); i += nothing(line[i:]) {
		if line[i] > 0 {
			return false
		}
	}
	return true
}
