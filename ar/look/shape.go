package look

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/srwiley/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// Limits of a shape's file.
const (
	maxShapeBytes  = 256 << 10
	maxShapeDepth  = 64
	maxShapePoints = 20_000
)

// shape is a pair of glasses seen from the front, in millimetres, x to the
// right of the picture, y down, the middle of the bridge at 0, 0.
type shape struct {
	frame     [][]vec // edges of the opaque parts, clockwise; holes run the other way round
	lenses    []lens
	temple    float64 // length of the side pieces
	hingeY    float64 // where they begin
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
	if assets == nil {
		return nil, fmt.Errorf("glasses %q: no folder of shapes is set: name it with the assets setting", name)
	}
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("glasses %q: not a file name: name a file in the folder of shapes", name)
	}
	f, err := assets.Open(name)
	if err != nil {
		return nil, fmt.Errorf("glasses %q: put the file into the folder of shapes: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxShapeBytes+1))
	if err != nil {
		return nil, fmt.Errorf("glasses %q: %w", name, err)
	}
	s, err := parseShape(data)
	if err != nil {
		return nil, fmt.Errorf("glasses %q: %w", name, err)
	}
	return s, nil
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
	s = &shape{temple: doc.temple, hingeY: doc.hingeY}
	parts, err := flatten(doc.frame)
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	for _, p := range parts {
		s.frame = append(s.frame, p.contours...)
	}
	if len(s.frame) == 0 {
		return nil, errors.New(`nothing is drawn with the id or class "frame"`)
	}
	if s.lenses, err = flatten(doc.lens); err != nil {
		return nil, fmt.Errorf("lens: %w", err)
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

// svgParts is one drawing as two: the frame alone and the lenses alone.
type svgParts struct {
	frame, lens    []byte
	temple, hingeY float64
}

// splitSVG takes the drawing apart by the ids and classes of its elements and
// their groups.
func splitSVG(data []byte) (p svgParts, err error) {
	p = svgParts{temple: 145, hingeY: math.NaN()}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	roles := []string{""} // of the open elements
	frame, lens := part{role: "frame"}, part{role: "lens"}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, fmt.Errorf("not an SVG: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(roles) == 1 {
				if t.Name.Local != "svg" {
					return p, fmt.Errorf("not an SVG: it begins with <%s>", t.Name.Local)
				}
				if err := p.readRoot(t.Attr); err != nil {
					return p, err
				}
			}
			if len(roles) > maxShapeDepth {
				return p, errors.New("elements are nested too deep: flatten the groups")
			}
			role := roleOf(t, roles[len(roles)-1])
			roles = append(roles, role)
			frame.start(t, role)
			lens.start(t, role)
		case xml.EndElement:
			if len(roles) == 1 {
				return p, fmt.Errorf("not an SVG: </%s> closes nothing", t.Name.Local)
			}
			roles = roles[:len(roles)-1]
			frame.end()
			lens.end()
		case xml.CharData:
			frame.text(string(t))
			lens.text(string(t))
		}
	}
	if !frame.seen || len(roles) != 1 {
		return p, errors.New("not an SVG: it is empty or cut off")
	}
	p.frame, p.lens = frame.buf.Bytes(), lens.buf.Bytes()
	return p, nil
}

// readRoot reads what the root element says about the side pieces.
func (p *svgParts) readRoot(attrs []xml.Attr) error {
	for _, a := range attrs {
		var dst *float64
		var lo, hi float64
		switch a.Name.Local {
		case "data-temple":
			dst, lo, hi = &p.temple, 60, 200
		case "data-hinge-y":
			dst, lo, hi = &p.hingeY, -40, 40
		default:
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64)
		if err != nil || !(v >= lo && v <= hi) {
			return fmt.Errorf("%s=%q: want %v to %v (millimetres)", a.Name.Local, a.Value, lo, hi)
		}
		*dst = v
	}
	return nil
}

// roleOf is "frame" or "lens" if the element's id or classes say so, and what
// its group is otherwise.
func roleOf(t xml.StartElement, outer string) string {
	for _, a := range t.Attr {
		if a.Name.Local != "id" && a.Name.Local != "class" {
			continue
		}
		for _, word := range strings.Fields(a.Value) {
			if word == "frame" || word == "lens" {
				return word
			}
		}
	}
	return outer
}

// part writes the drawing anew with only what has one role.
type part struct {
	role string
	buf  bytes.Buffer
	open []string // names of the elements that are written and not yet closed
	seen bool     // whether there was any
}

// start writes the element, or an empty group in place of a drawing one that
// has another role.
func (p *part) start(t xml.StartElement, role string) {
	draws := []string{"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use"}
	name, attrs := t.Name.Local, t.Attr
	if role != p.role && slices.Contains(draws, name) {
		name, attrs = "g", nil
	}
	p.open, p.seen = append(p.open, name), true
	fmt.Fprintf(&p.buf, "<%s", name)
	for _, a := range attrs {
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		fmt.Fprintf(&p.buf, ` %s="`, name)
		p.text(a.Value)
		p.buf.WriteByte('"')
	}
	p.buf.WriteByte('>')
}

func (p *part) end() {
	last := len(p.open) - 1
	fmt.Fprintf(&p.buf, "</%s>", p.open[last])
	p.open = p.open[:last]
}

// text writes characters into the buffer, which cannot fail.
func (p *part) text(s string) { _ = xml.EscapeText(&p.buf, []byte(s)) }

// flatten draws the SVG into contours, one lens an element.
func flatten(svg []byte) ([]lens, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.IgnoreErrorMode)
	if err != nil {
		return nil, err
	}
	var parts []lens
	left := maxShapePoints
	for i := range icon.SVGPaths {
		// The library does not read fill-rule; contours that do not cross
		// look the same by the even-odd rule, whatever way round they run.
		icon.SVGPaths[i].UseNonZeroWinding = false // so that a fill differs from a stroke
		pen := &pen{nonZero: true, left: left}
		icon.SVGPaths[i].DrawTransformed(rasterx.NewDasher(1, 1, pen), 1, rasterx.Identity)
		left = pen.left
		parts = append(parts, pen.lenses...)
	}
	return parts, nil
}

// pen takes down what the SVG library draws, already flattened, in the
// drawing's own units. It is a rasterx.Scanner.
type pen struct {
	contours [][]vec
	nonZero  bool
	color    color.Color
	lenses   []lens
	left     int // points it may still draw
}

// spend counts a point. The library flattens curves of any size into as many
// lines as that takes, so it is stopped where it draws.
func (p *pen) spend() {
	if p.left--; p.left < 0 {
		panic(errTooManyPoints)
	}
}

var errTooManyPoints = fmt.Errorf("over %d points: simplify the drawing", maxShapePoints)

func at(p fixed.Point26_6) vec { return vec{float64(p.X) / 64, float64(p.Y) / 64} }

func (p *pen) Start(a fixed.Point26_6) {
	p.spend()
	p.contours = append(p.contours, []vec{at(a)})
}

func (p *pen) Line(b fixed.Point26_6) {
	p.spend()
	if n := len(p.contours); n > 0 {
		p.contours[n-1] = append(p.contours[n-1], at(b))
	}
}

func (p *pen) Draw() {
	if len(p.contours) == 0 {
		return
	}
	c := p.contours
	if !p.nonZero {
		evenOdd(c)
	}
	c = chain(c)
	total := 0.0
	for _, line := range c {
		for i := range line[1:] {
			total += line[i].x*line[i+1].y - line[i+1].x*line[i].y
		}
	}
	if total < 0 { // all the same way round, so that parts that overlap add up
		for _, line := range c {
			slices.Reverse(line)
		}
	}
	l := lens{contours: c, opacity: 1}
	if p.color != nil {
		n := color.NRGBAModel.Convert(p.color).(color.NRGBA)
		l.color, l.opacity = ar3{float32(n.B), float32(n.G), float32(n.R)}, float32(n.A)/255
	}
	p.lenses = append(p.lenses, l)
	p.contours = nil
}

func (p *pen) SetColor(c any) {
	switch c := c.(type) {
	case color.Color:
		p.color = c
	case rasterx.ColorFunc: // a gradient: the colour it has on the bridge
		p.color = c(0, 0)
	}
}

func (p *pen) GetPathExtent() fixed.Rectangle26_6 { return fixed.Rectangle26_6{} }
func (p *pen) SetBounds(int, int)                 {}
func (p *pen) SetWinding(nonZero bool)            { p.nonZero = nonZero }
func (p *pen) Clear()                             { p.contours = nil }
func (p *pen) SetClip(image.Rectangle)            {}

// chain joins lines that go on where another ends: strokes come as one line
// an edge, in no useful order. Mere points are dropped.
func chain(lines [][]vec) [][]vec {
	next := map[vec][]int{} // the lines that begin at a point
	for i, line := range lines {
		if moves(line) {
			next[line[0]] = append(next[line[0]], i)
		}
	}
	var out [][]vec
	for _, line := range lines {
		if !moves(line) {
			continue
		}
		var joined []vec
		for p := line[0]; len(next[p]) > 0; p = joined[len(joined)-1] {
			i := next[p][0]
			next[p] = next[p][1:]
			joined = append(joined, lines[i][min(len(joined), 1):]...)
		}
		if len(joined) > 0 {
			out = append(out, joined)
		}
	}
	return out
}

func moves(line []vec) bool {
	return len(line) > 2 || len(line) == 2 && line[0] != line[1]
}

// evenOdd turns contours so that the rule "inside is where one crosses an odd
// number of them" and the winding rule give the same picture. It holds for
// contours that do not cross.
func evenOdd(contours [][]vec) {
	for i, c := range contours {
		depth := 0
		for j, other := range contours {
			if i != j && contains(other, c[0]) {
				depth++
			}
		}
		if (area(c) > 0) != (depth%2 == 0) {
			slices.Reverse(c)
		}
	}
}

// contains reports whether p is inside the contour.
func contains(c []vec, p vec) bool {
	in := false
	for i, a := range c {
		b := c[(i+1)%len(c)]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			in = !in
		}
	}
	return in
}
