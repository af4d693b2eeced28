package look

import (
	"encoding/binary"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// hueFloor keeps the logarithm of what is nearly black, where noise and glare
// are all there is to see.
const hueFloor = 0.0015

// logLight is the logarithm of the light of four bytes' sum.
var logLight = func() (t [1 << 10]float32) {
	for i := range t {
		at := min(i/4, 255)
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

// look reads the picture at every place.
func (v *veil) look(f *ar.Frame, s *surface) {
	for i := range v.patches {
		patch := &v.patches[i]
		places, seen := v.places[patch.from:patch.to], v.seen[patch.from:patch.to]
		if view, ok := patch.on(s, f); ok {
			view.read(seen, f, places)
			continue
		}
		for k := range seen {
			seen[k].light = unseen
		}
	}
}

// patchView is a patch as the frame shows it.
type patchView struct {
	x, y  [3]float32 // of the first corner, and how far the others are from it
	reach float32    // pixels from a place's middle to where it is read
	whole bool       // all of it is within the frame
	w, h  float32    // of the frame, less a pixel
}

// on is how the patch shows on s; ok is false where it turns away.
func (p *veilPatch) on(s *surface, f *ar.Frame) (view patchView, ok bool) {
	a, b, c := &s.corners[p.corners[0]], &s.corners[p.corners[1]], &s.corners[p.corners[2]]
	if a.wears+b.wears+c.wears == 0 {
		return view, false
	}
	view = patchView{
		x: [3]float32{a.x, b.x - a.x, c.x - a.x}, y: [3]float32{a.y, b.y - a.y, c.y - a.y},
		w: float32(f.Width - 1), h: float32(f.Height - 1),
	}
	// Four readings a texel: a quarter of its width from its middle.
	area := max(view.y[1]*view.x[2]-view.x[1]*view.y[2], 0)
	view.reach = min(max(0.25*float32(math.Sqrt(float64(area*p.unit))), 0.5), 3)
	view.whole = view.has(a.x, a.y) && view.has(b.x, b.y) && view.has(c.x, c.y)
	return view, true
}

// has reports whether what is read at a place is within the frame.
func (w *patchView) has(x, y float32) bool {
	return x >= w.reach && y >= w.reach && x+w.reach < w.w && y+w.reach < w.h
}

// read gives the colours at places of the patch, unseen outside the frame.
func (w *patchView) read(dst []hue, f *ar.Frame, places []veilPlace) {
	stride, pix := 3*f.Width, f.Pix
	x0, x1, x2 := w.x[0]-w.reach, w.x[1], w.x[2]
	y0, y1, y2 := w.y[0]-w.reach, w.y[1], w.y[2]
	side := int(2*w.reach + 0.5)
	right, below := 3*side, stride*side
	dst = dst[:len(places)]
	for i := range places {
		p := &places[i]
		x := x0 + p.two*x1 + p.three*x2
		y := y0 + p.two*y1 + p.three*y2
		if !w.whole && !w.has(x+w.reach, y+w.reach) {
			dst[i].light = unseen
			continue
		}
		at := stride*int(y) + 3*int(x)
		// Blue and red are summed up in one word, and green in another.
		p0, p1 := binary.LittleEndian.Uint32(pix[at:]), binary.LittleEndian.Uint32(pix[at+right:])
		p2, p3 := binary.LittleEndian.Uint32(pix[at+below:]), binary.LittleEndian.Uint32(pix[at+below+right:])
		const sides = 0xFF00FF
		both := p0&sides + p1&sides + p2&sides + p3&sides
		blue, red := logLight[both&0x3FF], logLight[both>>16&0x3FF]
		green := logLight[(p0>>8&0xFF+p1>>8&0xFF+p2>>8&0xFF+p3>>8&0xFF)&0x3FF]
		dst[i] = hue{0.6*green + 0.4*red, red - green, blue - green}
	}
}

// relate finds how the places of patches look against the face's skin in this
// light, and how strange that is for bare skin.
func (v *veil) relate(known *veilFace, patches []veilPatch) {
	for i := range patches {
		patch := &patches[i]
		// What skin would look like: at the first corner, and what the others have
		// more.
		var skin [3][3]float32
		for k, t := range patch.corners {
			n := &v.normals[t]
			for c := range skin {
				s := &known.skin[c]
				skin[c][k] = s[0] + s[1]*n[0] + s[2]*n[1] + s[3]*n[2]
			}
		}
		l0, l1, l2 := skin[0][0], skin[0][1]-skin[0][0], skin[0][2]-skin[0][0]
		r0, r1, r2 := skin[1][0], skin[1][1]-skin[1][0], skin[1][2]-skin[1][0]
		b0, b1, b2 := skin[2][0], skin[2][1]-skin[2][0], skin[2][2]-skin[2][0]
		places := v.places[patch.from:patch.to]
		seen, rel, doubts := v.seen[patch.from:][:len(places)], v.rel[patch.from:][:len(places)], v.doubts[patch.from:][:len(places)]
		for k := range places {
			p, c := &places[k], &seen[k]
			light := c.light - l0 - p.two*l1 - p.three*l2
			red := c.red - r0 - p.two*r1 - p.three*r2
			blue := c.blue - b0 - p.two*b1 - p.three*b2
			rel[k] = hue{light, red, blue}
			doubts[k] = skinLight*(light*light) + skinHue*(red*red+blue*blue)
		}
	}
}
