package look

import "math"

// What has come over a face is told by how the face looked before, in cells of
// so many by so many texels: coarse enough for landmarks that miss a little,
// noise and pores, and finer than a finger.
const (
	cellTexels = 3
	cellSide   = veilSide / cellTexels
	veilCells  = cellSide * cellSide
)

// veilCell is how a cell of a face looks against its skin at large, and how
// much that varies, in squares of standard deviations.
type veilCell struct {
	hue
	lightVar, hueVar float32
	rough, roughVar  float32 // of the light in it
	seen             float32 // seconds
}

// cellNow is what a frame shows in a cell.
type cellNow struct {
	hue
	n       float32 // places that are seen
	strange float32 // of those, how many do not look like the face's own
	apart   float32 // how far it is from what is known, in squares of standard deviations
	rough   float32 // standard deviation of the light in it
	away    bool    // part of it turns away or lies outside the frame
	over    bool    // something has come over it
	walked  bool
}

// divide says which place is in which cell, and which cells are at the face's
// outline: those from which an empty one is near that the map's edge reaches.
func (v *veil) divide() {
	for c := range v.beside {
		v.beside[c] = besideCell(c)
	}
	var taken [veilCells]bool
	var inside [veilCells][]int32
	for i, p := range v.places {
		c := int(p.at)/veilSide/cellTexels*cellSide + int(p.at)%veilSide/cellTexels
		v.cellOf = append(v.cellOf, uint16(c))
		taken[c] = true
		if p.kind != veilHair {
			inside[c] = append(inside[c], int32(i))
		}
		if p.kind == veilLip || p.kind == veilRim {
			v.mouths[c]++
		}
	}
	for c, places := range inside {
		v.inCell = append(v.inCell, places...)
		v.cellFrom[c+1] = int32(len(v.inCell))
		v.mouths[c] /= float32(max(len(places), 1))
		if len(places) > 0 {
			v.used = append(v.used, uint16(c))
		}
	}
	var outside [veilCells]bool
	outside[0] = true
	stack := []int{0}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, j := range v.beside[c] {
			if j < 0 || outside[j] {
				continue
			}
			if taken[j] {
				v.sides[j] = true
				continue
			}
			outside[j] = true
			stack = append(stack, int(j))
		}
	}
	for range outlineCells - 1 {
		was := v.sides
		for c, is := range was {
			for _, j := range v.beside[c] {
				if is && j >= 0 && taken[j] {
					v.sides[j] = true
				}
			}
		}
	}
}

// outlineCells is how many cells deep the face's outline is taken to be.
const outlineCells = 3

// besideCell are the four cells beside a cell, −1 where the map ends.
func besideCell(c int) [4]int16 {
	out := [4]int16{int16(c - 1), int16(c + 1), int16(max(c-cellSide, -1)), int16(c + cellSide)}
	if c%cellSide == 0 {
		out[0] = -1
	}
	if c%cellSide == cellSide-1 {
		out[1] = -1
	}
	if c >= veilCells-cellSide {
		out[3] = -1
	}
	return out
}

// The least standard deviations of a cell.
const (
	cellLight = 0.10
	cellHue   = 0.045
	cellRough = 0.05

	mouthMoves = 4 // lips vary by so much more, squared: they speak
)

// compare finds how far each cell is from what is known of it.
func (v *veil) compare(known *veilFace) {
	for _, i := range v.used {
		now, was := &v.cells[i], &known.cells[i]
		*now = cellNow{}
		v.sumCell(now, v.inCell[v.cellFrom[i]:v.cellFrom[i+1]])
		if now.n == 0 || was.seen == 0 {
			continue
		}
		now.apart = apart(now.hue, was.hue, 1/max(was.lightVar, square(cellLight)), 1/max(was.hueVar, square(cellHue))) +
			square(now.rough-was.rough)/max(was.roughVar, square(cellRough))
		now.apart /= 1 + (mouthMoves-1)*v.mouths[i]
	}
	for _, i := range v.suspects {
		v.cells[v.cellOf[i]].strange++
	}
}

// sumCell reads a cell's places.
func (v *veil) sumCell(now *cellNow, places []int32) {
	var n, light, red, blue, squares float32
	for _, i := range places {
		c := &v.rel[i]
		if v.seen[i].light == unseen {
			now.away = true
			continue
		}
		n++
		light += c.light
		red += c.red
		blue += c.blue
		squares += c.light * c.light
	}
	if n < cellLeast {
		return
	}
	one := 1 / n
	now.n, now.hue = n, hue{light * one, red * one, blue * one}
	now.rough = float32(math.Sqrt(float64(max(squares*one-square(now.light), 0))))
}

// cellLeast is how many places must be seen of a cell.
const cellLeast = 3

// When cells have changed: surely, and beside one that surely has, in squares of
// standard deviations; and how many there are at least, since what comes over a
// face comes in one piece, from its outline.
const (
	changedSurely = 14
	changedBeside = 6
	changedLeast  = 6

	changedAnywhere = 40 // so many surely changed ones need not be at the outline
)

// change finds the cells that something has come over.
func (v *veil) change() {
	any, noise := false, v.noise()
	for _, i := range v.used {
		v.cells[i].apart /= noise
	}
	for _, i := range v.used {
		if c := &v.cells[i]; c.apart >= changedSurely && !c.walked {
			any = v.walk(int(i)) || any
		}
	}
	if any {
		v.enclose()
	}
}

// noise is how much more the face's cells vary in this frame than is known of
// them, at least 1: the head moves, lamps flicker, the picture is blocky.
func (v *veil) noise() float32 {
	const steps, step = 64, 0.25
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
			return max(float32(i+1)*step/usualNoise, 1)
		}
	}
	return 1
}

// usualNoise is what is taken for still: two fifths of the cells are within.
const usualNoise = 1

// walk goes over the changed cells that hang together with the cell i, and
// reports whether they are what has come over the face.
func (v *veil) walk(i int) bool {
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
			case n.n == 0:
			case n.apart >= changedBeside || n.strange > n.n/2:
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

// enclose adds to what has come over a face the pieces that it cuts off from
// most of it: of what is as light as skin, only the edge is seen.
func (v *veil) enclose() {
	total := 0
	for _, i := range v.used {
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

// Times over which a cell is learnt: at first, and when it has changed to
// something that could be skin, seconds.
const (
	learnTime  = 1.5
	changeTime = 8
)

// learn takes in what the face's own cells look like.
func (v *veil) learn(known *veilFace, dt float32) {
	for _, i := range v.used {
		now, was := &v.cells[i], &known.cells[i]
		if now.n == 0 || now.strange > now.n/3 || dt == 0 && was.seen > 0 {
			continue
		}
		if was.seen == 0 {
			*was = veilCell{now.hue, square(2 * cellLight), square(2 * cellHue), now.rough, square(2 * cellRough), 0.01}
			continue
		}
		a := dt / (dt + was.seen)
		if now.over {
			a = dt / changeTime
		}
		light, red, blue := now.light-was.light, now.red-was.red, now.blue-was.blue
		was.roughVar += a * (square(now.rough-was.rough) - was.roughVar)
		was.rough += a * (now.rough - was.rough)
		was.lightVar += a * (light*light - was.lightVar)
		was.hueVar += a * ((red*red+blue*blue)/2 - was.hueVar)
		was.light += a * light
		was.red += a * red
		was.blue += a * blue
		was.seen = min(was.seen+dt, learnTime)
	}
}
