package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// mouth is the lips of one face, which what lies on skin leaves free. Its
// fields are scratch.
type mouth struct {
	points, outline []vec
	lips            mask
	sharp, tmp      []uint8
}

// spare takes the lips out of a mask: none of it is left within their contour,
// all of it from the next pixel but one.
func (m *mouth) spare(cover *mask, face *ar.Face, f *ar.Frame) {
	m.points = contour(m.points[:0], face, lipsOuter, f)
	m.outline = curve(m.outline[:0], m.points)
	r := bounds(2, cover.Rect, m.outline)
	if r.Empty() {
		return
	}
	m.lips.reset(r)
	m.lips.outline(m.outline)
	m.lips.fill()
	m.sharp = append(m.sharp[:0], m.lips.Pix...)
	m.tmp = m.lips.blur(1, 1, m.tmp)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := cover.Pix[cover.PixOffset(r.Min.X, y):][:r.Dx()]
		i := (y - r.Min.Y) * r.Dx()
		for x, soft := range m.lips.Pix[i:][:r.Dx()] {
			if soft > 0 && row[x] > 0 {
				// Blurred, the contour is at 128 and its feather below.
				free := min(max(255-2*int(soft), 0), max(255-2*int(m.sharp[i+x]), 0))
				row[x] = uint8(int(row[x]) * free / 255)
			}
		}
	}
}
