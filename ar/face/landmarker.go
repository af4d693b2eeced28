package face

import (
	"errors"
	"fmt"
	"math"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// landmarkSide is the side of the landmark model's picture, pixels.
const landmarkSide = 192

// The landmark model's outputs.
const (
	outPoints = iota
	outPresence
	outFeatures
)

// landmarker runs the landmark model and its closer looks.
type landmarker struct {
	crop *cropper
	*session
	details []*refiner
	points  [ar.Points]ar.Point // scratch
}

func newLandmarker(m Models) (_ *landmarker, err error) {
	s, err := newPictureSession(m.Landmarks, landmarkSide,
		result{"points", []int64{ar.MeshPoints, 3}}, result{"presence", []int64{1}}, result{"features", []int64{1, 32, 48, 48}})
	if err != nil {
		return nil, err
	}
	l := &landmarker{crop: newCropper(landmarkSide, 0, gocv.BorderReplicate), session: s}
	for i, d := range m.details() {
		r, err := newRefiner(d, s)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("closer look %d: %w", i+1, err), l.close())
		}
		l.details = append(l.details, r)
	}
	return l, nil
}

func (l *landmarker) close() error {
	var errs []error
	for _, r := range l.details {
		errs = append(errs, r.close())
	}
	return errors.Join(append(errs, l.session.close(), l.crop.close())...)
}

// find looks for tr's face in its region. If it is there as surely as wanted,
// tr gets its points, those of the parts fine, its score and the next region.
func (l *landmarker) find(tr *track, picture gocv.Mat, presence float32, parts ar.Parts) (there bool, err error) {
	r := tr.region
	if !r.sound() {
		return false, nil
	}
	if err := l.crop.cut(picture, r, l.in.GetData()); err != nil {
		return false, err
	}
	if err := l.run.Run(); err != nil {
		return false, err
	}
	score := sigmoid(l.out[outPresence].GetData()[0])
	if !(score >= presence) {
		return false, nil
	}
	tr.score = score
	raw := l.out[outPoints].GetData()
	for i := range ar.MeshPoints {
		l.points[i] = ar.Point{X: raw[3*i], Y: raw[3*i+1], Z: raw[3*i+2]}
	}
	placeIrises(&l.points)
	if err := l.refine(&l.points, tr, parts); err != nil {
		return false, err
	}
	sin, cos := math.Sincos(r.angle)
	step := r.size / landmarkSide
	for i, p := range l.points {
		x := (float64(p.X) - landmarkSide/2) * step
		y := (float64(p.Y) - landmarkSide/2) * step
		tr.points[i] = ar.Point{
			X: float32(r.x + cos*x - sin*y),
			Y: float32(r.y + sin*x + cos*y),
			Z: float32(float64(p.Z) * step),
		}
	}
	tr.region = regionOf(&tr.points)
	return tr.region.sound(), nil
}

func sigmoid(logit float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(logit))))
}
