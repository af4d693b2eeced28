package face

import (
	"errors"
	"math"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// landmarkSide is the side of the landmark model's picture, pixels.
const landmarkSide = 192

// landmarker runs the landmark model.
type landmarker struct {
	crop *cropper
	*session
}

func newLandmarker(model []byte) (*landmarker, error) {
	s, err := newSession(model, landmarkSide,
		result{"points", []int64{ar.Points, 3}}, result{"presence", []int64{1}})
	if err != nil {
		return nil, err
	}
	return &landmarker{newCropper(landmarkSide, 0, gocv.BorderReplicate), s}, nil
}

func (l *landmarker) close() error { return errors.Join(l.session.close(), l.crop.close()) }

// find looks for tr's face in its region. If it is there as surely as wanted,
// tr gets its points, its score and the next region.
func (l *landmarker) find(tr *track, picture gocv.Mat, presence float32) (there bool, err error) {
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
	score := sigmoid(l.out[1].GetData()[0])
	if !(score >= presence) {
		return false, nil
	}
	tr.score = score
	raw := l.out[0].GetData()
	sin, cos := math.Sincos(r.angle)
	step := r.size / landmarkSide
	for i := range tr.points {
		x := (float64(raw[3*i]) - landmarkSide/2) * step
		y := (float64(raw[3*i+1]) - landmarkSide/2) * step
		tr.points[i] = ar.Point{
			X: float32(r.x + cos*x - sin*y),
			Y: float32(r.y + sin*x + cos*y),
			Z: float32(float64(raw[3*i+2]) * step),
		}
	}
	tr.region = regionOf(&tr.points)
	return tr.region.sound(), nil
}

func sigmoid(logit float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(logit))))
}
