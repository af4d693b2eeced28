package ar

import (
	"encoding/json"
	"fmt"
	"io"
)

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
