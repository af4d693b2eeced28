package ticket

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Vietnamese, Thai and all that is written in Latin letters always prints: their
// fonts are part of the program. Those of Chinese are forty times as large, and
// every Debian has one; the screens take theirs from there too.
//
//go:embed font/*.ttf
var embedded embed.FS

// Fonts are the typefaces of tickets. They are safe for concurrent use.
type Fonts struct {
	plain, strong []*font.Face // the embedded ones, in the order they are tried

	files []string // further ones, read when a character first asks for them
	once  sync.Once
	more  []*font.Face
	log   *slog.Logger
}

// NewFonts reads the embedded fonts. The files are asked, in their order, for
// characters that those lack; they need not be there.
func NewFonts(files []string, log *slog.Logger) (*Fonts, error) {
	f := &Fonts{files: files, log: log}
	for _, list := range []struct {
		of    *[]*font.Face
		names []string
	}{
		{&f.plain, []string{"be-vietnam-pro-500.ttf", "noto-sans-thai-500.ttf"}},
		{&f.strong, []string{"be-vietnam-pro-700.ttf"}},
	} {
		for _, name := range list.names {
			b, err := embedded.ReadFile("font/" + name)
			if err != nil {
				return nil, fmt.Errorf("ticket.NewFonts: %w", err)
			}
			face, err := parseFont(b)
			if err != nil {
				return nil, fmt.Errorf("ticket.NewFonts: %s: %w", name, err)
			}
			*list.of = append(*list.of, face)
		}
	}
	return f, nil
}

// Lacks reports whether a text has characters that no font can draw: they are
// printed as boxes.
func (f *Fonts) Lacks(text string) bool {
	for _, r := range text {
		if _, ok := f.find(r, false); !ok {
			return true
		}
	}
	return false
}

// find is the font that draws a character, the first where none can.
func (f *Fonts) find(r rune, strong bool) (*font.Face, bool) {
	if strong {
		if face := firstWith(f.strong, r); face != nil {
			return face, true
		}
	}
	if face := firstWith(f.plain, r); face != nil {
		return face, true
	}
	f.once.Do(f.readMore)
	if face := firstWith(f.more, r); face != nil {
		return face, true
	}
	return f.plain[0], false
}

func firstWith(list []*font.Face, r rune) *font.Face {
	for _, face := range list {
		if _, ok := face.NominalGlyph(r); ok {
			return face
		}
	}
	return nil
}

// readMore reads the first of the files that is there: they all serve the same
// end, and each takes memory.
func (f *Fonts) readMore() {
	for _, path := range f.files {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var face *font.Face
		if err == nil {
			face, err = parseFont(b)
		}
		if err != nil {
			f.log.Error("a font for tickets cannot be read: install fonts-droid-fallback, or mend printer.fonts", "file", path, "err", err)
			continue
		}
		f.more = append(f.more, face)
		return
	}
	f.log.Warn("tickets have no font with Chinese characters: install fonts-droid-fallback, or name a file in printer.fonts")
}

// parseFont reads a TrueType or OpenType file; of a collection the font for
// simplified Chinese, or else its first.
func parseFont(b []byte) (*font.Face, error) {
	loaders, err := opentype.NewLoaders(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if len(loaders) == 0 {
		return nil, edge.Errorf("ticket.parseFont", edge.Invalid, "the file holds no font")
	}
	best := loaders[0]
	for _, l := range loaders {
		if d, _ := font.Describe(l, nil); strings.HasSuffix(d.Family, " SC") {
			best = l
			break
		}
	}
	parsed, err := font.NewFont(best)
	if err != nil {
		return nil, err
	}
	return font.NewFace(parsed), nil
}
