package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// lookJob is what edge look is asked to do.
type lookJob struct {
	look, in, out string // files
	landmarks     string // file; "" for none
	models        string // folder
	assets        string // folder; "" for the folder of the look
	faces         int
	sheet         string   // file of a contact sheet; "" for none
	faceFiles     []string // what the sheet shows
}

func lookCommand() *cobra.Command {
	var job lookJob
	cmd := &cobra.Command{
		Use:   "look --look FILE --in IMAGE|VIDEO --out FILE | look --sheet FILE IMAGE|VIDEO...",
		Short: "Draw a look onto a picture or a video",
		Args:  cobra.ArbitraryArgs,
		Long: `Draw a look onto the faces of a picture or a video, as the mirror would.

The look is JSON:

  {"layers": [
    {"kind": "lipstick", "color": "#B4243C", "finish": "matte", "intensity": 0.6},
    {"kind": "blush", "color": "#EE9A8E", "finish": "satin", "placement": "apples", "intensity": 0.6},
    {"kind": "eyeshadow", "color": "#D3B08F", "colors": ["#A4573D"], "finish": "matte", "intensity": 0.6},
    {"kind": "eyeliner", "color": "#181414", "finish": "matte", "shape": "winged", "intensity": 0.8},
    {"kind": "glasses", "color": "#3B2418", "asset": "round.svg", "intensity": 1}
  ]}

Kinds: foundation, contour, highlighter, blush, brows, eyeshadow, eyeliner,
lashes, lip-liner, lipstick, necklace, earrings, nose-stud, glasses. Blush lies on
the apples, the cheekbone or under-eye; eyeshadow may have up to two more colours,
for the crease and the outer corner; eyeliner is thin, classic or winged, lashes
natural, volume or cat-eye; lipstick may be a gradient; a side (left, right) makes
earrings a single one.

Pictures are read and written as PNG or JPEG (WebP is read too); videos are
written as .mp4 or .avi, without sound. --landmarks writes a line of JSON for
each frame: {"width", "height", "faces": [{"score", "points": [[x, y, z] × 478]}]},
x and y normalised by the frame's sides.

--sheet draws a contact sheet instead: a column for each face in the pictures
that are named, and for a video's frames in which the head is turned the
furthest each way; a row for every kind of layer, or for the one --look.`,
		Example: `  edge look --look red.json --in face.png --out red.png
  edge look --look red.json --in clip.mp4 --out red.mp4 --landmarks red.ndjson
  edge look --sheet sheet.png face.png clip.mp4`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job.faceFiles = args
			if err := job.check(); err != nil {
				return process.UsageError{Err: err}
			}
			return job.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&job.look, "look", "", "the look's JSON `file`")
	f.StringVar(&job.in, "in", "", "the picture or video `file` to draw on")
	f.StringVar(&job.out, "out", "", "the `file` to write: .png, .jpg, .mp4 or .avi")
	f.StringVar(&job.landmarks, "landmarks", "", "also write the faces' landmarks to this `file`")
	f.StringVar(&job.models, "models", "", "the `folder` of the face models (default: $"+models.EnvDir+" or build/models)")
	f.StringVar(&job.assets, "assets", "", "the `folder` of the shapes of glasses and jewellery (default: the look's folder)")
	f.StringVar(&job.sheet, "sheet", "", "draw a contact sheet of the pictures and videos that follow to this .png `file`")
	f.IntVar(&job.faces, "faces", 1, "how many faces wear the look, nearest first")
	return cmd
}

// check reports what is wrong with the command line itself.
func (j *lookJob) check() error {
	if j.faces < 1 || j.faces > 16 {
		return fmt.Errorf("--faces is %d: want 1 to 16", j.faces)
	}
	if j.sheet != "" {
		return j.checkSheet()
	}
	if len(j.faceFiles) > 0 {
		return fmt.Errorf("%s: pictures are named so for --sheet only; here by --in", j.faceFiles[0])
	}
	for _, f := range []struct{ name, value string }{{"look", j.look}, {"in", j.in}, {"out", j.out}} {
		if f.value == "" {
			return fmt.Errorf("--%s is missing: name a file", f.name)
		}
	}
	for _, out := range []string{j.out, j.landmarks} {
		for _, in := range []string{j.in, j.look} {
			if out != "" && sameFile(in, out) {
				return fmt.Errorf("%s would be overwritten: name another file", in)
			}
		}
	}
	if j.landmarks != "" && sameFile(j.out, j.landmarks) {
		return fmt.Errorf("--out and --landmarks are the same file: %s", j.out)
	}
	if camera.IsPicture(j.in) != camera.IsPicture(j.out) {
		return fmt.Errorf("a picture makes a picture (.png, .jpg), a video a video (.mp4, .avi): --in is %s, --out is %s", j.in, j.out)
	}
	return nil
}

func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// openModels opens the models that the command line names, or those beside the
// program.
func (j *lookJob) openModels() (*models.Set, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir := j.models
	if dir == "" {
		dir = models.Dir(os.Getenv(models.EnvDir), exe)
	}
	return models.Open(dir)
}

func (j *lookJob) run(ctx context.Context, stdout io.Writer) (err error) {
	if j.sheet != "" {
		return j.drawSheet(ctx, stdout)
	}
	worn, err := readLookFile(j.look)
	if err != nil {
		return err
	}
	set, err := j.openModels()
	if err != nil {
		return err
	}
	// One picture has no past to be smoothed with.
	tracker, err := newTracker(set, j.faces, 0, camera.IsPicture(j.in))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tracker.Close()) }()
	renderer, err := look.New(set.Head, j.shapes())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, renderer.Close()) }()
	p, err := ar.NewPipeline(ar.PipelineConfig{
		// Nobody waits for a frame, and who wants landmarks wants them all fine.
		Tracker: struct{ ar.Tracker }{tracker}, Renderer: renderer, MaxFaces: j.faces, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if err := p.SetLook(worn); err != nil {
		return fmt.Errorf("%s: %w", j.look, j.whereShapes(err))
	}
	if err := j.draw(ctx, p); err != nil {
		return err
	}
	s := p.Stats()
	_, err = fmt.Fprintf(stdout, "%s: %d frames, %d faces, %d frames wear the look\n", j.out, s.Frames, s.Faces, s.Drawn)
	return err
}

func (j *lookJob) shapes() fs.FS { return os.DirFS(j.shapesDir()) }

func (j *lookJob) shapesDir() string {
	if j.assets != "" {
		return j.assets
	}
	return filepath.Dir(j.look)
}

// whereShapes says, if err is that a shape is missing, how to name their folder.
func (j *lookJob) whereShapes(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("%w; shapes are looked for in %s: name the folder that has them with --assets", err, j.shapesDir())
}

func readLookFile(path string) (ar.Look, error) {
	f, err := os.Open(path)
	if err != nil {
		return ar.Look{}, err
	}
	defer f.Close()
	l, err := ar.ReadLook(f)
	if err != nil {
		return ar.Look{}, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// draw takes every frame through the pipeline. What it had begun to write is
// removed when it fails.
func (j *lookJob) draw(ctx context.Context, p *ar.Pipeline) (err error) {
	landmarks := io.Discard
	if j.landmarks != "" {
		file, e := os.Create(j.landmarks)
		if e != nil {
			return e
		}
		defer func() {
			if err = errors.Join(err, file.Close()); err != nil {
				err = errors.Join(err, os.Remove(j.landmarks))
			}
		}()
		landmarks = file
	}
	process := func(f *ar.Frame) error {
		faces, err := p.Process(f)
		if err != nil {
			return err
		}
		return ar.WriteLandmarks(landmarks, f.Width, f.Height, faces)
	}
	if !camera.IsPicture(j.in) {
		return j.drawVideo(ctx, process)
	}
	var f ar.Frame
	if err := camera.ReadPicture(j.in, &f); err != nil {
		return err
	}
	if err := process(&f); err != nil {
		return err
	}
	return camera.WritePicture(j.out, &f)
}

func (j *lookJob) drawVideo(ctx context.Context, process func(*ar.Frame) error) (err error) {
	in, err := camera.OpenVideo(j.in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := camera.CreateVideo(j.out, in.FPS())
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			if e := os.Remove(j.out); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	var f ar.Frame
	for {
		if err := in.Read(ctx, &f); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := process(&f); err != nil {
			return err
		}
		if err := out.Write(&f); err != nil {
			return err
		}
	}
}
