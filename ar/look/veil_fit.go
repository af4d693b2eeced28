package look

import (
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// hueFloor keeps the logarithm of what is nearly black, where noise and glare
// are all there is to see.
const hueFloor = 0.0015

// logLight is the logarithm of the light of four bytes' sum.
var logLight = func() (t [4*255 + 1]float32) {
	for i := range t {
		at := i / 4
		l := linear[at]
		if at < 255 {
			l += float32(i%4) / 4 * (linear[at+1] - l)
		}
		t[i] = log(l + hueFloor)
	}
	return t
}()

// Unseen places of a face are those that turn away or lie outside the frame.
const unseen = -100

// fit judges what lies over a face. It is to be called before anything is
// painted on it.
func (v *veil) fit(f *ar.Frame, face *ar.Face, s *surface) {
	v.forget(f.At)
	known := &v.single
	if f.At.IsZero() {
		v.single.known = false
	} else {
		known = v.of(face.ID)
	}
	if v.stands(f, s, known) {
		return
	}
	dt := float32(0)
	if known.known {
		dt = min(max(float32(f.At.Sub(known.at).Seconds()), 0), 0.1)
	}
	v.look(f, s)
	first := !known.known
	if first {
		v.meet(known)
	}
	known.at = f.At
	v.follow(known, first)
	v.relate(known)
	v.followLips(known, dt)
	v.judge(known, dt)
	v.settle(known, first)
	v.now, v.own, v.fitted = known, known.keep[:], true
	v.findWhole()
}

// of is what is known of the face with an ID.
func (v *veil) of(id int) *veilFace {
	if known, ok := v.faces[id]; ok {
		return known
	}
	known := &veilFace{}
	if n := len(v.spare); n > 0 {
		known, v.spare = v.spare[n-1], v.spare[:n-1]
	}
	known.known = false
	v.faces[id] = known
	return known
}

// forget drops faces that have been away.
func (v *veil) forget(now time.Time) {
	for id, known := range v.faces {
		if age := now.Sub(known.at); age > 2*fadeTime || age < 0 {
			v.spare = append(v.spare, known)
			delete(v.faces, id)
		}
	}
}

// look reads the picture at every place.
func (v *veil) look(f *ar.Frame, s *surface) {
	for _, patch := range v.patches {
		view, ok := patch.on(s)
		for i := patch.from; i < patch.to; i++ {
			if ok {
				v.seen[i] = view.read(f, &v.places[i])
			} else {
				v.seen[i].light = unseen
			}
		}
	}
}

// patchView is a patch as the frame shows it.
type patchView struct {
	a, b, c *corner
	reach   float32 // pixels from a place's middle to where it is read
}

// on is how the patch shows on s; ok is false where it turns away.
func (p *veilPatch) on(s *surface) (view patchView, ok bool) {
	a, b, c := &s.corners[p.corners[0]], &s.corners[p.corners[1]], &s.corners[p.corners[2]]
	if a.wears+b.wears+c.wears == 0 {
		return view, false
	}
	// Four readings a texel: a quarter of its width from its middle.
	area := max((b.y-a.y)*(c.x-a.x)-(b.x-a.x)*(c.y-a.y), 0)
	flat := max((b.v-a.v)*(c.u-a.u)-(b.u-a.u)*(c.v-a.v), 1e-3)
	reach := 0.25 * mapSide / veilSide * float32(math.Sqrt(float64(area/flat)))
	return patchView{a, b, c, min(max(reach, 0.5), 3)}, true
}

// read is the colour at p, unseen outside the frame.
func (w *patchView) read(f *ar.Frame, p *veilPlace) hue {
	x := p.weight[0]*w.a.x + p.weight[1]*w.b.x + p.weight[2]*w.c.x
	y := p.weight[0]*w.a.y + p.weight[1]*w.b.y + p.weight[2]*w.c.y
	d := w.reach
	if !(x >= d && y >= d && x+d < float32(f.Width) && y+d < float32(f.Height)) {
		return hue{light: unseen}
	}
	x0, x1 := 3*int(x-d), 3*int(x+d)
	upper, lower := f.Pix[3*f.Width*int(y-d):], f.Pix[3*f.Width*int(y+d):]
	p0, p1, p2, p3 := upper[x0:][:3], upper[x1:][:3], lower[x0:][:3], lower[x1:][:3]
	blue := logLight[int(p0[0])+int(p1[0])+int(p2[0])+int(p3[0])]
	green := logLight[int(p0[1])+int(p1[1])+int(p2[1])+int(p3[1])]
	red := logLight[int(p0[2])+int(p1[2])+int(p2[2])+int(p3[2])]
	return hue{0.6*green + 0.4*red, red - green, blue - green}
}

// How the bare skin of a face varies: the standard deviations, of natural
// logarithms, of what a face at first sight may look like.
const (
	lightSpread = 0.38
	hueSpread   = 0.16
)

// Squares of deviations, in standard deviations: from doubtOut on, and surely
// from doubtFull on, it is not the face that is seen.
const (
	doubtOut  = 5
	doubtFull = 9
)

// How a face's light is fitted: in how many rounds, how stiffly it is even, and
// how stiffly it stays what it was, in parts of what is seen.
const (
	followPasses = 6
	slopeStiff   = 0.03
	lightStiff   = 0.1
)

// How far a known place may be from what is known of it and still count.
const (
	lightKnown = 0.16
	hueKnown   = 0.07
	firstTime  = 0.3 // seconds until a place is known
)

// fitStep: every so many places are enough to follow a face's light.
const fitStep = 7

// meet begins to know a face: whichever of the colours in the places where
// skin is bare most often looks most like skin, and is the most common.
func (v *veil) meet(known *veilFace) {
	*known = veilFace{known: true}
	for i := range known.keep {
		known.keep[i] = 255
	}
	// Colours are counted in cells a tenth wide.
	const cells, cell = 32, 0.1
	var count [cells][cells]float32
	bin := func(x float32) int { return min(max(int(x/cell+cells/2), 0), cells-1) }
	for i := 0; i < len(v.places); i += fitStep {
		if c := v.seen[i]; v.places[i].kind == veilSkin && c.light > unseen {
			count[bin(c.red)][bin(c.blue)]++
		}
	}
	best, center := float32(-1), hue{}
	for i := 1; i < cells-1; i++ {
		for j := 1; j < cells-1; j++ {
			n := float32(0)
			for _, row := range count[i-1 : i+2] {
				n += row[j-1] + row[j] + row[j+1]
			}
			red, blue := (float32(i-cells/2)+0.5)*cell, (float32(j-cells/2)+0.5)*cell
			// Skin gives back more red than green, and less blue.
			n *= 0.002 + smooth(red, 0.05, 0.35)*smooth(-blue, -0.1, 0.3)
			if n > best {
				best, center = n, hue{0, red, blue}
			}
		}
	}
	sum, n := float32(0), float32(0)
	for i := 0; i < len(v.places); i += fitStep {
		c := v.seen[i]
		if v.places[i].kind == veilSkin && c.light > unseen &&
			square(c.red-center.red)+square(c.blue-center.blue) < 4*cell*cell {
			sum += c.light
			n++
		}
	}
	known.skin[0][0], known.skin[1][0], known.skin[2][0] = sum/max(n, 1), center.red, center.blue
}

// follow finds the light on the face as its skin shows it now: a lightness and
// a colour that may run evenly with the way the skin faces. What does not fit
// counts the less.
func (v *veil) follow(known *veilFace, first bool) {
	last := known.skin
	passes := followPasses
	if !first {
		passes = 2
	}
	for pass := range passes {
		var normal [4][4]float32
		var right [3][4]float32
		seen := float32(0)
		for i := 0; i < len(v.places); i += fitStep {
			p, c, m := &v.places[i], &v.seen[i], &known.cells[v.cellOf[i]]
			if p.kind != veilSkin || c.light == unseen {
				continue
			}
			seen++
			basis := [4]float32{1, p.normal[0], p.normal[1], p.normal[2]}
			values := [3]float32{c.light - m.light, c.red - m.red, c.blue - m.blue}
			light, hues := float32(lightSpread), float32(hueSpread)
			if m.seen > firstTime {
				light, hues = lightKnown, hueKnown
			}
			z := apart(v.against(known, i), m.hue, 1/(light*light), 1/(hues*hues))
			w := float32(known.keep[p.at]) / 255 / square(1+0.3*z)
			for j, x := range basis {
				for k, y := range basis[:j+1] {
					normal[j][k] += w * x * y
				}
				for k, value := range values {
					right[k][j] += w * x * value
				}
			}
		}
		if normal[0][0] < 1 {
			return
		}
		slope := slopeStiff * normal[0][0] // a lamp is seldom quite at the side
		for j := 1; j < 4; j++ {
			normal[j][j] += slope
		}
		// What comes over a face does not take it along; at first sight that is
		// for the light to find.
		stiff := lightStiff * seen
		if first && pass >= followPasses/2 {
			stiff = 0
		}
		for j := range 4 {
			normal[j][j] += stiff
			for k := range right {
				right[k][j] += stiff * last[k][j]
			}
		}
		for k := range right {
			if fit, ok := solve(&normal, right[k]); ok {
				known.skin[k] = fit
			}
		}
	}
}

func dot(a, b [4]float32) float32 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3] }

func square(x float32) float32 { return x * x }

// solve finds x with a·x = b by Cholesky's way; of a only the lower half is
// read.
func solve(a *[4][4]float32, b [4]float32) (x [4]float32, ok bool) {
	var l [4][4]float32
	for i := range 4 {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i != j {
				l[i][j] = sum / l[j][j]
				continue
			}
			if !(sum > 1e-6) {
				return x, false
			}
			l[i][i] = float32(math.Sqrt(float64(sum)))
		}
	}
	for i := range 4 {
		x[i] = b[i]
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := 3; i >= 0; i-- {
		for k := i + 1; k < 4; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x, true
}

// against is how the place i looks against the face's skin in this light.
func (v *veil) against(known *veilFace, i int) hue {
	p, c := &v.places[i], &v.seen[i]
	basis := [4]float32{1, p.normal[0], p.normal[1], p.normal[2]}
	return hue{
		c.light - dot(known.skin[0], basis),
		c.red - dot(known.skin[1], basis),
		c.blue - dot(known.skin[2], basis),
	}
}

// relate does so for all places.
func (v *veil) relate(known *veilFace) {
	light, red, blue := known.skin[0], known.skin[1], known.skin[2]
	for i := range v.places {
		n, c := &v.places[i].normal, &v.seen[i]
		v.rel[i] = hue{
			c.light - light[0] - light[1]*n[0] - light[2]*n[1] - light[3]*n[2],
			c.red - red[0] - red[1]*n[0] - red[2]*n[1] - red[3]*n[2],
			c.blue - blue[0] - blue[1]*n[0] - blue[2]*n[1] - blue[3]*n[2],
		}
	}
}
