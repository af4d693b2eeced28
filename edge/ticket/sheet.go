package ticket

import (
	"image"
	"slices"

	"github.com/go-text/typesetting/language"

	"github.com/mirrorcart/mirrorcart/edge"
)

// sheet is a ticket being laid out, from the top. Its first error is kept.
type sheet struct {
	setter
	words
	paper  Paper
	lang   string
	height int
	items  []func(r *Raster)
	err    error
}

// side says where text stands.
type side int

const (
	left side = iota
	centre
	right
)

const (
	rowGap  = 2  // dots between lines
	partGap = 14 // around what belongs together
	cellGap = 16 // between what stands side by side
)

func newSheet(paper Paper, lang string, fonts *Fonts) *sheet {
	w, ok := glossary[lang]
	if !ok {
		lang, w = fallback, glossary[fallback]
	}
	return &sheet{setter: setter{fonts: fonts, lang: language.NewLanguage(lang)}, words: w, paper: paper, lang: lang}
}

func (s *sheet) width() int { return int(s.paper) }

// space leaves dots free.
func (s *sheet) space(dots int) { s.height += dots }

// put adds a line at the current height without moving on.
func (s *sheet) put(l *line, x int) {
	at := image.Pt(x, s.height)
	s.items = append(s.items, func(r *Raster) { s.draw(r, l, at) })
}

func (s *sheet) aligned(l *line, where side, from, to int) {
	switch where {
	case centre:
		from += (to - from - l.width) / 2
	case right:
		from = to - l.width
	case left:
	}
	s.put(l, max(from, 0))
}

// text writes text in as many lines as it takes.
func (s *sheet) text(text string, st style, where side) {
	set := s.lines(text, st, s.width())
	for i := range set {
		s.aligned(&set[i], where, 0, s.width())
		s.height += set[i].height() + rowGap
	}
}

// pair writes two texts side by side: what they are about, and its value at the
// right edge. Where they do not fit, the value comes below.
func (s *sheet) pair(about, value string, st style) {
	values := s.lines(value, st, s.width())
	if len(values) != 1 || values[0].width > s.width()*2/3 {
		s.text(about, st, left)
		s.text(value, st, right)
		return
	}
	v := &values[0]
	set := s.lines(about, st, s.width()-v.width-cellGap)
	if len(set) == 0 {
		set = []line{{ascent: v.ascent, descent: v.descent}}
	}
	for i := range set {
		l := &set[i]
		if i == len(set)-1 { // the value stands beside the last line, where the eye arrives
			l.ascent, v.ascent = max(l.ascent, v.ascent), max(l.ascent, v.ascent)
			s.aligned(v, right, 0, s.width())
		}
		s.put(l, 0)
		s.height += max(l.height(), v.height()) + rowGap
	}
}

// row writes cells side by side, the first at the left, the others at the right
// of theirs. Where the paper is too narrow for one of these, they come below the
// first: of money no digit may be missing.
func (s *sheet) row(st style, cells ...string) {
	each := s.width() / len(cells)
	if slices.ContainsFunc(cells[1:], func(cell string) bool { return len(s.lines(cell, st, each-cellGap)) > 1 }) {
		s.text(cells[0], st, left)
		s.cells(st, right, cells[1:])
		return
	}
	s.cells(st, left, cells)
}

// cells writes cells of the same width, the first at its side and the others at
// the right.
func (s *sheet) cells(st style, first side, cells []string) {
	each := s.width() / len(cells)
	tall := 0
	for i, cell := range cells {
		set := s.lines(cell, st, each)
		if len(set) == 0 {
			continue
		}
		where := right
		if i == 0 {
			where = first
		}
		s.aligned(&set[0], where, i*each, (i+1)*each)
		tall = max(tall, set[0].height())
	}
	s.height += tall + rowGap
}

// rule draws a dashed line across.
func (s *sheet) rule() {
	const dash, gap, thick = 6, 4, 2
	s.space(partGap / 2)
	y := s.height
	s.items = append(s.items, func(r *Raster) {
		for x := 0; x < s.width(); x += dash + gap {
			r.Fill(image.Rect(x, y, x+dash, y+thick))
		}
	})
	s.space(thick + partGap/2)
}

// solid draws a thick line across, over a total.
func (s *sheet) solid() {
	s.space(partGap / 2)
	y := s.height
	s.items = append(s.items, func(r *Raster) { r.Fill(image.Rect(0, y, s.width(), y+3)) })
	s.space(3 + partGap/2)
}

// frame writes text large and in a box, so that nobody overlooks it.
func (s *sheet) frame(text string) {
	const thick, pad = 4, 10
	top := s.height
	s.space(thick + pad)
	s.text(text, large, centre)
	s.space(pad)
	bottom := s.height
	s.items = append(s.items, func(r *Raster) {
		r.Fill(image.Rect(0, top, s.width(), top+thick))
		r.Fill(image.Rect(0, bottom, s.width(), bottom+thick))
		r.Fill(image.Rect(0, top, thick, bottom))
		r.Fill(image.Rect(s.width()-thick, top, s.width(), bottom))
	})
	s.space(thick + partGap)
}

// sign leaves room for a signature.
func (s *sheet) sign(who string) {
	s.space(90)
	y := s.height
	s.items = append(s.items, func(r *Raster) { r.Fill(image.Rect(s.width()/6, y, s.width()*5/6, y+2)) })
	s.space(6)
	s.text(who, small, centre)
}

// code draws text as a QR code.
func (s *sheet) code(text string) {
	code, err := symbol(text)
	if err != nil {
		s.fail(err)
		return
	}
	m, err := newModules(code, s.paper)
	if err != nil {
		s.fail(err)
		return
	}
	top := s.height
	s.items = append(s.items, func(r *Raster) { m.draw(r, top) })
	s.space(m.side())
}

func (s *sheet) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// print draws what was laid out. Its height is one of whole eights of rows:
// some printers want that.
func (s *sheet) print() (*Raster, error) {
	if s.err != nil {
		return nil, s.err
	}
	r, err := NewRaster(s.paper, (max(s.height, 8)+7)/8*8)
	if err != nil {
		return nil, &edge.Error{Op: "ticket.Draw", Kind: edge.TooLarge, Msg: "the ticket is longer than six metres of paper", Err: err}
	}
	for _, draw := range s.items {
		draw(r)
	}
	return r, nil
}
