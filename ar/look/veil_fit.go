package look

import (
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

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
	known.at, known.seen = f.At, min(known.seen+dt, learnTime)
	v.follow(known, first)
	v.relate(known, v.patches)
	v.followLips(known, dt)
	v.judge(known, dt)
	v.settle()
	v.now, v.own, v.fitted, v.rested = known, known.keep[:], true, 0
	v.fade(known, first)
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

// How the bare skin of a face varies: the standard deviations, of natural
// logarithms, of what a face at first sight may look like.
const (
	lightSpread = 0.38
	hueSpread   = 0.16
)

// What the squares of deviations are multiplied by.
const (
	skinLight = 1 / (lightSpread * lightSpread)
	skinHue   = 1 / (hueSpread * hueSpread)
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
	for _, b := range v.bare {
		if c := v.seen[b.place]; c.light > unseen {
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
	for _, b := range v.bare {
		c := v.seen[b.place]
		if c.light > unseen &&
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
	passes, step := followPasses, 1
	if !first {
		passes, step = 2, 2
	}
	for pass := range passes {
		sums := v.sumSkin(known, pass%step, step)
		if sums.normal[0][0] < 1 {
			return
		}
		slope := slopeStiff * sums.normal[0][0] // a lamp is seldom quite at the side
		for j := 1; j < 4; j++ {
			sums.normal[j][j] += slope
		}
		// What comes over a face does not take it along; at first sight that is
		// for the light to find.
		stiff := lightStiff * sums.seen
		if first && pass >= followPasses/2 {
			stiff = 0
		}
		for j := range 4 {
			sums.normal[j][j] += stiff
			for k := range sums.right {
				sums.right[k][j] += stiff * last[k][j]
			}
		}
		for k := range sums.right {
			if fit, ok := solve(&sums.normal, sums.right[k]); ok {
				known.skin[k] = fit
			}
		}
	}
}

// skinSums are the sums of a fit of the light by least squares.
type skinSums struct {
	normal [4][4]float32 // the lower half
	right  [3][4]float32
	seen   float32 // places
}

// sumSkin adds up every so many of the bare places, from one on.
func (v *veil) sumSkin(known *veilFace, from, step int) (sums skinSums) {
	const (
		lightSure, huesSure = 1 / (lightKnown * lightKnown), 1 / (hueKnown * hueKnown)
	)
	skin := &known.skin
	var right [3][4]float32
	var n00, n10, n11, n20, n21, n22, n30, n31, n32, n33 float32
	seen := 0
	for i := from; i < len(v.bare); i += step {
		at := int(v.bare[i].place)
		c := &v.seen[at]
		if c.light == unseen {
			continue
		}
		seen++
		b, m := &v.bare[i].basis, &known.cells[v.cellOf[at]]
		value := hue{c.light - m.light, c.red - m.red, c.blue - m.blue}
		x, y, z := b[1], b[2], b[3]
		l := value.light - skin[0][0] - skin[0][1]*x - skin[0][2]*y - skin[0][3]*z
		r := value.red - skin[1][0] - skin[1][1]*x - skin[1][2]*y - skin[1][3]*z
		u := value.blue - skin[2][0] - skin[2][1]*x - skin[2][2]*y - skin[2][3]*z
		far := skinLight*l*l + skinHue*(r*r+u*u)
		if m.seen > firstTime {
			far = lightSure*l*l + huesSure*(r*r+u*u)
		}
		w := 1 + 0.3*far
		w = float32(known.keep[v.places[at].at]) / (255 * w * w)
		wx, wy, wz := w*x, w*y, w*z
		n00 += w
		n10, n11 = n10+wx, n11+wx*x
		n20, n21, n22 = n20+wy, n21+wy*x, n22+wy*y
		n30, n31, n32, n33 = n30+wz, n31+wz*x, n32+wz*y, n33+wz*z
		for k, value := range [3]float32{value.light, value.red, value.blue} {
			s := &right[k]
			s[0] += w * value
			s[1] += wx * value
			s[2] += wy * value
			s[3] += wz * value
		}
	}
	return skinSums{[4][4]float32{{n00}, {n10, n11}, {n20, n21, n22}, {n30, n31, n32, n33}}, right, float32(seen)}
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
