package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	mjpeg, json        bool
}

// benchARReport is the one line of JSON, and what the table says besides.
type benchARReport struct {
	Width, Height int        `json:"-"` // pixels
	Kiosks        int        `json:"-"`
	Eyes          [2]float64 `json:"-"` // the distance between the eyes: smallest and largest, pixels

	Frames int         `json:"frames"` // of all kiosks together, as all that follows
	FPS    float64     `json:"fps"`
	MS     benchMS     `json:"ms"`     // of a frame, camera's pixels to JPEG
	Stages benchStages `json:"stages"` // p50 of each over the last frames, milliseconds
	RSS    float64     `json:"rss_mb"` // of the process, less the prepared frames
	Allocs float64     `json:"allocs_per_frame"`
	Drawn  float64     `json:"drawn"` // share of the frames that the look has changed
}

type benchMS struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

type benchStages struct {
	Decode float64 `json:"decode,omitempty"` // with --mjpeg
	Track  float64 `json:"track"`
	Look   float64 `json:"look"`
	Encode float64 `json:"encode"`
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

Several kiosks share the face models, one set for each core at most.`,
		Example: `  edge bench ar
  taskset -c 0 edge bench ar --json          # one core
  edge bench ar --kiosks 4 --size 1280x720   # four kiosks on one gateway`,
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
	camera.OneThread()
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if f.models == "" {
		f.models = models.Dir(os.Getenv(models.EnvDir), exe)
	}
	set, err := models.Open(f.models)
	if err != nil {
		return nil, err
	}
	worn, shapes, err := f.worn()
	if err != nil {
		return nil, err
	}
	clip, err := benchClipOf(ctx, f.models, width, height, f.mjpeg)
	if err != nil {
		return nil, err
	}
	pool, err := face.NewPool(faceModels(set), min(f.kiosks, runtime.NumCPU()))
	if err != nil {
		return nil, err
	}
	var kiosks []*benchKiosk
	defer func() {
		for _, k := range kiosks {
			err = errors.Join(err, k.close())
		}
		err = errors.Join(err, pool.Close())
	}()
	for range f.kiosks {
		k, err := newBenchKiosk(set, pool, shapes, clip, f.frames)
		if err != nil {
			return nil, err
		}
		kiosks = append(kiosks, k)
	}
	r := &benchARReport{Width: width, Height: height, Kiosks: f.kiosks, Frames: f.kiosks * f.frames}
	if r.Eyes, err = kiosks[0].eyes(); err != nil {
		return nil, err
	}
	for _, k := range kiosks {
		if err := k.pipeline.SetLook(worn); err != nil {
			return nil, err
		}
	}
	return r, r.measure(ctx, kiosks, f.frames)
}

// measure runs the kiosks side by side, each for so many frames.
func (r *benchARReport) measure(ctx context.Context, kiosks []*benchKiosk, frames int) error {
	together := func(frames int) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, k := range kiosks {
			group.Go(func() error { return k.run(ctx, frames) })
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
	r.FPS = float64(r.Frames) / time.Since(start).Seconds()
	runtime.ReadMemStats(&after)
	r.Allocs = float64(after.Mallocs-before.Mallocs) / float64(r.Frames)
	return r.sum(kiosks)
}

// sum puts together what the kiosks have measured.
func (r *benchARReport) sum(kiosks []*benchKiosk) error {
	var took []time.Duration
	var decoding []time.Duration
	drawn := 0
	for _, k := range kiosks {
		took, decoding = append(took, k.took...), append(decoding, k.decoding...)
		drawn += k.drawn
		s := k.pipeline.Stats()
		n := float64(len(kiosks))
		r.Stages.Track += s.TrackMS.P50 / n
		r.Stages.Look += s.DrawMS.P50 / n
		r.Stages.Encode += s.EncodeMS.P50 / n
	}
	r.MS = benchMS{quantile(took, 0.50), quantile(took, 0.95), quantile(took, 0.99)}
	r.Stages.Decode = quantile(decoding, 0.50)
	r.Drawn = float64(drawn) / float64(r.Frames)
	rss, err := residentMB()
	if err != nil {
		return err
	}
	r.RSS = rss
	r.RSS -= kiosks[0].clip.megabytes()
	return nil
}

// quantile is in milliseconds, 0 of none; it sorts them.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[min(int(q*float64(len(all))), len(all)-1)]) / float64(time.Millisecond)
}

func (r *benchARReport) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d × %d, %d frames, kiosks: %d, eyes %.0f to %.0f px apart

  frame    p50 %6.2f ms   p95 %6.2f   p99 %6.2f
  decode       %6.2f ms
  track        %6.2f ms
  look         %6.2f ms
  encode       %6.2f ms
  speed        %6.1f frames a second, all kiosks together
  memory       %6.0f MB resident, %.1f allocations a frame
  drawn        %6.1f %% of the frames
`, r.Width, r.Height, r.Frames, r.Kiosks, r.Eyes[0], r.Eyes[1],
		r.MS.P50, r.MS.P95, r.MS.P99, r.Stages.Decode, r.Stages.Track, r.Stages.Look, r.Stages.Encode,
		r.FPS, r.RSS, r.Allocs, 100*r.Drawn)
	return err
}

// residentMB is the memory that the process occupies.
func residentMB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, _ := bytes.Cut(status, []byte("VmRSS:"))
	line, _, _ := bytes.Cut(after, []byte("kB"))
	kb, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	return float64(kb) / 1024, nil
}
