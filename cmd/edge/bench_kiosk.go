package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// The part of the clip that is shown: the face turns from side to side.
const (
	benchFrom  = 655
	benchCount = 32
)

// benchFrames are the pictures, forwards and backwards again so that they can
// be repeated without a jump.
func benchFrames(ctx context.Context, dir string, width, height int) ([]*ar.Frame, error) {
	clip, err := models.Clip(dir)
	if err != nil {
		return nil, err
	}
	cam, err := camera.Open(ctx, camera.Config{Source: clip, Width: width, Height: height, Once: true})
	if err != nil {
		return nil, err
	}
	defer cam.Close()
	var skipped ar.Frame
	for range benchFrom {
		if err := cam.Read(ctx, &skipped); err != nil {
			return nil, fmt.Errorf("%s: %w", clip, err)
		}
	}
	frames := make([]*ar.Frame, benchCount)
	for i := range frames {
		frames[i] = &ar.Frame{}
		if err := cam.Read(ctx, frames[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", clip, err)
		}
	}
	return frames, nil
}

// benchRate is the speed of the clip in frames a second: the mirror smooths over
// time.
const benchRate = 30

// benchKiosk is one kiosk's mirror that is measured.
type benchKiosk struct {
	frames   []*ar.Frame // the camera's, shared with the other kiosks
	tracker  *face.Tracker
	renderer *look.Renderer
	pipeline *ar.Pipeline
	shown    int
	drawn    int // frames that the look has changed
	took     []time.Duration
	frame    ar.Frame
}

// newBenchKiosk makes a kiosk with the mirror's usual settings, and room to
// remember the times of so many frames.
func newBenchKiosk(set *models.Set, shapes fs.FS, frames []*ar.Frame, room int) (_ *benchKiosk, err error) {
	k := &benchKiosk{frames: frames, took: make([]time.Duration, 0, max(room, len(frames)))}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.close())
		}
	}()
	cfg := firmwarecfg.DefaultEdge()
	if k.tracker, err = newTracker(set, cfg.Mirror.MaxFaces, cfg.Camera.FOV, false); err != nil {
		return nil, err
	}
	if k.renderer, err = look.New(set.Head, shapes); err != nil {
		return nil, err
	}
	k.pipeline, err = ar.NewPipeline(ar.PipelineConfig{
		Tracker: k.tracker, Renderer: k.renderer,
		Encoder:  &camera.JPEG{Quality: cfg.Camera.Quality, Mirror: cfg.Camera.Mirror},
		Sink:     benchViewer{},
		MaxFaces: cfg.Mirror.MaxFaces,
		Log:      slog.New(slog.DiscardHandler),
	})
	return k, err
}

func (k *benchKiosk) close() error {
	var errs []error
	if k.tracker != nil {
		errs = append(errs, k.tracker.Close())
	}
	if k.renderer != nil {
		errs = append(errs, k.renderer.Close())
	}
	return errors.Join(errs...)
}

// next puts the camera's next picture into k.frame and gives the original: the
// clip runs forwards and backwards by turns.
func (k *benchKiosk) next() *ar.Frame {
	last := len(k.frames) - 1
	i := k.shown % (2 * last)
	from := k.frames[min(i, 2*last-i)]
	k.frame.Resize(from.Width, from.Height)
	copy(k.frame.Pix, from.Pix)
	k.shown++
	k.frame.Seq = uint64(k.shown)
	k.frame.At = time.Unix(0, 0).Add(time.Duration(k.shown) * time.Second / benchRate)
	return from
}

// eyes looks once at every picture, and gives the smallest and the largest
// distance between the irises, pixels.
func (k *benchKiosk) eyes() (span [2]float64, err error) {
	span[0] = math.Inf(1)
	for i := range k.frames {
		k.next()
		faces, err := k.pipeline.Process(&k.frame)
		if err != nil {
			return span, err
		}
		if len(faces) == 0 {
			return span, fmt.Errorf("no face is found in picture %d of the clip", benchFrom+i)
		}
		const rightIris, leftIris = 468, 473
		r, l := faces[0].Points[rightIris], faces[0].Points[leftIris]
		d := math.Hypot(float64(l.X-r.X)*float64(k.frame.Width), float64(l.Y-r.Y)*float64(k.frame.Height))
		span[0], span[1] = min(span[0], d), max(span[1], d)
	}
	return span, nil
}

// run shows so many frames, one after the other.
func (k *benchKiosk) run(ctx context.Context, frames int) error {
	for range frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		bare := k.next()
		start := time.Now()
		if err := k.pipeline.Show(&k.frame); err != nil {
			return err
		}
		k.took = append(k.took, time.Since(start))
		if !bytes.Equal(bare.Pix, k.frame.Pix) {
			k.drawn++
		}
	}
	return nil
}

// benchViewer always looks.
type benchViewer struct{}

func (benchViewer) Wanted() bool   { return true }
func (benchViewer) Publish([]byte) {}
