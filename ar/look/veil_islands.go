package look

// What lies over a face reaches in from its outline, or is larger than these: a
// small piece within the face is a fold, a shadow or a shine. On lips it may be
// teeth.
const (
	islandMost = 90 // texels, most of which may be skin in some light
	islandTiny = 12 // texels of any colour
)

// ownIslands takes the doubt off small pieces that lie within the face.
func (v *veil) ownIslands(known *veilFace) {
	v.unfold()
	any := false
	for _, i := range v.used {
		if c := &v.cells[i]; c.strange > 0 && !c.walked {
			any = v.ownIsland(known, i) || any
		}
	}
	for _, i := range v.used {
		v.cells[i].walked = false
	}
	if any {
		v.dropOwn()
	}
}

// ownIsland does so for the piece that reaches into the cell i, and reports
// whether it did.
func (v *veil) ownIsland(known *veilFace, i uint16) bool {
	found, within, size := append(v.found[:0], i), true, float32(0)
	v.cells[i].walked = true
	reach := func(j int16) {
		if j < 0 {
			return
		}
		switch c := &v.cells[j]; {
		case c.away:
			within = false
		case c.strange > 0 && !c.walked:
			c.walked = true
			found = append(found, uint16(j))
		}
	}
	for k := 0; k < len(found); k++ {
		c := found[k]
		within = within && !v.sides[c] && !v.cells[c].away
		size += v.cells[c].strange
		left, right, above, below := v.beside[c][0], v.beside[c][1], v.beside[c][2], v.beside[c][3]
		reach(left)
		reach(right)
		for _, j := range [2]int16{above, below} {
			reach(j)
			if j >= 0 {
				reach(v.beside[j][0])
				reach(v.beside[j][1])
			}
		}
	}
	v.found = found
	if !within || size > islandMost || size > islandTiny && 4*v.maybeOwnIn(known, found) < 3*int(size) {
		return false
	}
	for _, c := range found {
		for _, at := range v.inCell[v.cellFrom[c]:v.cellFrom[c+1]] {
			kind, d := v.places[at].kind, &v.doubts[at]
			if *d >= doubtOut && *d < never && kind != veilLip && kind != veilRim {
				*d = 0
				v.cells[c].strange--
				v.fold(v.places[at].at)
			}
		}
	}
	return true
}

// maybeOwnIn is how many of the suspects in cells may be the face's own; none
// where they reach onto the lips, before which a microphone is held.
func (v *veil) maybeOwnIn(known *veilFace, cells []uint16) (n int) {
	for _, c := range cells {
		for _, at := range v.inCell[v.cellFrom[c]:v.cellFrom[c+1]] {
			switch d := v.doubts[at]; {
			case d < doubtOut || d >= never:
			case v.places[at].kind == veilLip:
				return 0
			case v.maybeOwn(known, int(at)):
				n++
			}
		}
	}
	return n
}

// dropOwn leaves of the suspects those that still are.
func (v *veil) dropOwn() {
	left := v.suspects[:0]
	for _, i := range v.suspects {
		if v.doubts[i] >= doubtOut {
			left = append(left, i)
		}
	}
	v.suspects = left
}

// fold remembers a texel of a small piece: it is skin, but tells nothing of how
// light falls on skin at large.
func (v *veil) fold(texel uint16) {
	v.folded = append(v.folded, texel)
	for _, row := range [3]int{-veilSide, 0, veilSide} {
		at := v.folds[int(texel)+row-1:][:3]
		at[0], at[1], at[2] = true, true, true
	}
}

// unfold forgets those of the face that was judged last.
func (v *veil) unfold() {
	for _, texel := range v.folded {
		for _, row := range [3]int{-veilSide, 0, veilSide} {
			clear(v.folds[int(texel)+row-1:][:3])
		}
	}
	v.folded = v.folded[:0]
}
