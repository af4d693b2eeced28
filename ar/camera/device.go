package camera

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"gocv.io/x/gocv"
)

// openDevice opens a V4L2 camera. It asks for MJPEG, which USB cameras need
// for 720p at 30 frames a second, and for a queue of one frame, so that a
// frame is never older than it must be. A device that hangs without being lost
// holds Read for the 10 s after which OpenCV gives up. Untested on hardware.
func openDevice(c Config) (*capture, error) {
	m := devicePath.FindStringSubmatch(c.Source)
	if m == nil {
		return nil, &SourceError{c.Source, "this is not a video device", "name /dev/video0, /dev/video1, …", nil}
	}
	if err := checkDevice(c.Source); err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return nil, &SourceError{c.Source, "this is not a video device", "name /dev/video0, /dev/video1, …", err}
	}
	vc, err := gocv.VideoCaptureDeviceWithAPI(n, gocv.VideoCaptureV4L2)
	if err != nil {
		return nil, &SourceError{c.Source, "the device gives no pictures", "use the camera's first device, and end other programs that hold it", err}
	}
	vc.Set(gocv.VideoCaptureFOURCC, vc.ToCodec("MJPG"))
	vc.Set(gocv.VideoCaptureBufferSize, 1)
	width, height := c.Width, c.Height
	if c.Rotate == 90 || c.Rotate == 270 {
		width, height = height, width
	}
	if width > 0 && height > 0 {
		vc.Set(gocv.VideoCaptureFrameWidth, float64(width))
		vc.Set(gocv.VideoCaptureFrameHeight, float64(height))
	}
	if c.FPS > 0 {
		vc.Set(gocv.VideoCaptureFPS, c.FPS)
	}
	fps := vc.Get(gocv.VideoCaptureFPS)
	return &capture{cfg: c, vc: vc, live: true, pace: pace{fps: fps}, fit: newFitter(c), raw: gocv.NewMat()}, nil
}

func checkDevice(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &SourceError{path, "there is no such device", "plug the camera in, or see which there are with: ls /dev/video*", err}
	case err != nil:
		return &SourceError{path, "the device cannot be looked at", "check the path", err}
	case st.Mode()&fs.ModeCharDevice == 0:
		return &SourceError{path, "this is not a device", "name /dev/video0, /dev/video1, …", nil}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		mend := "end other programs that hold it"
		if errors.Is(err, fs.ErrPermission) {
			mend = fmt.Sprintf("add this user to the group video (uid %d)", os.Getuid())
		}
		return &SourceError{path, "the device cannot be opened", mend, err}
	}
	return f.Close()
}
