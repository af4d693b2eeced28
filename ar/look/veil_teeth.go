package look

import "github.com/mirrorcart/mirrorcart/ar"

// keepLips leaves of a mask of the lips what is on them: none of what lies over
// the face, and no teeth where the landmarks miss the mouth's opening, whose
// softened mask is given for the same pixels.
func (s *surface) keepLips(f *ar.Frame, m, opening *mask) {
	s.keep(m)
	if s.veil != nil && opening.Rect == m.Rect {
		s.veil.spareTeeth(f, m, opening)
	}
}

// How what is within the mouth is told from the lips beside it: teeth are
// nearer to skin than to lips in their redness, the rest is darker than lips by
// this much, a natural logarithm.
const (
	teethRed  = 0.45
	teethDark = 0.4
)

// spareTeeth takes the teeth at the opening's edge out of a mask.
func (v *veil) spareTeeth(f *ar.Frame, m, opening *mask) {
	lips := &v.now.lips
	if !v.fitted || lips.seen == 0 || lips.red < 0.05 || len(v.lips) == 0 {
		return
	}
	// The skin's colour where the lips are.
	skin := hue{dot(v.now.skin[0], v.mouth), dot(v.now.skin[1], v.mouth), dot(v.now.skin[2], v.mouth)}
	r := m.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := (y - r.Min.Y) * r.Dx()
		row := f.Pix[3*(y*f.Width+r.Min.X):]
		for x, near := range opening.Pix[i : i+r.Dx()] {
			if near < teethNear || m.Pix[i+x] == 0 {
				continue
			}
			px := row[3*x:][:3]
			green, red := logLight[4*int(px[1])], logLight[4*int(px[2])]
			light := 0.6*green + 0.4*red - skin.light - lips.light
			k := smooth((red-green-skin.red)/lips.red, teethRed-0.2, teethRed+0.2)
			if light < -teethDark {
				k = 1 - smooth(-light, teethDark, 2*teethDark)
			}
			m.Pix[i+x] = uint8(float32(m.Pix[i+x]) * k)
		}
	}
}

// teethNear is how much of the opening's softened mask must be on a pixel for
// teeth to be looked for.
const teethNear = 40
