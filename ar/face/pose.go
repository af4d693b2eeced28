package face

import (
	"fmt"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// depthWeight is what a landmark's depth counts beside its place in the
	// picture. Without it a short face is taken for one that looks down; the
	// depth, which is the model's guess, tells them apart.
	depthWeight = 1
	// fitSteps bounds the search for a pose; it takes three to eight.
	fitSteps = 20
	// maxMisfit is how far (root mean square, in distances between the eyes'
	// outer corners) the posed head may lie off the landmarks.
	maxMisfit = 0.15
)

// head is what is known of a tracked head from the frames before.
type head struct {
	pose ar.Pose
	iris iris
}

// poser finds poses: the rotation and shift that carry the canonical head's
// points onto the landmarks, by weighted least squares (Gauss-Newton) of their
// places in the picture and their depths.
type poser struct {
	mesh      ar.Mesh
	landmarks []int         // those that have weight
	weights   []float64     // by landmark; their sum is 1
	eyes      [2][3]float64 // where the irises of the canonical head are
	middle    [3]float64    // of the landmarks, by their weights
}

func newPoser(mesh ar.Mesh) (*poser, error) {
	if len(mesh.Vertices) != ar.MeshPoints || len(mesh.Weights) != ar.MeshPoints {
		return nil, fmt.Errorf("the canonical head has %d vertices and %d weights, want %d",
			len(mesh.Vertices), len(mesh.Weights), ar.MeshPoints)
	}
	p := &poser{mesh: mesh, weights: make([]float64, ar.MeshPoints)}
	var sum float64
	for i, w := range mesh.Weights {
		if w > 0 {
			p.landmarks = append(p.landmarks, i)
			sum += w
		}
	}
	if len(p.landmarks) < 6 {
		return nil, fmt.Errorf("the canonical head weighs %d points, a pose needs 6", len(p.landmarks))
	}
	for _, i := range p.landmarks {
		p.weights[i] = mesh.Weights[i] / sum
		for axis, v := range mesh.Vertices[i] {
			p.middle[axis] += p.weights[i] * v
		}
	}
	for i, eye := range irises { // the lids' edges lie on the eyeball
		upper, lower := mesh.Vertices[eye.upper], mesh.Vertices[eye.lower]
		for axis := range upper {
			p.eyes[i][axis] = (upper[axis] + lower[axis]) / 2
		}
	}
	return p, nil
}

// weighs reports whether poses are found by the landmark.
func (p *poser) weighs(landmark int) bool {
	return landmark < len(p.weights) && p.weights[landmark] > 0
}

// pose finds the pose of the head whose landmarks, in pixels, these are. A
// face that no head fits gets a pose that is not valid. Its scale is 1: see
// poser.scale.
func (p *poser) pose(h *head, points *[ar.Points]ar.Point, focal float64, width, height int) ar.Pose {
	camera := ar.Pose{Focal: focal, CX: float64(width) / 2, CY: float64(height) / 2, Scale: 1}
	pose := camera
	if h.pose.Valid {
		pose.R, pose.T = h.pose.R, h.pose.T
		pose = p.fit(pose, points)
	}
	if !pose.Valid {
		pose = p.fit(guess(camera, points), points)
	}
	if pose.Valid {
		pose.Yaw, pose.Pitch, pose.Roll = angles(pose.R)
	}
	h.pose = pose
	return pose
}

// guess takes the head's axes from its eyes' corners, forehead and chin.
func guess(camera ar.Pose, points *[ar.Points]ar.Point) ar.Pose {
	const forehead, chin = 10, 152
	right, left := points[rightEyeOuter], points[leftEyeOuter]
	x := unit(between(right, left))
	y := between(points[forehead], points[chin])
	along := dot(x, y)
	for i := range y {
		y[i] -= along * x[i]
	}
	y = unit(y)
	z := [3]float64{x[1]*y[2] - x[2]*y[1], x[2]*y[0] - x[0]*y[2], x[0]*y[1] - x[1]*y[0]}
	out := camera
	out.R = [9]float64{x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]}
	const eyesApart = 88.9 // millimetres, on the canonical head
	depth := camera.Focal * eyesApart / distance(right, left)
	out.T = [3]float64{
		(float64(right.X+left.X)/2 - camera.CX) / camera.Focal * depth,
		(float64(right.Y+left.Y)/2 - camera.CY) / camera.Focal * depth,
		depth,
	}
	return out
}

// fit improves the pose until it stands still; it is valid if the head then
// lies on the landmarks.
func (p *poser) fit(pose ar.Pose, points *[ar.Points]ar.Point) ar.Pose {
	pose.Valid = false
	eyes := distance(points[rightEyeOuter], points[leftEyeOuter])
	for range fitSteps {
		eq, misfit := p.linearise(pose, points)
		step, ok := eq.solve()
		if !ok {
			return pose
		}
		pose.R = multiply(rotation([3]float64{step[0], step[1], step[2]}), pose.R)
		for i := range pose.T {
			pose.T[i] += step[3+i]
		}
		if math.Abs(step[0])+math.Abs(step[1])+math.Abs(step[2]) < 1e-6 {
			pose.Valid = misfit <= maxMisfit*eyes && pose.T[2] > 0
			return pose
		}
	}
	return pose
}

// linearise gives the equations for the small rotation (radians, about the
// head's origin) and shift (millimetres) that bring the pose nearer to the
// landmarks, and how far it is off them now, pixels.
//
// Depths count from their weighted means, for the landmarks' have no origin
// that is known; they are brought to pixels as the picture is, at the head's
// distance.
func (p *poser) linearise(pose ar.Pose, points *[ar.Points]ar.Point) (eq equations, misfit float64) {
	var meanTurned [3]float64
	var meanDepth float64
	for _, i := range p.landmarks {
		q, w := turn(pose.R, p.mesh.Vertices[i]), p.weights[i]
		for axis := range q {
			meanTurned[axis] += w * q[axis]
		}
		meanDepth += w * float64(points[i].Z)
	}
	scale := pose.Focal / pose.T[2]
	for _, i := range p.landmarks {
		q, w := turn(pose.R, p.mesh.Vertices[i]), p.weights[i]
		x, y, z := q[0]+pose.T[0], q[1]+pose.T[1], q[2]+pose.T[2]
		k := pose.Focal / z
		// How a place in the camera's space follows rotation and shift.
		dx := [6]float64{0, q[2], -q[1], 1, 0, 0}
		dy := [6]float64{-q[2], 0, q[0], 0, 1, 0}
		dz := [6]float64{q[1], -q[0], 0, 0, 0, 1}
		var du, dv [6]float64
		for a := range du {
			du[a], dv[a] = k*(dx[a]-x/z*dz[a]), k*(dy[a]-y/z*dz[a])
		}
		dd := [6]float64{scale * (q[1] - meanTurned[1]), -scale * (q[0] - meanTurned[0])}
		u, v := float64(points[i].X)-(k*x+pose.CX), float64(points[i].Y)-(k*y+pose.CY)
		d := float64(points[i].Z) - meanDepth - scale*(q[2]-meanTurned[2])
		eq.add(du, u, w)
		eq.add(dv, v, w)
		eq.add(dd, d, w*depthWeight)
		misfit += w * (u*u + v*v)
	}
	return eq, math.Sqrt(misfit)
}

// equations are the normal equations of a least-squares problem in six
// unknowns, the right-hand side in the last column.
type equations [6][7]float64

// add adds weight·(slope·unknowns − residual)².
func (e *equations) add(slope [6]float64, residual, weight float64) {
	for i := range slope {
		for j := range slope {
			e[i][j] += weight * slope[i] * slope[j]
		}
		e[i][6] += weight * slope[i] * residual
	}
}

// solve eliminates (the matrix is symmetric and positive, so without pivoting)
// and reports whether there is a solution.
func (e equations) solve() (out [6]float64, ok bool) {
	for i := range e {
		if !(e[i][i] > 1e-12) {
			return out, false
		}
		for j := i + 1; j < len(e); j++ {
			f := e[j][i] / e[i][i]
			for k := i; k < len(e[j]); k++ {
				e[j][k] -= f * e[i][k]
			}
		}
	}
	for i := len(e) - 1; i >= 0; i-- {
		sum := e[i][6]
		for j := i + 1; j < len(e); j++ {
			sum -= e[i][j] * out[j]
		}
		out[i] = sum / e[i][i]
		if math.IsNaN(out[i]) || math.IsInf(out[i], 0) {
			return out, false
		}
	}
	return out, true
}
