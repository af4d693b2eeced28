package firmwarecfg

import (
	"errors"
	"strconv"
)

// Camera is the mirror's camera.
type Camera struct {
	Source  string `yaml:"source"`  // as ar/camera reads it
	Width   int    `yaml:"width"`   // pixels, after turning
	Height  int    `yaml:"height"`  // pixels, after turning
	Rotate  int    `yaml:"rotate"`  // degrees clockwise: 0, 90, 180, 270
	Mirror  bool   `yaml:"mirror"`  // show the picture as a mirror would
	Quality int    `yaml:"quality"` // of the viewers' JPEG, 1 to 100
	// FOV is the field of view from corner to corner of the picture, degrees;
	// 0 if it is not known.
	FOV int `yaml:"fov"`
	// FPS and Format ("mjpeg" or "yuyv") are asked of a device, 0 and empty
	// for what suits it best; FPS is also a folder's speed.
	FPS      float64  `yaml:"fps"`
	Format   string   `yaml:"format"`
	Controls Controls `yaml:"controls"`
}

// Controls are a device's settings, each as ParseControl reads it.
type Controls struct {
	Exposure     string `yaml:"exposure"`      // in steps of 100 µs
	WhiteBalance string `yaml:"white_balance"` // kelvin
	Gain         string `yaml:"gain"`          // of the device's own scale
	Focus        string `yaml:"focus"`         // of the device's own scale
	PowerLine    int    `yaml:"power_line"`    // the mains' frequency: 50 or 60 Hz, 0 as it is
}

// ParseControl reads a device's setting: empty leaves it as it is, auto lets the
// device set it, a number is of the device's own scale.
func ParseControl(s string) (set, auto bool, value int32, err error) {
	switch s {
	case "":
		return false, false, 0, nil
	case "auto":
		return true, true, 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return false, false, 0, errors.New("want auto, a whole number, or nothing to leave it as it is")
	}
	return true, false, int32(n), nil
}

// PushCamera is the camera.source that takes a tablet's pictures.
const PushCamera = "push"

// maxCameraPixels is what a frame can hold: the decoder of pictures takes no more.
const maxCameraPixels = 40_000_000

func (cam Camera) check(c *checker) {
	c.that("camera.source", cam.Source != "", "no camera is set: name a device such as /dev/video0, an rtsp:// address, a video file, folder:DIR, still:PHOTO, push or fake")
	c.between("camera.width", cam.Width, 0, 8192)
	c.between("camera.height", cam.Height, 0, 8192)
	c.that("camera.height", cam.Width <= 8192 && cam.Height <= 8192 && cam.Width*cam.Height <= maxCameraPixels,
		"%d × %d pixels are too many for one picture: camera.width times camera.height may be 40 million at most; 1280 × 720 suits a kiosk", cam.Width, cam.Height)
	c.that("camera.rotate", cam.Rotate%90 == 0 && cam.Rotate >= 0 && cam.Rotate < 360, "%d is no quarter turn: use 0, 90, 180 or 270", cam.Rotate)
	c.between("camera.quality", cam.Quality, 1, 100)
	c.that("camera.fov", cam.FOV == 0 || cam.FOV >= 20 && cam.FOV <= 130, "%d° cannot be: use the camera's diagonal field of view, 20 to 130 degrees, or 0 if you do not know it", cam.FOV)
	c.that("camera.fps", cam.FPS >= 0 && cam.FPS <= 240, "%v is out of range: use 0 (the camera's own) to 240", cam.FPS)
	c.that("camera.format", cam.Format == "" || cam.Format == "mjpeg" || cam.Format == "yuyv", "%q is no format: use mjpeg, yuyv, or nothing for what suits the camera", cam.Format)
	for _, control := range []struct{ key, value string }{
		{"exposure", cam.Controls.Exposure},
		{"white_balance", cam.Controls.WhiteBalance},
		{"gain", cam.Controls.Gain},
		{"focus", cam.Controls.Focus},
	} {
		_, _, _, err := ParseControl(control.value)
		c.that("camera.controls."+control.key, err == nil, "%.40q cannot be set: %v", control.value, err)
	}
	hz := cam.Controls.PowerLine
	c.that("camera.controls.power_line", hz == 0 || hz == 50 || hz == 60, "%d is no mains' frequency: use 50, 60, or 0 to leave it as it is", hz)
}
