package look

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Limits of a piece of jewellery.
const (
	maxJewelPoints = 8000
	maxJewelParts  = 64
	maxJewelReach  = 120 // millimetres from the hook
	minJewelReach  = 0.5
)

// jewelCut is how much finer than a millimetre jewellery is cut, jewelGrain the
// distance, millimetres, nearer than which two points are one.
const (
	jewelCut   = 8
	jewelGrain = 0.06
)

// jewelKind says how a piece is worn.
type jewelKind string

// The kinds of jewellery, as data-jewel names them.
const (
	jewelStud     jewelKind = "stud"
	jewelHoop     jewelKind = "hoop"
	jewelDrop     jewelKind = "drop"
	jewelNose     jewelKind = "nose-stud"
	jewelNecklace jewelKind = "necklace"
)

// layer is the kind of layer that wears pieces of kind k; "" if there is no
// such piece.
func (k jewelKind) layer() ar.Kind {
	switch k {
	case jewelStud, jewelHoop, jewelDrop:
		return ar.Earrings
	case jewelNose:
		return ar.NoseStud
	case jewelNecklace:
		return ar.Necklace
	}
	return ""
}

// jewel is a piece of jewellery as the package's comment describes it:
// millimetres from the hook, x to the right of the picture, y down.
type jewel struct {
	kind   jewelKind
	parts  []jewelPart // the farthest first
	hinge  float64     // the height at which what hangs is held
	length float64     // of the pendulum that it is
	mass   float64     // grams
	round  float64     // length of a necklace, clasp to clasp
	reach  float64     // from the hook to the farthest point
}

// jewelPart is what one element draws.
type jewelPart struct {
	contours  [][]vec
	style     jewelStyle
	color     [3]float32 // blue, green, red light of its own
	mid, half vec        // middle and half sides of its box
}

// loadJewel reads the piece that a layer names.
func loadJewel(assets fs.FS, kind ar.Kind, name string) (*jewel, error) {
	data, err := readAsset(assets, name)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", kind, name, err)
	}
	j, err := parseJewel(data)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", kind, name, err)
	}
	return j, nil
}

// suits reports an error if a layer of that kind cannot wear the piece.
func (j *jewel) suits(kind ar.Kind, name string) error {
	if j.kind.layer() == kind {
		return nil
	}
	return fmt.Errorf("%s %q: its data-jewel is %q, for layers of kind %q: name another file", kind, name, j.kind, j.kind.layer())
}

// parseJewel reads the SVG that the package's comment describes.
func parseJewel(data []byte) (j *jewel, err error) {
	if len(data) > maxShapeBytes {
		return nil, fmt.Errorf("the file is over %d KiB: simplify the drawing", maxShapeBytes>>10)
	}
	// As in parseShape: the SVG library trusts its input in places.
	defer func() {
		if r := recover(); r != nil {
			j, err = nil, fmt.Errorf("the drawing cannot be read: %v", r)
		}
	}()
	j, runs, err := splitJewel(data)
	if err != nil {
		return nil, err
	}
	points := newBudget(maxJewelPoints)
	for _, run := range runs {
		parts, err := flattenFine(run.svg, jewelCut, points)
		if err != nil {
			return nil, err
		}
		for _, l := range parts {
			if p, ok := newJewelPart(l, run.style); ok {
				j.parts = append(j.parts, p)
			}
		}
	}
	return j, j.measure()
}

// newJewelPart gives nothing for an element without extent.
func newJewelPart(l lens, style jewelStyle) (jewelPart, bool) {
	lo, hi := vec{math.Inf(1), math.Inf(1)}, vec{math.Inf(-1), math.Inf(-1)}
	for i, c := range l.contours {
		kept := c[:1]
		for _, p := range c[1:] {
			if last := kept[len(kept)-1]; math.Hypot(p.x-last.x, p.y-last.y) >= jewelGrain {
				kept = append(kept, p)
			}
		}
		l.contours[i] = kept
		for _, p := range kept {
			lo.x, lo.y, hi.x, hi.y = min(lo.x, p.x), min(lo.y, p.y), max(hi.x, p.x), max(hi.y, p.y)
		}
	}
	p := jewelPart{
		contours: l.contours, style: style,
		mid: vec{(lo.x + hi.x) / 2, (lo.y + hi.y) / 2}, half: vec{(hi.x - lo.x) / 2, (hi.y - lo.y) / 2},
	}
	for i, v := range l.color {
		p.color[i] = linear[uint8(v)]
	}
	return p, p.half.x > 0 && p.half.y > 0 && l.opacity > 0
}

// measure checks the parts and takes from them what the drawing does not tell.
func (j *jewel) measure() error {
	if len(j.parts) == 0 {
		return errors.New(`nothing is drawn with the class "metal", "pearl", "gem" or "enamel"`)
	}
	if len(j.parts) > maxJewelParts {
		return fmt.Errorf("%d parts, at most %d: join some into one path", len(j.parts), maxJewelParts)
	}
	hangs, weight := 0.0, 0.0
	var rings, chains int
	for i := range j.parts {
		p := &j.parts[i]
		for _, c := range p.contours {
			for _, q := range c {
				j.reach = max(j.reach, math.Hypot(q.x, q.y))
			}
		}
		area := p.half.x * p.half.y
		hangs, weight = hangs+area*(p.mid.y-j.hinge), weight+area
		if p.style.ring {
			if tube := ringTube(p); !(tube >= 0.2 && tube < p.half.x/2) {
				return errors.New(`the class "ring": want a circle or an ellipse with a stroke of 0.4 mm or more and no fill`)
			}
			rings++
		}
		if p.style.chain {
			chains++
		}
	}
	if !(j.reach >= minJewelReach && j.reach <= maxJewelReach) {
		return fmt.Errorf("it reaches %.1f mm from the hook: draw it in millimetres around x = 0, y = 0, %v to %v",
			j.reach, minJewelReach, maxJewelReach)
	}
	if (rings == 1) != (j.kind == jewelHoop) || rings > 1 {
		return fmt.Errorf(`%d elements of the class "ring": a hoop has one, all else none`, rings)
	}
	if (chains == 1) != (j.kind == jewelNecklace) || chains > 1 {
		return fmt.Errorf(`%d elements of the class "chain": a necklace has one, all else none`, chains)
	}
	if j.length == 0 {
		j.length = min(max(hangs/weight, 3), maxJewelReach)
	}
	return nil
}
