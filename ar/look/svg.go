package look

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// svgParts is one drawing as two: the frame alone and the lenses alone.
type svgParts struct {
	frame, lens    []byte
	temple, hingeY float64
	material       frameMaterial
}

// splitSVG takes the drawing apart by the ids and classes of its elements and
// their groups.
func splitSVG(data []byte) (p svgParts, err error) {
	p = svgParts{temple: 145, hingeY: math.NaN(), material: acetate}
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

// readRoot reads what the root element says about the side pieces and the material.
func (p *svgParts) readRoot(attrs []xml.Attr) error {
	for _, a := range attrs {
		var dst *float64
		var lo, hi float64
		switch a.Name.Local {
		case "data-temple":
			dst, lo, hi = &p.temple, 60, 200
		case "data-hinge-y":
			dst, lo, hi = &p.hingeY, -40, 40
		case "data-material":
			p.material = frameMaterial(strings.TrimSpace(a.Value))
			if !slices.Contains(frameMaterials(), p.material) {
				return fmt.Errorf("data-material=%q: want one of %q", a.Value, frameMaterials())
			}
			continue
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
	name, attrs := t.Name.Local, t.Attr
	if role != p.role && draws(name) {
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
