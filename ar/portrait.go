package ar

import (
	"math"
	"slices"
	"time"
)

// portrait is the part of the frame around a face, width by height of which is
// always the same. It follows the face without haste, so that a picture cut out
// of it does not tremble.
type portrait struct {
	x, y, h float64 // its middle and its height in pixels of the frame
	at      time.Time
	known   bool // a face has been seen
}

const (
	portraitHeight = 1.6                    // of the height of the face's landmarks: hair, ears and shoulders too
	portraitWidth  = 1.7                    // at least, of their width
	portraitDown   = 0.05                   // how far of its height its middle is below the face's
	portraitFollow = 250 * time.Millisecond // time constant
	portraitLost   = time.Second            // after that it jumps to the face
)

// rect is a part of a frame in pixels.
type rect struct{ x, y, w, h float64 }

// follow moves the portrait towards face, if there is one, and returns the part
// of f to show, width by height aspect; without any face so far, the middle.
func (p *portrait) follow(f *Frame, face *Face, aspect float64) rect {
	if face != nil {
		p.move(f, face, aspect)
	}
	if !p.known {
		return inside(f, float64(f.Width)/2, float64(f.Height)/2, float64(f.Height), aspect)
	}
	return inside(f, p.x, p.y, p.h, aspect)
}

// move moves the portrait towards face. Landmarks that are no numbers leave it where
// it is: it would never find back.
func (p *portrait) move(f *Frame, face *Face, aspect float64) {
	x, y, h := around(face, f, aspect)
	if !finite(x, y, h) {
		return
	}
	k := 1.0
	if dt := f.At.Sub(p.at); p.known && dt >= 0 && dt < portraitLost {
		k = 1 - math.Exp(-dt.Seconds()/portraitFollow.Seconds())
	}
	p.x += k * (x - p.x)
	p.y += k * (y - p.y)
	p.h += k * (h - p.h)
	p.at, p.known = f.At, true
}

// around is the middle and the height of the part of f that shows face.
func around(face *Face, f *Frame, aspect float64) (x, y, h float64) {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, pt := range face.Points[:MeshPoints] {
		left, right = min(left, float64(pt.X)), max(right, float64(pt.X))
		top, bottom = min(top, float64(pt.Y)), max(bottom, float64(pt.Y))
	}
	w, hh := float64(f.Width), float64(f.Height)
	h = max(portraitHeight*(bottom-top)*hh, portraitWidth*(right-left)*w/aspect)
	return (left + right) / 2 * w, (top+bottom)/2*hh + portraitDown*h, h
}

// inside is the part of f around a middle, shrunk and moved until f holds it.
func inside(f *Frame, x, y, h, aspect float64) rect {
	w, hh := float64(f.Width), float64(f.Height)
	if !finite(x, y, h) { // landmarks that are no numbers
		x, y, h = w/2, hh/2, hh
	}
	if h < 1 {
		h = hh
	}
	h = min(h, hh, w/aspect)
	r := rect{w: h * aspect, h: h}
	r.x = min(max(x-r.w/2, 0), w-r.w)
	r.y = min(max(y-r.h/2, 0), hh-r.h)
	return r
}

func finite(numbers ...float64) bool {
	return !slices.ContainsFunc(numbers, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// scaler draws a part of one frame into a part of another, larger or smaller,
// interpolating between pixels. Its memory is reused.
type scaler struct {
	at  []int    // of each column to draw, the byte of the source's left pixel
	mix []uint32 // and how much the right one counts, 0–256
	row []uint16 // a row of the source between two of its own, 256 times as bright
}

// draw fills dst's pixels [x, x+w) × [y, y+h) with part r of src, which is at
// least two pixels wide.
func (s *scaler) draw(dst *Frame, x, y, w, h int, src *Frame, r rect) {
	s.columns(w, src.Width, r)
	first, end := s.at[0], s.at[w-1]+6
	if len(s.row) < 3*src.Width {
		s.row = make([]uint16, 3*src.Width)
	}
	for j := range h {
		top, bottom, my := between(r.y+(float64(j)+0.5)*r.h/float64(h)-0.5, src.Height)
		row := s.row[first:end]
		a := src.Pix[3*top*src.Width+first:][:len(row)]
		b := src.Pix[3*bottom*src.Width+first:][:len(row)]
		for i := range row {
			row[i] = uint16(uint32(a[i])*(256-my) + uint32(b[i])*my)
		}
		s.across(dst.Pix[3*((y+j)*dst.Width+x):][:3*w])
	}
}

// columns prepares the mixing of each of w columns out of part r of a source
// of the given width.
func (s *scaler) columns(w, width int, r rect) {
	s.at, s.mix = s.at[:0], s.mix[:0]
	for i := range w {
		left, right, m := between(r.x+(float64(i)+0.5)*r.w/float64(w)-0.5, width)
		if right == left && left > 0 { // the last column: all of the right one
			left, m = left-1, 256
		}
		s.at, s.mix = append(s.at, 3*left), append(s.mix, m)
	}
}

// between is the pixels on both sides of place v and how much the second
// counts, 0–256; outside, the last pixel counts.
func between(v float64, n int) (first, second int, mix uint32) {
	v = min(max(v, 0), float64(n-1))
	first = int(v)
	return first, min(first+1, n-1), uint32((v - float64(first)) * 256)
}

// across fills a row to draw from s.row.
func (s *scaler) across(out []byte) {
	const half = 1 << 15
	for i, at := range s.at {
		m := s.mix[i]
		n := 256 - m
		p := s.row[at : at+6 : at+6]
		o := out[3*i : 3*i+3 : 3*i+3]
		o[0] = byte((uint32(p[0])*n + uint32(p[3])*m + half) >> 16)
		o[1] = byte((uint32(p[1])*n + uint32(p[4])*m + half) >> 16)
		o[2] = byte((uint32(p[2])*n + uint32(p[5])*m + half) >> 16)
	}
}
