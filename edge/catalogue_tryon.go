package edge

import (
	"slices"
	"strconv"
	"strings"
)

// tryOnKind is what a product table may say of things of one kind. Columns of
// which nothing is listed must be empty; the rest may be.
type tryOnKind struct {
	name       string
	finishes   []string // needed
	placements []string
	shapes     []string
	sides      []string
	colours    int // more than the first
	gradient   bool
	accessory  bool // needs an asset, and has no intensity
}

func tryOnKinds() []tryOnKind {
	return []tryOnKind{
		{name: "foundation", finishes: []string{"matte", "satin"}},
		{name: "contour", finishes: []string{"matte"}},
		{name: "highlighter", finishes: []string{"satin", "metallic", "shimmer"}},
		{name: "blush", finishes: []string{"matte", "satin", "shimmer"}, placements: []string{"apples", "cheekbone", "under-eye"}},
		{name: "brows", finishes: []string{"matte"}},
		{name: "eyeshadow", finishes: []string{"matte", "satin", "metallic", "shimmer"}, colours: 2},
		{name: "eyeliner", finishes: []string{"matte", "gloss"}, shapes: []string{"thin", "classic", "winged"}},
		{name: "lashes", shapes: []string{"natural", "volume", "cat-eye"}},
		{name: "lip-liner", finishes: []string{"matte", "satin"}},
		{name: "lipstick", finishes: []string{"matte", "satin", "gloss", "metallic", "shimmer"}, gradient: true},
		{name: "necklace", accessory: true},
		{name: "earrings", accessory: true, sides: []string{"left", "right"}},
		{name: "nose-stud", accessory: true, sides: []string{"left", "right"}},
		{name: "glasses", accessory: true},
	}
}

// TryOnKinds lists the words of the column tryon.
func TryOnKinds() []string {
	var names []string
	for _, k := range tryOnKinds() {
		names = append(names, k.name)
	}
	return names
}

// tryOn reads what the mirror needs, and sees that all of it is there.
func (r catalogueRow) tryOn(v *Variant) *TryOn {
	word, asset := r.cell("tryon"), r.file("asset", r.Shape, ".svg")
	if word == "" {
		if asset != "" {
			r.fail("asset", "%q is of no use while tryon is empty", asset)
		}
		for _, column := range tryOnExtras() {
			if s := r.cell(column); s != "" {
				r.fail(column, "%.40q is of no use while tryon is empty", s)
			}
		}
		return nil
	}
	kinds := tryOnKinds()
	at := slices.IndexFunc(kinds, func(k tryOnKind) bool { return k.name == word })
	if at < 0 {
		r.fail("tryon", "%.40q: want %s, or nothing", word, strings.Join(TryOnKinds(), ", "))
		return nil
	}
	k := kinds[at]
	if v.Color == "" {
		r.fail("colour", "is empty: the mirror needs the colour to show %.40q", word)
	}
	return &TryOn{
		Kind: k.name, Finish: r.shownFinish(k, v.Finish), Asset: r.shownAsset(k, asset),
		Placement: r.oneOf("placement", k.name, k.placements),
		Shape:     r.oneOf("shape", k.name, k.shapes),
		Side:      r.oneOf("side", k.name, k.sides),
		Colors:    r.colours(k), Gradient: r.gradient(k), Intensity: r.intensity(k),
	}
}

// shownFinish is the finish that the mirror shows: that on the box, where the
// kind has one at all.
func (r catalogueRow) shownFinish(k tryOnKind, finish string) string {
	if len(k.finishes) == 0 {
		return ""
	}
	if !slices.Contains(k.finishes, finish) {
		r.fail("finish", "%.40q: the mirror shows %s as %s", finish, k.name, strings.Join(k.finishes, ", "))
	}
	return finish
}

func (r catalogueRow) shownAsset(k tryOnKind, asset string) string {
	switch {
	case k.accessory && asset == "":
		r.fail("asset", "is empty: name the file of the shape of %s", k.name)
	case !k.accessory && asset != "":
		r.fail("asset", "%q: %s has none", asset, k.name)
	}
	return asset
}

// oneOf reads a cell that holds one of words or nothing.
func (r catalogueRow) oneOf(column, kind string, words []string) string {
	s := r.cell(column)
	switch {
	case s == "" || slices.Contains(words, s):
	case len(words) == 0:
		r.fail(column, "%.40q: %s has none, leave it empty", s, kind)
	default:
		r.fail(column, "%.40q: want %s for %s, or nothing", s, strings.Join(words, ", "), kind)
	}
	return s
}

func (r catalogueRow) colours(k tryOnKind) []string {
	colours := strings.Fields(r.cell("colours"))
	if len(colours) > k.colours {
		r.fail("colours", "%d more colours, at most %d for %s", len(colours), k.colours, k.name)
		return nil
	}
	for _, c := range colours {
		if !isColour(c) {
			r.fail("colours", "%.40q: want #RRGGBB, several with a space between them", c)
		}
	}
	if len(colours) == 0 {
		return nil
	}
	return colours
}

func (r catalogueRow) gradient(k tryOnKind) bool {
	return r.oneOf("gradient", k.name, map[bool][]string{true: {"yes"}}[k.gradient]) == "yes"
}

func (r catalogueRow) intensity(k tryOnKind) int {
	s := r.cell("intensity")
	if s == "" {
		return 0
	}
	if k.accessory {
		r.fail("intensity", "%.40q: %s has none, leave it empty", s, k.name)
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		r.fail("intensity", "%.40q: want a whole number from 1 to 100, or nothing", s)
	}
	return n
}
