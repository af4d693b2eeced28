package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// lobeTurn is how far the front of an ear lobe looks outwards, radians.
	lobeTurn = 50 * math.Pi / 180
	// lobeRadius is about how large a lobe is, millimetres; lobeDepth how far
	// below the hole it goes.
	lobeRadius = 5.0
	lobeDepth  = 4.0
	lobeAbove  = 3.0 // how far above the hole the middle is of what is looked at
	// cheekMargin is by how much of its half width the face may be wider than
	// its landmarks say.
	cheekMargin = 0.05
	// How much of the lobe must look like skin for an earring that is seen on it
	// to stay, and for one that is not to come.
	lobeBare, lobeClear = 0.03, 0.09
	// The head hides the lobe that is turned away: the angle, degrees, at which
	// the camera stands before the ear's side.
	earGone, earThere = -22, -17
)

// hoopSteps is how finely a hoop is cut.
const hoopSteps = 44

// paintEarrings hangs the piece on the ears that the layer names.
func (j *jewels) paintEarrings(f *ar.Frame, face *ar.Face, piece *jewel, layer ar.Layer, alpha float32) {
	if !j.ready() || !(alpha > 0) {
		return
	}
	for side, name := range [2]ar.Side{ar.Right, ar.Left} {
		if layer.Side == "" || layer.Side == name {
			j.earring(f, face, piece, layer.Color, side, alpha)
		}
	}
}

// earring hangs the piece on the right (0) or the left (1) ear.
func (j *jewels) earring(f *ar.Frame, face *ar.Face, piece *jewel, c ar.Color, side int, alpha float32) {
	lobe := face.Lobes[side]
	if lobe == ([3]float64{}) {
		return
	}
	state := &j.worn.ears[side]
	q := j.camera(lobe)
	at, scale := j.seenAt(q)
	lean := state.swing.angle(q[0]/j.size, j.seconds, piece.length, piece.mass)
	shows := j.earShows(lobe, side)
	// The cheek hides what hangs behind it, but not on the ear's own side.
	behind := 1 - smooth(float32(j.earAngle(lobe, side)), 2, 16)
	// That cheek's own edge is not to be taken for a lobe.
	var cheek []vec
	if behind > 0 {
		j.edge = drawIn(j.edge[:0], j.oval, -cheekMargin*float64(behind))
		cheek = j.edge
	}
	if contains(j.inner, at) {
		shows *= 1 - behind
	}
	up := j.turned([3]float64{0, -lobeAbove * scale, 0})
	bare := j.skin[side].around(f, vec{at.x + up[0], at.y + up[1]}, lobeRadius*scale, cheek)
	alpha *= state.fader.to(state.wants(shows, bare), j.seconds)
	if !(alpha > 0.004) || !(scale > 0.1 && scale < 50) {
		return
	}
	r := image.Rect(int(at.x-piece.reach*scale)-4, int(at.y-piece.reach*scale)-4,
		int(at.x+piece.reach*scale)+6, int(at.y+(piece.reach+shadowDown)*scale)+6).Intersect(image.Rect(0, 0, f.Width, f.Height))
	if r.Empty() {
		return
	}
	r = j.earringBounds(piece, at, scale, lean, side).Intersect(r)
	if r.Empty() {
		return
	}
	j.canvas.reset(r)
	fixed, hanging := j.earStands(piece, at, scale, lean, side)
	if piece.kind == jewelHoop {
		j.hoop(piece, &hanging, c, q, side)
	}
	for i := range piece.parts {
		p := &piece.parts[i]
		stand := &fixed
		if p.style.hang {
			stand = &hanging
		}
		if !p.style.ring {
			j.canvas.part(p, stand, p.base(c), 1)
		}
	}
	before := j.inner
	if piece.kind == jewelHoop { // it goes on behind the jaw, so its end is to be where the jaw's is
		j.edge = drawIn(j.edge[:0], j.oval, hoopMargin)
		before = j.edge
	}
	j.canvas.hide(before, behind)
	j.canvas.lay(f, &j.skin[side], j.light[side], scale, alpha)
}

// wants is whether the earring is to be seen, 0 or 1: half an earring is
// nothing real. shows is how much of the ear the head leaves to be seen, bare
// how much of the lobe looks like skin. Once it is seen it takes more to hide
// it, so that it does not flicker.
func (e *earring) wants(shows, bare float32) float32 {
	least, clear := float32(0.6), float32(lobeClear)
	if e.fader.known && e.fader.shown > 0.5 {
		least, clear = 0.3, lobeBare
	}
	if shows < least || bare < clear {
		return 0
	}
	return 1
}

// earAngle is the angle, degrees, by which the camera stands to the side of
// the head where the ear is.
func (j *jewels) earAngle(lobe [3]float64, side int) float64 {
	r, t := &j.pose.R, &j.pose.T
	// The way from the lobe to the camera, on the head.
	x := -(r[0]*t[0] + r[3]*t[1] + r[6]*t[2]) - lobe[0]
	z := -(r[2]*t[0] + r[5]*t[1] + r[8]*t[2]) - lobe[2]
	return math.Atan2(float64(2*side-1)*x, -z) * 180 / math.Pi
}

// earShows is how much of the ear the head leaves to be seen, 0-1.
func (j *jewels) earShows(lobe [3]float64, side int) float32 {
	angle := float32(j.earAngle(lobe, side))
	return smooth(angle, earGone, earThere) * (1 - smooth(angle, 95, 110))
}

// earStands are those of what is fixed on the lobe and of what hangs from it,
// lean radians to the right of the picture.
func (j *jewels) earStands(piece *jewel, at vec, scale, lean float64, side int) (fixed, hanging stand) {
	outwards := float64(2*side - 1)
	sin, cos := math.Sincos(lobeTurn)
	// A pair is drawn for the left ear: the drawing's x points outwards.
	u := j.turned([3]float64{outwards * cos, 0, sin})
	fixed = newStand(at, scale, u, j.turned([3]float64{0, 1, 0}))
	down := [3]float64{math.Sin(lean), math.Cos(lean), 0}
	if piece.kind == jewelHoop { // its plane holds the hole through the lobe
		u = j.turned([3]float64{outwards * sin, 0, -cos})
	}
	_, ay := fixed.axes(false)
	hinge := vec{at.x + piece.hinge*ay.x, at.y + piece.hinge*ay.y}
	hanging = newStand(hinge, scale, u, down)
	// The drawing's heights count from the hook, not from the hinge.
	hanging.at.x -= piece.hinge * scale * down[0]
	hanging.at.y -= piece.hinge * scale * down[1]
	return fixed, hanging
}

// earringBounds is the part of the frame that the piece can change.
func (j *jewels) earringBounds(piece *jewel, at vec, scale, lean float64, side int) image.Rectangle {
	fixed, hanging := j.earStands(piece, at, scale, lean, side)
	c := &j.canvas
	c.points = c.points[:0]
	for i := range piece.parts {
		p := &piece.parts[i]
		s := &fixed
		if p.style.hang || p.style.ring {
			s = &hanging
		}
		ax, ay := s.axes(p.style.material == pearl)
		for _, d := range [4]vec{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
			x, y := p.mid.x+d.x*p.half.x, p.mid.y+d.y*p.half.y
			c.points = append(c.points, vec{s.at.x + x*ax.x + y*ay.x, s.at.y + x*ax.y + y*ay.y})
		}
	}
	return bounds(3+3*scale, image.Rect(-1<<20, -1<<20, 1<<20, 1<<20), c.points)
}

// hoop draws the tube: its far half, then its near one. q is where the lobe
// is in the camera's space.
func (j *jewels) hoop(piece *jewel, s *stand, c ar.Color, q [3]float64, side int) {
	outwards := float64(2*side - 1)
	sin, cos := math.Sincos(lobeTurn)
	lobe := j.turned([3]float64{outwards * sin, 0, -cos}) // the lobe's front looks there
	front := 1.0
	if facing(lobe, q) < 0 {
		front = -1
	}
	for i := range piece.parts {
		p := &piece.parts[i]
		if !p.style.ring {
			continue
		}
		tube := ringTube(p)
		rx, ry := p.half.x-tube, p.half.y-tube
		j.points = j.points[:0]
		for k := range hoopSteps + 1 {
			sin, cos := math.Sincos(2 * math.Pi * (float64(k) + 0.5) / hoopSteps)
			x, y := p.mid.x+rx*sin, p.mid.y-ry*cos
			var along [3]float64
			for a := range along {
				along[a] = rx*cos*s.u[a] + ry*sin*s.v[a]
			}
			j.points = append(j.points, tubePoint{
				at:     vec{s.at.x + s.scale*(x*s.u[0]+y*s.v[0]), s.at.y + s.scale*(x*s.u[1]+y*s.v[1])},
				along:  direction(along[0], along[1], along[2]),
				radius: tube * s.scale,
				// Behind the lobe it is hidden.
				shown: 1 - smooth(float32(lobeDepth-y), -0.8, 0.8)*smooth(float32(-x*front), -0.3, 0.5),
				glow:  1,
			})
		}
		for _, far := range [2]bool{true, false} {
			j.canvas.tube(j.points, p.style.material, p.base(c), func(k int) bool {
				x := math.Sin(2 * math.Pi * (float64(k) + 1) / hoopSteps)
				return (x*s.u[2] > 0) == far
			})
		}
	}
}

// ringTube is the radius of the tube whose outline the part is: half the way
// from its outer to its inner edge, at its middle's height.
func ringTube(p *jewelPart) float64 {
	inner := p.half.x
	for _, c := range p.contours {
		for _, q := range c {
			if math.Abs(q.y-p.mid.y) <= 0.12*p.half.y {
				inner = min(inner, math.Abs(q.x-p.mid.x))
			}
		}
	}
	return (p.half.x - inner) / 2
}
