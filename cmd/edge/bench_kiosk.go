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

// benchClip is what the camera sees, forwards and backwards by turns so that it
// can be repeated without a jump.
type benchClip struct {
	frames []*ar.Frame
	jpegs  [][]byte // as the camera sends them, if they are to be decoded
}

// benchQuality is about a webcam's.
const benchQuality = 90

func benchClipOf(ctx context.Context, dir string, width, height int, mjpeg bool) (*benchClip, error) {
	path, err := models.Clip(dir)
	if err != nil {
		return nil, err
	}
	cam, err := camera.Open(ctx, camera.Config{Source: path, Width: width, Height: height, Once: true})
	if err != nil {
		return nil, err
	}
	defer cam.Close()
	var skipped ar.Frame
	for range benchFrom {
		if err := cam.Read(ctx, &skipped); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	c := &benchClip{frames: make([]*ar.Frame, benchCount)}
	for i := range c.frames {
		c.frames[i] = &ar.Frame{}
		if err := cam.Read(ctx, c.frames[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if mjpeg {
		return c, c.compress()
	}
	return c, nil
}

// compress makes the camera's JPEGs, and the frames what is read back of them.
func (c *benchClip) compress() error {
	encoder := camera.JPEG{Quality: benchQuality}
	decoder := camera.NewDecoder(camera.Config{})
	defer decoder.Close()
	for _, f := range c.frames {
		jpeg, err := encoder.Encode(nil, f)
		if err == nil {
			err = decoder.Decode(f, jpeg)
		}
		if err != nil {
			return err
		}
		c.jpegs = append(c.jpegs, jpeg)
	}
	return nil
}

// megabytes is the memory that the clip occupies.
func (c *benchClip) megabytes() float64 {
	n := 0
	for _, f := range c.frames {
		n += len(f.Pix)
	}
	for _, j := range c.jpegs {
		n += len(j)
	}
	return float64(n) / (1 << 20)
}

// benchRate is the speed of the clip in frames a second: the mirror smooths over
// time.
const benchRate = 30

// benchKiosk is one kiosk's mirror that is measured.
type benchKiosk struct {
	clip     *benchClip // shared with the other kiosks
	decoder  *camera.Decoder
	tracker  *face.Tracker
	renderer *look.Renderer
	pipeline *ar.Pipeline
	shown    int
	drawn    int // frames that the look has changed
	took     []time.Duration
	decoding []time.Duration
	frame    ar.Frame

	paced  bool // the camera gives frames at its own pace
	camera *benchCamera
}

// newBenchKiosk makes a kiosk with the mirror's usual settings, and room to
// remember the times of so many frames.
func newBenchKiosk(set *models.Set, pool *face.Pool, shapes fs.FS, clip *benchClip, room int) (_ *benchKiosk, err error) {
	room = max(room, len(clip.frames))
	k := &benchKiosk{
		clip: clip, took: make([]time.Duration, 0, room), decoding: make([]time.Duration, 0, room),
		decoder: camera.NewDecoder(camera.Config{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.close())
		}
	}()
	cfg := firmwarecfg.DefaultEdge()
	if k.tracker, err = pool.Tracker(trackerOptions(cfg.Mirror.MaxFaces, cfg.Camera.FOV, false)); err != nil {
		return nil, err
	}
	if k.renderer, err = look.New(set.Head, shapes); err != nil {
		return nil, err
	}
	k.pipeline, err = ar.NewPipeline(ar.PipelineConfig{
		Tracker: k.tracker, Renderer: k.renderer,
		Open:     func(context.Context) (ar.Camera, error) { return k.camera, nil },
		Encoder:  &benchEncoder{camera.JPEG{Quality: cfg.Camera.Quality, Mirror: cfg.Camera.Mirror}, k},
		Sink:     benchViewer{},
		MaxFaces: cfg.Mirror.MaxFaces,
		Log:      slog.New(slog.DiscardHandler),
	})
	return k, err
}

func (k *benchKiosk) close() error {
	errs := []error{k.decoder.Close()}
	if k.tracker != nil {
		errs = append(errs, k.tracker.Close())
	}
	if k.renderer != nil {
		errs = append(errs, k.renderer.Close())
	}
	return errors.Join(errs...)
}

// index is the picture that a camera shows as its nth.
func (c *benchClip) index(n int) int {
	last := len(c.frames) - 1
	i := n % (2 * last)
	return min(i, 2*last-i)
}

// next gives the number of the clip's next picture, which k.frame is to become,
// with its time.
func (k *benchKiosk) next() int {
	i := k.clip.index(k.shown)
	k.shown++
	k.frame.Seq = uint64(k.shown)
	k.frame.At = time.Unix(0, 0).Add(time.Duration(k.shown) * time.Second / benchRate)
	return i
}

// fill makes f the clip's picture i, out of the camera's JPEG if there is one.
func (k *benchKiosk) fill(f *ar.Frame, i int) error {
	if k.clip.jpegs == nil {
		k.clip.copyTo(f, i)
		return nil
	}
	start := time.Now()
	err := k.decoder.Decode(f, k.clip.jpegs[i])
	k.decoding = append(k.decoding, time.Since(start))
	return err
}

// copyTo makes f the clip's picture i.
func (c *benchClip) copyTo(f *ar.Frame, i int) {
	f.Resize(c.frames[i].Width, c.frames[i].Height)
	copy(f.Pix, c.frames[i].Pix)
}

// eyes looks once at every picture, and gives the smallest and the largest
// distance between the irises, pixels.
func (k *benchKiosk) eyes() (span [2]float64, err error) {
	span[0] = math.Inf(1)
	for i := range k.clip.frames {
		k.clip.copyTo(&k.frame, k.next())
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

// run shows so many frames, one after the other and as fast as it goes.
func (k *benchKiosk) run(ctx context.Context, frames int) error {
	for range frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		i := k.next()
		start := time.Now()
		if err := k.fill(&k.frame, i); err != nil {
			return err
		}
		if k.clip.jpegs == nil {
			start = time.Now() // its pixels are there
		}
		if err := k.pipeline.Show(&k.frame); err != nil {
			return err
		}
		k.took = append(k.took, time.Since(start))
		if !bytes.Equal(k.clip.frames[i].Pix, k.frame.Pix) {
			k.drawn++
		}
	}
	return nil
}

// benchViewer always looks.
type benchViewer struct{}

func (benchViewer) Wanted() bool   { return true }
func (benchViewer) Publish([]byte) {}
