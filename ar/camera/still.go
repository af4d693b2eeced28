package camera

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// How far a still moves from its middle position.
const (
	stillTurn  = 9.0  // degrees
	stillZoom  = 0.12 // of the size
	stillPan   = 0.05 // of the frame's height
	stillFocus = 0.72 // of the frame's height that the focus takes up
)

// still is a photo that moves: the same frames in the same order each time.
type still struct {
	cfg    Config
	page   gocv.Mat // the photo at its greatest size, in a blurred surround
	cx, cy float64  // middle of the focus on the page, pixels
	affine gocv.Mat // 2 × 3
	pace   pace
	n      uint64
	closed bool
}

func openStill(c Config, photo string) (*still, error) {
	path, focus, err := cutFocus(photo)
	if err != nil {
		return nil, &SourceError{c.Source, "the region after # is wrong", "write #xywh=x,y,width,height or #xywh=percent:x,y,width,height", err}
	}
	src, err := readPicture(c.Source, path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if c.Width == 0 && c.Height == 0 {
		c.Width, c.Height = 1280, 720
	}
	c.Width, c.Height = frameSize(16, 9, c.Width, c.Height)
	if err := fitting(c.Width, c.Height); err != nil {
		return nil, &SourceError{c.Source, "its frames would be too large", "set the other side too", err}
	}
	if c.FPS == 0 {
		c.FPS = 30
	}
	upright := src
	if c.Rotate != 0 {
		ft := fitter{rotate: c.Rotate, turned: gocv.NewMat()}
		defer ft.close()
		var f ar.Frame
		if err := ft.fit(&f, &src); err != nil {
			return nil, &SourceError{c.Source, "the photo cannot be turned", "use another photo", err}
		}
		upright = ft.turned
	}
	s := &still{cfg: c, page: gocv.NewMat(), affine: gocv.NewMatWithSize(2, 3, gocv.MatTypeCV64F), pace: pace{fps: c.FPS}}
	if err := s.layOut(upright, focus.in(upright.Cols(), upright.Rows())); err != nil {
		return nil, errors.Join(&SourceError{c.Source, "the photo cannot be prepared", "use another photo", err}, s.Close())
	}
	return s, nil
}

// layOut makes the page: the photo scaled once, well, to the greatest size it
// is shown at, and around it its own blurred reflection.
func (s *still) layOut(src gocv.Mat, focus image.Rectangle) error {
	w, h := float64(s.cfg.Width), float64(s.cfg.Height)
	scale := max(w/float64(src.Cols()), h/float64(src.Rows()))
	if focus != image.Rect(0, 0, src.Cols(), src.Rows()) {
		scale = min(stillFocus*h/float64(focus.Dy()), stillFocus*w/float64(focus.Dx()))
	}
	scale *= 1 + stillZoom
	scale = min(scale, math.Sqrt(maxPixels/2/float64(src.Cols()*src.Rows())))
	size := image.Pt(max(int(scale*float64(src.Cols())), 1), max(int(scale*float64(src.Rows())), 1))

	big := gocv.NewMat()
	defer big.Close()
	how := gocv.InterpolationLanczos4
	if scale < 1 {
		how = gocv.InterpolationArea
	}
	if err := gocv.Resize(src, &big, size, 0, 0, how); err != nil {
		return err
	}
	pad := max(s.cfg.Width, s.cfg.Height) / 2
	if err := gocv.CopyMakeBorder(big, &s.page, pad, pad, pad, pad, gocv.BorderReflect101, color.RGBA{}); err != nil {
		return err
	}
	if err := gocv.Blur(s.page, &s.page, image.Pt(61, 61)); err != nil {
		return err
	}
	middle := s.page.Region(image.Rect(pad, pad, pad+size.X, pad+size.Y))
	defer middle.Close()
	if err := big.CopyTo(&middle); err != nil {
		return err
	}
	s.cx = float64(pad) + scale*float64(focus.Min.X+focus.Max.X)/2
	s.cy = float64(pad) + scale*float64(focus.Min.Y+focus.Max.Y)/2
	return nil
}

// Read gives the next frame of the movement.
func (s *still) Read(ctx context.Context, f *ar.Frame) error {
	if s.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.cfg.Once {
		late, err := s.pace.wait(ctx)
		if err != nil {
			return err
		}
		s.n += uint64(late)
	}
	s.n++
	f.Resize(s.cfg.Width, s.cfg.Height)
	s.aim(float64(s.n-1) / s.cfg.FPS)
	err := withMat(f, func(m *gocv.Mat) error {
		return gocv.WarpAffineWithParams(s.page, m, s.affine, image.Pt(f.Width, f.Height),
			gocv.InterpolationLinear|gocv.WarpInverseMap, gocv.BorderReflect101, color.RGBA{})
	})
	if err != nil {
		return &SourceError{s.cfg.Source, "the photo cannot be moved", "use another photo", err}
	}
	f.Seq, f.At = s.n, s.pace.time(s.cfg.Once, s.n)
	return nil
}

// aim sets the map from the frame to the page for t seconds after the start.
// The periods have no common multiple that anybody would wait for.
func (s *still) aim(t float64) {
	wave := func(period, phase float64) float64 { return math.Sin(2*math.Pi*t/period + phase) }
	turn := stillTurn * math.Pi / 180 * wave(7, 0)
	zoom := (1 + stillZoom*wave(11, 0)) / (1 + stillZoom) // of the page, ≤ 1
	h := float64(s.cfg.Height)
	cx := s.cx + stillPan*h*wave(5, 0)/zoom
	cy := s.cy + stillPan*h*wave(8, 1)/zoom
	cos, sin := math.Cos(turn)/zoom, math.Sin(turn)/zoom
	x, y := float64(s.cfg.Width-1)/2, float64(s.cfg.Height-1)/2
	for i, v := range [6]float64{cos, -sin, cx - 0.5 - cos*x + sin*y, sin, cos, cy - 0.5 - sin*x - cos*y} {
		s.affine.SetDoubleAt(i/3, i%3, v)
	}
}

// FPS is the speed of the movement in frames a second.
func (s *still) FPS() float64 { return s.cfg.FPS }

// Close frees the photo.
func (s *still) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.page.Close(), s.affine.Close())
}

// region is a rectangle on a picture, in pixels or in percent of its sides;
// one without a width is the whole picture.
type region struct {
	x, y, w, h float64
	percent    bool
}

// cutFocus parts "photo.jpg#xywh=1,2,3,4" into path and region.
func cutFocus(photo string) (path string, r region, err error) {
	i := strings.LastIndex(photo, "#xywh=")
	if i < 0 {
		return photo, region{}, nil
	}
	path, list := photo[:i], photo[i+len("#xywh="):]
	if rest, ok := strings.CutPrefix(list, "percent:"); ok {
		r.percent, list = true, rest
	} else {
		list = strings.TrimPrefix(list, "pixel:")
	}
	parts := strings.Split(list, ",")
	if len(parts) != 4 {
		return "", region{}, fmt.Errorf("%d numbers, want 4", len(parts))
	}
	for j, dst := range []*float64{&r.x, &r.y, &r.w, &r.h} {
		v, err := strconv.ParseFloat(parts[j], 64)
		if err != nil || !(v >= 0 && v <= 1e6) {
			return "", region{}, fmt.Errorf("number %q", parts[j])
		}
		*dst = v
	}
	if r.w == 0 || r.h == 0 {
		return "", region{}, errors.New("the region is empty")
	}
	return path, r, nil
}

// in is the region on a picture of w × h pixels; the whole of it if the region
// lies outside.
func (r region) in(w, h int) image.Rectangle {
	whole := image.Rect(0, 0, w, h)
	sx, sy := 1.0, 1.0
	if r.percent {
		sx, sy = float64(w)/100, float64(h)/100
	}
	rect := image.Rect(int(sx*r.x), int(sy*r.y), int(sx*(r.x+r.w)), int(sy*(r.y+r.h))).Intersect(whole)
	if rect.Empty() {
		return whole
	}
	return rect
}
