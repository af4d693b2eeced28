package ar

// Points is how many landmarks a face has: the 468 of the canonical mesh and
// 5 for each iris (468–472 the one at the shopper's right eye, 473–477 left),
// numbered as MediaPipe's face mesh numbers them.
const Points = 478

// MeshPoints is how many of them, the first, are of the canonical mesh.
const MeshPoints = 468

// Point is a landmark. X and Y are normalised by the frame's width and height;
// Z has X's scale, is smaller nearer the camera, and is relative to the head's
// centre.
type Point struct{ X, Y, Z float32 }

// Face is one tracked face in one frame.
type Face struct {
	ID    int     // stays the same while the face is tracked
	Score float32 // presence, 0–1, from the landmark model
	// Points are finer at those Parts that were looked at closely.
	Points [Points]Point
	Pose   Pose
	// WearsGlasses tells that the shopper wears spectacles of their own, by the
	// looks of about the last second with the head towards the camera.
	WearsGlasses bool
	// Lobes are where the shopper's right and left ear lobe are pierced, on the
	// canonical head that Pose carries, millimetres; zeros where that is not
	// known. The landmarks end before the ears, so this is what heads are like,
	// brought to this one's jaw and ears. It says nothing of whether hair or the
	// head itself hides a lobe.
	Lobes [2][3]float64
}

// Pose carries the canonical head (millimetres, x to the right of the picture,
// y down, z away from the camera, origin midway between the eyes' outer
// corners) into the camera's space: p' = R·p + T. Valid is false when no pose
// could be found; then nothing hangs on this face.
type Pose struct {
	Valid bool
	R     [9]float64 // row-major rotation
	T     [3]float64 // millimetres
	// Focal length and principal point of the pinhole camera the pose was
	// found with, in pixels of the frame.
	Focal, CX, CY float64
	// Calibrated tells that Focal is the camera's own; otherwise it is a guess,
	// and so are distances.
	Calibrated bool
	// Scale is this head's size relative to the canonical head's: a thing of
	// w millimetres on it measures w/Scale in the canonical head's space.
	Scale float64
	// Yaw is positive when the head turns to the shopper's own left, pitch
	// when it looks down, roll when it leans to the shopper's own left; degrees.
	Yaw, Pitch, Roll float64
}

// Tracker finds faces frame by frame.
type Tracker interface {
	// Track appends the faces in f to dst, nearest first.
	Track(dst []Face, f *Frame) ([]Face, error)
	Close() error
}
