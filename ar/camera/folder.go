package camera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// maxFolder bounds how many pictures a folder may have.
const maxFolder = 10_000

// folder shows a folder's pictures in the order of their names.
type folder struct {
	cfg    Config
	names  []string
	next   int
	fit    fitter
	page   ar.Frame
	pace   pace
	n      uint64
	closed bool
}

func openFolder(c Config, dir string) (*folder, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &SourceError{c.Source, "there is no such folder", "check the path", err}
	case err != nil:
		return nil, &SourceError{c.Source, "the folder cannot be read", "name a folder of pictures that this user may read", err}
	}
	fo := &folder{cfg: c}
	for _, e := range entries {
		if !e.IsDir() && IsPicture(e.Name()) {
			fo.names = append(fo.names, filepath.Join(dir, e.Name()))
		}
	}
	if len(fo.names) == 0 || len(fo.names) > maxFolder {
		return nil, &SourceError{c.Source, fmt.Sprintf("the folder has %d pictures", len(fo.names)), fmt.Sprintf("put 1 to %d PNG, JPEG or WebP files there", maxFolder), nil}
	}
	if fo.cfg.FPS == 0 {
		fo.cfg.FPS = 1
	}
	// Frames do not change their size: the first picture sets what is not set.
	if err := ReadPicture(fo.names[0], &fo.page); err != nil {
		return nil, fo.wrap(err)
	}
	w, h := fo.page.Width, fo.page.Height
	if c.Rotate%180 != 0 {
		w, h = h, w
	}
	fo.cfg.Width, fo.cfg.Height = frameSize(w, h, c.Width, c.Height)
	if err := fitting(fo.cfg.Width, fo.cfg.Height); err != nil {
		return nil, &SourceError{c.Source, "its frames would be too large", "set the other side too", err}
	}
	fo.pace, fo.fit = pace{fps: fo.cfg.FPS}, newFitter(fo.cfg)
	return fo, nil
}

// wrap names the folder's source and, within, the picture.
func (fo *folder) wrap(err error) error {
	return &SourceError{fo.cfg.Source, "a picture in the folder cannot be used", "mend it or take it away", err}
}

// Read gives the next picture, and after the last, unless it is read Once, the
// first again.
func (fo *folder) Read(ctx context.Context, f *ar.Frame) error {
	if fo.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if fo.cfg.Once && fo.next == len(fo.names) {
		return io.EOF
	}
	if !fo.cfg.Once {
		late, err := fo.pace.wait(ctx)
		if err != nil {
			return err
		}
		fo.n += uint64(late)
		fo.next += late
	}
	fo.n++
	err := ReadPicture(fo.names[fo.next%len(fo.names)], &fo.page)
	fo.next++
	if err == nil {
		err = withMat(&fo.page, func(m *gocv.Mat) error { return fo.fit.fit(f, m) })
	}
	if err != nil {
		return fo.wrap(err)
	}
	f.Seq, f.At = fo.n, fo.pace.time(fo.cfg.Once, fo.n)
	return nil
}

// FPS is how many pictures a second are shown.
func (fo *folder) FPS() float64 { return fo.cfg.FPS }

// Close frees what the folder holds.
func (fo *folder) Close() error {
	if fo.closed {
		return nil
	}
	fo.closed = true
	return fo.fit.close()
}
