package face

import (
	"image"
	"image/color"
	"math"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// region is a square of the frame that may be turned: pixels and radians,
// clockwise on the screen.
type region struct {
	x, y  float64 // centre
	size  float64 // side
	angle float64
}

// margin is a region's side over the longer side of the face's box.
const margin = 1.5

// The points that a face's turn in the picture is measured by: the outer
// corners of the shopper's right and left eye.
const (
	rightEyeOuter = 33
	leftEyeOuter  = 263
)

// regionOf is where to look for the face whose points these were.
func regionOf(points *[ar.Points]ar.Point) region {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i := range points {
		x, y := float64(points[i].X), float64(points[i].Y)
		b.x0, b.x1 = min(b.x0, x), max(b.x1, x)
		b.y0, b.y1 = min(b.y0, y), max(b.y1, y)
	}
	r, l := points[rightEyeOuter], points[leftEyeOuter]
	return b.region(math.Atan2(float64(l.Y-r.Y), float64(l.X-r.X)))
}

// slack is how far a region may be off where the face wants it, in parts of its
// side (and radians) before it is moved: a crop that shakes shakes the landmarks.
const slack = .01

// leashed is r moved towards want no further than needed.
func (r region) leashed(want region) region {
	near := func(have, want, most float64) float64 { return min(max(have, want-most), want+most) }
	most := slack * want.size
	turn := math.Remainder(r.angle-want.angle, 2*math.Pi)
	return region{
		x: near(r.x, want.x, most), y: near(r.y, want.y, most),
		size:  near(r.size, want.size, most),
		angle: want.angle + near(turn, 0, slack),
	}
}

// sound reports whether the region is a place one can look at.
func (r region) sound() bool {
	finite := !math.IsNaN(r.x+r.y+r.angle) && !math.IsInf(r.x+r.y+r.angle, 0)
	return finite && r.size >= 1 && r.size <= 4*maxSide
}

// scaled is the region in a picture k times as large.
func (r region) scaled(k float64) region { return region{k * r.x, k * r.y, k * r.size, r.angle} }

// box is about where the face in the region is.
func (r region) box() box {
	half := r.size / margin / 2
	return box{r.x - half, r.y - half, r.x + half, r.y + half}
}

// box is an upright rectangle: left, top, right, bottom.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) area() float64 { return max(b.x1-b.x0, 0) * max(b.y1-b.y0, 0) }

func (b box) scaled(k float64) box { return box{k * b.x0, k * b.y0, k * b.x1, k * b.y1} }

func (b box) side() float64 { return max(b.x1-b.x0, b.y1-b.y0) }

// overlap is intersection over union.
func (b box) overlap(c box) float64 {
	both := box{max(b.x0, c.x0), max(b.y0, c.y0), min(b.x1, c.x1), min(b.y1, c.y1)}.area()
	if both == 0 {
		return 0
	}
	return both / (b.area() + c.area() - both)
}

func (b box) region(angle float64) region {
	return region{(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2, margin * max(b.x1-b.x0, b.y1-b.y0), angle}
}

// cropper cuts regions out of frames as a model wants them.
type cropper struct {
	side   int
	border gocv.BorderType
	colour [256]float32 // what the model has for each level
	crop   gocv.Mat
	matrix gocv.Mat
}

// newCropper makes pictures of side × side pixels with colours from lowest to 1.
func newCropper(side int, lowest float32, border gocv.BorderType) *cropper {
	c := &cropper{
		side: side, border: border,
		crop:   gocv.NewMatWithSize(side, side, gocv.MatTypeCV8UC3),
		matrix: gocv.NewMatWithSize(2, 3, gocv.MatTypeCV64F),
	}
	for i := range c.colour {
		c.colour[i] = lowest + (1-lowest)*float32(i)/255
	}
	return c
}

func (c *cropper) close() error {
	err := c.crop.Close()
	if e := c.matrix.Close(); err == nil {
		err = e
	}
	return err
}

// cut writes the region into dst, 3 × side × side, red first. The centre of
// the crop's pixel i lies at (i + ½)/side of the region; OpenCV counts pixels
// by their centres, ar by their edges, hence the halves.
func (c *cropper) cut(picture gocv.Mat, r region, dst []float32) error {
	m, err := c.matrix.DataPtrFloat64()
	if err != nil {
		return err
	}
	step := r.size / float64(c.side)
	cos, sin := step*math.Cos(r.angle), step*math.Sin(r.angle)
	first := 0.5 - float64(c.side)/2
	m[0], m[1], m[2] = cos, -sin, r.x+(cos-sin)*first-0.5
	m[3], m[4], m[5] = sin, cos, r.y+(sin+cos)*first-0.5
	err = gocv.WarpAffineWithParams(picture, &c.crop, c.matrix, image.Pt(c.side, c.side),
		gocv.InterpolationLinear|gocv.WarpInverseMap, c.border, color.RGBA{})
	if err != nil {
		return err
	}
	pix, err := c.crop.DataPtrUint8()
	if err != nil {
		return err
	}
	n := c.side * c.side
	red, green, blue := dst[:n], dst[n:2*n], dst[2*n:3*n]
	for i := range red {
		p := pix[3*i : 3*i+3 : 3*i+3]
		blue[i], green[i], red[i] = c.colour[p[0]], c.colour[p[1]], c.colour[p[2]]
	}
	return nil
}
