package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Where glasses sit on the canonical head, in millimetres of ar.Pose's space.
const (
	bridgeY   = 0.5    // the height of the bridge; the outer corners of the eyes are 0
	bridgeGap = 1.5    // from the skin to the front of the frame at the bridge
	frontWrap = 0.0014 // 1/mm: how the front bends back with the square of x
	frontTilt = 0.10   // how the front's lower edge comes nearer to the cheeks
	rimDepth  = 3.0    // how thick the front is
	irisZ     = -6.5   // where the irises are that the scale was measured at
	skinBack  = 11.0   // how far behind the front the skin lies that it shades
	earY      = 5.0    // where a side piece rests on the ear
	earBehind = 47.0   // how far behind the edge of the face that is
	aboveLobe = -1.5   // how much nearer to the middle than the lobe
)

// Landmarks that glasses are hung by.
const (
	rightEye, leftEye   = 33, 263  // outer corners
	rightEdge, leftEdge = 127, 356 // of the face, before the ears
	nose                = 6        // where the bridge sits
)

// head carries millimetres on one face's head to pixels of its frame.
type head struct {
	pose    ar.Pose
	shift   vec           // what brings the head's eyes to where the landmarks saw them
	bridgeZ float64       // the front of the frame at the bridge
	width   float64       // this head's half width before the ears
	ears    [2][3]float64 // where side pieces rest on the right and the left ear
	earZ    float64
	size    float64 // millimetres on the canonical head for a millimetre in the shop
}

// newHead fits the canonical head to face.
func newHead(mesh *ar.Mesh, face *ar.Face, f *ar.Frame) head {
	v := mesh.Vertices
	h := head{pose: face.Pose, bridgeZ: v[nose][2] - bridgeGap, earZ: v[leftEdge][2] + earBehind, size: 1}
	if s := face.Pose.Scale; s > 0 {
		h.size = 1 / min(max(s, 0.75), 1.3)
	}
	if !h.pose.Calibrated {
		h.size *= h.usualDistance()
	}
	mid := func(a, b vec) vec { return vec{(a.x + b.x) / 2, (a.y + b.y) / 2} }
	at := func(i int) vec { return h.project(v[i][0], v[i][1], v[i][2]) }
	seen := mid(pixel(face, rightEye, f), pixel(face, leftEye, f))
	model := mid(at(rightEye), at(leftEye))
	// The pose is fitted to the whole face; a few pixels at the eyes are its
	// rounding, more would be its failure and not ours to hide.
	limit := 0.08 * eyeDistance(face, f)
	h.shift = vec{clamp(seen.x-model.x, limit), clamp(seen.y-model.y, limit)}

	h.width = v[leftEdge][0]
	r, l := pixel(face, rightEdge, f), pixel(face, leftEdge, f)
	mr, ml := at(rightEdge), at(leftEdge)
	if wide := math.Hypot(ml.x-mr.x, ml.y-mr.y); wide > 0 {
		h.width *= min(max(math.Hypot(l.x-r.x, l.y-r.y)/wide, 0.85), 1.1)
	}
	for i := range h.ears {
		side := float64(2*i - 1)
		h.ears[i] = [3]float64{side * h.width, earY, h.earZ}
		if lobe := face.Lobes[i]; lobe != ([3]float64{}) {
			h.ears[i][0] = side * min(max(side*lobe[0]-aboveLobe, 0.85*h.width), 1.2*h.width)
		}
	}
	return h
}

// mirrorDistance is how far away (canonical millimetres) a head is taken to be
// whose distance is a guess for want of the camera's focal length.
const mirrorDistance = 600

// usualDistance is by how much things before the eyes are to be made smaller
// or larger so that they stand out from the face as at the usual distance,
// whatever size the face is in the picture.
func (h *head) usualDistance() float64 {
	eyes, front := h.depth(0, 0, irisZ), h.depth(0, 0, h.bridgeZ)
	if !(eyes > 100 && front > 100) {
		return 1
	}
	return front / eyes / (1 + (front-eyes)/mirrorDistance)
}

// sound reports whether a pose is one that a head before a camera can have.
func sound(p *ar.Pose) bool {
	if !p.Valid || !(p.Focal > 1 && p.Focal < 1e6) || !(math.Abs(p.CX) < 1e6 && math.Abs(p.CY) < 1e6) {
		return false
	}
	for _, v := range p.R {
		if !(math.Abs(v) < 1.01) {
			return false
		}
	}
	for _, v := range p.T {
		if !(math.Abs(v) < 1e6) {
			return false
		}
	}
	return p.T[2] > 50
}

func clamp(v, limit float64) float64 { return min(max(v, -limit), limit) }

// project is where a place on the head is seen.
func (h *head) project(x, y, z float64) vec {
	r, t := &h.pose.R, &h.pose.T
	cz := max(h.depth(x, y, z), 1)
	return vec{
		h.pose.CX + h.pose.Focal*(r[0]*x+r[1]*y+r[2]*z+t[0])/cz + h.shift.x,
		h.pose.CY + h.pose.Focal*(r[3]*x+r[4]*y+r[5]*z+t[1])/cz + h.shift.y,
	}
}

// depth is how far from the camera a place on the head is.
func (h *head) depth(x, y, z float64) float64 {
	r := &h.pose.R
	return r[6]*x + r[7]*y + r[8]*z + h.pose.T[2]
}

// front is where a place on the glasses' drawing is seen, back millimetres
// behind the front surface and down millimetres lower.
func (h *head) front(p vec, back, down float64) vec {
	x, y := p.x*h.size, bridgeY+p.y*h.size
	return h.project(x, y+down, h.frontZ(x, y)+back)
}

// frontZ is where the front of the glasses is at a place on the head.
func (h *head) frontZ(x, y float64) float64 {
	return h.bridgeZ + frontWrap*x*x + frontTilt*(y-bridgeY)
}

// facesCamera is the cosine of the angle between a direction on the head and
// the way from a place on it to the camera.
func (h *head) facesCamera(d, p [3]float64) float64 {
	r, t := &h.pose.R, &h.pose.T
	var turned, at [3]float64
	for i := range turned {
		turned[i] = r[3*i]*d[0] + r[3*i+1]*d[1] + r[3*i+2]*d[2]
		at[i] = r[3*i]*p[0] + r[3*i+1]*p[1] + r[3*i+2]*p[2] + t[i]
	}
	return facing(turned, at)
}
