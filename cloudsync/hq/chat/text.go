package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/mirrorcart/mirrorcart/edge"
)

// plain takes out of a text what no message needs: bytes that are no text,
// control characters but line breaks, and all beyond its longest.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\r':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r):
			return -1
		}
		return r
	}, edge.Visible(s))
	return clip(strings.TrimSpace(s), maxText)
}

// leastLength is what every message has room for: an address beside a few words.
const leastLength = 300

// checkLength refuses a limit of messages into which none of ours would fit.
func checkLength(n int) error {
	if n < leastLength {
		return edge.Errorf("chat.New", edge.Invalid, "messages of %d characters: want %d or more", n, leastLength)
	}
	return nil
}

func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// clip cuts a text to n characters, the last of which then is an ellipsis.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}

// clipBytes cuts a text to n bytes, between characters.
func clipBytes(s string, n int) string {
	const ellipsis = "…"
	if len(s) <= n {
		return s
	}
	s = s[:n-len(ellipsis)]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + ellipsis
}

// fold writes a text as people type it in haste: small letters without accents,
// words with a space between and around them, Han characters each a word.
func fold(s string) string {
	var b strings.Builder
	gap := true
	b.WriteByte(' ')
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ':
			r = 'd'
		case unicode.Is(unicode.Han, r):
			if !gap {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			b.WriteByte(' ')
			gap = true
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			if !gap {
				b.WriteByte(' ')
			}
			gap = true
			continue
		}
		b.WriteRune(r)
		gap = false
	}
	if !gap {
		b.WriteByte(' ')
	}
	return b.String()
}
