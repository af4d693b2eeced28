package look

// The least and most standard deviations that are taken for those of lips, and
// how many seconds they are learnt over.
const (
	lipLightLeast, lipLightMost = 0.5, 0.9
	lipHueLeast, lipHueMost     = 0.26, 0.5
	lipTime                     = 2
	lipFolds                    = 0.4
	lipPatience                 = 0.5 // folds, shine and paint vary more than they tell at first sight
)

// lipTone is how lips look against their face's skin, and how much that
// varies, in squares of standard deviations.
type lipTone struct {
	hue
	lightVar, hueVar float32
	seen             float32 // seconds
}

// followLips learns how the face's lips look, unless something lies over them.
func (v *veil) followLips(known *veilFace, dt float32) {
	now, ok := v.readLips(known)
	l := &known.lips
	switch {
	case !ok:
	case l.seen == 0:
		*l = now
		l.seen = max(dt, 0.05)
	case apart(now.hue, l.hue, 1, 1) < square(lightSpread):
		learn := dt / (l.seen + dt)
		l.light += learn * (now.light - l.light)
		l.red += learn * (now.red - l.red)
		l.blue += learn * (now.blue - l.blue)
		l.lightVar += learn * (now.lightVar - l.lightVar)
		l.hueVar += learn * (now.hueVar - l.hueVar)
		l.seen = min(l.seen+dt, lipTime)
	}
}

// readLips sums up what is to be seen where the lips are, and reports whether
// that can be lips.
func (v *veil) readLips(known *veilFace) (lipTone, bool) {
	mean := known.lips
	for pass := range 3 {
		var sum lipTone
		n := float32(0)
		for _, at := range v.lips {
			i := int(at)
			if v.seen[i].light == unseen {
				continue
			}
			c, w := v.rel[i], float32(1)
			if pass > 0 || known.lips.seen > 0 {
				w = 1 / square(1+0.3*apart(c, mean.hue, 1, 2))
			}
			sum.light += w * c.light
			sum.red += w * c.red
			sum.blue += w * c.blue
			sum.lightVar += w * square(c.light-mean.light)
			sum.hueVar += w * (square(c.red-mean.red) + square(c.blue-mean.blue)) / 2
			n += w
		}
		if n < 3 {
			return mean, false
		}
		mean = lipTone{hue: hue{sum.light / n, sum.red / n, sum.blue / n}, lightVar: sum.lightVar / n, hueVar: sum.hueVar / n}
	}
	mean.lightVar = min(max(mean.lightVar, square(lipLightLeast)), square(lipLightMost))
	mean.hueVar = min(max(mean.hueVar, square(lipHueLeast)), square(lipHueMost))
	between := func(x, lo, hi float32) bool { return lo <= x && x <= hi }
	return mean, between(mean.light, -4, 0.35) && between(mean.red, -0.12, 4) && between(mean.blue, -0.8, 2)
}

// apart is the square of how far two colours are from each other, in standard
// deviations whose inverse squares are given.
func apart(a, b hue, light, hues float32) float32 {
	return light*square(a.light-b.light) + hues*(square(a.red-b.red)+square(a.blue-b.blue))
}

// judge finds how little each place looks like the face's own.
func (v *veil) judge(known *veilFace, dt float32) {
	for i := range v.places {
		v.doubts[i] = 0
		if v.places[i].kind != veilHair && v.seen[i].light != unseen {
			v.doubts[i] = v.strange(known, i)
		}
	}
	v.grow(known)
	v.compare(known)
	v.change()
	doubt := &v.doubt[0]
	clear(doubt[:])
	for i, z := range v.doubts {
		p := &v.places[i]
		if p.kind == veilHair || v.seen[i].light == unseen {
			continue
		}
		if v.cells[v.cellOf[i]].over {
			z = doubtFull
		}
		doubt[p.at] = uint8(255 * smooth(z, doubtOut, doubtFull))
	}
	v.learn(known, dt)
}

// strange is how far the place i is from what such a place of this face may
// look like at first sight, in squares of standard deviations.
func (v *veil) strange(known *veilFace, i int) float32 {
	const light, hues = 1 / (lightSpread * lightSpread), 1 / (hueSpread * hueSpread)
	c := v.rel[i]
	switch v.places[i].kind {
	case veilLid: // paint and lashes darken it
		return apart(c, hue{light: min(max(c.light, -0.8), 0)}, light, hues/5)
	case veilLip:
		return lipPatience * known.lips.doubt(c)
	case veilRim:
		return lipPatience * known.lips.rimDoubt(c)
	}
	return apart(c, hue{}, light, hues)
}

// How light may go on over skin where it is even: from texel to texel less
// than these, and in all not darker than skin at large, but much brighter or of
// another colour.
const (
	lightStep   = 0.16
	hueStep     = 0.13
	grownHue    = 4
	grownBright = 3
	grownLip    = 2
)

// grow takes the doubt off skin on which the light changes evenly, from what
// is surely skin on: what lies over it has an edge.
func (v *veil) grow(known *veilFace) {
	stack := v.grown[:0]
	for i, z := range v.doubts {
		if z >= doubtOut && v.beside(known, i) {
			v.doubts[i] = 0
			stack = append(stack, int32(i))
		}
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, off := range neighbours {
			j := v.index[int(v.places[i].at)+off]
			if j >= 0 && v.doubts[j] >= doubtOut && v.beside(known, int(j)) {
				v.doubts[j] = 0
				stack = append(stack, j)
			}
		}
	}
	v.grown = stack
}

// neighbours of a texel of the map; none of a face's is at its edge.
var neighbours = [...]int{-1, 1, -veilSide, veilSide}

// beside reports whether the place i may be skin and goes on evenly from one
// that is.
func (v *veil) beside(known *veilFace, i int) bool {
	p, s := &v.places[i], v.seen[i]
	if v.seen[i].light == unseen || p.kind == veilHair {
		return false
	}
	c := v.rel[i]
	hues := float32(1 / (hueSpread * hueSpread * grownHue * grownHue))
	switch {
	case p.kind == veilLip || p.kind == veilRim:
		if known.lips.rimDoubt(c) >= grownLip*doubtOut {
			return false
		}
	case c.light > 0:
		c.light /= grownBright
	default: // shadows on skin are the redder
		c.light /= 1 + 2*min(max(c.red, 0), 0.5)
	}
	if (p.kind == veilSkin || p.kind == veilLid) && apart(c, hue{}, 1/(lightSpread*lightSpread), hues) >= doubtOut {
		return false
	}
	for _, off := range neighbours {
		j := v.index[int(p.at)+off]
		if j >= 0 && v.doubts[j] < doubtOut && v.places[j].kind != veilHair && v.seen[j].light != unseen &&
			apart(s, v.seen[j], 1/(lightStep*lightStep), 1/(hueStep*hueStep)) < 1 {
			return true
		}
	}
	return false
}

// doubt is how far c is from the lips, in squares of standard deviations.
func (l *lipTone) doubt(c hue) float32 {
	if l.seen == 0 {
		return 2 * doubtFull
	}
	like := l.hue // shadows and shine fold over lips
	like.light += min(max(c.light-l.light, -lipFolds), lipFolds)
	like.red += min(max(c.red-l.red, 0), lipFolds) // nothing else is redder
	return apart(c, like, 1/l.lightVar, 1/l.hueVar)
}

// rimDoubt is how far c is from all that lies between skin and the lips.
func (l *lipTone) rimDoubt(c hue) float32 {
	const light, hues = 1 / (lightSpread * lightSpread), 1 / (hueSpread * hueSpread)
	if l.seen == 0 {
		return apart(c, hue{}, light, hues)
	}
	t := float32(0)
	if long := square(l.light) + square(l.red) + square(l.blue); long > 0 {
		t = min(max((c.light*l.light+c.red*l.red+c.blue*l.blue)/long, 0), 1)
	}
	mix := func(skin, lip float32) float32 { return skin + t*(lip-skin) }
	like := hue{t * l.light, t * l.red, t * l.blue}
	like.light += min(max(c.light-like.light, -t*lipFolds), t*lipFolds)
	like.red += min(max(c.red-like.red, 0), t*lipFolds)
	return apart(c, like, mix(light, 1/l.lightVar), mix(hues, 1/l.hueVar))
}

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
)

// settle makes known.keep of the doubts: lone ones are noise, what is beside a
// doubtful place is too near to paint, and brows and lashes are the face's own
// as far as the skin around them is.
func (v *veil) settle(known *veilFace, first bool) {
	doubt, mean, tmp := v.doubt[0][:], v.doubt[1][:], v.doubt[2][:]
	boxRows(tmp, doubt, veilSide, veilSide, 1)
	boxColumns(mean, tmp, v.sums[:], veilSide, 1)
	for i, m := range mean {
		if m < loneDoubt {
			doubt[i] = uint8(uint32(doubt[i]) * uint32(m) / loneDoubt)
		}
	}
	spread(mean, doubt)
	v.changing = false
	for i, known := range v.skin {
		mean[i] &= known
	}
	boxRows(tmp, mean, veilSide, veilSide, hairReach)
	boxColumns(doubt, tmp, v.sums[:], veilSide, hairReach)
	for i, d := range mean {
		if v.around[i] > 0 {
			around := min(255*uint32(doubt[i])/uint32(v.around[i]), 255)
			if v.skin[i] == 0 {
				d = uint8(around)
			} else if around > holeDoubt { // a hole in what lies over the face
				d = max(d, uint8(min((around-holeDoubt)*6, 255)))
			}
		}
		want, have := 255-int(d), int(known.keep[i])
		if first {
			have = want
		}
		now := min(max(want, have-veilFall), have+veilRise)
		v.changing = v.changing || now != want
		known.keep[i] = uint8(now)
	}
}

// spread makes dst the most of each texel's neighbourhood of three by three.
func spread(dst, src []uint8) {
	for y := range veilSide {
		row := src[y*veilSide:][:veilSide]
		up := src[max(y-1, 0)*veilSide:][:veilSide]
		down := src[min(y+1, veilSide-1)*veilSide:][:veilSide]
		out := dst[y*veilSide:][:veilSide]
		left, here := uint8(0), max(up[0], row[0], down[0])
		for x := range row {
			right := uint8(0)
			if x+1 < veilSide {
				right = max(up[x+1], row[x+1], down[x+1])
			}
			out[x] = max(left, here, right)
			left, here = here, right
		}
	}
}
