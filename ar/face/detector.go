package face

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"gocv.io/x/gocv"
)

// The settings of MediaPipe's short-range face detector.
const (
	detectorSide = 128 // of the model's picture, pixels
	anchorCount  = 896
	boxValues    = 16  // centre, size, six key points
	minDetection = 0.5 // score
	suppression  = 0.3 // overlap from which detections are of one face
)

// detector runs the face detector.
type detector struct {
	anchors [anchorCount][2]float64 // centres, 0–1
	crop    *cropper
	*session
}

// detection is a face in the frame, pixels.
type detection struct {
	box
	rightEye, leftEye [2]float64    // the shopper's
	tragions          [2][2]float64 // before the openings of the right and the left ear
	score             float64
}

// region is where the landmark model looks.
func (d detection) region() region {
	return d.box.region(math.Atan2(d.leftEye[1]-d.rightEye[1], d.leftEye[0]-d.rightEye[0]))
}

func newDetector(model []byte) (*detector, error) {
	s, err := newPictureSession(model, detectorSide,
		result{"boxes", []int64{anchorCount, boxValues}}, result{"scores", []int64{anchorCount, 1}})
	if err != nil {
		return nil, err
	}
	return &detector{anchors(), newCropper(detectorSide, -1, gocv.BorderConstant), s}, nil
}

func (d *detector) close() error { return errors.Join(d.session.close(), d.crop.close()) }

// anchors: two at every cell of a 16×16 grid, then six at every cell of an 8×8.
func anchors() (out [anchorCount][2]float64) {
	i := 0
	for _, layer := range []struct{ grid, each int }{{16, 2}, {8, 6}} {
		for cell := range layer.grid * layer.grid {
			x, y := cell%layer.grid, cell/layer.grid
			for range layer.each {
				out[i] = [2]float64{(float64(x) + 0.5) / float64(layer.grid), (float64(y) + 0.5) / float64(layer.grid)}
				i++
			}
		}
	}
	return out
}

// find gives the faces in the picture, surest first.
func (d *detector) find(picture gocv.Mat) ([]detection, error) {
	w, h := float64(picture.Cols()), float64(picture.Rows())
	whole := region{x: w / 2, y: h / 2, size: max(w, h)}
	if err := d.crop.cut(picture, whole, d.in.GetData()); err != nil {
		return nil, err
	}
	if err := d.run.Run(); err != nil {
		return nil, err
	}
	var found []detection
	values, logits := d.out[0].GetData(), d.out[1].GetData()
	for i, logit := range logits {
		if score := float64(sigmoid(logit)); score >= minDetection {
			found = append(found, d.decode(values[i*boxValues:][:boxValues], i, whole, score))
		}
	}
	return merge(found), nil
}

// decode reads what the model says at an anchor: offsets from it in pixels of
// the model's picture.
func (d *detector) decode(v []float32, anchor int, whole region, score float64) detection {
	left, top := whole.x-whole.size/2, whole.y-whole.size/2
	at := func(i int) [2]float64 {
		return [2]float64{
			left + (float64(v[i])/detectorSide+d.anchors[anchor][0])*whole.size,
			top + (float64(v[i+1])/detectorSide+d.anchors[anchor][1])*whole.size,
		}
	}
	c := at(0)
	rx, ry := float64(v[2])/detectorSide*whole.size/2, float64(v[3])/detectorSide*whole.size/2
	return detection{
		box:      box{c[0] - rx, c[1] - ry, c[0] + rx, c[1] + ry},
		rightEye: at(4), leftEye: at(6),
		tragions: [2][2]float64{at(12), at(14)},
		score:    score,
	}
}

// merge joins the detections of one face to their mean, weighted by score.
func merge(all []detection) []detection {
	slices.SortStableFunc(all, func(a, b detection) int { return cmp.Compare(b.score, a.score) })
	var out []detection
	for len(all) > 0 {
		best, rest := all[0], all[1:]
		mean := detection{score: best.score}
		var total float64
		add := func(d detection) {
			total += d.score
			for i, p := range mean.numbers() {
				*p += d.score * *d.numbers()[i]
			}
		}
		add(best)
		var others []detection
		for _, d := range rest {
			if best.overlap(d.box) > suppression {
				add(d)
			} else {
				others = append(others, d)
			}
		}
		for _, p := range mean.numbers() {
			*p /= total
		}
		out, all = append(out, mean), others
	}
	return out
}

// numbers are the places of everything in d that is a position.
func (d *detection) numbers() [12]*float64 {
	return [12]*float64{
		&d.x0, &d.y0, &d.x1, &d.y1,
		&d.rightEye[0], &d.rightEye[1], &d.leftEye[0], &d.leftEye[1],
		&d.tragions[0][0], &d.tragions[0][1], &d.tragions[1][0], &d.tragions[1][1],
	}
}
