package look

import "github.com/mirrorcart/mirrorcart/ar"

// Landmarks around what is no skin: the brows, and the nostrils with what is
// between them.
var (
	browContours = [2][]int{
		{70, 63, 105, 66, 107, 55, 65, 52, 53, 46},
		{300, 293, 334, 296, 336, 285, 295, 282, 283, 276},
	}
	nostrils = []int{60, 75, 166, 79, 239, 238, 241, 125, 19, 354, 461, 458, 459, 309, 392, 305, 290, 328, 326, 2, 97, 99}
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
	eyes, brows := pair(eyeContours), pair(browContours)
	nose, outer, inner := loop(nostrils), loop(lipsOuter), loop(lipsInner)
	kinds := make([]veilKind, veilSide*veilSide)
	for i := range kinds {
		p := vec{float64(i%veilSide) + 0.5, float64(i/veilSide) + 0.5}
		near := func(loops [2][]vec, reach float64) bool {
			return away(loops[0], p) < reach || away(loops[1], p) < reach
		}
		lip := away(outer, p)
		switch {
		case near(eyes, lashReach), near(brows, browReach):
			kinds[i] = veilHair
		case away(nose, p) < nostrilReach:
			kinds[i] = veilNostril
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
