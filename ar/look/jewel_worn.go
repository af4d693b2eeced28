package look

import (
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// faceOval are the landmarks around the face, in order.
var faceOval = []int{
	10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
	152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
}

// Where jewellery learns what this face's skin looks like: the cheeks on the
// shopper's right and left, which are lit as the ear beside them is.
var cheekSides = [2][8]int{
	{116, 123, 147, 187, 50, 205, 213, 192},
	{345, 352, 376, 411, 280, 425, 433, 416},
}

// skinColour is the light (blue, green, red) that a face's skin gives back.
type skinColour struct{ b, g, r float32 }

// like is how much light of a colour looks like that of this skin, 0-1. How
// bright it is says little: ears and necks lie in shadow.
func (s *skinColour) like(b, g, r float32) float32 {
	g = max(g, 1e-4)
	reddish := r*s.g/(g*s.r) - 1
	bluish := b*s.g/(g*s.b) - 1
	bright := g / s.g
	return (1 - smooth(max(reddish, -reddish), 0.18, 0.42)) * (1 - smooth(max(bluish, -bluish), 0.35, 0.9)) *
		smooth(bright, 0.08, 0.22) * (1 - smooth(bright, 2.5, 4))
}

// around is the share of pixels around p that look like this skin, of those
// that lie outside an outline, which may be empty. What lies outside the frame
// does not look like skin, nor does it where the outline takes nearly all, nor
// what is as rough as strands of hair.
func (s *skinColour) around(f *ar.Frame, p vec, radius float64, outside []vec) float32 {
	var like, count, inside, rough, pairs float32
	x0, x1 := max(int(p.x-radius), 0), min(int(p.x+radius), f.Width-1)
	step := 1
	if radius >= manyPixels {
		step = 2
	}
	all := float32(math.Pi*radius*radius) / float32(step)
	for y := max(int(p.y-radius), 0); y <= min(int(p.y+radius), f.Height-1); y += step {
		before := float32(0) // the green light of the pixel to the left, if that is like skin
		for x := x0; x <= x1; x++ {
			dx, dy := float64(x)+0.5-p.x, float64(y)+0.5-p.y
			if dx*dx+dy*dy > radius*radius {
				continue
			}
			if len(outside) > 0 && contains(outside, vec{float64(x) + 0.5, float64(y) + 0.5}) {
				inside++
				before = 0
				continue
			}
			px := f.Pix[3*(y*f.Width+x):][:3]
			g := linear[px[1]]
			l := s.like(linear[px[0]], g, linear[px[2]])
			like, count = like+l, count+1
			if l < 0.5 {
				before = 0
				continue
			}
			if before > 0 {
				rough, pairs = rough+max(g-before, before-g)/(g+before), pairs+1
			}
			before = g
		}
	}
	return like / max(count, 0.15*inside, all-inside-count, 1) * (1 - smooth(rough/max(pairs, 1), hairFrom, hairSure))
}

// manyPixels is the radius, in pixels, from which every other row is enough.
const manyPixels = 4

// How much the light of neighbouring pixels differs, in the mean and as a part
// of their sum, on lobes at most and on strands of hair.
const hairFrom, hairSure = 0.09, 0.11

// noseBridge are landmarks where the nose's skin is looked at, which is not
// always like the cheeks'.
var noseBridge = [7]int{168, 6, 193, 417, 122, 351, 197}

// cheek reads the skin of one cheek. Hair that lies over some of it is darker
// than skin, a lamp's glare brighter.
func cheek(f *ar.Frame, face *ar.Face, side int) (skinColour, bool) {
	return readSkin(f, face, cheekSides[side][:])
}

// readSkin reads the skin at some landmarks, three or more of which are in the
// frame.
func readSkin(f *ar.Frame, face *ar.Face, landmarks []int) (skinColour, bool) {
	var reads [len(cheekSides[0])]rgb
	radius := int(min(max(eyeDistance(face, f)/50, 1), 4))
	n := 0
	for _, i := range landmarks {
		if c, ok := lightAt(f, pixel(face, i, f), radius); ok {
			reads[n] = c
			n++
		}
	}
	if n < 3 {
		return skinColour{}, false
	}
	m := middle(reads[:n], 0.4, 0.75)
	return skinColour{exp(m[2]), exp(m[1]), exp(m[0])}, true
}

// fader is a part of the look that comes and goes by itself, 0-1.
type fader struct {
	shown float32
	known bool
}

// to takes the fader towards want, as far as seconds allow. The first value is
// taken as it is.
func (a *fader) to(want float32, seconds float64) float32 {
	step := float32(seconds / fadeTime.Seconds())
	if !a.known || seconds > swingGap || seconds < 0 {
		step = 1
	}
	a.shown, a.known = min(max(want, a.shown-step), a.shown+step), true
	return a.shown
}

// worn is what is known of the jewellery on one face from the frames before.
type worn struct {
	at    time.Time
	ears  [2]earring
	nose  [2]fader
	chain [chainSteps]fader
	// temples is from where on hair hides the side pieces of glasses.
	temples [2]fader
}

// earring is that of one ear.
type earring struct {
	swing swing
	fader fader
}

// jewels draws jewellery. Its fields are scratch, but for what faces wear.
type jewels struct {
	faces  map[int]*worn // by face ID
	single worn          // of a picture by itself

	// Of the face at hand:
	worn    *worn
	seconds float64 // since the frame before
	pose    *ar.Pose
	size    float64       // millimetres on the canonical head for one in the shop
	skin    [2]skinColour // of the right and the left cheek
	seen    [2]bool
	bridge  skinColour // of the nose
	light   [2]rgb     // that falls on the right and the left side of the head
	oval    []vec      // the face's outline
	inner   []vec      // and what surely hides what is behind it
	edge    []vec      // and what hides a hoop

	canvas canvas
	points []tubePoint
}

func newJewels() jewels { return jewels{faces: map[int]*worn{}} }

// forget drops faces that have been away.
func (j *jewels) forget(now time.Time) {
	for id, w := range j.faces {
		if age := now.Sub(w.at); age > 2*fadeTime || age < 0 {
			delete(j.faces, id)
		}
	}
}

// fit takes the measure of a face that will wear jewellery or glasses, and of
// its skin, which nothing may be painted on yet. light is what falls on the
// face. A frame without a time is a picture by itself.
func (j *jewels) fit(f *ar.Frame, face *ar.Face, light rgb) {
	j.single, j.worn, j.seconds = worn{}, &j.single, -1
	if !f.At.IsZero() {
		w, ok := j.faces[face.ID]
		if !ok {
			w = &worn{at: f.At}
			j.faces[face.ID] = w
		}
		j.worn, j.seconds, w.at = w, f.At.Sub(w.at).Seconds(), f.At
	}
	j.pose = &face.Pose
	j.size = 1
	if s := face.Pose.Scale; s > 0 {
		j.size = 1 / min(max(s, 0.75), 1.3)
	}
	for side := range j.skin {
		j.skin[side], j.seen[side] = cheek(f, face, side)
	}
	for side := range j.skin { // a cheek that is out of sight is like the other
		if !j.seen[side] {
			j.skin[side], j.seen[side] = j.skin[1-side], j.seen[1-side]
		}
	}
	if j.bridge, _ = readSkin(f, face, noseBridge[:]); j.bridge.g == 0 {
		j.bridge = j.skin[0]
	}
	j.light = sideLights(light, &j.skin, j.seen[0])
	j.oval = contour(j.oval[:0], face, faceOval, f)
	j.inner = drawIn(j.inner[:0], j.oval, ovalMargin)
}

// ovalMargin is how much of its half width the face's outline is drawn in by:
// what hangs beside it must not vanish for a lobe that is placed a millimetre
// or two too near. hoopMargin is it for hoops, which pass behind the jaw.
const ovalMargin, hoopMargin = 0.05, 0.015

// drawIn appends the outline, smaller by that part, to dst.
func drawIn(dst, outline []vec, part float64) []vec {
	var mid vec
	for _, p := range outline {
		mid.x, mid.y = mid.x+p.x/float64(len(outline)), mid.y+p.y/float64(len(outline))
	}
	for _, p := range outline {
		dst = append(dst, vec{p.x + part*(mid.x-p.x), p.y + part*(mid.y-p.y)})
	}
	return dst
}

// ready reports whether jewellery can hang on the face at all.
func (j *jewels) ready() bool { return j.seen[0] && sound(j.pose) }

// camera takes a place on the canonical head to the camera's space.
func (j *jewels) camera(p [3]float64) [3]float64 {
	q := j.turned(p)
	for i := range q {
		q[i] += j.pose.T[i]
	}
	q[2] = max(q[2], 1)
	return q
}

// turned takes a direction on the head to the camera's space.
func (j *jewels) turned(d [3]float64) [3]float64 {
	r := &j.pose.R
	return [3]float64{
		r[0]*d[0] + r[1]*d[1] + r[2]*d[2],
		r[3]*d[0] + r[4]*d[1] + r[5]*d[2],
		r[6]*d[0] + r[7]*d[1] + r[8]*d[2],
	}
}

// seenAt is where a place in the camera's space is seen, and how many pixels a
// millimetre of the shop makes there.
func (j *jewels) seenAt(q [3]float64) (vec, float64) {
	k := j.pose.Focal / q[2]
	return vec{j.pose.CX + k*q[0], j.pose.CY + k*q[1]}, k * j.size
}

// facing is the cosine of the angle between a direction in the camera's space
// and the way from q to the camera.
func facing(d, q [3]float64) float64 {
	return -dot3(d, q) / math.Sqrt(dot3(q, q)*dot3(d, d))
}

// base is the light that a part's own colour gives back.
func (p *jewelPart) base(c ar.Color) [3]float32 {
	if p.style.shade {
		return [3]float32{linear[c.B], linear[c.G], linear[c.R]}
	}
	return p.color
}
