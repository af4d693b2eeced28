package look

import (
	"image"
	"math"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The canonical face's flat map as what lies over a face is found on it:
// veilSide texels square, each veilMM millimetres of skin wide.
const (
	veilSide = 144
	veilMM   = mapMM / veilSide
)

// veil is what lies over a face: hands, masks, hair, cups. It judges, place by
// place on the flat map, how far the picture shows this face's own skin or
// lips, and takes the rest out of masks. What is known of a face is learnt
// from itself, only where nothing seems to lie over it.
type veil struct {
	places  []veilPlace // grouped by patches
	patches []veilPatch
	patchOf []int32           // of each triangle of the mesh, −1 where none is
	normals [][3]float32      // of the canonical head's vertices
	faces   map[int]*veilFace // by face ID
	spare   []*veilFace       // forgotten faces, for their memory
	single  veilFace          // of a picture by itself

	seen     []hue                      // what the picture shows at each place
	rel      []hue                      // the same against the face's skin
	doubts   []float32                  // how little that looks like the face's own
	suspects []int32                    // the places of doubts that count
	grown    []int32                    // scratch
	index    [veilSide * veilSide]int32 // of the place at a texel, −1 where none is
	special  []int32                    // the places that are not mere skin
	lips     []int32                    // those that are on the lips
	mouth    [4]float32                 // which way they face: 1 and the normal
	bare     []skinPlace                // some places on the skin: they tell the light

	cells    [veilCells]cellNow
	cellOf   []uint16             // of each place
	inCell   []int32              // the places of each cell that are not hair
	cellFrom [veilCells + 1]int32 // where they begin
	mouths   [veilCells]float32   // how much of a cell is on or around the lips
	sides    [veilCells]bool      // cells at the face's outline
	taken    [veilCells]bool      // cells of the face
	rims     [][]uint16           // the cells around each brow, eye and nostril
	used     []uint16             // cells with places
	beside   [veilCells][4]int16  // the cells beside each, −1 where the map ends
	found    []uint16             // scratch

	doubt  [veilSide * veilSide]uint8
	lack   [veilSide * veilSide]uint8              // how far each texel is not the face's own
	sums   [(veilSide + 1) * (veilSide + 1)]uint32 // of doubts above and left of a texel
	skin   [veilSide * veilSide]uint8              // 255 where no brow or lash is
	around [veilSide * veilSide]uint16             // how many texels of that are near
	fewest [veilSide * veilSide / holeStep]uint16  // the least of that among so many
	hairs  []uint16                                // texels of brows and lashes near skin

	nostrils []uint16 // and those of nostrils

	folded []uint16                  // texels of small pieces whose doubt was taken off
	folds  [veilSide * veilSide]bool // and those beside them

	gaps     [veilSide]uint64 // a bit for so many texels of a row: not all of them are the face's own
	now      *veilFace        // the face at hand
	own      []uint8          // the keep of the face at hand: veilSide × veilSide
	fitted   bool
	rested   int  // frames that were not judged since one was
	changing bool // what lies over the face at hand comes or goes
}

// hue is a colour as logarithms of light: its lightness, and its red and blue
// against green, which shadows leave alone.
type hue struct{ light, red, blue float32 }

// veilKind is what is to be seen at a place of a bare face.
type veilKind uint8

const (
	veilSkin    veilKind = iota
	veilLid              // skin beside lashes and brows, in the eye's shadow
	veilHair             // brows and lashes: told by the skin around them
	veilNostril          // and what is between them: told so, too
	veilRim              // where lips and skin meet
	veilLip
	veilKinds
)

// told reports whether a place is told by the skin around it alone.
func (k veilKind) told() bool { return k == veilHair || k == veilNostril }

// veilPlace is a texel of the map.
type veilPlace struct {
	at         uint16 // index in the map
	kind       veilKind
	two, three float32 // weights of its patch's second and third corner
}

// skinPlace is a place on bare skin and which way it faces on the canonical
// head: 1 and the normal.
type skinPlace struct {
	place int32
	basis [4]float32
}

// veilPatch is a triangle of the mesh and the places in it.
type veilPatch struct {
	corners  [3]uint16
	from, to int
	unit     float32         // one by twice its area on the map in texels
	box      image.Rectangle // of the texels in and around it
	columns  uint64          // those that it is in of v.gaps
	whole    bool            // nothing lies over it
}

// veilFace is what is known of one face.
type veilFace struct {
	keep  [veilSide * veilSide]uint8 // how far each texel is the face's own
	cells [veilCells]veilCell
	skin  [3][4]float32 // its light, red and blue by 1 and the normal
	lips  lipTone
	known bool
	seen  float32 // seconds, up to learnTime
	at    time.Time

	restless float32 // places that differ from frame to frame, as a rule
}

func newVeil(mesh *ar.Mesh) *veil {
	v := &veil{faces: map[int]*veilFace{}, normals: vertexNormals(mesh)}
	kinds := newVeilKinds(mesh)
	v.patchOf = slices.Repeat([]int32{-1}, len(mesh.Triangles))
	for i, t := range mesh.Triangles {
		if !inOpening(t) && v.addPatch(mesh, t, kinds) {
			v.patchOf[i] = int32(len(v.patches) - 1)
		}
	}
	n := len(v.places)
	v.seen, v.rel, v.doubts = make([]hue, n), make([]hue, n), make([]float32, n)
	v.suspects, v.grown, v.found = make([]int32, 0, n), make([]int32, 0, n), make([]uint16, 0, veilCells)
	v.folded = make([]uint16, 0, n)
	for i := range v.index {
		v.index[i] = -1
	}
	for i, p := range v.places {
		v.index[p.at] = int32(i)
		if p.kind == veilLip {
			v.lips = append(v.lips, int32(i))
		}
		if !p.kind.told() {
			v.skin[p.at] = 255
		}
		if p.kind != veilSkin {
			v.special = append(v.special, int32(i))
		}
	}
	v.countSkin()
	v.divide()
	return v
}

// inOpening reports whether a triangle closes the mouth, which is no skin.
func inOpening(t [3]uint16) bool {
	return !slices.ContainsFunc(t[:], func(i uint16) bool { return !slices.Contains(lipsInner, int(i)) })
}

// addPatch adds a triangle of the map and the texels whose middles are in it,
// which may be none; it reports whether the triangle has a surface.
func (v *veil) addPatch(mesh *ar.Mesh, t [3]uint16, kinds []veilKind) bool {
	var c [3]vec
	for i, k := range t {
		c[i] = vec{float64(mesh.UV[k][0]) * veilSide, float64(mesh.UV[k][1]) * veilSide}
	}
	area := (c[1].x-c[0].x)*(c[2].y-c[0].y) - (c[2].x-c[0].x)*(c[1].y-c[0].y)
	if math.Abs(area) < 1e-9 {
		return false
	}
	patch := veilPatch{corners: t, from: len(v.places), unit: float32(1 / math.Abs(area)), box: texelsAround(mesh, t)}
	box := bounds(1, image.Rect(0, 0, veilSide, veilSide), c[:])
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			px, py := float64(x)+0.5-c[0].x, float64(y)+0.5-c[0].y
			b := (px*(c[2].y-c[0].y) - py*(c[2].x-c[0].x)) / area
			g := (py*(c[1].x-c[0].x) - px*(c[1].y-c[0].y)) / area
			if b < 0 || g < 0 || b+g >= 1 {
				continue
			}
			at := y*veilSide + x
			if len(v.places)%fitStep == 0 && kinds[at] == veilSkin {
				basis := v.basis(t, float32(b), float32(g))
				v.bare = append(v.bare, skinPlace{int32(len(v.places)), basis})
			}
			if kinds[at] == veilLip {
				v.mouth = v.basis(t, float32(b), float32(g))
			}
			v.places = append(v.places, veilPlace{uint16(at), kinds[at], float32(b), float32(g)})
		}
	}
	for x := patch.box.Min.X; x < patch.box.Max.X; x++ {
		patch.columns |= 1 << (x / gapTexels)
	}
	patch.to = len(v.places)
	v.patches = append(v.patches, patch)
	return true
}

// basis is 1 and the normal at a place of a triangle, by the weights of its
// second and third corner.
func (v *veil) basis(t [3]uint16, two, three float32) [4]float32 {
	out := [4]float32{1}
	for k := range 3 {
		out[k+1] = (1-two-three)*v.normals[t[0]][k] + two*v.normals[t[1]][k] + three*v.normals[t[2]][k]
	}
	return out
}

// vertexNormals are the mesh's, of length 1.
func vertexNormals(mesh *ar.Mesh) [][3]float32 {
	out := make([][3]float32, len(mesh.Vertices))
	for _, t := range mesh.Triangles {
		a, b, c := mesh.Vertices[t[0]], mesh.Vertices[t[1]], mesh.Vertices[t[2]]
		var p, q [3]float64
		for k := range p {
			p[k], q[k] = b[k]-a[k], c[k]-a[k]
		}
		n := [3]float64{p[1]*q[2] - p[2]*q[1], p[2]*q[0] - p[0]*q[2], p[0]*q[1] - p[1]*q[0]}
		for _, i := range t {
			for k := range n {
				out[i][k] += float32(n[k])
			}
		}
	}
	for i, n := range out {
		if length := float32(math.Sqrt(float64(n[0]*n[0] + n[1]*n[1] + n[2]*n[2]))); length > 0 {
			for k := range n {
				out[i][k] /= length
			}
		}
	}
	return out
}
