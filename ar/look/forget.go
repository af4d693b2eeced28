package look

import "github.com/mirrorcart/mirrorcart/ar"

// Forget leaves nothing of the faces that were drawn on: neither what was learnt
// of their skin, nor what was read of their pictures. Whoever is drawn on next is
// somebody new.
func (r *Renderer) Forget() {
	if !r.drawn {
		return
	}
	r.drawn = false
	clear(r.fades)
	r.lights, r.jewels = newLights(), newJewels()
	r.surface.forget()
	r.eyes = eyes{}
	r.bare.mean, r.bare.seen = [3]float32{}, false
	clear(r.lips.lab[:cap(r.lips.lab)])
	// Of what follows the old memory holds outlines and coverage alone.
	r.lips, r.mouth, r.liner, r.lashes, r.brows, r.glasses = lips{}, mouth{}, liner{}, lashes{}, brows{}, glasses{}
}

func (s *surface) forget() {
	s.corners, s.normals = [ar.MeshPoints]corner{}, [ar.MeshPoints][3]float32{}
	v := s.veil
	for _, known := range v.faces {
		*known = veilFace{}
	}
	clear(v.faces)
	for _, known := range v.spare {
		*known = veilFace{}
	}
	v.single = veilFace{}
	clear(v.seen)
	clear(v.rel)
	clear(v.doubts)
	clear(v.cells[:])
	v.unfold()
	v.now, v.own, v.fitted = nil, nil, false
}
