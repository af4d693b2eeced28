package face

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The mesh ends before the ears. These are places on the canonical head's left
// side, millimetres; the right's are their mirror images. They are the least
// squares over lobes marked by hand and over what the detector says of the
// same faces.
var (
	lobePlace    = [3]float64{81.3, 53.6, 83.8} // where the lobe is pierced
	tragionPlace = [3]float64{80.7, 22.7, 62.5} // before the opening of the ear
)

// besideEar are the mesh's last points before the right and the left ear, above
// what the jaw takes along when the mouth opens.
// Jaws differ in width; the lobe goes with them.
var besideEar = [2][3]int{{234, 93, 132}, {454, 323, 361}}

// The detector's ear points scatter by tragionNoise about where they should
// be, so only what goes beyond it tells of ears that stand off, and only half
// of that is believed. A head that is turned further than tragionYaw hides one
// ear, whose point is then a guess.
const (
	tragionNoise = 4.5 // millimetres
	tragionTrust = 0.5
	tragionLimit = 4.5 // millimetres, of what is believed
	tragionYaw   = 25  // degrees
)

// ears is what was learnt of a tracked head's ears when it was found.
type ears struct {
	tragions [2][2]float64 // as the detector saw them, pixels; right, left
	seen     bool          // and they are of the frame at hand
	out      [2]float64    // how much further out the ears are, millimetres
}

// lobes gives where the ear lobes are on the canonical head. The points are
// pixels of the frame; a pose that is not valid has no lobes.
func (e *ears) lobes(mesh *ar.Mesh, points *[ar.Points]ar.Point, pose *ar.Pose) (lobes [2][3]float64) {
	if !pose.Valid {
		return lobes
	}
	for side := range lobes {
		outwards := float64(2*side - 1)
		shift := misfit(mesh, points, pose, besideEar[side])
		if e.seen && math.Abs(pose.Yaw) <= tragionYaw {
			e.out[side] = e.measure(side, shift, pose)
		}
		place := [3]float64{outwards * (lobePlace[0] + e.out[side]), lobePlace[1], lobePlace[2]}
		lobes[side] = moved(place, shift, pose)
	}
	e.seen = false
	return lobes
}

// measure is how much further out the ear is, by the detector's point.
func (e *ears) measure(side int, shift [2]float64, pose *ar.Pose) float64 {
	outwards := float64(2*side - 1)
	place := [3]float64{outwards * tragionPlace[0], tragionPlace[1], tragionPlace[2]}
	at, depth := project(place, pose)
	// The head's x axis in the picture.
	x, y := pose.R[0], pose.R[3]
	along := ((e.tragions[side][0]-at[0]-shift[0])*x + (e.tragions[side][1]-at[1]-shift[1])*y) / max(math.Hypot(x, y), 0.3)
	off := outwards * along * depth / pose.Focal
	beyond := off - min(max(off, -tragionNoise), tragionNoise)
	return min(max(tragionTrust*beyond, -tragionLimit), tragionLimit)
}

// misfit is how far, in pixels, the landmarks lie off the posed head, in the
// mean over three.
func misfit(mesh *ar.Mesh, points *[ar.Points]ar.Point, pose *ar.Pose, which [3]int) (shift [2]float64) {
	for _, i := range which {
		at, _ := project(mesh.Vertices[i], pose)
		shift[0] += (float64(points[i].X) - at[0]) / float64(len(which))
		shift[1] += (float64(points[i].Y) - at[1]) / float64(len(which))
	}
	return shift
}

// project is where the pose puts a place on the head: pixels, and millimetres
// before the camera.
func project(place [3]float64, pose *ar.Pose) (at [2]float64, depth float64) {
	q := turn(pose.R, place)
	depth = q[2] + pose.T[2]
	k := pose.Focal / depth
	return [2]float64{pose.CX + k*(q[0]+pose.T[0]), pose.CY + k*(q[1]+pose.T[1])}, depth
}

// moved is the place on the head that is seen shift pixels from where place
// is, as far from the camera.
func moved(place [3]float64, shift [2]float64, pose *ar.Pose) [3]float64 {
	_, depth := project(place, pose)
	dx, dy := shift[0]*depth/pose.Focal, shift[1]*depth/pose.Focal
	r := &pose.R
	return [3]float64{place[0] + r[0]*dx + r[3]*dy, place[1] + r[1]*dx + r[4]*dy, place[2] + r[2]*dx + r[5]*dy}
}
