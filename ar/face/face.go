// Package face finds faces in frames and follows them: a detector while no
// face is known, then the landmark model on the region where each face was a
// frame ago, smoothing over time, and the head's pose. It brings in ONNX
// Runtime and OpenCV.
//
// Nobody is recognised. A face keeps its number while it is followed, over
// moments in which it is hidden, and when others pass before it; who leaves and
// comes back is somebody new.
package face

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Models is what a tracker runs on. Detector and Landmarks are ONNX files with
// one input "image", 1×3×N×N, RGB.
type Models struct {
	Runtime string // path of ONNX Runtime's library, the same for the whole process
	// Detector has N = 128, colours −1 to 1, and gives "boxes", 896×16, and
	// "scores", 896×1, for the anchors of MediaPipe's short-range detector.
	Detector []byte
	// Landmarks has N = 192, colours 0 to 1, and gives "points", 468×3, in
	// pixels of the input, "presence", a logit, and "features", 1×32×48×48, for
	// the closer looks at lips and eyes.
	Landmarks  []byte
	Lips, Eyes Detail
	Head       ar.Mesh // the canonical head; its weights choose the points the pose is found by
}

func (m *Models) details() [details]Detail {
	return [details]Detail{lipDetail: m.Lips, eyeDetail: m.Eyes}
}

// Options are a tracker's settings; the zero value is good for a mirror.
type Options struct {
	// MaxFaces is how many faces are followed at once; 0 means 1. The one face
	// is the nearest when it is found, and stays while it is there, unless
	// somebody is clearly nearer for a while.
	MaxFaces int
	// Raw takes each frame for itself, for pictures that do not follow each
	// other: the landmarks are as the model gives them, not smoothed over time.
	Raw bool
	// Focal is the camera's focal length in diagonals of its picture; 0 means
	// that it is not known, and 0.62 is taken, a webcam that sees 78° from
	// corner to corner.
	Focal float64
}

// usualFocal is the focal length of a camera of which none is known.
const usualFocal = 0.62

const (
	// maxFaces is what one tracker can be asked for.
	maxFaces = 16
	// maxSide is the longest side of a frame, pixels; OpenCV resamples pictures
	// of up to 2¹⁵.
	maxSide = 1 << 14
)

// Tracker is an ar.Tracker. It is used by one goroutine at a time; several
// trackers may run side by side.
type Tracker struct {
	opt    Options
	pool   *Pool
	owned  bool // the pool is this tracker's own
	closed bool
	crowd  crowd
	width  int // of the frames the faces are in
	height int
}

// New makes a tracker with models of its own. Close frees what it holds.
func New(m Models, opt Options) (*Tracker, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	p, err := NewPool(m, 1)
	if err != nil {
		return nil, err
	}
	t, err := p.Tracker(opt)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	t.owned = true
	return t, nil
}

// check fills in the defaults and reports what is wrong.
func (o *Options) check() error {
	if o.MaxFaces == 0 {
		o.MaxFaces = 1
	}
	if o.MaxFaces < 1 || o.MaxFaces > maxFaces {
		return fmt.Errorf("face: at most %d faces can be followed: want 1 to %d", o.MaxFaces, maxFaces)
	}
	if o.Focal != 0 && !(o.Focal >= 0.2 && o.Focal <= 10) {
		return fmt.Errorf("face: focal length of %v picture diagonals: want 0.2 to 10", o.Focal)
	}
	return nil
}

// Close frees the tracker's own models; those of a pool stay the pool's. The
// tracker cannot be used afterwards.
func (t *Tracker) Close() error {
	if t.closed {
		return nil
	}
	t.closed = true
	t.Forget()
	if !t.owned {
		return nil
	}
	return t.pool.Close()
}

// Forget lets go of all faces; whoever is in the next frame is somebody new.
func (t *Tracker) Forget() {
	c := &t.crowd
	t.crowd = crowd{limit: c.limit, raw: t.opt.Raw, parts: c.parts, lastID: c.lastID}
}

// LimitFaces makes the tracker follow no more than n faces, and never more than
// Options.MaxFaces.
func (t *Tracker) LimitFaces(n int) { t.crowd.limit = min(max(n, 1), t.opt.MaxFaces) }

// Refine says which parts of faces are to be looked at closely from the next
// frame on; until it is called, all are. Eyes are looked at besides until they
// have told how large the head is, and now and then. Options.Raw looks at all
// always.
func (t *Tracker) Refine(parts ar.Parts) { t.crowd.parts = parts }

// Track appends the faces in f to dst, nearest first; of two about as near, the
// one that was first stays it.
func (t *Tracker) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	if t.closed {
		return dst, errors.New("face: track: the tracker is closed")
	}
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || len(f.Pix) != 3*f.Width*f.Height {
		return dst, fmt.Errorf("face: track: frame of %d×%d with %d bytes: want three bytes a pixel, sides up to %d",
			f.Width, f.Height, len(f.Pix), maxSide)
	}
	var pin runtime.Pinner // OpenCV keeps the frame's address until the Mat is closed
	pin.Pin(&f.Pix[0])
	defer pin.Unpin()
	picture, err := gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
	if err != nil {
		return dst, fmt.Errorf("face: track: %w", err)
	}
	defer picture.Close()
	if f.Width != t.width || f.Height != t.height {
		t.resize(f.Width, f.Height)
	}
	if err := t.look(picture, f.At); err != nil {
		t.Forget()
		return dst, fmt.Errorf("face: track: %w", err)
	}
	for _, tr := range t.crowd.tracks {
		dst = append(dst, ar.Face{})
		t.finish(tr, &dst[len(dst)-1], f)
	}
	return dst, nil
}

// resize goes on with frames of another size. Where their proportions are the
// same (to a pixel) it is the same scene, smaller or larger.
func (t *Tracker) resize(width, height int) {
	k := float64(width) / float64(max(t.width, 1))
	if math.Abs(k*float64(t.height)-float64(height)) > 2 {
		t.Forget()
	} else {
		t.crowd.scale(k)
	}
	t.width, t.height = width, height
}

// look runs the models on the picture.
func (t *Tracker) look(picture gocv.Mat, now time.Time) error {
	e, err := t.pool.take()
	if err != nil {
		return err
	}
	defer t.pool.give(e)
	c := &t.crowd
	if err := c.follow(e.landmarks, picture, now); err != nil {
		return err
	}
	if c.searching(now) {
		found, err := e.detector.find(picture)
		if err != nil {
			return err
		}
		if err := c.welcome(e.landmarks, picture, found, now); err != nil {
			return err
		}
	}
	c.arrange()
	return nil
}

// finish makes the face that is handed out of a track: smoothed, normalised,
// with a pose.
func (t *Tracker) finish(tr *track, out *ar.Face, f *ar.Frame) {
	p := t.pool.poser
	out.ID, out.Score, out.Points = tr.id, tr.score, tr.points
	if !t.opt.Raw {
		tr.filter.apply(&out.Points, p.landmarks, f.At)
		for i, part := range detailParts {
			if tr.fresh&part != 0 {
				tr.filter.renew(&out.Points, &tr.points, t.pool.loose[i])
			}
		}
	}
	focal := cmp.Or(t.opt.Focal, usualFocal) * math.Hypot(float64(f.Width), float64(f.Height))
	out.Pose = p.pose(&tr.head, &out.Points, focal, f.Width, f.Height)
	out.Pose.Calibrated = t.opt.Focal != 0
	out.Pose.Scale = tr.head.iris.known()
	if tr.fine&ar.PartEyes != 0 {
		out.Pose.Scale = p.scale(&tr.head.iris, f, &tr.points, &out.Pose)
	}
	out.WearsGlasses = tr.own.look(p, f, &tr.points, &out.Pose, t.opt.Raw)
	out.Lobes = tr.ears.lobes(&p.mesh, &out.Points, &out.Pose)
	w, h := float32(f.Width), float32(f.Height)
	for i := range out.Points {
		p := &out.Points[i]
		p.X, p.Y, p.Z = p.X/w, p.Y/h, p.Z/w
	}
}
