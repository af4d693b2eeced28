package look

import (
	"math"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// rgb is linear light or reflectance: red, green, blue, 1 what white paper
// gives back in a picture that is exposed for it.
type rgb [3]float32

// Where the light is read: on the cheeks, which beards leave free, and around
// the mouth; and on the whites of the eyes, between iris and corner.
var (
	skinPoints = [...]int{50, 280, 205, 425, 36, 266, 206, 426, 216, 436, 212, 432, 204, 424, 164, 18}
	eyeCorners = [...][2]int{{468, 33}, {468, 133}, {473, 263}, {473, 362}}
)

const (
	whiteSteps  = 7 // readings between an iris and a corner
	whitePoints = len(eyeCorners) * whiteSteps
)

// What skin and the whites of eyes give back of green light, and of the other
// colours in proportion to it. Skin: CIELAB about 66, 12, 18 where it is light
// and 38, 12, 15 where it is dark; the darker, the more it is red. The whites
// lie in the shadow of the lids.
const (
	skinGreen    = 0.32
	skinRed      = 1.68 // at skinGreen
	skinRedSlope = -0.14
	skinBlue     = 0.63
	whiteGreen   = 0.52
	whiteRed     = 1.05
	whiteBlue    = 0.95
	whiteTrust   = 0.7 // how far the whites may overrule what skin is like at large

	darkestSkin, lightestSkin = 0.05, 0.55 // of green light
)

// The light is followed quickly, the skin's own colour is learnt slowly: a
// blink or a passing hand must not change the make-up's colour.
const (
	lightTime = 120 * time.Millisecond
	skinTime  = 1.5 // seconds of seen eyes
)

// lights estimates the light that falls on each face, so that what is painted
// is seen in it. Scaling a channel of the picture scales that channel of the
// estimate and nothing else.
type lights struct {
	faces  map[int]*faceLight // by face ID
	single faceLight          // of a picture by itself
}

func newLights() lights { return lights{faces: map[int]*faceLight{}} }

// faceLight is what is known of one face. Colours are natural logarithms.
type faceLight struct {
	skin  rgb // what the skin gives back
	seen  float32
	light rgb
	at    time.Time

	// How the places that are read differ from the skin at large, and how long
	// that was learnt, seconds.
	places  [len(skinPoints)]rgb
	learnt  [len(skinPoints)]float32
	cheeks  rgb  // how the bare cheeks differ from the light
	blushes bool // the cheeks have been seen
}

// of is the light on the face; it is to be read before anything is painted. A
// frame without a time is a picture by itself. What lies over the face, which s
// tells (nil: nothing does), gives no light.
func (l *lights) of(f *ar.Frame, face *ar.Face, s *surface) rgb {
	now, known := l.faces[face.ID]
	switch {
	case f.At.IsZero():
		l.single = faceLight{}
		now, known = &l.single, false
	case !known:
		now = &faceLight{}
		l.faces[face.ID] = now
	}
	dt := float32(0)
	if known {
		dt = max(float32(f.At.Sub(now.at).Seconds()), 0)
	}
	if seen, ok := now.readSkin(f, face, s, dt); ok {
		now.follow(f, face, s, seen, dt)
	}
	now.at = f.At
	return rgb{exp(now.light[0]), exp(now.light[1]), exp(now.light[2])}
}

// known is what is known of a face, nil in a picture by itself.
func (l *lights) known(f *ar.Frame, face *ar.Face) *faceLight {
	if f.At.IsZero() {
		return nil
	}
	return l.faces[face.ID]
}

// follow takes in how the skin looks now.
func (l *faceLight) follow(f *ar.Frame, face *ar.Face, s *surface, seen rgb, dt float32) {
	skin, trust := skinColor(f, face, s, seen)
	learn, follow := float32(1), float32(1)
	if l.seen > 0 {
		l.seen = min(l.seen+trust*dt, skinTime)
		learn, follow = 0, dt/(dt+float32(lightTime.Seconds()))
		if trust > 0 {
			learn = min(trust*dt/l.seen, 1)
		}
	} else {
		l.seen = 0.05 + 0.1*trust
	}
	for c := range seen {
		l.skin[c] += learn * (skin[c] - l.skin[c])
		l.light[c] += follow * (seen[c] - l.skin[c] - l.light[c])
	}
}

// forget drops faces that have been away.
func (l *lights) forget(now time.Time) {
	for id, f := range l.faces {
		if age := now.Sub(f.at); age > 2*fadeTime || age < 0 {
			delete(l.faces, id)
		}
	}
}

// readSkin is the colour of the skin as it is seen. Where something lies over
// some of the places, the others tell of the whole by how they differed from it.
func (l *faceLight) readSkin(f *ar.Frame, face *ar.Face, s *surface, dt float32) (rgb, bool) {
	var reads [len(skinPoints)]rgb
	var from [len(skinPoints)]int
	radius := int(min(max(eyeDistance(face, f)/40, 1), 4))
	n, hidden := 0, 0
	for i, point := range skinPoints {
		if !s.shows(point) {
			hidden++
		} else if c, ok := lightAt(f, pixel(face, point, f), radius); ok {
			reads[n], from[n] = c, i
			n++
		}
	}
	if n < 2 || hidden == 0 && n < len(reads)/3 {
		return rgb{}, false
	}
	if hidden > 0 && l.seen > 0 {
		for k := range n {
			for c := range reads[k] {
				reads[k][c] /= exp(l.places[from[k]][c])
			}
		}
	}
	seen := middle(reads[:n], 0.25, 0.75)
	if hidden == 0 {
		for k := range n {
			i := from[k]
			l.learnt[i] = min(l.learnt[i]+dt+0.01, skinTime)
			a := min((dt+0.01)/l.learnt[i], 1)
			for c, value := range reads[k] {
				l.places[i][c] += a * (log(max(value, 1./4096)) - seen[c] - l.places[i][c])
			}
		}
	}
	return seen, true
}

// skinColor is what the skin gives back by itself, seen being how it looks, and
// how surely the whites of the eyes tell that, 0–1.
func skinColor(f *ar.Frame, face *ar.Face, s *surface, seen rgb) (rgb, float32) {
	var reads [whitePoints]rgb
	n := 0
	for i, e := range eyeCorners {
		if !s.shows(e[1]) && !s.shows(eyeCorners[i^1][1]) {
			continue
		}
		iris, corner := pixel(face, e[0], f), pixel(face, e[1], f)
		for i := range whiteSteps {
			t := 0.5 + 0.3*float64(i)/(whiteSteps-1)
			p := vec{iris.x + t*(corner.x-iris.x), iris.y + t*(corner.y-iris.y)}
			if c, ok := lightAt(f, p, 0); ok {
				reads[n] = c
				n++
			}
		}
	}
	trust := float32(0)
	var ratio rgb // of skin to the whites
	if n >= whitePoints/4 {
		whites := middle(reads[:n], 0.65, 0.95)
		for c := range seen {
			ratio[c] = seen[c] - whites[c]
		}
		// Lids and lashes look like skin; the whites are less red and bluer.
		trust = smooth(ratio[0]-ratio[1], 0, 0.25) * smooth(ratio[0]-ratio[2], 0.1, 0.4)
	}
	w := whiteTrust * trust
	mix := func(prior, white float32) float32 { return prior + w*(white-prior) }
	green := mix(log(skinGreen), ratio[1]+log(whiteGreen))
	green = min(max(green, log(darkestSkin)), log(lightestSkin))
	red := green + log(skinRed) + skinRedSlope*(green-log(skinGreen))
	blue := green + log(skinBlue)
	return rgb{
		mix(red, green+ratio[0]-ratio[1]+log(whiteRed)),
		green,
		mix(blue, green+ratio[2]-ratio[1]+log(whiteBlue)),
	}, trust
}

// lightAt is the mean light around p, unless that is outside the frame.
func lightAt(f *ar.Frame, p vec, radius int) (rgb, bool) {
	x0, x1 := int(p.x)-radius, int(p.x)+radius
	y0, y1 := int(p.y)-radius, int(p.y)+radius
	if x0 < 0 || y0 < 0 || x1 >= f.Width || y1 >= f.Height {
		return rgb{}, false
	}
	var sum rgb
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			px := f.Pix[3*(y*f.Width+x):][:3]
			sum[0] += linear[px[2]]
			sum[1] += linear[px[1]]
			sum[2] += linear[px[0]]
		}
	}
	n := float32((x1 - x0 + 1) * (y1 - y0 + 1))
	return rgb{sum[0] / n, sum[1] / n, sum[2] / n}, true
}

// middle is the logarithm of the mean of what lies between two quantiles, each
// channel by itself, so that coloured light scales it and no more.
func middle(reads []rgb, from, to float32) rgb {
	var out rgb
	var buffer [max(len(skinPoints), whitePoints)]float32
	for c := range out {
		values := buffer[:len(reads)]
		for i, r := range reads {
			values[i] = r[c]
		}
		slices.Sort(values)
		lo := int(from * float32(len(values)))
		hi := max(int(to*float32(len(values))), lo+1)
		sum := float32(0)
		for _, v := range values[lo:hi] {
			sum += v
		}
		// Black has no logarithm; darker than one step of a byte is not known.
		out[c] = log(max(sum/float32(hi-lo), 1./4096))
	}
	return out
}

func log(x float32) float32 { return float32(math.Log(float64(x))) }
func exp(x float32) float32 { return float32(math.Exp(float64(x))) }
