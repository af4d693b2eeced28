package face

import (
	"fmt"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Detail is a closer look at a part of the face: an ONNX model that takes the
// landmark model's "points" and "features" and gives "finer", x and y in pixels
// of the landmark model's picture, for each of Points.
type Detail struct {
	Model  []byte
	Points []int
}

// The closer looks.
const (
	lipDetail = iota
	eyeDetail
	details // how many there are
)

// detailParts are the parts that they are at.
var detailParts = [details]ar.Parts{lipDetail: ar.PartLips, eyeDetail: ar.PartEyes}

// refiner runs a closer look.
type refiner struct {
	*session
	points []int
}

// newRefiner loads a closer look at what the landmark model l gives.
func newRefiner(d Detail, l *session) (*refiner, error) {
	for _, i := range d.Points {
		if i < 0 || i >= ar.Points {
			return nil, fmt.Errorf("landmark %d of %d", i, ar.Points)
		}
	}
	s, err := newSession(d.Model, []input{{"points", l.out[outPoints]}, {"features", l.out[outFeatures]}},
		result{"finer", []int64{int64(len(d.Points)), 2}})
	if err != nil {
		return nil, err
	}
	return &refiner{s, d.Points}, nil
}

// refine makes the landmarks of the parts finer, pixels of the landmark model's
// picture. Where it does not look it leaves them as far from where the mesh has
// them as it found them when it did.
func (l *landmarker) refine(points *[ar.Points]ar.Point, tr *track, parts ar.Parts) error {
	tr.fine = parts
	for i, r := range l.details {
		known := &tr.details[i]
		if parts&detailParts[i] == 0 {
			known.apply(points, r.points)
			continue
		}
		if err := r.run.Run(); err != nil {
			return err
		}
		known.take(points, r.points, r.out[0].GetData())
	}
	return nil
}

// detail is what the last closer look at a track's face found: how far each
// landmark is from where the mesh has it. Without that the face's landmarks
// would jump when nobody looks closely any more, and so would glasses, whose
// place the eyes tell.
type detail struct {
	off [][2]float32
	age int // frames
}

// take puts the finer places, x and y of each, into points.
func (d *detail) take(points *[ar.Points]ar.Point, which []int, finer []float32) {
	if d.off == nil {
		d.off = make([][2]float32, len(which))
	}
	d.age = 0
	for i, at := range which {
		p, x, y := &points[at], finer[2*i], finer[2*i+1]
		d.off[i] = [2]float32{x - p.X, y - p.Y}
		p.X, p.Y = x, y
	}
}

func (d *detail) apply(points *[ar.Points]ar.Point, which []int) {
	d.age++
	for i, off := range d.off {
		p := &points[which[i]]
		p.X, p.Y = p.X+off[0], p.Y+off[1]
	}
}

// eyesEvery is in every how many frames the eyes are looked at closely though
// nothing is drawn there: how far off the mesh has them changes as the head
// turns, and the head's pose is found by them.
const eyesEvery = 5

// owed are the parts that are looked at closely whoever asks for it: the eyes
// until they have told how large the head is, and now and then.
func (tr *track) owed() ar.Parts {
	if tr.details[eyeDetail].off == nil || tr.details[eyeDetail].age >= eyesEvery-1 ||
		tr.head.iris.wants(&tr.head.pose) && tr.head.iris.vain < irisFrames {
		return ar.PartEyes
	}
	return 0
}

// eyelids are the landmarks of the right and the left eye's lids' edges.
var eyelids = [2][16]int{
	{33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173},
	{263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398},
}

// placeIrises puts the irises, which the mesh does not have, where the middles
// of the lids are. No closer look knows more of their depth.
func placeIrises(points *[ar.Points]ar.Point) {
	for eye, lids := range eyelids {
		var middle ar.Point
		for _, i := range lids {
			middle.X += points[i].X / float32(len(lids))
			middle.Y += points[i].Y / float32(len(lids))
			middle.Z += points[i].Z / float32(len(lids))
		}
		const each = (ar.Points - ar.MeshPoints) / 2
		for i := range each {
			points[ar.MeshPoints+eye*each+i] = middle
		}
	}
}
