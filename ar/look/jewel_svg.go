package look

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// material is what a part is made of.
type material string

// The materials, as classes name them.
const (
	metal  material = "metal"
	pearl  material = "pearl"
	gem    material = "gem"
	enamel material = "enamel"
)

// jewelStyle is what the classes of an element and its groups say.
type jewelStyle struct {
	material material
	shade    bool // takes the layer's colour
	hang     bool // swings about the hinge
	ring     bool // is the round tube of a hoop
	chain    bool // is a bit of a necklace's chain
}

// with is the style of an element inside a group of style s.
func (s jewelStyle) with(attrs []xml.Attr) jewelStyle {
	for _, a := range attrs {
		if a.Name.Local != "class" {
			continue
		}
		for _, word := range strings.Fields(a.Value) {
			switch m := material(word); m {
			case metal, pearl, gem, enamel:
				s.material, s.shade = m, false
			}
		}
		for _, word := range strings.Fields(a.Value) {
			switch word {
			case "shade":
				s.shade = true
			case "hang":
				s.hang = true
			case "ring":
				s.ring = true
			case "chain":
				s.chain = true
			}
		}
	}
	return s
}

// jewelRun is the drawing with no more than elements of one style that follow
// each other.
type jewelRun struct {
	style jewelStyle
	svg   []byte
}

// draws reports whether elements of that name draw something.
func draws(name string) bool {
	return slices.Contains([]string{"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use"}, name)
}

// splitJewel reads what the root element says and takes the drawing apart.
func splitJewel(data []byte) (*jewel, []jewelRun, error) {
	j := &jewel{mass: 3, round: 420}
	var runs []jewelRun
	var first []int // drawing element that each run begins with
	count := 0
	err := walkJewel(data, func(t xml.StartElement, depth int, style jewelStyle) error {
		if depth == 0 {
			return j.readRoot(t.Attr)
		}
		if draws(t.Name.Local) {
			if n := len(runs); style.material != "" && (n == 0 || runs[n-1].style != style) {
				if n == maxJewelParts {
					return fmt.Errorf("over %d parts: put what is alike into one group", maxJewelParts)
				}
				runs, first = append(runs, jewelRun{style: style}), append(first, count)
			}
			count++
		}
		return nil
	}, func() {}, func(string) {})
	if err != nil {
		return nil, nil, err
	}
	for i := range runs {
		until := count
		if i+1 < len(runs) {
			until = first[i+1]
		}
		runs[i].svg, err = pickJewel(data, runs[i].style, first[i], until)
		if err != nil {
			return nil, nil, err
		}
	}
	return j, runs, nil
}

// pickJewel writes the drawing anew with the elements of a style among those
// with numbers from first to until.
func pickJewel(data []byte, style jewelStyle, first, until int) ([]byte, error) {
	p := part{role: "kept"}
	count := 0
	err := walkJewel(data, func(t xml.StartElement, _ int, s jewelStyle) error {
		role := ""
		if draws(t.Name.Local) {
			if s == style && count >= first && count < until {
				role = "kept"
			}
			count++
		}
		p.start(t, role)
		return nil
	}, p.end, p.text)
	return p.buf.Bytes(), err
}

// walkJewel calls back for everything in the drawing.
func walkJewel(data []byte, start func(xml.StartElement, int, jewelStyle) error, end func(), text func(string)) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	styles := []jewelStyle{{}} // of the open elements
	seen := false
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("not an SVG: %w", err)
		}
		depth := len(styles) - 1
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 && (t.Name.Local != "svg" || seen) {
				return fmt.Errorf("not an SVG: <%s> is where <svg> should be", t.Name.Local)
			}
			if depth >= maxShapeDepth {
				return errors.New("elements are nested too deep: flatten the groups")
			}
			seen = true
			style := styles[depth].with(t.Attr)
			if err := start(t, depth, style); err != nil {
				return err
			}
			styles = append(styles, style)
		case xml.EndElement:
			if depth == 0 {
				return fmt.Errorf("not an SVG: </%s> closes nothing", t.Name.Local)
			}
			styles = styles[:depth]
			end()
		case xml.CharData:
			text(string(t))
		}
	}
	if !seen || len(styles) != 1 {
		return errors.New("not an SVG: it is empty or cut off")
	}
	return nil
}

// readRoot reads what the root element says of the piece.
func (j *jewel) readRoot(attrs []xml.Attr) error {
	for _, a := range attrs {
		var dst *float64
		var lo, hi float64
		switch a.Name.Local {
		case "data-jewel":
			j.kind = jewelKind(a.Value)
			continue
		case "data-hinge-y":
			dst, lo, hi = &j.hinge, -20, 60
		case "data-length":
			dst, lo, hi = &j.length, 3, 1000
			if j.isNecklace(attrs) {
				dst, lo = &j.round, 340
			}
		case "data-mass":
			dst, lo, hi = &j.mass, 0.2, 100
		default:
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64)
		if err != nil || !(v >= lo && v <= hi) {
			return fmt.Errorf("%s=%q: want %v to %v", a.Name.Local, a.Value, lo, hi)
		}
		*dst = v
	}
	if j.kind.layer() == "" {
		return fmt.Errorf("data-jewel=%q: want one of %q", j.kind,
			[]jewelKind{jewelStud, jewelHoop, jewelDrop, jewelNose, jewelNecklace})
	}
	return nil
}

func (j *jewel) isNecklace(attrs []xml.Attr) bool {
	return slices.ContainsFunc(attrs, func(a xml.Attr) bool {
		return a.Name.Local == "data-jewel" && a.Value == string(jewelNecklace)
	})
}
