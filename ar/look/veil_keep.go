package look

import (
	"image"

	"github.com/mirrorcart/mirrorcart/ar"
)

// shows reports whether a landmark is to be seen, nothing lying over it and no
// fold or shine within skin; of no surface that is not known.
func (s *surface) shows(point int) bool {
	if s == nil || s.veil == nil || !s.veil.fitted {
		return true
	}
	const scale = float32(veilSide) / mapSide
	c := &s.corners[point]
	x, y := min(max(int(c.u*scale), 0), veilSide-1), min(max(int(c.v*scale), 0), veilSide-1)
	at := y*veilSide + x
	return s.veil.own[at] > landmarkShows && !s.veil.folds[at]
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

// gapTexels is for how many texels of a row a bit of v.gaps stands.
const gapTexels = 3

// findWhole says which patches nothing lies over.
func (v *veil) findWhole() {
	for i := range v.patches {
		p := &v.patches[i]
		gaps := uint64(0)
		for _, row := range v.gaps[p.box.Min.Y:p.box.Max.Y] {
			gaps |= row
		}
		p.whole = gaps&p.columns == 0
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
