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
	for _, i := range v.special {
		v.doubts[i] = v.strange(known, int(i))
	}
	v.suspects = v.suspects[:0]
	for i, z := range v.doubts {
		if z >= doubtOut && z < never {
			v.suspects = append(v.suspects, int32(i))
		}
	}
	v.grow(known)
	v.compare(known)
	v.ownIslands(known)
	v.change(known)
	v.learn(known, dt)
}

// never is the doubt of places that are not to be seen, or not by themselves.
const never = 1e4

// How much darker skin beside the eyes may be, a natural logarithm, and how much
// redder for that.
const (
	lidDark = 1.5
	lidRed  = 0.7
)

// strange is how far the place i, which is not mere skin, is from what such a
// place of this face may look like at first sight, in squares of standard
// deviations.
func (v *veil) strange(known *veilFace, i int) float32 {
	c := v.rel[i]
	switch kind := v.places[i].kind; {
	case v.seen[i].light == unseen || kind.told():
		return never
	case kind == veilLid: // paint, lashes and deep sockets darken it; shadows there are the redder
		dark := min(max(c.light, -lidDark), 0)
		return apart(c, hue{light: dark, red: min(max(c.red, 0), -lidRed*dark)}, skinLight, skinHue/5)
	case kind == veilLip:
		return lipPatience * known.lips.doubt(c)
	}
	return lipPatience * known.lips.rimDoubt(c)
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
	for _, i := range v.suspects {
		if v.maybeOwn(known, int(i)) && v.continues(int(i)) {
			v.doubts[i] = 0
			stack = append(stack, i)
		}
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, off := range neighbours {
			j := v.index[int(v.places[i].at)+off]
			if j >= 0 && v.doubts[j] >= doubtOut && v.doubts[j] < never &&
				v.even(int(i), int(j)) && v.maybeOwn(known, int(j)) {
				v.doubts[j] = 0
				stack = append(stack, j)
			}
		}
	}
	v.grown = stack
	v.dropOwn()
}

// neighbours of a texel of the map; none of a face's is at its edge.
var neighbours = [...]int{-1, 1, -veilSide, veilSide}

// continues reports whether the place i goes on evenly from one beside it that
// is the face's own.
func (v *veil) continues(i int) bool {
	for _, off := range neighbours {
		if j := v.index[int(v.places[i].at)+off]; j >= 0 && v.doubts[j] < doubtOut && v.even(i, int(j)) {
			return true
		}
	}
	return false
}

// even reports whether the light hardly changes between two places.
func (v *veil) even(i, j int) bool {
	a, b := &v.seen[i], &v.seen[j]
	light, red, blue := a.light-b.light, a.red-b.red, a.blue-b.blue
	return 1/(lightStep*lightStep)*(light*light)+1/(hueStep*hueStep)*(red*red+blue*blue) < 1
}

// maybeOwn reports whether the place i may be the face's own in some light.
func (v *veil) maybeOwn(known *veilFace, i int) bool {
	c := &v.rel[i]
	if kind := v.places[i].kind; kind == veilLip || kind == veilRim {
		return known.lips.rimDoubt(*c) < grownLip*doubtOut
	}
	light := c.light
	if light > 0 {
		light /= grownBright
	} else { // shadows on skin are the redder
		light /= 1 + 2*min(max(c.red, 0), 0.5)
	}
	return skinLight*(light*light)+skinHue/(grownHue*grownHue)*(c.red*c.red+c.blue*c.blue) < doubtOut
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
	if l.seen == 0 {
		return apart(c, hue{}, skinLight, skinHue)
	}
	t := float32(0)
	if long := square(l.light) + square(l.red) + square(l.blue); long > 0 {
		t = min(max((c.light*l.light+c.red*l.red+c.blue*l.blue)/long, 0), 1)
	}
	mix := func(skin, lip float32) float32 { return skin + t*(lip-skin) }
	like := hue{t * l.light, t * l.red, t * l.blue}
	like.light += min(max(c.light-like.light, -t*lipFolds), t*lipFolds)
	like.red += min(max(c.red-like.red, 0), t*lipFolds)
	return apart(c, like, mix(skinLight, 1/l.lightVar), mix(skinHue, 1/l.hueVar))
}
