// Package face finds faces in frames and follows them: a detector while no
// face is known, then the landmark model on the region where each face was a
// frame ago, smoothing over time, and the head's pose. It brings in ONNX
// Runtime and OpenCV.
package face

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Models is what a tracker runs on. Both models are ONNX files with one input
// "image", 1×3×N×N, RGB.
type Models struct {
	Runtime string // path of ONNX Runtime's library, the same for the whole process
	// Detector has N = 128, colours −1 to 1, and gives "boxes", 896×16, and
	// "scores", 896×1, for the anchors of MediaPipe's short-range detector.
	Detector []byte
	// Landmarks has N = 192, colours 0 to 1, and gives "points", 478×3, in
	// pixels of the input, and "presence", a logit.
	Landmarks []byte
	Head      ar.Mesh // the canonical head; its weights choose the points the pose is found by
}

// Options are a tracker's settings; the zero value is good for a mirror.
type Options struct {
	MaxFaces int // most faces followed at once; 0 means 1
	// Raw leaves the landmarks as the model gives them. Otherwise they are
	// smoothed over time, which is wrong for pictures that do not follow each
	// other.
	Raw bool
	// Focal is the camera's focal length in diagonals of its picture; 0 means
	// 0.62, a webcam that sees 78° from corner to corner.
	Focal float64
}

const (
	// maxFaces is what one tracker can be asked for.
	maxFaces = 16
	// maxSide is the longest side of a frame, pixels; OpenCV resamples pictures
	// of up to 2¹⁵.
	maxSide = 1 << 14
	// minPresence is the score below which a face counts as lost.
	minPresence = 0.5
	// searchEvery is how often a tracker that has a face already, and may
	// follow more, looks for others.
	searchEvery = 250 * time.Millisecond
	// sameFace is the overlap (intersection over union) from which two boxes
	// are taken for one face.
	sameFace = 0.4
)

// Tracker is an ar.Tracker. It is used by one goroutine at a time; several
// trackers may run side by side.
type Tracker struct {
	opt        Options
	detector   *detector
	landmarks  *landmarker
	poser      *poser
	tracks     []*track
	lastID     int
	lastSearch time.Time
	width      int // of the frames the tracks are in
	height     int
}

// track is a face that is followed.
type track struct {
	id     int
	points [ar.Points]ar.Point // as the model gave them, pixels of the frame
	score  float32
	region region // where to look in the next frame
	filter filter
	head   head
	ears   ears
}

// New makes a tracker. Close frees what it holds.
func New(m Models, opt Options) (*Tracker, error) {
	if opt.MaxFaces == 0 {
		opt.MaxFaces = 1
	}
	if opt.Focal == 0 {
		opt.Focal = 0.62
	}
	if opt.MaxFaces < 1 || opt.MaxFaces > maxFaces {
		return nil, fmt.Errorf("face: at most %d faces can be followed: want 1 to %d", opt.MaxFaces, maxFaces)
	}
	if !(opt.Focal >= 0.2 && opt.Focal <= 10) {
		return nil, fmt.Errorf("face: focal length of %v picture diagonals: want 0.2 to 10", opt.Focal)
	}
	if err := loadRuntime(m.Runtime); err != nil {
		return nil, fmt.Errorf("face: %w", err)
	}
	t := &Tracker{opt: opt}
	var err error
	if t.detector, err = newDetector(m.Detector); err != nil {
		return nil, errors.Join(fmt.Errorf("face: detector: %w", err), t.Close())
	}
	if t.landmarks, err = newLandmarker(m.Landmarks); err != nil {
		return nil, errors.Join(fmt.Errorf("face: landmarks: %w", err), t.Close())
	}
	if t.poser, err = newPoser(m.Head); err != nil {
		return nil, errors.Join(fmt.Errorf("face: pose: %w", err), t.Close())
	}
	return t, nil
}

// Close frees the models' memory. The tracker cannot be used afterwards.
func (t *Tracker) Close() error {
	var errs []error
	if t.detector != nil {
		errs = append(errs, t.detector.close())
	}
	if t.landmarks != nil {
		errs = append(errs, t.landmarks.close())
	}
	t.detector, t.landmarks, t.poser, t.tracks = nil, nil, nil, nil
	return errors.Join(errs...)
}

// Track appends the faces in f to dst, nearest first.
func (t *Tracker) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	if t.landmarks == nil {
		return dst, errors.New("face: track: the tracker is closed")
	}
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || len(f.Pix) != 3*f.Width*f.Height {
		return dst, fmt.Errorf("face: track: frame of %d×%d with %d bytes: want three bytes a pixel, sides up to %d",
			f.Width, f.Height, len(f.Pix), maxSide)
	}
	picture, err := gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
	if err != nil {
		return dst, fmt.Errorf("face: track: %w", err)
	}
	defer picture.Close()
	if f.Width != t.width || f.Height != t.height {
		t.tracks, t.width, t.height = nil, f.Width, f.Height
	}
	if err := t.follow(picture); err != nil {
		t.tracks = nil
		return dst, fmt.Errorf("face: track: %w", err)
	}
	if t.searching(f.At) {
		t.lastSearch = f.At
		if err := t.search(picture); err != nil {
			return dst, fmt.Errorf("face: find: %w", err)
		}
	}
	slices.SortStableFunc(t.tracks, func(a, b *track) int { return cmp.Compare(b.region.size, a.region.size) })
	for _, tr := range t.tracks {
		dst = append(dst, ar.Face{})
		t.finish(tr, &dst[len(dst)-1], f)
	}
	return dst, nil
}

// follow finds each known face again and drops those that are gone, or that
// have slid onto another.
func (t *Tracker) follow(picture gocv.Mat) error {
	kept := t.tracks[:0]
	for _, tr := range t.tracks {
		there, err := t.landmarks.find(tr, picture)
		if err != nil {
			return err
		}
		if there && !overlaps(kept, tr.region.box()) {
			kept = append(kept, tr)
		}
	}
	clear(t.tracks[len(kept):])
	t.tracks = kept
	return nil
}

// searching says whether the detector runs on this frame: always while there
// is no face, now and then while there may be more.
func (t *Tracker) searching(now time.Time) bool {
	if len(t.tracks) == 0 {
		return true
	}
	since := now.Sub(t.lastSearch)
	return len(t.tracks) < t.opt.MaxFaces && (since < 0 || since >= searchEvery)
}

// search adds the largest faces that are not followed yet.
func (t *Tracker) search(picture gocv.Mat) error {
	found, err := t.detector.find(picture)
	if err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b detection) int { return cmp.Compare(b.area(), a.area()) })
	for _, d := range found {
		if len(t.tracks) == t.opt.MaxFaces {
			break
		}
		tr := &track{region: d.region(), ears: ears{tragions: d.tragions, seen: true}}
		if overlaps(t.tracks, tr.region.box()) {
			continue
		}
		there, err := t.landmarks.find(tr, picture)
		if err != nil {
			return err
		}
		if there && !overlaps(t.tracks, tr.region.box()) {
			t.lastID++
			tr.id = t.lastID
			t.tracks = append(t.tracks, tr)
		}
	}
	return nil
}

func overlaps(tracks []*track, b box) bool {
	return slices.ContainsFunc(tracks, func(tr *track) bool { return tr.region.box().overlap(b) > sameFace })
}

// finish makes the face that is handed out of a track: smoothed, normalised,
// with a pose.
func (t *Tracker) finish(tr *track, out *ar.Face, f *ar.Frame) {
	out.ID, out.Score, out.Points = tr.id, tr.score, tr.points
	if !t.opt.Raw {
		tr.filter.apply(&out.Points, f.At)
	}
	focal := t.opt.Focal * math.Hypot(float64(f.Width), float64(f.Height))
	out.Pose = t.poser.pose(&tr.head, &out.Points, focal, f.Width, f.Height)
	out.Lobes = tr.ears.lobes(&t.poser.mesh, &out.Points, &out.Pose)
	w, h := float32(f.Width), float32(f.Height)
	for i := range out.Points {
		p := &out.Points[i]
		p.X, p.Y, p.Z = p.X/w, p.Y/h, p.Z/w
	}
}
