package look

import (
	"math"
	"slices"
)

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
	over             bool    // something had come over it when it was judged last
	other            float32 // seconds that it was not the face's own, before it was ever seen
}

// isOther reports whether the cell has never shown the face's own, but hair or
// the like for a while.
func (c *veilCell) isOther() bool { return c.seen == 0 && c.other > otherTime }

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
	var inside [veilCells][]int32
	for i, p := range v.places {
		c := int(p.at)/veilSide/cellTexels*cellSide + int(p.at)%veilSide/cellTexels
		v.cellOf = append(v.cellOf, uint16(c))
		v.taken[c] = true
		if !p.kind.told() {
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
	v.findRims()
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
			if v.taken[j] {
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
				if is && j >= 0 && v.taken[j] {
					v.sides[j] = true
				}
			}
		}
	}
}

// findRims finds the cells around each brow, eye and nostril.
func (v *veil) findRims() {
	hair := func(c int16) bool { return c >= 0 && v.taken[c] && v.cellFrom[c+1]-v.cellFrom[c] < cellLeast }
	var met [veilCells]bool
	for c := range v.taken {
		if met[c] || !hair(int16(c)) {
			continue
		}
		met[c] = true
		var rim []uint16
		for stack := []int16{int16(c)}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, j := range v.beside[at] {
				switch {
				case hair(j) && !met[j]:
					met[j] = true
					stack = append(stack, j)
				case j >= 0 && v.taken[j] && !hair(j) && !slices.Contains(rim, uint16(j)):
					rim = append(rim, uint16(j))
				}
			}
		}
		v.rims = append(v.rims, rim)
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
	cellHue   = 0.04
	cellRough = 0.04

	mouthMoves = 2 // lips vary by so much more, squared: they speak
)

// compare finds how far each cell is from what is known of it.
func (v *veil) compare(known *veilFace) {
	clear(v.cells[:])
	for _, i := range v.used {
		now, was := &v.cells[i], &known.cells[i]
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

// A cell that from the beginning on has shown something else than the face, hair
// above all, for otherTime is known for that, and remembered for that as long as
// otherMost: seconds.
const (
	otherTime = 0.2
	otherMost = 1
)

// cellLeast is how many places must be seen of a cell.
const cellLeast = 3

// Times over which a cell is learnt: at first, and when it has changed, or has
// surely changed, to something that could be skin, seconds.
const (
	learnTime  = 1.5
	changeTime = 8
	sureTime   = 40
)

// learn takes in what the face's own cells look like.
func (v *veil) learn(known *veilFace, dt float32) {
	for _, i := range v.used {
		now, was := &v.cells[i], &known.cells[i]
		was.over = now.over
		switch {
		case now.n == 0:
		case was.seen > 0:
			if now.strange <= now.n/3 && dt > 0 {
				was.learn(now, dt)
			}
		case now.strange > now.n/2:
			was.other = min(was.other+dt, otherMost)
		case now.over && was.other > otherTime:
			was.other -= dt / changeTime
		case now.strange <= now.n/3:
			*was = veilCell{
				hue: now.hue, lightVar: square(2 * cellLight), hueVar: square(2 * cellHue),
				rough: now.rough, roughVar: square(2 * cellRough), seen: 0.01, over: now.over,
			}
		}
	}
}

// learn takes in what the cell looks like now.
func (c *veilCell) learn(now *cellNow, dt float32) {
	a := dt / (dt + c.seen)
	switch {
	case now.over && now.apart >= changedSurely:
		a = dt / sureTime
	case now.over:
		a = dt / changeTime
	}
	light, red, blue := now.light-c.light, now.red-c.red, now.blue-c.blue
	c.roughVar += a * (square(now.rough-c.rough) - c.roughVar)
	c.rough += a * (now.rough - c.rough)
	c.lightVar += a * (light*light - c.lightVar)
	c.hueVar += a * ((red*red+blue*blue)/2 - c.hueVar)
	c.light += a * light
	c.red += a * red
	c.blue += a * blue
	c.seen = min(c.seen+dt, learnTime)
}
