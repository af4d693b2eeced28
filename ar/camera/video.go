package camera

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// VideoReader gives a video file's frames one by one, as fast as they are
// asked for.
type VideoReader struct{ c *capture }

// OpenVideo opens a video file for reading it once.
func OpenVideo(path string) (*VideoReader, error) {
	c := Config{Source: path, Once: true}
	if err := c.Check(); err != nil {
		return nil, err
	}
	v, err := openFile(c)
	if err != nil {
		return nil, err
	}
	return &VideoReader{v}, nil
}

// Read gives the next frame, io.EOF after the last.
func (v *VideoReader) Read(ctx context.Context, f *ar.Frame) error { return v.c.Read(ctx, f) }

// FPS is the video's speed in frames a second.
func (v *VideoReader) FPS() float64 { return v.c.FPS() }

// Close lets go of the file.
func (v *VideoReader) Close() error { return v.c.Close() }

// VideoWriter writes frames, all of one size, to a video file without sound.
type VideoWriter struct {
	path string
	fps  float64
	vw   *gocv.VideoWriter // opened with the first frame, which sets the size
	size [2]int
}

// CreateVideo starts a video of fps frames a second; the name's ending decides
// what it is: .mp4 (MPEG-4) or .avi (Motion JPEG).
func CreateVideo(path string, fps float64) (*VideoWriter, error) {
	if codec(path) == "" {
		return nil, fmt.Errorf("write video %s: the name must end in .mp4 or .avi", path)
	}
	if !(fps > 0 && fps <= 1000) {
		return nil, fmt.Errorf("write video %s: %v frames a second", path, fps)
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return nil, fmt.Errorf("write video %s: there is no folder %s", path, filepath.Dir(path))
	}
	return &VideoWriter{path: path, fps: fps}, nil
}

func codec(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mp4":
		return "mp4v"
	case ".avi":
		return "MJPG"
	}
	return ""
}

// Write appends a frame.
func (v *VideoWriter) Write(f *ar.Frame) error {
	if v.vw == nil {
		vw, err := gocv.VideoWriterFileWithAPI(v.path, gocv.VideoCaptureFFmpeg, codec(v.path), v.fps, f.Width, f.Height, true)
		if err != nil {
			return fmt.Errorf("write video %s: %w", v.path, err)
		}
		v.vw, v.size = vw, [2]int{f.Width, f.Height}
		if !vw.IsOpened() {
			return fmt.Errorf("write video %s: it cannot be created: check the folder's permissions", v.path)
		}
	}
	if v.size != [2]int{f.Width, f.Height} {
		return fmt.Errorf("write video %s: frame of %d × %d among frames of %d × %d", v.path, f.Width, f.Height, v.size[0], v.size[1])
	}
	return withMat(f, func(m *gocv.Mat) error { return v.vw.Write(*m) })
}

// Close finishes the file.
func (v *VideoWriter) Close() error {
	if v.vw == nil {
		return nil
	}
	err := v.vw.Close()
	v.vw = nil
	return err
}
