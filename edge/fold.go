package edge

import (
	"strings"
	"unicode"
)

// Fold is text without case and without the marks of Latin letters, so that
// what people type finds what is written: "ĐỎ Gạch" and "do gach" fold to the
// same. Marks may stand alone behind their letter, as some keyboards send them.
func Fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r < unicode.MaxASCII:
			b.WriteRune(unicode.ToLower(r))
		case !unicode.Is(unicode.Mn, r):
			b.WriteRune(bare(unicode.ToLower(r)))
		}
	}
	return b.String()
}

// bare is a small letter without its marks: those of Vietnamese, and of the
// languages that brands come from.
func bare(r rune) rune {
	switch r {
	case 'à', 'á', 'ả', 'ã', 'ạ', 'ă', 'ằ', 'ắ', 'ẳ', 'ẵ', 'ặ', 'â', 'ầ', 'ấ', 'ẩ', 'ẫ', 'ậ', 'ä', 'å', 'ā', 'ą':
		return 'a'
	case 'ç', 'ć', 'č':
		return 'c'
	case 'đ', 'ď':
		return 'd'
	case 'è', 'é', 'ẻ', 'ẽ', 'ẹ', 'ê', 'ề', 'ế', 'ể', 'ễ', 'ệ', 'ë', 'ē', 'ę', 'ě':
		return 'e'
	case 'ì', 'í', 'ỉ', 'ĩ', 'ị', 'ï', 'î', 'ī':
		return 'i'
	case 'ł':
		return 'l'
	case 'ñ', 'ń', 'ň':
		return 'n'
	case 'ò', 'ó', 'ỏ', 'õ', 'ọ', 'ô', 'ồ', 'ố', 'ổ', 'ỗ', 'ộ', 'ơ', 'ờ', 'ớ', 'ở', 'ỡ', 'ợ', 'ö', 'ō', 'ø':
		return 'o'
	case 'ř':
		return 'r'
	case 'š', 'ś':
		return 's'
	case 'ť':
		return 't'
	case 'ù', 'ú', 'ủ', 'ũ', 'ụ', 'ư', 'ừ', 'ứ', 'ử', 'ữ', 'ự', 'ü', 'û', 'ū', 'ů':
		return 'u'
	case 'ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ', 'ÿ':
		return 'y'
	case 'ž', 'ź', 'ż':
		return 'z'
	}
	return r
}
