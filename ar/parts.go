package ar

// Parts are parts of a face at which landmarks can be found by a closer look,
// which costs time: what it finds is finer than what a look at the whole face
// does. Where nobody looks closer the landmarks are there all the same, and the
// irises about in the middle between the lids.
type Parts uint8

// The parts.
const (
	PartLips Parts = 1 << iota // with the skin around them
	PartEyes                   // with irises, lids and brows
	AllParts = PartLips | PartEyes
)

// refiner is a tracker that can look closer at parts of faces, and chooser a
// renderer that knows at which parts a look wants that.
type (
	refiner interface{ Refine(parts Parts) }
	chooser interface{ Parts(look Look) Parts }
)

// refine has the tracker look closely at what is drawn on, and at all of a
// face whose moment is to be held: any look may be put on that.
func (p *Pipeline) refine(holding bool) {
	t, ok := p.cfg.Tracker.(refiner)
	if !ok {
		return
	}
	parts := AllParts
	if r, ok := p.cfg.Renderer.(chooser); ok && !holding {
		parts = r.Parts(*p.look.Load())
		for _, l := range p.compare.wanted.Load().Looks {
			parts |= r.Parts(l)
		}
	}
	t.Refine(parts)
}
