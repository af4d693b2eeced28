// Package camera brings pictures in and out through OpenCV: cameras that give
// frames, an encoder for the viewers' JPEG, and readers and writers of picture
// and video files.
//
// A camera gives its frames upright (Config.Rotate) but never mirrored, so
// that what is found in them keeps the shopper's own left and right. The
// mirror is made last, by JPEG.Mirror, as the picture is encoded for display.
//
// What is live comes newest first: a reader that was busy is given the picture of
// now. Every error says what to do about it and none holds a password. V4L2
// devices are untested on hardware: the tests make one up behind the kernel's
// own structures.
package camera

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// maxSide bounds the frame's sides and maxPixels its area, in pixels.
const (
	maxSide   = 8192
	maxPixels = 40 << 20
)

// Config says what a camera is and how its frames are to be.
type Config struct {
	// Source is one of
	//
	//	/dev/video0                     a V4L2 device, or a link to one below /dev
	//	rtsp://user:password@host/path  a network camera (rtsps:// over TLS)
	//	clip.mp4                        a video file; it loops at its own speed
	//	folder:pictures                 the pictures in a folder, in name order; it loops
	//	still:face.jpg                  a photo that pans, zooms and turns
	//	still:face.jpg#xywh=90,40,200,260
	//
	// The last names the region of the photo that stays in view and fills most
	// of the frame, in pixels or as "#xywh=percent:20,10,40,60" (W3C Media
	// Fragments 1.0, spatial dimension).
	Source string
	// Width and Height are the size of the frames, turned by Rotate already.
	// 0 means the source's own size (a still: 1280 × 720); if only one is 0 it
	// follows from the other. Where the proportions differ the frame is cut to
	// fill, never padded.
	Width, Height int
	// FPS is wanted of a device (0: 30, or the most it has), a still (0: 30) or
	// a folder (0: 1). Network cameras and video files have their own.
	FPS float64
	// Format and Controls are for devices; the zero values leave it to them.
	Format   Format
	Controls Controls
	// Rotate turns the picture clockwise by 0, 90, 180 or 270 degrees, for
	// cameras that are mounted on their side.
	Rotate int
	// Once makes a file end with io.EOF after its last frame, and gives frames
	// as fast as they are asked for, with the times of the source's own speed.
	Once bool
}

// SourceError is why a source cannot be used, and what to do about it.
type SourceError struct {
	Source string // as configured, without a password
	Reason string // what is wrong
	Mend   string // what to do
	Err    error  // the cause, if there is one
}

func (e *SourceError) Error() string {
	s := fmt.Sprintf("camera %q: %s: %s", e.Source, e.Reason, e.Mend)
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}

func (e *SourceError) Unwrap() error { return e.Err }

// sizeError is the cause where a source gives pictures of a size that the mirror
// cannot use.
type sizeError struct{ w, h, width, height int }

func (e sizeError) Error() string {
	return fmt.Sprintf("%d × %d pixels are too few for %d × %d", e.w, e.h, e.width, e.height)
}

// Fault is what the mirror's card shows.
func (sizeError) Fault() ar.Fault { return ar.FaultSize }

// fitting refuses frames that are too large, as they can become where a side
// that was not set follows from the source's proportions.
func fitting(width, height int) error {
	if width > maxSide || height > maxSide || width*height > maxPixels {
		return fmt.Errorf("the frames would be %d × %d pixels: at most %d a side and 40 megapixels can be", width, height, maxSide)
	}
	return nil
}

// Check reports what is wrong with c itself, without touching its source.
func (c Config) Check() error {
	switch {
	case c.Source == "":
		return &SourceError{Shown(c.Source), "no source is set", "name a device (/dev/video0), an rtsp:// address, a video file, folder:DIR or still:PHOTO", nil}
	case strings.ContainsRune(c.Source, 0):
		return &SourceError{Shown(c.Source), "the name has a NUL byte in it", "write it anew", nil}
	case c.Rotate != 0 && c.Rotate != 90 && c.Rotate != 180 && c.Rotate != 270:
		return &SourceError{Shown(c.Source), fmt.Sprintf("rotate is %d", c.Rotate), "set 0, 90, 180 or 270", nil}
	case c.Width < 0 || c.Height < 0 || fitting(c.Width, c.Height) != nil:
		return &SourceError{Shown(c.Source), fmt.Sprintf("size %d × %d", c.Width, c.Height), "set sides of 0 (the source's own) to 8192 and at most 40 megapixels", nil}
	case !(c.FPS >= 0 && c.FPS <= 1000):
		return &SourceError{Shown(c.Source), fmt.Sprintf("%v frames a second", c.FPS), "set 0 (the source's own) to 1000", nil}
	}
	return nil
}

// Live reports whether the source is a sensor, whose pictures are never twice
// the same, and not a file.
func (c Config) Live() bool { return isStream(c.Source) || isDevice(c.Source) }

// isDevice reports whether the source is a device, or a link to one such as udev
// makes: what is below /dev, of which /dev/shm alone holds files.
func isDevice(source string) bool {
	return strings.HasPrefix(source, "/dev/") && !strings.HasPrefix(source, "/dev/shm/")
}

var devicePath = regexp.MustCompile(`^/dev/video(\d{1,3})$`)

// Open opens the camera that c names. Its errors are SourceErrors.
func Open(ctx context.Context, c Config) (ar.Camera, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if photo, ok := strings.CutPrefix(c.Source, "still:"); ok {
		return openStill(c, photo)
	}
	if dir, ok := strings.CutPrefix(c.Source, "folder:"); ok {
		return openFolder(c, dir)
	}
	if isStream(c.Source) {
		return openStream(c)
	}
	if isDevice(c.Source) {
		return openDevice(c)
	}
	return openFile(c)
}

// pace spaces frames in time.
type pace struct {
	fps   float64
	start time.Time
	n     uint64 // frames due since start
}

// wait sleeps until the next frame is due. It returns how many frames the
// reader has come too late for, which are to be skipped; one who has been away
// for more than a second goes on where he was.
func (p *pace) wait(ctx context.Context) (late int, err error) {
	now := time.Now()
	if p.start.IsZero() {
		p.start = now
	}
	behind := now.Sub(p.start).Seconds()*p.fps - float64(p.n)
	switch {
	case behind > max(p.fps, 1):
		p.start = p.start.Add(time.Duration(behind / p.fps * float64(time.Second)))
	case behind > 1:
		late = int(behind)
	}
	due := p.start.Add(time.Duration(float64(p.n) / p.fps * float64(time.Second)))
	p.n += uint64(late) + 1
	t := time.NewTimer(max(due.Sub(now), 0))
	defer t.Stop()
	select {
	case <-t.C:
		return late, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// time is when frame seq was taken: now, or when it would have been at the
// source's own speed if its frames are not spaced.
func (p *pace) time(unspaced bool, seq uint64) time.Time {
	now := time.Now()
	if !unspaced {
		return now
	}
	if p.start.IsZero() {
		p.start = now
	}
	return p.start.Add(time.Duration(float64(seq) / p.fps * float64(time.Second)))
}

// errClosed is returned by Read after Close.
var errClosed = errors.New("camera is closed")
