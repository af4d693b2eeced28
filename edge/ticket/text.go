package ticket

import (
	"image"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// style is how text looks.
type style int

const (
	small style = iota
	plain
	bold
	title
	large
)

// size is that of the em, in dots: one of 3 mm is as large as a printer's own
// letters.
func (st style) size() int {
	switch st {
	case small:
		return 20
	case title:
		return 30
	case large:
		return 36
	case plain, bold:
	}
	return 24
}

func (st style) strong() bool { return st >= bold }

// maxText bounds the characters of one text: nothing on a ticket is longer.
const maxText = 500

// line is a line of text, ready to be drawn.
type line struct {
	runs            shaping.Line
	strong          bool
	width           int // dots
	ascent, descent int // above and below the line that letters stand on
}

func (l *line) height() int { return l.ascent + l.descent }

// setter sets text in lines. It is not safe for concurrent use.
type setter struct {
	fonts  *Fonts
	lang   language.Language
	shaper shaping.HarfbuzzShaper
	split  shaping.Segmenter
	raster *vector.Rasterizer
}

// pick chooses a font for each character.
type pick struct {
	fonts  *Fonts
	strong bool
}

func (p pick) ResolveFace(r rune) *font.Face {
	face, _ := p.fonts.find(r, p.strong)
	return face
}

// printable makes a space of what only steers text: the shaper takes a separator
// of paragraphs for a run without a glyph, and turned text hides what it says.
func printable(r rune) rune {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Bidi_Control, r):
		return ' '
	}
	return r
}

// lines sets text in lines at most width dots wide, breaking between words
// where it can.
func (s *setter) lines(text string, st style, width int) []line {
	runes := []rune(strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(text, "�"))), " "))
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	if len(runes) == 0 {
		return nil
	}
	in := shaping.Input{
		Text: runes, RunEnd: len(runes), Direction: di.DirectionLTR, Size: fixed.I(st.size()), Language: s.lang,
	}
	var runs []shaping.Output
	for _, part := range s.split.Split(in, pick{s.fonts, st.strong()}) {
		runs = append(runs, s.shaper.Shape(part))
	}
	var w shaping.LineWrapper // a new one: it reuses what it returned
	wrapped, _ := w.WrapParagraph(shaping.WrapConfig{Direction: di.DirectionLTR}, width, runes, shaping.NewSliceIterator(runs))
	set := make([]line, 0, len(wrapped))
	for _, runs := range wrapped {
		set = append(set, measure(slices.Clone(runs), st))
	}
	return set
}

// measure finds a line's size; it is never lower than its style, so that lines
// stand evenly.
func measure(runs shaping.Line, st style) line {
	slices.SortFunc(runs, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
	l := line{runs: runs, strong: st.strong(), ascent: st.size() * 21 / 20, descent: st.size() * 3 / 10}
	var width fixed.Int26_6
	for i := range runs {
		width += runs[i].Advance
		l.ascent = max(l.ascent, runs[i].GlyphBounds.Ascent.Ceil())
		l.descent = max(l.descent, (-runs[i].GlyphBounds.Descent).Ceil())
	}
	l.width = width.Ceil()
	return l
}

// inkFrom is how much of a dot a letter must cover, of 255, to blacken it. Heat
// spreads on the paper, yet thin strokes must not break.
const inkFrom = 112

// draw draws a line with its upper left corner at at.
func (s *setter) draw(r *Raster, l *line, at image.Point) {
	box := image.Rect(0, 0, l.width+4, l.height())
	if s.raster == nil {
		s.raster = &vector.Rasterizer{}
	}
	s.raster.Reset(box.Dx(), box.Dy())
	var x fixed.Int26_6
	for i := range l.runs {
		run := &l.runs[i]
		for j := range run.Glyphs {
			g := &run.Glyphs[j]
			dot := point{toFloat(x + g.XOffset), float32(l.ascent) - toFloat(g.YOffset)}
			scale := toFloat(run.Size) / float32(run.Face.Upem())
			if outline, ok := run.Face.GlyphData(g.GlyphID).(font.GlyphOutline); ok {
				s.trace(outline, dot, scale)
				if l.strong && !slices.Contains(s.fonts.strong, run.Face) {
					s.trace(outline, point{dot.x + toFloat(run.Size)/24, dot.y}, scale) // of a font that has no strong face
				}
			}
			x += g.Advance
		}
	}
	cover := image.NewAlpha(box)
	s.raster.Draw(cover, box, image.Opaque, image.Point{})
	for y := range box.Dy() {
		for x := range box.Dx() {
			if cover.Pix[y*cover.Stride+x] >= inkFrom {
				r.Fill(image.Rect(at.X+x, at.Y+y, at.X+x+1, at.Y+y+1))
			}
		}
	}
}

type point struct{ x, y float32 }

func toFloat(v fixed.Int26_6) float32 { return float32(v) / 64 }

// trace adds a glyph's outline to what is drawn.
func (s *setter) trace(outline font.GlyphOutline, dot point, scale float32) {
	at := func(p opentype.SegmentPoint) (x, y float32) { return dot.x + p.X*scale, dot.y - p.Y*scale }
	open := false
	for _, seg := range outline.Segments {
		ax, ay := at(seg.Args[0])
		bx, by := at(seg.Args[1])
		cx, cy := at(seg.Args[2])
		switch seg.Op {
		case opentype.SegmentOpMoveTo:
			if open {
				s.raster.ClosePath()
			}
			s.raster.MoveTo(ax, ay)
			open = true
		case opentype.SegmentOpLineTo:
			s.raster.LineTo(ax, ay)
		case opentype.SegmentOpQuadTo:
			s.raster.QuadTo(ax, ay, bx, by)
		case opentype.SegmentOpCubeTo:
			s.raster.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	if open {
		s.raster.ClosePath()
	}
}
