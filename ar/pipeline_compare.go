package ar

import (
	"fmt"
	"math"
	"sync/atomic"
)

// comparing is what a pipeline compares with, and the memory that it needs for
// it. All but wanted belongs to the goroutine that processes frames.
type comparing struct {
	wanted   atomic.Pointer[Compare]
	bare     []byte // pixels of the frame before anything was drawn
	sheet    Frame
	portrait portrait
	scaler   scaler
	dirty    bool // the memory holds pixels of somebody
}

const (
	sheetSize = 0.6 // pixels of a picture of shades, of the frame's
	sheetGap  = 4   // pixels between the shades
)

// SetCompare changes how the viewers' picture compares, from the next frame on.
// What cannot be shown is refused and what was shown stays. Pausing the
// pipeline ends it.
func (p *Pipeline) SetCompare(c Compare) error {
	if err := c.Check(); err != nil {
		return err
	}
	for i, l := range c.Looks {
		if err := p.cfg.Renderer.Check(l); err != nil {
			return fmt.Errorf("compare: shade %d: %w", i+1, err)
		}
	}
	p.compare.wanted.Store(&c)
	p.still.want(c.Freeze && !p.paused.Load())
	return nil
}

// Compare is how the viewers' picture compares now. Its looks must not be
// changed. Freeze turns false when the moment was held long enough.
func (p *Pipeline) Compare() Compare {
	c := *p.compare.wanted.Load()
	c.Freeze = p.still.wanted()
	return c
}

// see gives the faces in f: those that the tracker finds or, while a moment is
// held, that moment's, whose picture takes f's place.
func (p *Pipeline) see(f *Frame) (_ []Face, err error) {
	defer caught(&err)
	if faces, held := p.still.show(p.faces[:0], f); held {
		return faces, nil
	}
	holding := p.still.wanted()
	p.refine(holding)
	faces, err := p.cfg.Tracker.Track(p.faces[:0], f)
	if err != nil {
		return nil, fmt.Errorf("track: %w", err)
	}
	if holding {
		p.here(func() { p.still.hold(f, faces) })
	}
	return faces, nil
}

// wear draws what is worn on the faces in f, in place, as the viewers are to
// compare it; drawn says whether anything was.
func (p *Pipeline) wear(f *Frame, worn []Face) (drawn bool, err error) {
	c := p.compare.wanted.Load()
	switch c.Mode {
	case CompareSplit:
		from, to := c.bareColumns(f.Width, p.cfg.Mirrored)
		p.compare.keep(f, from, to)
		drawn, err = p.put(f, worn, *p.look.Load())
		p.compare.restore(f, from, to)
		return drawn, err
	case CompareShades:
		return p.shades(f, worn, c)
	}
	return p.put(f, worn, *p.look.Load())
}

// put draws look on the faces in f.
func (p *Pipeline) put(f *Frame, worn []Face, look Look) (drawn bool, err error) {
	defer caught(&err)
	if len(worn) == 0 || len(look.Layers) == 0 {
		return false, nil
	}
	if err := p.cfg.Renderer.Draw(f, worn, look); err != nil {
		return false, fmt.Errorf("draw: %w", err)
	}
	return true, nil
}

// shades makes f the picture of the nearest face in each of c's looks.
func (p *Pipeline) shades(f *Frame, worn []Face, c *Compare) (drawn bool, err error) {
	s := &p.compare
	rows := (len(c.Looks) + c.Columns - 1) / c.Columns
	w, h := sheetPlaces(f, c, rows)
	var nearest *Face
	if len(worn) > 0 {
		nearest = &worn[0]
	}
	part := s.portrait.follow(f, nearest, float64(w)/float64(h))
	s.keep(f, 0, f.Width) // the whole frame
	s.sheet.Resize(c.Columns*(w+sheetGap)-sheetGap, rows*(h+sheetGap)-sheetGap)
	s.paper(w, h, len(c.Looks)%c.Columns == 0)
	for i, look := range c.Looks {
		if i > 0 { // what is drawn above and below the part is not seen
			top, bottom := 3*f.Width*int(part.y), 3*f.Width*min(int(part.y+part.h)+2, f.Height)
			copy(f.Pix[top:bottom], s.bare[top:bottom])
		}
		did, err := p.put(f, worn, look)
		if err != nil {
			return drawn, err
		}
		drawn = drawn || did
		column := i % c.Columns
		if p.cfg.Mirrored {
			column = c.Columns - 1 - column
		}
		s.scaler.draw(&s.sheet, column*(w+sheetGap), i/c.Columns*(h+sheetGap), w, h, f, part)
	}
	f.Pix, s.sheet.Pix = s.sheet.Pix, f.Pix
	f.Width, f.Height = s.sheet.Width, s.sheet.Height
	return drawn, nil
}

// sheetPlaces is the size of the place of each shade in pixels.
func sheetPlaces(f *Frame, c *Compare, rows int) (w, h int) {
	height := math.Sqrt(sheetSize * float64(f.Width) * float64(f.Height) / c.Aspect)
	w = int(height*c.Aspect)/c.Columns - sheetGap
	h = int(height)/rows - sheetGap
	return max(w, 8), max(h, 8)
}

// keep remembers f's columns [from, to) as they are.
func (s *comparing) keep(f *Frame, from, to int) {
	s.bare = s.bare[:0]
	s.dirty = true
	if from == 0 && to == f.Width {
		s.bare = append(s.bare, f.Pix...)
		return
	}
	for y := range f.Height {
		s.bare = append(s.bare, f.Pix[3*(y*f.Width+from):3*(y*f.Width+to)]...)
	}
}

// restore makes f's columns [from, to) what they were when kept.
func (s *comparing) restore(f *Frame, from, to int) {
	n := 3 * (to - from)
	for y := range f.Height {
		copy(f.Pix[3*(y*f.Width+from):], s.bare[y*n:][:n])
	}
}

// forget leaves nothing of who was compared.
func (s *comparing) forget() {
	if !s.dirty {
		return
	}
	clear(s.bare[:cap(s.bare)])
	clear(s.sheet.Pix[:cap(s.sheet.Pix)])
	s.portrait = portrait{}
	s.dirty = false
}

// paper fills what shades, each w × h pixels, leave free of the sheet: the gaps
// between them, and the last row where it is not full of them.
func (s *comparing) paper(w, h int, full bool) {
	f := &s.sheet
	paper := []byte{0xF2, 0xF7, 0xFA}
	for y := range f.Height {
		row := f.Pix[3*y*f.Width:][:3*f.Width]
		if y%(h+sheetGap) >= h || !full && y+h >= f.Height {
			for i := 0; i < len(row); i += 3 {
				copy(row[i:], paper)
			}
			continue
		}
		for x := w; x < f.Width; x += w + sheetGap {
			for i := x; i < min(x+sheetGap, f.Width); i++ {
				copy(row[3*i:], paper)
			}
		}
	}
}
