package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The brows' upper and lower edges from the nose outwards: the shopper's right
// brow and the left.
var browEdges = [2][2][]int{
	{{107, 66, 105, 63, 70}, {55, 65, 52, 53, 46}},
	{{336, 296, 334, 293, 300}, {285, 295, 282, 283, 276}},
}

// How a brow is filled: powder between the hairs, and hairs drawn over it.
// Lengths and widths are millimetres.
const (
	browHairs    = 60
	browHairLong = 4.4
	browHairWide = 0.34
	browFeather  = 1.6
	browPowder   = 0.62 // how strong the powder is, of the whole
	browHair     = 0.5  // and the hairs over it
)

// A brow's body: from which part of the landmarks' brow to which it goes, in
// parts of its length from the nose, how thick it is in parts of theirs, at
// large and at least and at most, and where its middle is looked for between
// their lower and their upper edge.
const (
	browFrom, browTo     = 0.02, 0.87
	browThick            = 0.5
	browThin, browFull   = 0.42, 0.75
	browSeen             = 0.8 // of what is dark: hairs stand out of the body, and the lid's fold lies below
	browMiddle           = 0.36
	browLowest, browHigh = 0.0, 0.75
)

// browPigments is how brow powder lies: it leaves the hairs that are there.
var browPigments = map[ar.Finish]pigment{
	ar.Matte: {hue: 0.85, light: 0.8, deep: 0.7},
}

// brows fills brows. Its fields are scratch.
type brows struct {
	points       []vec
	upper, lower []vec
	outline      []vec
	cover, hairs mask
	tmp          []uint8
	middle       [2]float64 // where its middle is across the landmarks, at the nose and at the tail
	thick        float64    // in parts of theirs
}

func (b *brows) paint(f *ar.Frame, face *ar.Face, s *surface, bare *bareSkin, layer ar.Layer, alpha float32) {
	if alpha <= 0 || !bare.seen {
		return
	}
	t := bare.tint(layer.Color, browPigments[layer.Finish])
	scale := faceScale(face, f)
	for side, edges := range browEdges {
		b.points = contour(b.points[:0], face, edges[0], f)
		b.upper = openCurve(b.upper[:0], b.points)
		b.points = contour(b.points[:0], face, edges[1], f)
		b.lower = openCurve(b.lower[:0], b.points)
		b.find(f, bare)
		if b.mask(f, s, side, scale) {
			s.keep(&b.cover)
			t.paint(f, &b.cover, nil, alpha)
		}
	}
}

// find makes b.middle the line along which the picture is darkest, near where
// the landmarks have the brow, and b.thick how far the dark goes beside it: they
// know brows but to some millimetres.
func (b *brows) find(f *ar.Frame, bare *bareSkin) {
	// A weighted line through the dark, which a few places at the usual middle
	// hold where there is none.
	const along, across, prior = 12, 16, 1.5
	var n, su, sv, suu, suv, svv float64
	add := func(u, v, w float64) {
		n, su, sv, suu, suv, svv = n+w, su+w*u, sv+w*v, suu+w*u*u, suv+w*u*v, svv+w*v*v
	}
	for i := range along {
		u := (float64(i) + 0.5) / along
		add(u, browMiddle, prior)
		for j := range across {
			v := -0.4 + 1.6*float64(j)/(across-1)
			p := b.onLandmarks(browFrom+(browTo-browFrom)*u, v)
			x, y := int(p.x), int(p.y)
			if x < 0 || y < 0 || x >= f.Width || y >= f.Height {
				continue
			}
			dark := 1 - linear[f.Pix[3*(y*f.Width+x)+1]]/max(bare.mean[1], 1e-3)
			near := v - browMiddle
			add(u, v, float64(smooth(dark, 0.25, 0.75))*math.Exp(-near*near/0.3))
		}
	}
	slope := 0.0
	if d := n*suu - su*su; d > 1e-9 {
		slope = (n*suv - su*sv) / d
	}
	first := (sv - slope*su) / n
	b.middle[0] = min(max(first, browLowest), browHigh)
	b.middle[1] = min(max(first+slope, browLowest), browHigh)
	// What is as dark all over a thickness differs from its middle by a twelfth
	// of the thickness' square.
	off := (svv - first*sv - slope*suv) / n
	dark := 1 - along*prior/n
	b.thick = browThick + dark*(math.Sqrt(12*max(off, 0))-browThick)
	b.thick = min(max(browSeen*b.thick, browThin), browFull)
}

// onLandmarks is the place u of the way from the nose outwards and v of the way
// from the lower edge to the upper.
func (b *brows) onLandmarks(u, v float64) vec {
	x := min(max(u, 0), 1) * float64(len(b.upper)-1)
	i := min(int(x), len(b.upper)-2)
	t := x - float64(i)
	mix := func(p, q vec, t float64) vec { return vec{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)} }
	return mix(mix(b.lower[i], b.lower[i+1], t), mix(b.upper[i], b.upper[i+1], t), v)
}

// at is the place u of the way along the brow's body and v across it, -1 at
// its lower edge and 1 at the upper.
func (b *brows) at(u, v float64) vec {
	half := b.thick / 2 * (1 - 0.7*u*u*u) // tapers to the tail
	return b.onLandmarks(browFrom+(browTo-browFrom)*u, b.middle[0]+u*(b.middle[1]-b.middle[0])+half*v)
}

// wears is how much the brow wears at u for facing the camera.
func (b *brows) wears(s *surface, side int, u float64) float64 {
	i := min(max(int(u*4+0.5), 0), 4)
	return float64(s.corners[browEdges[side][0][i]].wears)
}

// mask makes b.cover the powder and the hairs, and reports whether any is in
// the frame.
func (b *brows) mask(f *ar.Frame, s *surface, side int, scale float64) bool {
	const steps = 12
	b.outline = b.outline[:0]
	for i := range steps + 1 {
		b.outline = append(b.outline, b.at(float64(i)/steps, 1))
	}
	for i := steps; i >= 0; i-- {
		b.outline = append(b.outline, b.at(float64(i)/steps, -1))
	}
	radius := max(int(browFeather*scale/2+0.5), 1)
	r := bounds(2*float64(radius)+2, image.Rect(0, 0, f.Width, f.Height), b.outline)
	if r.Empty() {
		return false
	}
	b.cover.reset(r)
	b.cover.outline(b.outline)
	b.cover.fill()
	b.tmp = b.cover.blur(radius, 2, b.tmp)
	b.drawHairs(r, s, side, scale)
	b.join(r, s, side)
	return true
}

// drawHairs makes b.hairs the hairs: upright by the nose, lying outwards
// farther on.
func (b *brows) drawHairs(r image.Rectangle, s *surface, side int, scale float64) {
	b.hairs.reset(r)
	for i := range browHairs {
		u := (float64(i) + 0.5 + 0.4*jitter(i, 0)) / browHairs * 0.95
		v := 0.75 * jitter(i, 1)
		root := b.at(u, v)
		along, across := heading(root, b.at(u+0.04, v)), heading(root, b.at(u, v+0.3))
		// Those of the upper edge lie down to meet the lower ones.
		stand := max(0.9-1.6*u, 0.25) - 0.35*max(v, 0)*min(2*u, 1) + 0.1*jitter(i, 2)
		toward := func(stand float64) vec {
			lie := math.Sqrt(max(1-stand*stand, 0))
			return vec{lie*along.x + stand*across.x, lie*along.y + stand*across.y}
		}
		long := browHairLong * scale * (0.85 + 0.25*jitter(i, 3)) * (1 - 0.3*u)
		start, end := toward(min(stand+0.1, 1)), toward(stand-0.2)
		st := strand{
			root: root, bend: vec{root.x + long/2*start.x, root.y + long/2*start.y},
			width: browHairWide * scale * (1 + 0.25*jitter(i, 4)) * b.wears(s, side, u),
		}
		st.tip = vec{st.bend.x + long/2*end.x, st.bend.y + long/2*end.y}
		b.points = st.draw(&b.hairs, b.points)
	}
	b.hairs.fill()
}

// join puts powder and hairs together in b.cover. The powder begins faintly at
// the nose, ends at the tail, and its body bounds the hairs.
func (b *brows) join(r image.Rectangle, s *surface, side int) {
	from, to := b.at(0, 0), b.at(1, 0)
	dx, dy := to.x-from.x, to.y-from.y
	n := max(dx*dx+dy*dy, 1e-6)
	near, far := float32(b.wears(s, side, 0)), float32(b.wears(s, side, 1))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row, hairs := b.cover.Pix[i:][:r.Dx()], b.hairs.Pix[i:][:r.Dx()]
		for x, soft := range row {
			if soft == 0 {
				continue
			}
			u := float32(((float64(x+r.Min.X)+0.5-from.x)*dx + (float64(y)+0.5-from.y)*dy) / n)
			begins := 0.3 + 0.7*smooth(u, 0, 0.3)
			body := float32(soft) / 255
			ends := 1 - 0.55*smooth(u, 0.6, 1) // the tail runs out and is no pen's line
			powder := browPowder * body * begins * ends
			hair := browHair * float32(hairs[x]) / 255 * min(2*body, 1) * begins * ends
			wears := near + (far-near)*min(max(u, 0), 1)
			row[x] = uint8(255*wears*(powder+hair*(1-powder)) + 0.5)
		}
	}
}

// heading is one long from p to q.
func heading(p, q vec) vec {
	dx, dy := q.x-p.x, q.y-p.y
	n := math.Hypot(dx, dy)
	if n == 0 {
		return vec{}
	}
	return vec{dx / n, dy / n}
}
