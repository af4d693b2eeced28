package face

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// The methods of OpenCV's solvePnP: SQPnP needs no first guess, the
	// iterative one starts from the pose of a frame ago.
	pnpIterative = 0
	pnpSQPnP     = 8
	// maxMisfit is how far (root mean square, in distances between the eyes'
	// outer corners) the posed head may lie off the landmarks.
	maxMisfit = 0.15
	// irisWidth is the visible diameter of a human iris, which hardly differs
	// between people: mean and spread 11.7 ± 0.5 mm.
	irisWidth = 11.7
	// A head's scale is the median over irisFrames frames with the head turned
	// no further than irisYaw degrees, and stays from then on.
	irisFrames = 30
	irisYaw    = 10
)

// The ends of the irises' horizontal diameters.
var irises = [][2]int{{469, 471}, {474, 476}}

// head is what is known of a tracked head.
type head struct {
	known  bool // rotation and shift are those of the frame before
	vector [3]float64
	shift  [3]float64
	scales []float64
	scale  float64
}

// poser finds poses.
type poser struct {
	landmarks []int        // those that the pose is found by
	places    [][3]float64 // theirs on the canonical head
	object    gocv.Point3fVector
	image     []gocv.Point2f
	camera    gocv.Mat
	lens      gocv.Mat // no distortion
	rvec      gocv.Mat
	tvec      gocv.Mat
}

func newPoser(mesh ar.Mesh) (*poser, error) {
	if len(mesh.Weights) > len(mesh.Vertices) || len(mesh.Vertices) > ar.Points {
		return nil, errors.New("the canonical head has weights or vertices of no landmark")
	}
	p := &poser{}
	var object []gocv.Point3f
	for i, w := range mesh.Weights {
		if w > 0 {
			v := mesh.Vertices[i]
			p.landmarks, p.places = append(p.landmarks, i), append(p.places, v)
			object = append(object, gocv.Point3f{X: float32(v[0]), Y: float32(v[1]), Z: float32(v[2])})
		}
	}
	if len(object) < 6 {
		return nil, fmt.Errorf("the canonical head weighs %d points, a pose needs 6", len(object))
	}
	p.image = make([]gocv.Point2f, len(object))
	p.object = gocv.NewPoint3fVectorFromPoints(object)
	p.camera = gocv.Eye(3, 3, gocv.MatTypeCV64F)
	p.lens = gocv.NewMat()
	p.rvec = gocv.NewMatWithSize(3, 1, gocv.MatTypeCV64F)
	p.tvec = gocv.NewMatWithSize(3, 1, gocv.MatTypeCV64F)
	return p, nil
}

func (p *poser) close() error {
	p.object.Close()
	return errors.Join(p.camera.Close(), p.lens.Close(), p.rvec.Close(), p.tvec.Close())
}

// pose finds the pose of the head whose landmarks, in pixels, these are. A
// face that no head fits gets a pose that is not valid.
func (p *poser) pose(h *head, points *[ar.Points]ar.Point, focal float64, width, height int) (ar.Pose, error) {
	out := ar.Pose{Focal: focal, CX: float64(width) / 2, CY: float64(height) / 2, Scale: 1}
	if h.scale > 0 {
		out.Scale = h.scale
	}
	for i, l := range p.landmarks {
		p.image[i] = gocv.Point2f{X: points[l].X, Y: points[l].Y}
	}
	known := h.known
	h.known = false
	if err := p.solve(h, out, known); err != nil {
		return out, err
	}
	out.R, out.T = rotation(h.vector), h.shift
	unit := distance(points[rightEyeOuter], points[leftEyeOuter])
	if misfit := p.misfit(out); !(misfit <= maxMisfit*unit) {
		if !known {
			return out, nil
		}
		return p.pose(h, points, focal, width, height) // without the guess, once
	}
	h.known = true
	out.Valid = true
	out.Yaw, out.Pitch, out.Roll = angles(out.R)
	out.Scale = h.measure(points, out)
	return out, nil
}

// solve fills in h.vector and h.shift; it leaves them NaN if OpenCV finds none.
func (p *poser) solve(h *head, camera ar.Pose, guess bool) error {
	k, err := p.camera.DataPtrFloat64()
	if err != nil {
		return err
	}
	k[0], k[2], k[4], k[5] = camera.Focal, camera.CX, camera.Focal, camera.CY
	method := pnpSQPnP
	if guess {
		method = pnpIterative
		for i := range 3 {
			p.rvec.SetDoubleAt(i, 0, h.vector[i])
			p.tvec.SetDoubleAt(i, 0, h.shift[i])
		}
	}
	image := gocv.NewPoint2fVectorFromPoints(p.image)
	defer image.Close()
	ok := gocv.SolvePnP(p.object, image, p.camera, p.lens, &p.rvec, &p.tvec, guess, method)
	for i := range 3 {
		h.vector[i], h.shift[i] = math.NaN(), math.NaN()
		if ok && p.rvec.Total() == 3 && p.tvec.Total() == 3 {
			h.vector[i], h.shift[i] = p.rvec.GetDoubleAt(i, 0), p.tvec.GetDoubleAt(i, 0)
		}
	}
	return nil
}

// misfit is the root mean square distance, pixels, between the landmarks and
// the posed head's; NaN when a point lies behind the camera.
func (p *poser) misfit(pose ar.Pose) float64 {
	var sum float64
	for i, v := range p.places {
		c := carry(pose, v)
		if !(c[2] > 0) {
			return math.NaN()
		}
		dx := pose.Focal*c[0]/c[2] + pose.CX - float64(p.image[i].X)
		dy := pose.Focal*c[1]/c[2] + pose.CY - float64(p.image[i].Y)
		sum += dx*dx + dy*dy
	}
	return math.Sqrt(sum / float64(len(p.places)))
}

func carry(p ar.Pose, v [3]float64) (out [3]float64) {
	for i := range out {
		out[i] = p.R[3*i]*v[0] + p.R[3*i+1]*v[1] + p.R[3*i+2]*v[2] + p.T[i]
	}
	return out
}

// measure gives the head's scale: the pose says how wide a millimetre of the
// canonical head appears at the eyes, an iris how wide a true one does.
func (h *head) measure(points *[ar.Points]ar.Point, pose ar.Pose) float64 {
	if len(h.scales) < irisFrames && math.Abs(pose.Yaw) <= irisYaw {
		var pixels float64
		for _, ends := range irises {
			a, b := points[ends[0]], points[ends[1]]
			pixels += math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) / float64(len(irises))
		}
		canonical := pixels * pose.T[2] / pose.Focal / math.Cos(pose.Yaw*math.Pi/180)
		if canonical > 0 {
			h.scales = append(h.scales, irisWidth/canonical)
			sorted := slices.Sorted(slices.Values(h.scales))
			h.scale = min(max(sorted[len(sorted)/2], 0.75), 1.3)
		}
	}
	if h.scale == 0 {
		return 1
	}
	return h.scale
}

// rotation is Rodrigues' formula: the matrix that turns about v by |v|.
func rotation(v [3]float64) [9]float64 {
	angle := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
	if angle < 1e-12 {
		return [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}
	}
	x, y, z := v[0]/angle, v[1]/angle, v[2]/angle
	s, c := math.Sincos(angle)
	k := 1 - c
	return [9]float64{
		c + k*x*x, k*x*y - s*z, k*x*z + s*y,
		k*x*y + s*z, c + k*y*y, k*y*z - s*x,
		k*x*z - s*y, k*y*z + s*x, c + k*z*z,
	}
}

// angles takes R apart as Ry(−yaw)·Rx(pitch)·Rz(roll); ar.Pose says which way
// each is positive.
func angles(r [9]float64) (yaw, pitch, roll float64) {
	const degrees = 180 / math.Pi
	return degrees * math.Atan2(-r[2], r[8]),
		degrees * math.Asin(min(max(-r[5], -1), 1)),
		degrees * math.Atan2(r[3], r[4])
}
