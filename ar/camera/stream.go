package camera

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// How long a network camera may take to answer and for one picture, and the
// numbers of OpenCV's properties for it, which gocv does not name.
const (
	streamOpenTimeout = 5 * time.Second
	streamReadTimeout = 3 * time.Second

	capPropOpenTimeoutMS gocv.VideoCaptureProperties = 53
	capPropReadTimeoutMS gocv.VideoCaptureProperties = 54
)

// isStream reports whether source is a network camera's address.
func isStream(source string) bool {
	return strings.HasPrefix(source, "rtsp://") || strings.HasPrefix(source, "rtsps://")
}

// stream reads a network camera over RTSP, by OpenCV and its FFmpeg, which keep
// RTP inside the TCP connection. Pictures are read as fast as they come, so none
// waits longer than the reader makes it.
type stream struct {
	name   string // the source as it may be shown: without user and password
	vc     *gocv.VideoCapture
	raw    gocv.Mat
	fit    fitter
	seq    uint64
	closed bool
}

// openStream connects. No error of it, nor of the stream, holds the password:
// what OpenCV says of a failure names the whole address and is dropped.
func openStream(c Config) (*stream, error) {
	u, err := url.Parse(c.Source)
	if err != nil || u.Hostname() == "" {
		return nil, &SourceError{Shown(c.Source), "this is no camera's address", "write rtsp://USER:PASSWORD@HOST/PATH; signs such as @ and / in the password as %40 and %2F", nil}
	}
	name := Shown(c.Source)
	vc, err := gocv.VideoCaptureFileWithAPIParams(c.Source, gocv.VideoCaptureFFmpeg, []gocv.VideoCaptureProperties{
		capPropOpenTimeoutMS, gocv.VideoCaptureProperties(streamOpenTimeout.Milliseconds()),
		capPropReadTimeoutMS, gocv.VideoCaptureProperties(streamReadTimeout.Milliseconds()),
	})
	if err != nil {
		vc.Close()
		return nil, &SourceError{name, "the network camera does not answer, or refuses", "check that it is on, and its address, user and password", nil}
	}
	return &stream{name: name, vc: vc, raw: gocv.NewMat(), fit: newFitter(c)}, nil
}

// Shown is a source without what only its owner may know: the user and the password
// of a network camera.
func Shown(source string) string {
	if !isStream(source) {
		return source
	}
	scheme, rest, _ := strings.Cut(source, "://")
	// The last @ ends the user and password, also where they were written with
	// signs that should have been escaped; a query may hold another password.
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + "://" + rest
}

// Read waits for the camera's next picture, three seconds at most.
func (s *stream) Read(ctx context.Context, f *ar.Frame) error {
	if s.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.vc.Read(&s.raw) || s.raw.Empty() {
		return &SourceError{s.name, "the network camera gives no more pictures", "check its power and its network", nil}
	}
	if err := s.fit.enough(s.raw.Cols(), s.raw.Rows()); err != nil {
		return &SourceError{s.name, "the pictures are of the wrong size", "set another stream or size at the camera, or camera.width and height", err}
	}
	if err := s.fit.fit(f, &s.raw); err != nil {
		return &SourceError{s.name, "a picture cannot be used", "check the camera's settings", err}
	}
	s.seq++
	f.Seq, f.At = s.seq, time.Now()
	return nil
}

// Close hangs up.
func (s *stream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.vc.Close(), s.raw.Close(), s.fit.close())
}
