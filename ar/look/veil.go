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
	faces   map[int]*veilFace // by face ID
	spare   []*veilFace       // forgotten faces, for their memory
	single  veilFace          // of a picture by itself

	seen   []hue                      // what the picture shows at each place
	rel    []hue                      // the same against the face's skin
	doubts []float32                  // how little that looks like the face's own
	index  [veilSide * veilSide]int32 // of the place at a texel, −1 where none is
	grown  []int32                    // scratch
	cellOf []uint16                   // of each place
	sides  [veilCells]bool            // cells at the face's outline
	cells  [veilCells]cellNow
	found  []uint16 // scratch
	doubt  [3][veilSide * veilSide]uint8
	sums   [veilSide]uint32
	own    []uint8                    // the keep of the face at hand: veilSide × veilSide
	skin   [veilSide * veilSide]uint8 // 255 where no brow or lash is
	around [veilSide * veilSide]uint8 // how much of that is near
	now    *veilFace                  // the face at hand
	lips   []int32                    // the places that are on the lips
	fitted bool

	rested   bool // the frame before was not judged
	changing bool // what lies over the face at hand comes or goes
}

// hue is a colour as logarithms of light: its lightness, and its red and blue
// against green, which shadows leave alone.
type hue struct{ light, red, blue float32 }

// veilKind is what is to be seen at a place of a bare face.
type veilKind uint8

const (
	veilSkin veilKind = iota
	veilLid           // skin beside lashes and brows, in the eye's shadow
	veilHair          // brows, lashes, nostrils: told by the skin around them
	veilRim           // where lips and skin meet
	veilLip
	veilKinds
)

// veilPlace is a texel of the map.
type veilPlace struct {
	at     uint16 // index in the map
	kind   veilKind
	weight [3]float32 // of its patch's corners
	normal [3]float32 // on the canonical head
}

// veilPatch is a triangle of the mesh and the places in it.
type veilPatch struct {
	corners  [3]uint16
	from, to int
	box      image.Rectangle // of the texels in and around it
	whole    bool            // nothing lies over it
}

// veilFace is what is known of one face.
type veilFace struct {
	keep  [veilSide * veilSide]uint8 // how far each texel is the face's own
	cells [veilCells]veilCell
	skin  [3][4]float32 // its light, red and blue by 1 and the normal
	lips  lipTone
	known bool
	at    time.Time
}

func newVeil(mesh *ar.Mesh) *veil {
	v := &veil{faces: map[int]*veilFace{}}
	kinds := newVeilKinds(mesh)
	normals := vertexNormals(mesh)
	v.patchOf = slices.Repeat([]int32{-1}, len(mesh.Triangles))
	for i, t := range mesh.Triangles {
		if inOpening(t) {
			continue
		}
		patch := veilPatch{corners: t, from: len(v.places), box: texelsAround(mesh, t)}
		v.addPlaces(mesh, t, kinds, normals)
		if patch.to = len(v.places); patch.to > patch.from {
			v.patchOf[i] = int32(len(v.patches))
			v.patches = append(v.patches, patch)
		}
	}
	for _, p := range v.places {
		if p.kind != veilHair {
			v.skin[p.at] = 255
		}
	}
	boxRows(v.doubt[0][:], v.skin[:], veilSide, veilSide, hairReach)
	boxColumns(v.around[:], v.doubt[0][:], v.sums[:], veilSide, hairReach)
	for i := range v.index {
		v.index[i] = -1
	}
	for i, p := range v.places {
		v.index[p.at] = int32(i)
		if p.kind == veilLip {
			v.lips = append(v.lips, int32(i))
		}
	}
	v.divide()
	v.seen, v.rel, v.doubts = make([]hue, len(v.places)), make([]hue, len(v.places)), make([]float32, len(v.places))
	return v
}

// inOpening reports whether a triangle closes the mouth, which is no skin.
func inOpening(t [3]uint16) bool {
	return !slices.ContainsFunc(t[:], func(i uint16) bool { return !slices.Contains(lipsInner, int(i)) })
}

// addPlaces adds the texels whose middles are in a triangle of the map.
func (v *veil) addPlaces(mesh *ar.Mesh, t [3]uint16, kinds []veilKind, normals [][3]float32) {
	var c [3]vec
	for i, k := range t {
		c[i] = vec{float64(mesh.UV[k][0]) * veilSide, float64(mesh.UV[k][1]) * veilSide}
	}
	area := (c[1].x-c[0].x)*(c[2].y-c[0].y) - (c[2].x-c[0].x)*(c[1].y-c[0].y)
	if math.Abs(area) < 1e-9 {
		return
	}
	box := bounds(1, image.Rect(0, 0, veilSide, veilSide), c[:])
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			px, py := float64(x)+0.5-c[0].x, float64(y)+0.5-c[0].y
			b := (px*(c[2].y-c[0].y) - py*(c[2].x-c[0].x)) / area
			g := (py*(c[1].x-c[0].x) - px*(c[1].y-c[0].y)) / area
			if b < 0 || g < 0 || b+g >= 1 {
				continue
			}
			p := veilPlace{at: uint16(y*veilSide + x), weight: [3]float32{float32(1 - b - g), float32(b), float32(g)}}
			p.kind = kinds[p.at]
			for i, w := range p.weight {
				for k := range p.normal {
					p.normal[k] += w * normals[t[i]][k]
				}
			}
			v.places = append(v.places, p)
		}
	}
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

// Landmarks around what is no skin: the brows and the nostrils.
var (
	browContours = [2][]int{
		{70, 63, 105, 66, 107, 55, 65, 52, 53, 46},
		{300, 293, 334, 296, 336, 285, 295, 282, 283, 276},
	}
	nostrils = [2][]int{{60, 99, 97, 2}, {290, 328, 326, 2}}
)

// How far around what they are named for kinds of places reach, in
// millimetres: the landmarks may miss by as much, and lashes and brows spread.
const (
	lashReach    = 4.5
	browReach    = 5.5
	nostrilReach = 6.5
	lidReach     = 15.0
	rimOut       = 5.0
	rimIn        = 2.0
)

// newVeilKinds says what is where on the map.
func newVeilKinds(mesh *ar.Mesh) []veilKind {
	loop := func(points []int) []vec { // closed
		var c []vec
		for _, i := range points {
			c = append(c, vec{float64(mesh.UV[i][0]) * veilSide, float64(mesh.UV[i][1]) * veilSide})
		}
		return append(c, c[0])
	}
	// How far p is outside a loop, in millimetres; less than 0 is inside.
	away := func(c []vec, p vec) float64 {
		d := lineDistance(c, p) * veilMM
		if contains(c[:len(c)-1], p) {
			return -d
		}
		return d
	}
	pair := func(loops [2][]int) [2][]vec { return [2][]vec{loop(loops[0]), loop(loops[1])} }
	eyes, brows, nose := pair(eyeContours), pair(browContours), pair(nostrils)
	outer, inner := loop(lipsOuter), loop(lipsInner)
	kinds := make([]veilKind, veilSide*veilSide)
	for i := range kinds {
		p := vec{float64(i%veilSide) + 0.5, float64(i/veilSide) + 0.5}
		near := func(loops [2][]vec, reach float64) bool {
			return away(loops[0], p) < reach || away(loops[1], p) < reach
		}
		lip := away(outer, p)
		switch {
		case near(eyes, lashReach), near(brows, browReach), near(nose, nostrilReach):
			kinds[i] = veilHair
		case near(eyes, lidReach):
			kinds[i] = veilLid
		case lip < rimOut && lip > -rimIn:
			kinds[i] = veilRim
		case lip < 0 && away(inner, p) > -1:
			kinds[i] = veilLip
		}
	}
	return kinds
}

// shows reports whether a landmark is to be seen, nothing lying over it; of no
// surface that is not known.
func (s *surface) shows(point int) bool {
	if s == nil || s.veil == nil || !s.veil.fitted {
		return true
	}
	const scale = float32(veilSide) / mapSide
	c := &s.corners[point]
	x, y := min(max(int(c.u*scale), 0), veilSide-1), min(max(int(c.v*scale), 0), veilSide-1)
	return s.veil.own[y*veilSide+x] > landmarkShows
}

// landmarkShows is how far a landmark's place must be the face's own.
const landmarkShows = 200

// texelsAround are those that the pixels in a triangle are read between.
func texelsAround(mesh *ar.Mesh, t [3]uint16) image.Rectangle {
	var box image.Rectangle
	for _, i := range t {
		at := image.Pt(int(mesh.UV[i][0]*veilSide), int(mesh.UV[i][1]*veilSide))
		box = box.Union(image.Rectangle{at.Sub(image.Pt(2, 2)), at.Add(image.Pt(3, 3))})
	}
	return box.Intersect(image.Rect(0, 0, veilSide, veilSide))
}

// keep takes what lies over the face out of a mask.
func (v *veil) keep(m *mask, s *surface) {
	if !v.fitted || m.Rect.Empty() {
		return
	}
	for i := range v.patches {
		p := &v.patches[i]
		if p.whole {
			continue
		}
		a, b, c := &s.corners[p.corners[0]], &s.corners[p.corners[1]], &s.corners[p.corners[2]]
		eachRow(a, b, c, m.Rect, func(i, n int, at mapped) { v.keepRow(m.Pix[i:i+n], at) })
	}
}

// lies reports whether anything lies over a triangle of the mesh.
func (v *veil) lies(triangle int) bool {
	if !v.fitted {
		return false
	}
	i := v.patchOf[triangle]
	return i >= 0 && !v.patches[i].whole
}

// findWhole says which patches nothing lies over.
func (v *veil) findWhole() {
	for i := range v.patches {
		p := &v.patches[i]
		p.whole = true
		for y := p.box.Min.Y; y < p.box.Max.Y && p.whole; y++ {
			for _, k := range v.own[y*veilSide+p.box.Min.X : y*veilSide+p.box.Max.X] {
				if k < 255 {
					p.whole = false
					break
				}
			}
		}
	}
}

// keepRow does so along a row of pixels.
func (v *veil) keepRow(row []uint8, at mapped) {
	const half = 1 << 15
	u, du := (at.u+half)/mapSide*veilSide-half, at.du*veilSide/mapSide
	y, dy := (at.v+half)/mapSide*veilSide-half, at.dv*veilSide/mapSide
	for x, w := range row {
		if w != 0 {
			row[x] = uint8(uint32(w) * v.at(u, y) >> 16)
		}
		u, y = u+du, y+dy
	}
}

// at is how far the face is its own between four texels, 0–65536; x and y are
// 16.16 numbers.
func (v *veil) at(x, y int32) uint32 {
	i, j := min(max(x>>16, 0), veilSide-2), min(max(y>>16, 0), veilSide-2)
	fx, fy := uint32(x>>8)&255, uint32(y>>8)&255
	t := v.own[j*veilSide+i:][: veilSide+2 : veilSide+2]
	upper := uint32(t[0])*(256-fx) + uint32(t[1])*fx
	lower := uint32(t[veilSide])*(256-fx) + uint32(t[veilSide+1])*fx
	k := (upper*(256-fy) + lower*fy) >> 8 // 0–65280
	return k + k>>8 + 1
}
