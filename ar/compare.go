package ar

import (
	"errors"
	"fmt"
	"math"
)

// CompareMode is how the viewers' picture compares what is worn.
type CompareMode string

// The modes.
const (
	CompareOff    CompareMode = "off"    // nothing is compared: every face wears the pipeline's look
	CompareSplit  CompareMode = "split"  // bare on one side of an upright edge, the look on the other
	CompareShades CompareMode = "shades" // the same moment in several looks, side by side
)

// maxShades is how many looks stand side by side.
const maxShades = 4

// Compare says what the viewers see: the look, the look beside the bare face,
// or several looks of one moment; live, or with the moment held. However many
// looks there are, faces are tracked once.
type Compare struct {
	Mode CompareMode
	// At is where the split's edge stands, 0–1 of the picture's width as it is
	// displayed; left of it the face is bare.
	At float64
	// Looks are the shades', two to four, in reading order as displayed.
	Looks []Look
	// Columns is how many of them stand in a row, 1 to the number of looks.
	Columns int
	// Aspect is width by height of the whole picture of shades, 0.25–4.
	Aspect float64
	// Freeze holds the moment at which it was set. Looks and edge can still be
	// changed. It ends by itself after FreezeLimit.
	Freeze bool
}

// Check reports what about c cannot be shown.
func (c Compare) Check() error {
	switch c.Mode {
	case CompareOff:
		return nil
	case CompareSplit:
		if !(c.At >= 0 && c.At <= 1) {
			return fmt.Errorf("compare: the edge at %v: want 0 to 1", c.At)
		}
		return nil
	case CompareShades:
		return c.checkShades()
	}
	return fmt.Errorf("compare: mode %q: want off, split or shades", c.Mode)
}

func (c Compare) checkShades() error {
	switch n := len(c.Looks); {
	case n < 2 || n > maxShades:
		return fmt.Errorf("compare: %d shades: want 2 to %d", n, maxShades)
	case c.Columns < 1 || c.Columns > n:
		return fmt.Errorf("compare: %d columns for %d shades: want 1 to %d", c.Columns, n, n)
	case !(c.Aspect >= 0.25 && c.Aspect <= 4):
		return fmt.Errorf("compare: aspect %v: want 0.25 to 4", c.Aspect)
	}
	var errs []error
	for i, l := range c.Looks {
		if err := l.Check(); err != nil {
			errs = append(errs, fmt.Errorf("compare: shade %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// bareColumns are the columns [from, to) of a frame of the given width that the
// split leaves bare.
func (c Compare) bareColumns(width int, mirrored bool) (from, to int) {
	edge := int(math.Round(c.At * float64(width)))
	if mirrored {
		return width - edge, width
	}
	return 0, edge
}
