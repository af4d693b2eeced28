package camera

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// capture reads frames from a video file.
type capture struct {
	cfg   Config
	vc    *gocv.VideoCapture // nil when lost
	pace  pace
	fit   fitter
	raw   gocv.Mat
	seq   uint64
	inRun int // frames read since the file was last opened

	closed bool
}

// openFile opens a video file.
func openFile(c Config) (*capture, error) {
	if err := checkFile(c.Source, c.Source, "name a video file"); err != nil {
		return nil, err
	}
	if err := checkVideo(c.Source); err != nil {
		return nil, err
	}
	vc, err := openVideo(c.Source)
	if err != nil {
		return nil, err
	}
	fps := vc.Get(gocv.VideoCaptureFPS)
	if !(fps >= 1 && fps <= 240) { // missing or absurd in the file's head
		fps = 30
	}
	return &capture{cfg: c, vc: vc, pace: pace{fps: fps}, fit: newFitter(c), raw: gocv.NewMat()}, nil
}

// openVideo lets FFmpeg alone try the file: OpenCV's other back-ends would
// take a broken name for a pattern of picture files or wait for a pipeline.
func openVideo(path string) (*gocv.VideoCapture, error) {
	vc, err := gocv.VideoCaptureFileWithAPI(path, gocv.VideoCaptureFFmpeg)
	if err != nil {
		return nil, &SourceError{path, "the video cannot be opened", "convert it to MP4 with H.264, or copy it anew if it is cut off", err}
	}
	w, h := int(vc.Get(gocv.VideoCaptureFrameWidth)), int(vc.Get(gocv.VideoCaptureFrameHeight))
	if w <= 0 || h <= 0 || w > maxSide || h > maxSide || w*h > maxPixels {
		vc.Close()
		return nil, &SourceError{path, "the video's pictures are empty or too large", "use pictures of at most 8192 pixels a side and 40 megapixels", nil}
	}
	return vc, nil
}

// checkFile reports why path is not a file that can be read.
func checkFile(source, path, mend string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &SourceError{source, "there is no such file", "check the path", err}
	case err != nil:
		return &SourceError{source, "the file cannot be looked at", "check the path and its permissions", err}
	case st.IsDir():
		return &SourceError{source, "this is a folder", mend, nil}
	case !st.Mode().IsRegular():
		return &SourceError{source, "this is not an ordinary file", mend, nil}
	case st.Size() == 0:
		return &SourceError{source, "the file is empty", "copy it anew", nil}
	}
	f, err := os.Open(path)
	if err != nil {
		return &SourceError{source, "the file cannot be read", "give this user the right to read it", err}
	}
	return f.Close()
}

// checkVideo looks at the first bytes, so that what is plainly no video gets a
// plain answer and not FFmpeg's.
func checkVideo(path string) error {
	head := make([]byte, 189)
	f, err := os.Open(path)
	if err != nil {
		return &SourceError{path, "the file cannot be read", "give this user the right to read it", err}
	}
	defer f.Close()
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return &SourceError{path, "the file cannot be read", "copy it anew", err}
	}
	if !looksLikeVideo(head[:n]) {
		return &SourceError{path, "this is not a video", "use MP4, MOV, MKV, WebM, AVI, OGG, FLV or MPEG", nil}
	}
	return nil
}

// looksLikeVideo knows the first bytes of the usual containers.
func looksLikeVideo(head []byte) bool {
	at := func(i int, magic string) bool {
		return len(head) >= i && bytes.HasPrefix(head[i:], []byte(magic))
	}
	for _, box := range []string{"ftyp", "moov", "mdat", "free", "skip", "wide"} { // ISO/IEC 14496-12
		if at(4, box) {
			return true
		}
	}
	return at(0, "\x1A\x45\xDF\xA3") || // Matroska, WebM
		at(0, "RIFF") && at(8, "AVI ") ||
		at(0, "OggS") || at(0, "FLV\x01") ||
		at(0, "\x00\x00\x01\xBA") || at(0, "\x00\x00\x01\xB3") || // MPEG program, video
		at(0, "G") && at(188, "G") // MPEG transport
}

// Read gives the next frame. A file that is not read Once begins again after
// its last frame, and skips those the reader is too late for.
func (c *capture) Read(ctx context.Context, f *ar.Frame) error {
	if c.closed || c.vc == nil {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.cfg.Once {
		late, err := c.pace.wait(ctx)
		if err != nil {
			return err
		}
		if late > 0 {
			if err := c.vc.Grab(late); err != nil {
				return &SourceError{c.cfg.Source, "reading failed", "check the file", err}
			}
			c.seq += uint64(late)
		}
	}
	if err := c.next(); err != nil {
		return err
	}
	c.seq++
	if err := c.fit.fit(f, &c.raw); err != nil {
		return &SourceError{c.cfg.Source, "a picture cannot be used", "check the source", err}
	}
	f.Seq, f.At = c.seq, c.pace.time(c.cfg.Once, c.seq)
	return nil
}

// next decodes one picture into c.raw, going round at the end of a file.
func (c *capture) next() error {
	if c.vc.Read(&c.raw) && !c.raw.Empty() {
		c.inRun++
		return nil
	}
	switch {
	case c.inRun == 0:
		return &SourceError{c.cfg.Source, "not one picture can be decoded", "convert the video to MP4 with H.264, or copy it anew", nil}
	case c.cfg.Once:
		return io.EOF
	}
	c.inRun = 0
	if err := c.vc.Close(); err != nil {
		return err
	}
	c.vc = nil
	vc, err := openVideo(c.cfg.Source)
	if err != nil {
		return err
	}
	c.vc = vc
	return c.next()
}

// FPS is the speed of the source in frames a second.
func (c *capture) FPS() float64 { return c.pace.fps }

// Close lets go of the file.
func (c *capture) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	err := errors.Join(c.raw.Close(), c.fit.close())
	if c.vc != nil {
		err = errors.Join(err, c.vc.Close())
	}
	return err
}
