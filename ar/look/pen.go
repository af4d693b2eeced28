package look

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"slices"

	"github.com/srwiley/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// flatten draws the SVG into contours, one lens an element.
func flatten(svg []byte) ([]lens, error) {
	return flattenFine(svg, 1, newBudget(maxShapePoints))
}

// budget is how many points may still be drawn, of how many.
type budget struct{ left, most int }

func newBudget(points int) *budget { return &budget{points, points} }

// flattenFine is flatten for drawings whose unit is to be cut finer times as
// finely.
func flattenFine(svg []byte, finer float64, points *budget) ([]lens, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.IgnoreErrorMode)
	if err != nil {
		return nil, err
	}
	var parts []lens
	for i := range icon.SVGPaths {
		icon.SVGPaths[i].LineWidth *= finer // which the transformation leaves alone
		// The library does not read fill-rule; contours that do not cross
		// look the same by the even-odd rule, whatever way round they run.
		icon.SVGPaths[i].UseNonZeroWinding = false // so that a fill differs from a stroke
		pen := &pen{nonZero: true, budget: points}
		icon.SVGPaths[i].DrawTransformed(rasterx.NewDasher(1, 1, pen), 1, rasterx.Identity.Scale(finer, finer))
		for _, l := range pen.lenses {
			for _, c := range l.contours {
				for j := range c {
					c[j].x, c[j].y = c[j].x/finer, c[j].y/finer
				}
			}
			parts = append(parts, l)
		}
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
	budget   *budget
}

// spend counts a point. The library flattens curves of any size into as many
// lines as that takes, so it is stopped where it draws.
func (p *pen) spend() {
	if p.budget.left--; p.budget.left < 0 {
		panic(fmt.Errorf("over %d points: simplify the drawing", p.budget.most))
	}
}

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
