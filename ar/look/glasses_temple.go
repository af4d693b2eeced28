package look

import (
	"image"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	templeThick = 1.2 // half of what a side piece measures sideways, millimetres
	templeTaper = 0.35
	// The head widens towards the ears, so a side piece is seen from a little
	// inside too: cosines of the way outwards to the camera's.
	templeGone, templeThere = -0.24, -0.08
	// hairKept is how far (millimetres) a side piece is seen over hair before it
	// dives under, hairDive over what distance it does.
	hairKept, hairDive = 9.0, 14.0
	templeSkin         = 2.2 // millimetres around a side piece that are looked at
	templeStations     = 12
)

// The upper half of the ear on the canonical head's left side, millimetres.
// Where it is bare, so is the side piece's way to it.
var upperEar = [2][3]float64{{82.5, 14, 76}, {83, 25, 78}}

// temple is a side piece: a straight bar from the hinge to the ear.
type temple struct {
	head     *head
	side     float64    // −1 for the picture's left, +1 for its right
	from, to [3]float64 // on the head
	half     float64    // half its height at the hinge
	reach    float64    // the part of the way to the ear that it goes
	sees     float32    // how far its outside is in view
	end      float32    // the part of its way from where on hair hides it, 1 if none does
}

// newTemple is the shape's side piece on a head.
func newTemple(h *head, s *shape, ear int) temple {
	side := float64(2*ear - 1)
	x, y := side*(s.halfWidth-1.5)*h.size, bridgeY+s.hingeY*h.size
	t := temple{
		head: h, side: side, half: s.templeHeight / 2 * h.size, end: 1,
		from: [3]float64{x, y, h.frontZ(x, y) + 1},
		to:   h.ears[ear],
	}
	// A short piece ends before the ear.
	dx, dy, dz := t.to[0]-t.from[0], t.to[1]-t.from[1], t.to[2]-t.from[2]
	t.reach = min(s.temple*h.size/math.Sqrt(dx*dx+dy*dy+dz*dz), 1)
	for i, d := range [3]float64{dx, dy, dz} {
		t.to[i] = t.from[i] + t.reach*d
	}
	// The way outwards, at right angles to the piece, and the camera's to it.
	t.sees = smooth(float32(h.facesCamera([3]float64{side * dz, 0, -side * dx}, t.place(0.5, 0, 0))), templeGone, templeThere)
	return t
}

// place is a place on the piece: the part of its way, and millimetres
// outwards and down from its middle line.
func (t *temple) place(way, out, down float64) [3]float64 {
	return [3]float64{
		t.from[0] + way*(t.to[0]-t.from[0]) + t.side*out,
		t.from[1] + way*(t.to[1]-t.from[1]) + down,
		t.from[2] + way*(t.to[2]-t.from[2]),
	}
}

// at is where it is seen.
func (t *temple) at(way, out, down float64) vec {
	p := t.place(way, out, down)
	return t.head.project(p[0], p[1], p[2])
}

// tall is half the piece's height at a part of its way.
func (t *temple) tall(way float64) float64 { return (1 - templeTaper*way*t.reach) * t.half }

// outlined appends its outline to points, down millimetres lower: it is
// straight and tapers, so what is seen of it is convex.
func (t *temple) outlined(points []vec, to, down float64) []vec {
	thick := min(templeThick, t.half)
	for _, way := range [2]float64{0, to} {
		for _, out := range [2]float64{-thick, thick} {
			points = append(points, t.at(way, out, down-t.tall(way)), t.at(way, out, down+t.tall(way)))
		}
	}
	return points
}

// templeEnd is from where on hair hides the side piece, as the part of its
// way; nothing hides it whose ear is bare.
func (j *jewels) templeEnd(f *ar.Frame, t *temple, side int, scale float64) float32 {
	if !j.seen[side] || t.sees == 0 {
		return 1
	}
	radius := max(templeSkin*scale, 1.5)
	end, hair := float32(1), 0.0
	a, b := t.place(0, 0, 0), t.place(1, 0, 0)
	d := [3]float64{b[0] - a[0], b[1] - a[1], b[2] - a[2]}
	step := math.Sqrt(dot3(d, d)) / templeStations
	for k := 1; k < templeStations && end == 1; k++ {
		way := float64(k) / templeStations
		hair += step * float64(1-smooth(j.skin[side].around(f, t.at(way, 0, 0), radius, nil), 0.3, 0.7))
		if hair > hairKept {
			end = float32(way)
		}
	}
	if end < 1 {
		bare := float32(0)
		for _, p := range upperEar {
			bare += 0.5 * j.skin[side].around(f, t.head.project(t.side*p[0], p[1], p[2]), 1.5*radius, j.oval)
		}
		end += (1 - end) * smooth(bare, 0.15, 0.4)
	}
	return j.worn.temples[side].to(end, j.seconds)
}

// drawTemple draws one side piece. Where the camera sees its inside, the face
// is before it.
func (g *glasses) drawTemple(f *ar.Frame, t *temple, alpha float32) {
	g.points = t.outlined(g.points[:0], 1, 0)
	slices.SortFunc(g.points, leftmost)
	g.outline = hull(g.outline, g.points)
	whole := g.face.Rect
	r := bounds(1, whole, g.points)
	if r.Empty() {
		return
	}
	g.side.reset(r)
	g.side.outline(g.outline)
	g.side.fill()

	from, to := t.at(0, 0, 0), t.at(1, 0, 0)
	top := t.at(0.5, 0, -t.tall(0.5))
	mid := t.at(0.5, 0, 0)
	dx, dy := to.x-from.x, to.y-from.y
	norm := 1 / max(dx*dx+dy*dy, 1)
	tall := max(math.Hypot(top.x-mid.x, top.y-mid.y), 0.5)
	ux, uy := (mid.x-top.x)/tall, (mid.y-top.y)/tall
	// Where the outside is in view the ear hides the end; on the other side
	// hair and head hide most.
	fadeFrom, fadeTo := 0.15+0.74*t.sees, 0.45+0.55*t.sees
	way := float32(math.Sqrt((t.to[0]-t.from[0])*(t.to[0]-t.from[0]) + (t.to[2]-t.from[2])*(t.to[2]-t.from[2])))
	dive := float32(hairDive) / max(way, 1)
	grey := g.greyUnder(f, r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		face := g.face.Pix[(y-whole.Min.Y)*whole.Dx()+r.Min.X-whole.Min.X:][:r.Dx()]
		for x, v := range g.side.Pix[i:][:r.Dx()] {
			if v == 0 {
				continue
			}
			px := row[3*x:][:3]
			a := alpha * float32(v) / 255 * (1 - float32(face[x])/255*(1-t.sees))
			qx, qy := float64(x+r.Min.X)+0.5-from.x, float64(y)+0.5-from.y
			along := float32((qx*dx + qy*dy) * norm)
			a *= 1 - smooth(along, fadeFrom, fadeTo)
			if t.end < 1 {
				// The hairs that catch the light lie on top.
				over := within(float32(px[1])/grey-1, 0.6)
				a *= 1 - smooth(along+dive*over, t.end, t.end+dive)
			}
			low := float32(((float64(x+r.Min.X)+0.5-mid.x)*ux + (float64(y)+0.5-mid.y)*uy - (float64(along)-0.5)*(dx*ux+dy*uy)) / tall)
			lit := 0.62 - 0.22*low + 0.5*smooth(-low, 0.35, 0.75)
			blend(px, g.shone(x+r.Min.X-whole.Min.X, lit, 0, rgb{}), a)
		}
	}
}

// greyUnder is the mean green of what the side piece lies over.
func (g *glasses) greyUnder(f *ar.Frame, r image.Rectangle) float32 {
	sum, n := 0, 1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		for x, v := range g.side.Pix[(y-r.Min.Y)*r.Dx():][:r.Dx()] {
			if v > 127 {
				sum, n = sum+int(row[3*x+1]), n+1
			}
		}
	}
	return max(float32(sum)/float32(n), 1)
}
