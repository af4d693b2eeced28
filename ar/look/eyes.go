package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// The open eyes' contours in the landmarks' numbering, each a closed loop: the
// shopper's right eye and the left.
var eyeContours = [2][]int{
	{33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246},
	{263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466},
}

// eyes are the open eyes of one face in one frame.
type eyes struct {
	openings [2][]vec
	points   []vec // scratch
	open     mask  // scratch
}

func (e *eyes) fit(face *ar.Face, f *ar.Frame) {
	for i, points := range eyeContours {
		e.points = contour(e.points[:0], face, points, f)
		e.openings[i] = curve(e.openings[i][:0], e.points)
	}
}

// spare takes the open eyes out of a mask: what they cover by half is free of
// it.
func (e *eyes) spare(m *mask) {
	for _, opening := range e.openings {
		r := bounds(1, m.Rect, opening)
		if r.Empty() {
			continue
		}
		e.open.reset(r)
		e.open.outline(opening)
		e.open.fill()
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
			for x, v := range e.open.Pix[(y-r.Min.Y)*r.Dx():][:r.Dx()] {
				if v > 0 {
					row[x] = uint8(uint32(row[x]) * uint32(max(255-2*int(v), 0)) / 255)
				}
			}
		}
	}
}
