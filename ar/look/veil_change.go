package look

// When cells have changed: surely, and beside one that surely has, in squares of
// standard deviations; and how many there are at least, since what comes over a
// face comes in one piece, from its outline.
const (
	changedSurely = 14
	changedBeside = 5
	changedLeast  = 6

	changedAnywhere = 40 // so many surely changed ones need not be at the outline
)

// change finds the cells that something has come over.
func (v *veil) change(known *veilFace) {
	any, noise := false, v.noise()
	for _, i := range v.used {
		v.cells[i].apart /= noise
	}
	for _, i := range v.used {
		if c := &v.cells[i]; c.apart >= changedSurely && !c.walked {
			any = v.walk(known, int(i)) || any
		}
	}
	if any {
		v.bridge(known)
		v.enclose()
	}
}

// noise is how much more the face's cells vary in this frame than is known of
// them: the head moves, lamps flicker, the picture is blocky.
func (v *veil) noise() float32 {
	const steps, step = 256, 0.05
	var count [steps]int
	n := 0
	for _, i := range v.used {
		if c := &v.cells[i]; c.n > 0 {
			count[min(int(c.apart/step), steps-1)]++
			n++
		}
	}
	below := 0
	for i, k := range count {
		if below += k; 5*below >= 2*n {
			return max(float32(i+1)*step/usualNoise, leastNoise)
		}
	}
	return 1
}

// What noise is measured by: two fifths of the cells are within usualNoise where
// it is 1. Of a head that is held still it is less, down to leastNoise.
const (
	usualNoise = 1
	leastNoise = 0.5
)

// walk goes over the changed cells that hang together with the cell i, and
// reports whether they are what has come over the face.
func (v *veil) walk(known *veilFace, i int) bool {
	found, from, surely := append(v.found[:0], uint16(i)), false, 0
	v.cells[i].walked = true
	for k := 0; k < len(found); k++ {
		c := int(found[k])
		from = from || v.sides[c] || v.cells[c].away
		if v.cells[c].apart >= changedSurely {
			surely++
		}
		for _, j := range v.beside[c] {
			if j < 0 {
				continue
			}
			switch n := &v.cells[j]; {
			case n.walked:
			case n.away: // what cannot be seen may hide where it comes from
				from = true
			case v.differs(known, int(j)):
				n.walked = true
				found = append(found, uint16(j))
			}
		}
	}
	v.found = found
	over := from && len(found) >= changedLeast || surely >= changedAnywhere
	for _, c := range found {
		v.cells[c].over = over
	}
	return over
}

// differs reports whether a cell beside one that has surely changed has too.
func (v *veil) differs(known *veilFace, c int) bool {
	now, was := &v.cells[c], &known.cells[c]
	return now.n > 0 && (now.apart >= changedBeside || now.strange > now.n/2 ||
		was.seen == 0 && was.other > otherTime)
}

// bridge carries what has come over a face over brows and eyes, which do not
// tell themselves: where it has come over much of what is around one, it has
// come over all that has changed there.
func (v *veil) bridge(known *veilFace) {
	for range 2 { // from a brow to an eye
		for _, rim := range v.rims {
			n, over := 0, 0
			for _, c := range rim {
				if v.cells[c].n > 0 {
					n++
				}
				if v.cells[c].over {
					over++
				}
			}
			if over == 0 || over*bridgeParts < n {
				continue
			}
			found := v.found[:0]
			for _, c := range rim {
				if !v.cells[c].over && v.differs(known, int(c)) {
					v.cells[c].over = true
					found = append(found, c)
				}
			}
			for k := 0; k < len(found); k++ {
				for _, j := range v.beside[found[k]] {
					if j >= 0 && !v.cells[j].over && v.differs(known, int(j)) {
						v.cells[j].over = true
						found = append(found, uint16(j))
					}
				}
			}
			v.found = found
		}
	}
}

// bridgeParts: of what is around a brow or an eye so small a part is much.
const bridgeParts = 3

// enclose adds to what has come over a face the pieces that it cuts off from
// most of it: of what is as light as skin, only the edge is seen.
func (v *veil) enclose() {
	total := 0
	for i := range v.cells {
		c := &v.cells[i]
		c.walked = c.n == 0 && !c.away || c.over
		if c.n > 0 {
			total++
		}
	}
	for _, i := range v.used {
		if v.cells[i].walked || v.cells[i].n == 0 {
			continue
		}
		found := append(v.found[:0], i)
		v.cells[i].walked = true
		for k := 0; k < len(found); k++ {
			for _, j := range v.beside[found[k]] {
				if j >= 0 && !v.cells[j].walked {
					v.cells[j].walked = true
					found = append(found, uint16(j))
				}
			}
		}
		v.found = found
		if len(found) < total/enclosedMost {
			for _, c := range found {
				v.cells[c].over = true
			}
		}
	}
}

// enclosedMost: a piece is at most so small a part of what is seen of the face.
const enclosedMost = 6
