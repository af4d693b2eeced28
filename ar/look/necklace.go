package look

import (
	"image"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The neck hangs on the head at a joint, millimetres on the canonical head, and
// follows its turns by half or less. A necklace lies around its foot: these are
// the neck's sides and the pit of the throat, from the joint.
var neckJoint = [3]float64{0, 55, 88}

const (
	neckFollows = 0.3 // of the head's yaw
	neckLeans   = 0.3 // of its roll

	neckHalf  = 62.0  // half width where a chain turns to the back
	sideDown  = 100.0 // how far below the joint the chain is there
	sideBack  = 4.0   // how far behind it
	throat    = 152.0 // how far below the joint a chain of shortest hangs before the throat
	throatOut = 66.0  // how far before it

	shortest   = 420.0 // millimetres of chain
	perLength  = 0.46  // how far lower each millimetre more hangs
	chainCurve = 1.3   // 1 hangs like an ellipse, more is more pointed
)

// chainSteps is at how many places along its visible half a chain is looked
// at; between two of them it is drawn in chainFine bits.
const (
	chainSteps = 25
	chainFine  = 3
	chainSkin  = 3.5 // millimetres of skin that are looked at
	linkLength = 2.6 // millimetres
	// A pendant is seen as far as the chain is so many places to its left and
	// right: nothing hangs from nowhere.
	pendantHold = 4
)

// neck carries places around the neck to the camera's space.
type neck struct {
	joint [3]float64 // in the camera's space
	turn  [9]float64 // row-major
}

func (j *jewels) neck() neck {
	const radians = math.Pi / 180
	ys, yc := math.Sincos(neckFollows * j.pose.Yaw * radians)
	rs, rc := math.Sincos(neckLeans * j.pose.Roll * radians)
	return neck{
		joint: j.camera(neckJoint),
		// Ry(-yaw)·Rz(roll), as ar.Pose takes rotations apart.
		turn: [9]float64{yc * rc, -yc * rs, -ys, rs, rc, 0, ys * rc, -ys * rs, yc},
	}
}

// place is that of the chain at an angle around the neck (0 in front, radians).
func (n *neck) place(angle, low float64) [3]float64 {
	sin, cos := math.Sincos(angle)
	cos = max(cos, 0)
	p := [3]float64{
		neckHalf * sin,
		sideDown + (low-sideDown)*math.Pow(cos, chainCurve),
		sideBack - (throatOut+sideBack)*cos,
	}
	t := &n.turn
	return [3]float64{
		n.joint[0] + t[0]*p[0] + t[1]*p[1] + t[2]*p[2],
		n.joint[1] + t[3]*p[0] + t[4]*p[1] + t[5]*p[2],
		max(n.joint[2]+t[6]*p[0]+t[7]*p[1]+t[8]*p[2], 1),
	}
}

// paintNecklace hangs the piece around the neck.
func (j *jewels) paintNecklace(f *ar.Frame, piece *jewel, layer ar.Layer, alpha float32) {
	if !j.ready() || !(alpha > 0) {
		return
	}
	skin := j.skin[0]
	if j.skin[1].g > skin.g {
		skin = j.skin[1]
	}
	n := j.neck()
	low := throat + perLength*(piece.round-shortest)*j.size
	frame := image.Rect(0, 0, f.Width, f.Height)
	shown, ok := j.chainShown(f, &n, low)
	if !ok {
		return
	}
	scale := j.layChain(piece, &n, &shown, low)
	bottom := n.place(0, low)
	at, _ := j.seenAt(bottom)
	if !(scale > 0.1 && scale < 50) {
		return
	}
	c := &j.canvas
	c.points = c.points[:0]
	for i := range j.points {
		if j.points[i].shown > 0 {
			c.points = append(c.points, j.points[i].at)
		}
	}
	pendant := smooth(slices.Min(shown[chainSteps/2-pendantHold:chainSteps/2+pendantHold+1]), 0.2, 0.6)
	if pendant > 0 {
		reach := piece.reach * scale
		c.points = append(c.points, vec{at.x - reach, at.y - reach}, vec{at.x + reach, at.y + reach})
	}
	r := bounds(3+3*scale, frame, c.points)
	if r.Empty() {
		return
	}
	c.reset(r)
	s := newStand(at, scale, [3]float64{n.turn[0], n.turn[3], n.turn[6]}, [3]float64{0, 1, 0})
	for i := range piece.parts {
		if p := &piece.parts[i]; p.style.chain {
			c.tube(j.points, p.style.material, p.base(layer.Color), func(int) bool { return true })
		}
	}
	for i := range piece.parts {
		if p := &piece.parts[i]; !p.style.chain && pendant > 0 {
			c.part(p, &s, p.base(layer.Color), pendant)
		}
	}
	// The chin hides what it is before.
	c.hide(j.inner, 1)
	c.lay(f, &skin, j.middleLight(), scale, alpha)
}

// chainShown is how much of the chain is seen along its way, and whether there
// is any: not where it leaves the neck's front, nor under cloth and hair.
func (j *jewels) chainShown(f *ar.Frame, n *neck, low float64) (shown [chainSteps]float32, any bool) {
	var bare [chainSteps]float32
	clear := float32(0)
	// One cheek's glare must not make the neck look like cloth, nor the other's
	// shadow dark cloth like the neck.
	bright, dim := j.skin[0], j.skin[1]
	if dim.g > bright.g {
		bright, dim = dim, bright
	}
	k := bright.g / max(dim.g, 1e-4)
	dim = skinColour{dim.b * k, dim.g * k, dim.r * k}
	for i := range bare {
		p, scale := j.seenAt(n.place(chainAngle(float64(i)), low))
		skin := max(bright.around(f, p, chainSkin*scale, nil), dim.around(f, p, chainSkin*scale, nil))
		bare[i] = smooth(skin, 0.25, 0.6)
		clear += bare[i] / chainSteps
	}
	// A necklace of which only scraps could be seen is not shown at all.
	all := smooth(clear, 0.28, 0.5)
	const middle = chainSteps / 2
	// Where the chain is seen to go on from its lowest place: what is beyond
	// cloth or hair would hang from nowhere.
	for i := middle - 1; i >= 0; i-- {
		bare[i] = min(bare[i], bare[i+1])
	}
	for i := middle + 1; i < chainSteps; i++ {
		bare[i] = min(bare[i], bare[i-1])
	}
	for i := range shown {
		around := (bare[max(i-1, 0)] + 2*bare[i] + bare[min(i+1, chainSteps-1)]) / 4
		shown[i] = j.worn.chain[i].to(all*around, j.seconds)
		angle := math.Abs(chainAngle(float64(i)))
		shown[i] *= 1 - smooth(float32(angle), 1.15, 1.5)
		any = any || shown[i] > 0
	}
	return shown, any
}

// chainAngle is where around the neck step i is, from the shopper's right to
// the left.
func chainAngle(i float64) float64 { return (2*i/(chainSteps-1) - 1) * math.Pi / 2 }

// layChain makes j.points the chain's wire and gives the pixels that a
// millimetre makes at its lowest place.
func (j *jewels) layChain(piece *jewel, n *neck, shown *[chainSteps]float32, low float64) (scale float64) {
	thick := 0.5
	for i := range piece.parts {
		if p := &piece.parts[i]; p.style.chain {
			thick = min(p.half.x, p.half.y)
		}
	}
	_, scale = j.seenAt(n.place(0, low))
	j.points = j.points[:0]
	const steps = (chainSteps - 1) * chainFine
	way := 0.0
	before := n.place(chainAngle(0), low)
	for k := range steps + 1 {
		i, part := k/chainFine, float32(k%chainFine)/chainFine
		q := n.place(chainAngle(float64(k)/chainFine), low)
		d := [3]float64{q[0] - before[0], q[1] - before[1], q[2] - before[2]}
		way += math.Sqrt(dot3(d, d)) / j.size
		if k == 0 {
			d = [3]float64{0, 1, 0}
		}
		at, s := j.seenAt(q)
		j.points = append(j.points, tubePoint{
			at: at, along: direction(d[0], d[1], d[2]), radius: thick * s,
			shown: shown[i] + part*(shown[min(i+1, chainSteps-1)]-shown[i]),
			// Links turn their broad and their narrow side by turns.
			glow: 0.85 + 0.35*float32(math.Sin(2*math.Pi*way/linkLength)),
		})
		before = q
	}
	return scale
}
