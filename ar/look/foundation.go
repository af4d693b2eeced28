package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// faceOutline is the face's edge on the flat map from the hair line to the
// chin, and outlineFeather how far inside of it foundation fades to nothing.
var faceOutline = []vec{
	{0, 27},
	{21.2, 27.5},
	{40.4, 30},
	{61.9, 36.5},
	{79.4, 47},
	{94.8, 61},
	{106.1, 76.6},
	{115.3, 96.4},
	{118.2, 115.4},
	{116.6, 134.4},
	{112.2, 154.7},
	{103.8, 175.2},
	{89.2, 190.1},
	{72.4, 199.7},
	{56.1, 208.7},
	{43.4, 215.6},
	{29.9, 221.8},
	{16.3, 226.7},
	{0, 229.1},
}

const (
	outlineFeather = 15.0
	hairFeather    = 40.0 // at the hair line, which lies higher on some heads than the map ends
)

// foundationPigments is how foundation lies on skin: it moves the base tone and
// leaves all that differs from it, and the hairs of brows.
var foundationPigments = map[ar.Finish]pigment{
	ar.Matte: {hue: 0.8, light: 0.8, dull: 0.28, even: 0.35, hides: 0.5, deep: 0.3},
	ar.Satin: {hue: 0.8, light: 0.8, sheen: 0.1, even: 0.3, hides: 0.3, deep: 0.3},
}

// foundation paints the whole face but eyes, brows and lips.
type foundation struct {
	powder
	zone *zone
	nose []uint16 // the mesh's vertices on it
	// Scratch: how much those wear, and what lies over the face.
	wears []float32
	soft  []uint8
	tmp   []uint8
	sums  []uint32
}

// The nose on the flat map.
const (
	noseWide             = 25.0         // from the middle
	noseUpper, noseLower = 100.0, 147.0 // from the map's top
)

func newFoundation(mesh *ar.Mesh) foundation {
	n := foundation{
		zone: drawZone(mesh, func(p vec) float64 {
			top := 1 - float64(smooth(float32(p.y), 45, 85))
			return seen(inFace(p, outlineFeather+(hairFeather-outlineFeather)*top))
		}),
		soft: make([]uint8, veilSide*veilSide), tmp: make([]uint8, veilSide*veilSide), sums: make([]uint32, veilSide),
	}
	for i, uv := range mesh.UV {
		x, y := mapMM*math.Abs(float64(uv[0])-0.5), mapMM*float64(uv[1])
		if x < noseWide && y > noseUpper && y < noseLower {
			n.nose = append(n.nose, uint16(i))
		}
	}
	n.wears = make([]float32, len(n.nose))
	return n
}

// inFace is 0 at the face's edge and beyond, and rises to 1 at feather
// millimetres within.
func inFace(p vec, feather float64) float64 {
	if !contains(faceOutline, p) {
		return 0
	}
	return float64(smooth(float32(lineDistance(faceOutline, p)/feather), 0, 1))
}

func (n *foundation) paint(f *ar.Frame, face *ar.Face, s *surface, e *eyes, m *mouth, bare *bareSkin, layer ar.Layer, alpha float32) {
	p := foundationPigments[layer.Finish]
	if alpha <= 0 || !bare.seen || !n.layWhole(f, s, e, p) {
		return
	}
	m.spare(&n.cover, face, f)
	t := bare.tint(layer.Color, p)
	if t.gain[1] < 1 { // a shade darker than the skin lightens no hair
		t.deep = 0
	}
	t.paint(f, &n.cover, nil, alpha)
}

// layWhole puts foundation on the face and reports whether any of it is in the
// frame. It leaves no lines: the folds beside and below the nose turn away from
// the camera but lie within the face, not at its outline, and what lies over the
// face ends softly.
func (n *foundation) layWhole(f *ar.Frame, s *surface, e *eyes, p pigment) bool {
	for k, i := range n.nose {
		n.wears[k], s.corners[i].wears = s.corners[i].wears, 1
	}
	own := n.soften(s.veil)
	ok := n.lay(f, s, e, n.zone, p)
	if own != nil {
		s.veil.own = own
	}
	for k, i := range n.nose {
		s.corners[i].wears = n.wears[k]
	}
	return ok
}

// softTexels is how far around what lies over a face foundation runs out.
const softTexels = 2

// soften feathers what is known to lie over a face, into the face, and gives
// back what it was before: nil if there is nothing.
func (n *foundation) soften(v *veil) []uint8 {
	if v == nil || !v.fitted || v.gaps == [veilSide]uint64{} {
		return nil
	}
	own := v.own
	copy(n.soft, own)
	// The rows in which anything lies over the face, and those around them that
	// are feathered, and read for it.
	first, last := 0, veilSide-1
	for ; v.gaps[first] == 0; first++ {
	}
	for ; v.gaps[last] == 0; last-- {
	}
	top, bottom := max(first-2*softTexels, 0), min(last+2*softTexels+1, veilSide)
	part := own[top*veilSide : bottom*veilSide]
	tmp, soft := n.tmp[:len(part)], n.soft[top*veilSide:bottom*veilSide]
	boxRows(tmp, part, veilSide, bottom-top, softTexels)
	boxColumns(soft, tmp, n.sums, bottom-top, softTexels)
	for i, near := range soft {
		soft[i] = uint8(min(max(2*int(near)-int(part[i]), 0), int(part[i])))
	}
	// Beyond the rows that were read is nothing, not skin.
	copy(n.soft[top*veilSide:], own[top*veilSide:max(first-softTexels, 0)*veilSide])
	if end := min(last+softTexels+1, veilSide); end < bottom {
		copy(n.soft[end*veilSide:], own[end*veilSide:bottom*veilSide])
	}
	v.own = n.soft
	return own
}
