package main

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/live"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// photoQuality is the JPEG quality of photos that shoppers keep.
const photoQuality = 92

// tryOn is the mirror's pipeline, or what stands in for it.
type tryOn interface {
	SetLook(look ar.Look) error
	SetPaused(paused bool)
	SetCompare(c ar.Compare) error
	Compare() ar.Compare
	SetReplay(on bool)
	Replay() ar.Replay
	Snapshot(ctx context.Context) ([]byte, error)
	Preview(ctx context.Context) ([]byte, error)
	Grey(ctx context.Context) (*image.Gray, error)
	Stats() ar.Stats
	Turn(ctx context.Context) error
	Run(ctx context.Context) error
}

// mirror is the kiosk's try-on: models, drawing, pipeline and viewers.
type mirror struct {
	pipeline tryOn
	hub      *live.Hub
	tracker  ar.Tracker
	renderer ar.Renderer
	tablet   http.Handler // takes a tablet's pictures; nil unless it is the camera
}

// studio is what the mirrors of all kiosks share: the face models, loaded as
// often as they can run at the same time, and the load of the machine.
type studio struct {
	set    *models.Set
	pool   *face.Pool
	load   *ar.Load
	shapes fs.FS
	broken error // why there is no mirror
}

// newStudio loads the face models. Without them it is still a studio, but of
// blind mirrors; the error says why.
func newStudio(cfg *firmwarecfg.Edge, shapes fs.FS) (*studio, error) {
	camera.OneThread()
	cores := runtime.NumCPU()
	s := &studio{shapes: shapes, load: ar.NewLoad(cores)}
	var err error
	if s.set, err = models.Open(cfg.ModelsDir); err == nil {
		s.pool, err = face.NewPool(faceModels(s.set), min(1+len(cfg.Kiosks), cores))
	}
	s.broken = err
	return s, err
}

func (s *studio) close() error {
	if s.pool == nil {
		return nil
	}
	return s.pool.Close()
}

// open makes a mirror; nothing runs yet, and the camera is not opened. The times
// of its pictures, in seconds, go to times.
func (s *studio) open(cam firmwarecfg.Camera, cfg firmwarecfg.Mirror, times prometheus.Observer, log *slog.Logger) (_ *mirror, err error) {
	if s.broken != nil {
		return blindMirror(s.broken, log), nil
	}
	m := &mirror{hub: live.NewHub(live.Config{Log: log})}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	src, err := newSource(cam, log)
	if err != nil {
		return nil, err
	}
	if src.tablet != nil {
		m.tablet = src.tablet
	}
	tracker, err := s.pool.Tracker(trackerOptions(cfg.MaxFaces, cam.FOV, false))
	if err != nil {
		return nil, err
	}
	m.tracker = tracker
	if m.renderer, err = look.New(s.set.Head, s.shapes); err != nil {
		return nil, err
	}
	m.pipeline, err = ar.NewPipeline(ar.PipelineConfig{
		Open:     src.open,
		Health:   src.health,
		Tracker:  m.tracker,
		Renderer: m.renderer,
		Encoder:  &camera.JPEG{Quality: cam.Quality, Mirror: cam.Mirror},
		Sink:     m.hub,
		Photo:    &camera.JPEG{Quality: photoQuality},
		Mirrored: cam.Mirror,
		MaxFaces: cfg.MaxFaces,
		Load:     s.load,
		Scaler:   camera.Scaler{},
		Took:     func(took time.Duration) { times.Observe(took.Seconds()) },
		Log:      log,
	})
	return m, err
}

// newTracker makes a tracker with face models of its own.
func newTracker(set *models.Set, faces, fov int, raw bool) (*face.Tracker, error) {
	return face.New(faceModels(set), trackerOptions(faces, fov, raw))
}

func faceModels(set *models.Set) face.Models {
	return face.Models{
		Runtime:   set.Runtime,
		Detector:  set.Detector,
		Landmarks: set.Attention,
		Lips:      face.Detail(set.Lips),
		Eyes:      face.Detail(set.Eyes),
		Head:      set.Head,
	}
}

// trackerOptions: fov is the camera's field of view from corner to corner,
// degrees; 0 if it is not known.
func trackerOptions(faces, fov int, raw bool) face.Options {
	opt := face.Options{MaxFaces: faces, Raw: raw}
	if fov > 0 {
		opt.Focal = 0.5 / math.Tan(float64(fov)*math.Pi/360)
	}
	return opt
}

// close frees what OpenCV and ONNX Runtime hold. The pipeline must have ended.
func (m *mirror) close() error {
	m.hub.Close()
	var errs []error
	if m.tracker != nil {
		errs = append(errs, m.tracker.Close())
	}
	if m.renderer != nil {
		errs = append(errs, m.renderer.Close())
	}
	return errors.Join(errs...)
}

// blindMirror stands in for a mirror that could not be made: the kiosk goes on
// without camera, and the till sells.
func blindMirror(why error, log *slog.Logger) *mirror {
	return &mirror{pipeline: outOfOrder{why}, hub: live.NewHub(live.Config{Log: log})}
}

// outOfOrder is a pipeline that cannot be had.
type outOfOrder struct{ why error }

func (o outOfOrder) fault() error {
	return &edge.Error{Op: "mirror", Kind: edge.Unavailable, Msg: "the mirror is out of order: call the staff", Err: o.why}
}

func (o outOfOrder) SetLook(look ar.Look) error {
	if len(look.Layers) == 0 {
		return nil
	}
	return o.fault()
}

func (o outOfOrder) SetPaused(bool)                            {}
func (o outOfOrder) SetCompare(ar.Compare) error               { return o.fault() }
func (o outOfOrder) Compare() ar.Compare                       { return ar.Compare{Mode: ar.CompareOff} }
func (o outOfOrder) SetReplay(bool)                            {}
func (o outOfOrder) Replay() ar.Replay                         { return ar.Replay{State: ar.ReplayOff} }
func (o outOfOrder) Snapshot(context.Context) ([]byte, error)  { return nil, o.fault() }
func (o outOfOrder) Preview(context.Context) ([]byte, error)   { return nil, o.fault() }
func (o outOfOrder) Grey(context.Context) (*image.Gray, error) { return nil, o.fault() }

func (o outOfOrder) Turn(context.Context) error { return nil }

func (o outOfOrder) Stats() ar.Stats { return ar.Stats{CameraError: o.why.Error()} }

func (o outOfOrder) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
