package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/models"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
)

// benchARFlags are the flags of `edge bench ar`.
type benchARFlags struct {
	size, look, models string
	frames, kiosks     int
	fps                float64
	mjpeg, json        bool
}

func benchARCommand() *cobra.Command {
	var f benchARFlags
	cmd := &cobra.Command{
		Use:   "ar",
		Short: "Measure the mirror: camera picture in, JPEG out",
		Long: `Measure the mirror on a moving face: each picture of a clip, scaled up to the
size, is tracked, drawn on and encoded as fast as it goes. The pictures are
decoded and in memory before the clock starts, and the first of them only warm
up; the time of a frame runs from the camera's pixels to the JPEG. With --mjpeg
it begins earlier, with the JPEG that a camera sends.

With --fps each camera gives its pictures at that rate instead, all cameras at
the same moment, to the mirror as it runs in the shop, where the newest picture
wins. The time of a frame then runs from the moment the camera had it, waiting
included, and the share of the pictures that were never shown is told as drops.
No effort is saved under load, as a shop's gateway would.

Several kiosks share the face models, one set for each core at most.`,
		Example: `  edge bench ar
  taskset -c 0 edge bench ar --json          # one core
  edge bench ar --kiosks 4 --fps 30          # four kiosks on one gateway`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			width, height, err := f.check()
			if err != nil {
				return process.UsageError{Err: fmt.Errorf("bench ar: %w", err)}
			}
			r, err := f.run(cmd.Context(), width, height)
			if err != nil {
				return fmt.Errorf("bench ar: %w", err)
			}
			if f.json {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.size, "size", "1280x720", "`WIDTHxHEIGHT` of the frames, pixels")
	fl.IntVar(&f.frames, "frames", 600, "frames that each kiosk shows")
	fl.IntVar(&f.kiosks, "kiosks", 1, "kiosks that run at the same time")
	fl.Float64Var(&f.fps, "fps", 0, "frames a second that each camera gives; 0 for as fast as they are shown")
	fl.BoolVar(&f.mjpeg, "mjpeg", false, "decode the camera's JPEG too")
	fl.StringVar(&f.look, "look", "", "the look's JSON `file`, its shapes beside it; without it a lipstick and glasses of the demo shop")
	fl.StringVar(&f.models, "models", "", "the `folder` of the face models and the clip")
	fl.BoolVar(&f.json, "json", false, "print one line of JSON on standard output")
	return cmd
}

// check reports what is wrong with the command line, and reads the size.
func (f *benchARFlags) check() (width, height int, err error) {
	w, h, ok := strings.Cut(f.size, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	switch {
	case !ok || errW != nil || errH != nil || width < 160 || height < 120 || width > 3840 || height > 2160:
		return 0, 0, fmt.Errorf("--size is %q: want WIDTHxHEIGHT, 160x120 to 3840x2160", f.size)
	case f.frames < 1 || f.frames > 1_000_000:
		return 0, 0, fmt.Errorf("--frames is %d: want 1 to 1000000", f.frames)
	case f.kiosks < 1 || f.kiosks > 16:
		return 0, 0, fmt.Errorf("--kiosks is %d: want 1 to 16", f.kiosks)
	case !(f.fps == 0 || f.fps >= 1 && f.fps <= 240):
		return 0, 0, fmt.Errorf("--fps is %v: want 1 to 240, or 0", f.fps)
	}
	return width, height, nil
}

// worn gives the look and the folder of its shapes.
func (f *benchARFlags) worn() (ar.Look, fs.FS, error) {
	if f.look != "" {
		l, err := readLookFile(f.look)
		return l, os.DirFS(filepath.Dir(f.look)), err
	}
	files, err := fs.Sub(demoFiles, "demo/shop")
	if err != nil {
		return ar.Look{}, nil, err
	}
	shop, err := shopdir.Read(files)
	if err != nil {
		return ar.Look{}, nil, err
	}
	var l ar.Look
	for _, kind := range []ar.Kind{ar.Lipstick, ar.Glasses} {
		for _, v := range shop.Variants {
			if v.TryOn == nil || v.TryOn.Kind != string(kind) {
				continue
			}
			layer := ar.Layer{Kind: kind, Finish: ar.Finish(v.TryOn.Finish), Intensity: 0.8, Asset: v.TryOn.Asset}
			if err := layer.Color.UnmarshalText([]byte(v.Color)); err != nil {
				return ar.Look{}, nil, err
			}
			l.Layers = append(l.Layers, layer)
			break
		}
	}
	return l, shop.TryOn, nil
}

func (f *benchARFlags) run(ctx context.Context, width, height int) (_ *benchARReport, err error) {
	kiosks, closeAll, err := f.open(ctx, width, height)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	r := &benchARReport{Width: width, Height: height, Kiosks: f.kiosks, Pace: f.fps, Frames: f.kiosks * f.frames}
	if r.Eyes, err = kiosks[0].eyes(); err != nil {
		return nil, err
	}
	return r, r.measure(ctx, kiosks, f.frames)
}

// open makes the kiosks, all of which wear the look. Call closeAll when done.
func (f *benchARFlags) open(ctx context.Context, width, height int) (kiosks []*benchKiosk, closeAll func() error, err error) {
	camera.OneThread()
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	if f.models == "" {
		f.models = models.Dir(os.Getenv(models.EnvDir), exe)
	}
	set, err := models.Open(f.models)
	if err != nil {
		return nil, nil, err
	}
	worn, shapes, err := f.worn()
	if err != nil {
		return nil, nil, err
	}
	clip, err := benchClipOf(ctx, f.models, width, height, f.mjpeg)
	if err != nil {
		return nil, nil, err
	}
	pool, err := face.NewPool(faceModels(set), min(f.kiosks, runtime.NumCPU()))
	if err != nil {
		return nil, nil, err
	}
	closeAll = func() error {
		var errs []error
		for _, k := range kiosks {
			errs = append(errs, k.close())
		}
		return errors.Join(append(errs, pool.Close())...)
	}
	for range f.kiosks {
		k, err := newBenchKiosk(set, pool, shapes, clip, f.frames)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		kiosks = append(kiosks, k)
		if err := k.pipeline.SetLook(worn); err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
	}
	return kiosks, closeAll, nil
}

// measure runs the kiosks side by side, each for so many frames.
func (r *benchARReport) measure(ctx context.Context, kiosks []*benchKiosk, frames int) error {
	together := func(frames int) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, k := range kiosks {
			group.Go(func() error {
				if r.Pace > 0 {
					return k.runPaced(ctx, frames, r.Pace)
				}
				return k.run(ctx, frames)
			})
		}
		return group.Wait()
	}
	if err := together(len(kiosks[0].clip.frames)); err != nil {
		return err
	}
	for _, k := range kiosks {
		k.drawn, k.took, k.decoding = 0, k.took[:0], k.decoding[:0]
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if err := together(frames); err != nil {
		return err
	}
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)
	r.Allocs = float64(after.Mallocs-before.Mallocs) / float64(r.Frames)
	return r.sum(kiosks, elapsed)
}
