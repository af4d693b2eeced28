package edge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible is a text without what nobody sees and what changes how the rest is seen:
// characters that turn text around, and those without width. What comes from outside
// goes through it, so that a name or a note reads the same on every screen, ticket
// and log; what was stored before stays readable as it is.
func Visible(text string) string {
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if !steers(r) {
			b.WriteString(text[:n]) // bytes that are no text stay, for others to refuse
		}
		text = text[n:]
	}
	return b.String()
}

// steers reports whether r is seen only by what it does to other characters. The
// joiners U+200C and U+200D are not among them: words of some scripts, and emoji, are
// made with them.
func steers(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r >= '\u2060' && r <= '\u2064' || r == '\ufeff'
}
