package look

// When cells have changed: surely, and beside one that surely has, in squares of
// standard deviations; and how many there are at least, since what comes over a
// face comes in one piece, from its outline.
const (
	changedSurely = 14
	changedBeside = 5
	changedLeast  = 6
	changedPart   = 3 // so small a part of them at least has surely changed

	changedAnywhere = 40 // so many surely changed ones need not be at the outline
)

// change finds the cells that something has come over.
func (v *veil) change(known *veilFace) {
	any, noise := false, v.noise()
	surely := changedSurely * (1 + youth*(1/max(known.seen, 0.01)-1/learnTime))
	for _, i := range v.used {
		c := &v.cells[i]
		c.apart /= noise
		if c.apart >= changedBeside && !known.cells[i].over && v.besideOther(known, i) {
			c.apart /= edgeMoves
		}
	}
	for _, i := range v.used {
		if c := &v.cells[i]; c.apart >= surely && !c.walked {
			any = v.walk(known, int(i), surely) || any
		}
	}
	if any {
		v.bridge(known)
		v.enclose()
	}
}

// Beside hair, and where the face turns away, cells vary by edgeMoves more,
// squared, as the head turns. How much cells vary is itself hardly known in the
// first youth seconds of a face.
const (
	edgeMoves = 4
	youth     = 0.15
)

// besideOther reports whether a cell is beside one that is known for hair or the
// like, or turns away.
func (v *veil) besideOther(known *veilFace, c uint16) bool {
	if v.cells[c].away {
		return true
	}
	for _, j := range v.beside[c] {
		if j >= 0 && (v.cells[j].away || known.cells[j].isOther()) {
			return true
		}
	}
	return false
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

// piece is what hangs together of the cells that have changed. Those known for
// hair are left out of the counts: as the head turns they would take the skin
// beside them along.
type piece struct {
	from   bool // it reaches the outline, or what cannot be seen
	own    int  // cells
	surely int  // of those, how many have surely changed
	before int  // and how many something lay over before
}

// over reports whether a piece is what has come over the face.
func (p *piece) over() bool {
	return p.surely >= changedAnywhere ||
		p.own >= changedLeast && (p.from && p.surely*changedPart >= p.own || 2*p.before >= p.own)
}

// walk goes over the changed cells that hang together with the cell i, of which
// those that are so far apart have surely changed, and reports whether they are what has come over the face.
func (v *veil) walk(known *veilFace, i int, surely float32) bool {
	found, p := append(v.found[:0], uint16(i)), piece{}
	v.cells[i].walked = true
	for k := 0; k < len(found); k++ {
		c := int(found[k])
		p.from = p.from || v.sides[c] || v.cells[c].away
		if n := &v.cells[c]; !known.cells[c].isOther() {
			p.own++
			if n.apart >= surely {
				p.surely++
			}
			if known.cells[c].over {
				p.before++
			}
		}
		for _, j := range v.beside[c] {
			if j < 0 {
				continue
			}
			switch n := &v.cells[j]; {
			case n.walked:
			case n.away: // what cannot be seen may hide where it comes from
				p.from = true
			case v.differs(known, int(j)):
				n.walked = true
				found = append(found, uint16(j))
			}
		}
	}
	v.found = found
	over := p.over()
	for _, c := range found {
		v.cells[c].over = over
	}
	return over
}

// differs reports whether a cell beside one that has surely changed has too.
func (v *veil) differs(known *veilFace, c int) bool {
	now, was := &v.cells[c], &known.cells[c]
	return now.n > 0 && (now.apart >= changedBeside || now.strange > now.n/2 || was.isOther())
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
