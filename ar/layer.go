package ar

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says what a layer is.
type Kind string

// The kinds of layer.
const (
	Foundation  Kind = "foundation"
	Contour     Kind = "contour"
	Highlighter Kind = "highlighter"
	Blush       Kind = "blush"
	Brows       Kind = "brows"
	Eyeshadow   Kind = "eyeshadow"
	Eyeliner    Kind = "eyeliner"
	Lashes      Kind = "lashes"
	LipLiner    Kind = "lip-liner"
	Lipstick    Kind = "lipstick"
	Necklace    Kind = "necklace"
	Earrings    Kind = "earrings"
	NoseStud    Kind = "nose-stud"
	Glasses     Kind = "glasses"
)

// Kinds lists every kind of layer, in the order in which they are drawn.
func Kinds() []Kind {
	return []Kind{
		Foundation, Contour, Highlighter, Blush, Brows, Eyeshadow, Eyeliner, Lashes, LipLiner, Lipstick,
		Necklace, Earrings, NoseStud, Glasses,
	}
}

// Finish is how a make-up layer answers light.
type Finish string

// The finishes.
const (
	Matte    Finish = "matte"    // covers evenly, dulls what shines
	Satin    Finish = "satin"    // a soft sheen
	Gloss    Finish = "gloss"    // wet: clear, with bright spots
	Metallic Finish = "metallic" // shines in the shade's own colour
	Shimmer  Finish = "shimmer"  // satin with fine sparkling grains
)

// Finishes lists every finish.
func Finishes() []Finish { return []Finish{Matte, Satin, Gloss, Metallic, Shimmer} }

// Placement is where blush lies.
type Placement string

// The placements of blush.
const (
	Apples    Placement = "apples"    // the round of the cheeks
	Cheekbone Placement = "cheekbone" // draped from the cheeks up to the temples
	UnderEye  Placement = "under-eye" // high below the eyes and faintly over the nose ("igari")
)

// Shape is how eyeliner and lashes are drawn.
type Shape string

// The shapes of eyeliner.
const (
	Thin    Shape = "thin"    // close to the lashes
	Classic Shape = "classic" // thicker towards the outer corner
	Winged  Shape = "winged"  // goes on past the outer corner, upwards
)

// The shapes of lashes.
const (
	Natural Shape = "natural" // even and short
	Volume  Shape = "volume"  // dense and long
	CatEye  Shape = "cat-eye" // longest at the outer corner
)

// Side is which of the shopper's own sides a single piece is worn on.
type Side string

// The sides.
const (
	Left  Side = "left"
	Right Side = "right"
)

// ShadowColors is how many colours eyeshadow can have.
const ShadowColors = 3

// Color is an sRGB colour, written "#RRGGBB".
type Color struct{ R, G, B uint8 }

// MarshalText writes "#RRGGBB".
func (c Color) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "#%02X%02X%02X", c.R, c.G, c.B), nil
}

// UnmarshalText reads "#RRGGBB".
func (c *Color) UnmarshalText(b []byte) error {
	var rgb [3]byte
	s, ok := strings.CutPrefix(string(b), "#")
	if n, err := hex.Decode(rgb[:], []byte(s)); !ok || len(s) != 6 || n != 3 || err != nil {
		return fmt.Errorf("colour %q: want #RRGGBB", b)
	}
	c.R, c.G, c.B = rgb[0], rgb[1], rgb[2]
	return nil
}

// Layer is one thing that is put on a face.
type Layer struct {
	Kind      Kind    `json:"kind"`
	Color     Color   `json:"color"`
	Finish    Finish  `json:"finish,omitempty"`   // make-up that has one
	Gradient  bool    `json:"gradient,omitempty"` // lipstick: full at the inner lip, fading outwards
	Intensity float64 `json:"intensity"`          // 0–1
	Asset     string  `json:"asset,omitempty"`    // file name of a shape, for accessories
	// Placement is where blush lies; blush alone has one.
	Placement Placement `json:"placement,omitempty"`
	// Shape is how eyeliner and lashes are drawn; they alone have one.
	Shape Shape `json:"shape,omitempty"`
	// Side is where a single earring or a nose stud is worn; earrings without
	// one are a pair.
	Side Side `json:"side,omitempty"`
	// Colors are eyeshadow's colours beside Color, which is the lid's: the
	// crease's, then the outer corner's.
	Colors []Color `json:"colors,omitempty"`
}

// kindRules are what a layer of each kind may say. A field that is not named
// must be empty; one that is named must hold one of its words.
var kindRules = map[Kind]struct {
	finishes   []Finish
	placements []Placement
	shapes     []Shape
	sides      []Side
	colors     int // beside Color
	gradient   bool
	asset      bool
}{
	Foundation:  {finishes: []Finish{Matte, Satin}},
	Contour:     {finishes: []Finish{Matte}},
	Highlighter: {finishes: []Finish{Satin, Metallic, Shimmer}},
	Blush: {
		finishes:   []Finish{Matte, Satin, Shimmer},
		placements: []Placement{Apples, Cheekbone, UnderEye},
	},
	Brows:     {finishes: []Finish{Matte}},
	Eyeshadow: {finishes: []Finish{Matte, Satin, Metallic, Shimmer}, colors: ShadowColors - 1},
	Eyeliner:  {finishes: []Finish{Matte, Gloss}, shapes: []Shape{Thin, Classic, Winged}},
	Lashes:    {shapes: []Shape{Natural, Volume, CatEye}},
	LipLiner:  {finishes: []Finish{Matte, Satin}},
	Lipstick:  {finishes: Finishes(), gradient: true},
	Necklace:  {asset: true},
	Earrings:  {asset: true, sides: []Side{"", Left, Right}},
	NoseStud:  {asset: true, sides: []Side{Left, Right}},
	Glasses:   {asset: true},
}

func (la Layer) check() error {
	rule, ok := kindRules[la.Kind]
	if !ok {
		return fmt.Errorf("kind %q: want one of %v", la.Kind, Kinds())
	}
	if !(la.Intensity >= 0 && la.Intensity <= 1) {
		return fmt.Errorf("intensity %v: want 0 to 1", la.Intensity)
	}
	if n := len(la.Colors); n > rule.colors {
		return fmt.Errorf("colors: %d more, at most %d for %s", n, rule.colors, la.Kind)
	}
	if la.Gradient && !rule.gradient {
		return fmt.Errorf("gradient: of no use for %s", la.Kind)
	}
	if la.Asset == "" && rule.asset {
		return errors.New("asset is missing: name the file of its shape")
	}
	if la.Asset != "" && !rule.asset {
		return fmt.Errorf("asset: of no use for %s", la.Kind)
	}
	return errors.Join(
		oneOf("finish", la.Finish, rule.finishes),
		oneOf("placement", la.Placement, rule.placements),
		oneOf("shape", la.Shape, rule.shapes),
		oneOf("side", la.Side, rule.sides),
	)
}

// oneOf checks that word, the layer's field of that name, is one of words, or
// empty where there are none.
func oneOf[T ~string](field string, word T, words []T) error {
	if len(words) == 0 {
		words = []T{""}
	}
	if slices.Contains(words, word) {
		return nil
	}
	if words[0] == "" && len(words) == 1 {
		return fmt.Errorf("%s %q: leave it out for this kind", field, word)
	}
	return fmt.Errorf("%s %q: want one of %q", field, word, words)
}
