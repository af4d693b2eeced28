package handoff

import "strings"

const maxText = 64 // bytes of a SKU, a sale's id or a receipt's number

// Kinds of characters, by which texts are guessed.
const (
	upper = iota
	lower
	digit
	mark
	other // any byte
	end   // of the text
)

// kindOf is a character's kind and its place in it.
func kindOf(c byte) (kind int, place uint64) {
	switch {
	case c >= 'A' && c <= 'Z':
		return upper, uint64(c - 'A')
	case c >= 'a' && c <= 'z':
		return lower, uint64(c - 'a')
	case c >= '0' && c <= '9':
		return digit, uint64(c - '0')
	}
	if i := strings.IndexByte(marks, c); i >= 0 {
		return mark, uint64(i)
	}
	return other, uint64(c)
}

const marks = "-_./"

// text is a text of at most maxText bytes that most likely looks like another:
// the article numbers of one shop do. Where it does it has the same kinds of
// characters in the same places; where it begins alike, too, the same
// characters. After one that does not fit, more of its kind are likely.
func (p *packer) text(s, like string, alike bool) string {
	var out []byte
	fits := true
	last := upper
	for len(out) <= maxText && !p.bad {
		c, kind := charAt(s, len(out))
		guess, expected := charAt(like, len(out))
		if !fits {
			guess, expected = 0, last
		}
		how := 2
		switch {
		case kind == expected && c == guess:
			how = 0
		case kind == expected:
			how = 1
		}
		switch p.choose(how, fit(expected, fits, alike)...) {
		case 0:
			c, kind = guess, expected
		case 1:
			c, kind = p.char(c, expected), expected
			alike = false
		default:
			kind = p.choose(kind, 4, 3, 6, 3, 1, 4)
			c = p.char(c, kind)
			fits = false
		}
		if kind == end {
			return string(out)
		}
		out, last = append(out, c), kind
	}
	p.spoil()
	return ""
}

// fit weighs whether a character is the one guessed, another of the kind
// expected, or of another kind.
func fit(expected int, fits, alike bool) []uint64 {
	switch {
	case !fits:
		return []uint64{1, 14, 3}
	case expected == mark || expected == end:
		return []uint64{60, 1, 3}
	case alike:
		return []uint64{10, 10, 1}
	}
	return []uint64{1, 27, 1}
}

func charAt(s string, i int) (c byte, kind int) {
	if i >= len(s) {
		return 0, end
	}
	kind, _ = kindOf(s[i])
	return s[i], kind
}

// char is a character of a kind.
func (p *packer) char(c byte, kind int) byte {
	_, place := kindOf(c)
	switch kind {
	case upper:
		return 'A' + byte(p.below(place, 26))
	case lower:
		return 'a' + byte(p.below(place, 26))
	case digit:
		return '0' + byte(p.below(place, 10))
	case mark:
		return marks[p.below(place, uint64(len(marks)))]
	case other:
		return byte(p.below(uint64(c), 256))
	}
	return 0
}
