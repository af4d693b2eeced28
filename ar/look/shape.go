package look

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// Limits of a shape's file.
const (
	maxShapeBytes  = 256 << 10
	maxShapeDepth  = 64
	maxShapePoints = 20_000
)

// shapeFine is how far, millimetres, a contour may be from where it is drawn:
// a small part of a pixel.
const shapeFine = 0.01

// shape is a pair of glasses seen from the front, in millimetres, x to the
// right of the picture, y down, the middle of the bridge at 0, 0.
type shape struct {
	frame     [][]vec // edges of the opaque parts, clockwise; holes run the other way round
	lenses    []lens
	temple    float64 // length of the side pieces
	hingeY    float64 // where they begin
	material  frameMaterial
	halfWidth float64 // from the bridge to there
	// templeHeight is how high the side pieces are at the hinge.
	templeHeight float64
}

type lens struct {
	contours [][]vec // as frame
	color    ar3
	opacity  float32
}

// ar3 is a colour in B, G, R, 0–255.
type ar3 [3]float32

// loadShape reads the glasses named in a layer.
func loadShape(assets fs.FS, name string) (*shape, error) {
	data, err := readAsset(assets, name)
	if err != nil {
		return nil, fmt.Errorf("glasses %q: %w", name, err)
	}
	s, err := parseShape(data)
	if err != nil {
		return nil, fmt.Errorf("glasses %q: %w", name, err)
	}
	return s, nil
}

// readAsset reads a shape's file, one byte more than it may have at most.
func readAsset(assets fs.FS, name string) ([]byte, error) {
	if assets == nil {
		return nil, errors.New("no folder of shapes is set: name it with the assets setting")
	}
	if !fs.ValidPath(name) {
		return nil, errors.New("not a file name: name a file in the folder of shapes")
	}
	f, err := assets.Open(name)
	if err != nil {
		return nil, fmt.Errorf("put the file into the folder of shapes: %w", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxShapeBytes+1))
}

// parseShape reads the SVG that the package's comment describes.
func parseShape(data []byte) (s *shape, err error) {
	if len(data) > maxShapeBytes {
		return nil, fmt.Errorf("the file is over %d KiB: simplify the drawing", maxShapeBytes>>10)
	}
	// The SVG library trusts its input in places; a drawing must not take the
	// mirror down.
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("the drawing cannot be read: %v", r)
		}
	}()
	doc, err := splitSVG(data)
	if err != nil {
		return nil, err
	}
	s = &shape{temple: doc.temple, hingeY: doc.hingeY, material: doc.material}
	parts, err := flatten(doc.frame)
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	for _, p := range parts {
		s.frame = append(s.frame, simplify(p.contours)...)
	}
	if len(s.frame) == 0 {
		return nil, errors.New(`nothing is drawn with the id or class "frame"`)
	}
	if s.lenses, err = flatten(doc.lens); err != nil {
		return nil, fmt.Errorf("lens: %w", err)
	}
	for i := range s.lenses {
		s.lenses[i].contours = simplify(s.lenses[i].contours)
	}
	for _, c := range s.frame {
		for _, p := range c {
			s.halfWidth = max(s.halfWidth, math.Abs(p.x))
		}
	}
	if s.halfWidth < 40 || s.halfWidth > 100 {
		return nil, fmt.Errorf("the frame is %.0f mm wide: draw it in millimetres around x = 0, 80 to 200 wide", 2*s.halfWidth)
	}
	s.measureHinge()
	return s, nil
}

// simplify leaves out the contours' points that do not show.
func simplify(contours [][]vec) [][]vec {
	for i, c := range contours {
		contours[i] = simplified(c, shapeFine)
	}
	return contours
}

// measureHinge takes the height of the side pieces, and of their beginning if
// the drawing does not tell, from the frame's outer ends.
func (s *shape) measureHinge() {
	top, bottom := math.Inf(1), math.Inf(-1)
	for _, c := range s.frame {
		for _, p := range c {
			if math.Abs(p.x) > s.halfWidth-2.5 {
				top, bottom = min(top, p.y), max(bottom, p.y)
			}
		}
	}
	s.templeHeight = min(max(0.7*(bottom-top), 1.4), 7)
	if math.IsNaN(s.hingeY) {
		s.hingeY = (top + bottom) / 2
	}
}
