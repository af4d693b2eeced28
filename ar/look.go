package ar

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Kind says what a layer is.
type Kind string

// The kinds of layer that can be drawn.
const (
	Blush     Kind = "blush"
	Eyeshadow Kind = "eyeshadow"
	Eyeliner  Kind = "eyeliner"
	Lipstick  Kind = "lipstick"
	Glasses   Kind = "glasses"
)

// Kinds lists every kind of layer that can be drawn, in the order in which
// they are drawn.
func Kinds() []Kind { return []Kind{Blush, Eyeshadow, Eyeliner, Lipstick, Glasses} }

// Finish is how a make-up layer answers light.
type Finish string

// The finishes that can be drawn.
const (
	Matte    Finish = "matte"    // covers evenly, dulls what shines
	Satin    Finish = "satin"    // a soft sheen
	Gloss    Finish = "gloss"    // wet: clear, with bright spots
	Metallic Finish = "metallic" // shines in the shade's own colour
	Shimmer  Finish = "shimmer"  // satin with fine sparkling grains
)

// Finishes lists every finish that can be drawn.
func Finishes() []Finish { return []Finish{Matte, Satin, Gloss, Metallic, Shimmer} }

// Placement is where blush lies.
type Placement string

// The placements of blush.
const (
	Apples    Placement = "apples"    // the round of the cheeks
	Cheekbone Placement = "cheekbone" // draped from the cheeks up to the temples
	UnderEye  Placement = "under-eye" // high below the eyes and faintly over the nose ("igari")
)

// Shape is how eyeliner is drawn.
type Shape string

// The shapes of eyeliner.
const (
	Thin    Shape = "thin"    // close to the lashes
	Classic Shape = "classic" // thicker towards the outer corner
	Winged  Shape = "winged"  // goes on past the outer corner, upwards
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
	Finish    Finish  `json:"finish,omitempty"`   // make-up only
	Gradient  bool    `json:"gradient,omitempty"` // lipstick: full at the inner lip, fading outwards
	Intensity float64 `json:"intensity"`          // 0–1
	Asset     string  `json:"asset,omitempty"`    // file name of a shape, for accessories
	// Placement is where blush lies; blush alone has one.
	Placement Placement `json:"placement,omitempty"`
	// Shape is how eyeliner is drawn; eyeliner alone has one.
	Shape Shape `json:"shape,omitempty"`
	// Colors are eyeshadow's colours beside Color, which is the lid's: the
	// crease's, then the outer corner's.
	Colors []Color `json:"colors,omitempty"`
}

// Look is what a face wears: layers, drawn in the order of Kinds.
type Look struct {
	Layers []Layer `json:"layers"`
}

// maxLayers bounds what one look may ask of the drawing.
const maxLayers = 16

// ReadLook reads a look's JSON (at most 64 KiB, unknown keys refused).
func ReadLook(r io.Reader) (Look, error) {
	d := json.NewDecoder(io.LimitReader(r, 64<<10))
	d.DisallowUnknownFields()
	var l Look
	if err := d.Decode(&l); err != nil {
		return Look{}, fmt.Errorf("look: %w", err)
	}
	if err := l.Check(); err != nil {
		return Look{}, fmt.Errorf("look: %w", err)
	}
	return l, nil
}

// Check reports the first thing about the look that cannot be drawn.
func (l Look) Check() error {
	if len(l.Layers) > maxLayers {
		return fmt.Errorf("%d layers, at most %d", len(l.Layers), maxLayers)
	}
	for i, la := range l.Layers {
		if err := la.check(); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return nil
}

func (la Layer) check() error {
	if !slices.Contains(Kinds(), la.Kind) {
		return fmt.Errorf("kind %q: want one of %v", la.Kind, Kinds())
	}
	if !(la.Intensity >= 0 && la.Intensity <= 1) {
		return fmt.Errorf("intensity %v: want 0 to 1", la.Intensity)
	}
	if la.Kind != Blush && la.Placement != "" {
		return fmt.Errorf("placement: of use for %s only", Blush)
	}
	if la.Kind != Eyeliner && la.Shape != "" {
		return fmt.Errorf("shape: of use for %s only", Eyeliner)
	}
	if la.Kind != Eyeshadow && len(la.Colors) > 0 {
		return fmt.Errorf("colors: of use for %s only", Eyeshadow)
	}
	switch la.Kind {
	case Blush:
		if !slices.Contains([]Finish{Matte, Satin, Shimmer}, la.Finish) {
			return fmt.Errorf("finish %q: want %s, %s or %s", la.Finish, Matte, Satin, Shimmer)
		}
		if !slices.Contains([]Placement{Apples, Cheekbone, UnderEye}, la.Placement) {
			return fmt.Errorf("placement %q: want %s, %s or %s", la.Placement, Apples, Cheekbone, UnderEye)
		}
	case Eyeshadow:
		if !slices.Contains([]Finish{Matte, Satin, Metallic, Shimmer}, la.Finish) {
			return fmt.Errorf("finish %q: want %s, %s, %s or %s", la.Finish, Matte, Satin, Metallic, Shimmer)
		}
		if n := 1 + len(la.Colors); n > ShadowColors {
			return fmt.Errorf("%d colours, at most %d", n, ShadowColors)
		}
	case Eyeliner:
		if la.Finish != Matte && la.Finish != Gloss {
			return fmt.Errorf("finish %q: want %s or %s", la.Finish, Matte, Gloss)
		}
		if !slices.Contains([]Shape{Thin, Classic, Winged}, la.Shape) {
			return fmt.Errorf("shape %q: want %s, %s or %s", la.Shape, Thin, Classic, Winged)
		}
	case Lipstick:
		if !slices.Contains(Finishes(), la.Finish) {
			return fmt.Errorf("finish %q: want one of %v", la.Finish, Finishes())
		}
	case Glasses:
		if la.Asset == "" {
			return errors.New("asset is missing: name the file of the frame's shape")
		}
	}
	if la.Gradient && la.Kind != Lipstick {
		return fmt.Errorf("gradient: of use for %s only", Lipstick)
	}
	return nil
}

// Renderer draws looks onto frames.
type Renderer interface {
	// Check reports what of look cannot be drawn; what it needs is loaded
	// then, so that drawing it for the first time is not slower than later. It
	// may be called from any goroutine.
	Check(look Look) error
	// Draw puts look on every face of faces, in place.
	Draw(f *Frame, faces []Face, look Look) error
	Close() error
}
