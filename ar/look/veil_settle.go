package look

import (
	"encoding/binary"
	"math"
)

// How fast the face's own places come and go, in parts of 255 a frame: what
// comes over the face is free of paint in two frames.
const (
	veilFall = 128
	veilRise = 85
)

const (
	loneDoubt = 50  // mean doubt of three by three texels
	holeDoubt = 140 // mean doubt around a place that is hardly a face's
	hairReach = 5   // texels around brows and lashes whose skin tells of them
	noseReach = 8   // and around the nostrils and what is between them
)

// settle makes v.lack of the doubts: lone ones are noise, what is beside a
// doubtful place is too near to paint, and brows and lashes are the face's own
// as far as the skin around them is.
func (v *veil) settle() {
	clear(v.doubt[:])
	clear(v.lack[:])
	for _, i := range v.suspects {
		v.doubt[v.places[i].at] = uint8(255 * smooth(v.doubts[i], doubtOut, doubtFull))
	}
	covered := v.grown[:0]
	for _, c := range v.used {
		if !v.cells[c].over {
			continue
		}
		for _, i := range v.inCell[v.cellFrom[c]:v.cellFrom[c+1]] {
			if v.seen[i].light != unseen {
				v.doubt[v.places[i].at] = 255
				covered = append(covered, i)
			}
		}
	}
	v.grown = covered
	if len(v.suspects)+len(covered) == 0 {
		return
	}
	v.spread(v.suspects)
	v.spread(covered)
	v.sum(&v.lack)
	v.tell(v.hairs, hairReach)
	v.tell(v.nostrils, noseReach)
	v.fillHoles()
}

// spread lays the doubts of places on all texels beside them that are skin.
func (v *veil) spread(places []int32) {
	for _, i := range places {
		at := int(v.places[i].at)
		d, mean := uint32(v.doubt[at]), uint32(0)
		for y := at - veilSide; y <= at+veilSide; y += veilSide {
			row := v.doubt[y-1:][:3]
			mean += uint32(row[0]) + uint32(row[1]) + uint32(row[2])
		}
		if mean /= 9; mean < loneDoubt {
			d = d * mean / loneDoubt
		}
		for y := at - veilSide; y <= at+veilSide; y += veilSide {
			row, skin := v.lack[y-1:][:3], v.skin[y-1:][:3]
			row[0] = max(row[0], uint8(d)&skin[0])
			row[1] = max(row[1], uint8(d)&skin[1])
			row[2] = max(row[2], uint8(d)&skin[2])
		}
	}
}

// sum makes v.sums of a map.
func (v *veil) sum(m *[veilSide * veilSide]uint8) {
	const side = veilSide + 1
	for y := range veilSide {
		above := v.sums[y*side+1:][:veilSide]
		below := v.sums[(y+1)*side+1:][:veilSide]
		row := uint32(0)
		for x, k := range m[y*veilSide:][:veilSide] {
			row += uint32(k)
			below[x] = above[x] + row
		}
	}
}

// near is the sum of the map over texels reach around a row's from–to.
func (v *veil) near(from, to, y, reach int) uint32 {
	const side = veilSide + 1
	x0, x1 := max(from-reach, 0), min(to+reach, veilSide)
	top, bottom := max(y-reach, 0)*side, min(y+reach+1, veilSide)*side
	return v.sums[bottom+x1] - v.sums[bottom+x0] - v.sums[top+x1] + v.sums[top+x0]
}

// countSkin finds how much skin is near each texel, and the brows, lashes and
// nostrils.
func (v *veil) countSkin() {
	v.sum(&v.skin)
	for i := range v.fewest {
		v.fewest[i] = math.MaxUint16
	}
	for i := range v.around {
		reach, nostril := hairReach, v.index[i] >= 0 && v.places[v.index[i]].kind == veilNostril
		if nostril {
			reach = noseReach
		}
		n := uint16(v.near(i%veilSide, i%veilSide+1, i/veilSide, reach) / 255)
		v.around[i] = n
		switch {
		case v.skin[i] > 0:
			v.fewest[i/holeStep] = min(v.fewest[i/holeStep], n)
		case n > 0 && nostril:
			v.nostrils = append(v.nostrils, uint16(i))
		case n > 0:
			v.hairs = append(v.hairs, uint16(i))
		}
	}
}

// hairOwn is what the skin around brows and lashes may lack, of 255, and they
// are wholly the face's own.
const hairOwn = 32

// tell gives brows and lashes, or nostrils, what the skin that tells of them
// lacks.
func (v *veil) tell(texels []uint16, reach int) {
	for _, at := range texels {
		i := int(at)
		around := int(v.near(i%veilSide, i%veilSide+1, i/veilSide, reach) / uint32(v.around[i]))
		v.lack[i] = uint8(max(around-hairOwn, 0) * 255 / (255 - hairOwn))
	}
}

// holeStep is how many texels of a row are looked at together.
const holeStep = 8

// fillHoles closes the holes in what lies over the face.
func (v *veil) fillHoles() {
	for i, fewest := range v.fewest {
		x, y := i*holeStep%veilSide, i*holeStep/veilSide
		if v.near(x, x+holeStep, y, hairReach) <= holeDoubt*uint32(fewest) {
			continue
		}
		for k := x; k < x+holeStep; k++ {
			d := &v.lack[y*veilSide+k]
			if *d == 255 || v.skin[y*veilSide+k] == 0 {
				continue
			}
			if around := v.near(k, k+1, y, hairReach) / uint32(v.around[y*veilSide+k]); around > holeDoubt {
				*d = max(*d, uint8(min((around-holeDoubt)*6, 255)))
			}
		}
	}
}

// fade takes the face's own places a frame farther on the way to what was
// judged, all the way where it is the first one.
func (v *veil) fade(known *veilFace, first bool) {
	const step = 8 // texels that are looked at together
	clear(v.gaps[:])
	v.changing = false
	for i := 0; i < len(v.lack); i += step {
		keep := known.keep[i:][:step]
		have, want := binary.LittleEndian.Uint64(keep), ^binary.LittleEndian.Uint64(v.lack[i:][:step])
		if have&want == ^uint64(0) {
			continue
		}
		for k := range keep {
			want, have := 255-int(v.lack[i+k]), int(keep[k])
			if first {
				have = want
			}
			now := min(max(want, have-veilFall), have+veilRise)
			v.changing = v.changing || now != want
			keep[k] = uint8(now)
			if now < 255 {
				v.gaps[i/veilSide] |= 1 << (uint(i%veilSide+k) / gapTexels)
			}
		}
	}
	v.findWhole()
}
