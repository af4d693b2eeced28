package edge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what is searched for: what is beyond is not looked at.
const (
	maxQuery      = 200 // bytes
	maxQueryWords = 8
	// minTypo is the shortest word in which a typo is looked for, in bytes:
	// shorter ones are near to too much.
	minTypo = 4
)

// Index finds a release's variants by what people type and scanners read, and its
// products by their shelves: it is made once a release and may be asked by many
// at a time.
type Index struct {
	release *Release
	texts   []string       // of each variant: its words, folded, a space before each
	codes   map[string]int // by folded SKU
	words   []string       // all different words of names, shades and brands that may be mistyped
	shelves shelves
}

// NewIndex makes the index of a release, which must not change any more.
func NewIndex(r *Release) *Index {
	x := &Index{release: r, texts: make([]string, len(r.Variants)), codes: make(map[string]int, len(r.Variants)), shelves: newShelves(r)}
	seen := map[string]bool{}
	for i := range r.Variants {
		v := &r.Variants[i]
		words := strings.Fields(Fold(strings.Join([]string{
			v.Brand, v.Name.VI, v.Name.EN, v.Name.ZH, v.Shade.VI, v.Shade.EN, v.Shade.ZH,
		}, " ")))
		for _, w := range words {
			if !seen[w] && mayMistype(w) {
				seen[w] = true
				x.words = append(x.words, strings.Clone(w))
			}
		}
		x.texts[i] = " " + strings.Join(append(words, Fold(string(v.SKU)), string(v.GTIN)), " ")
		x.codes[Fold(string(v.SKU))] = i
	}
	return x
}

// Release is what the index is of.
func (x *Index) Release() *Release { return x.release }

// Found is what a search came to.
type Found struct {
	Variants []*Variant // the best first
	Total    int        // how many there are, also beyond the limit
	Exact    bool       // the text is the code of the only one
	Near     bool       // nothing has the words as they were typed: these have them with a letter wrong
}

// Find finds the variants that have every word of text in their name, shade,
// brand, SKU or GTIN, in any order, at most limit of them; all where text says
// nothing. First come those in which every word begins one, otherwise in the
// order of the release. A whole SKU or barcode finds its variant alone.
func (x *Index) Find(text string, limit int) Found {
	text = strings.TrimSpace(text[:min(len(text), maxQuery)])
	if v, ok := x.code(text); ok {
		return Found{Variants: []*Variant{v}, Total: 1, Exact: true}
	}
	words := strings.Fields(Fold(text))
	words = words[:min(len(words), maxQueryWords)]
	choices := make([][]string, len(words))
	for i, w := range words {
		choices[i] = []string{w}
	}
	f := x.match(choices, limit)
	if f.Total > 0 || len(words) == 0 {
		return f
	}
	for i, w := range words {
		if !slices.ContainsFunc(x.texts, func(text string) bool { return strings.Contains(text, w) }) {
			choices[i] = x.near(w)
		}
	}
	slices.SortStableFunc(choices, func(a, b []string) int { return len(a) - len(b) }) // what is asked first decides most
	f = x.match(choices, limit)
	f.Near = f.Total > 0
	return f
}

// code finds the variant whose SKU or barcode text is. A scanner leaves out or
// adds the zeros in front of a barcode.
func (x *Index) code(text string) (*Variant, bool) {
	if i, ok := x.codes[Fold(text)]; ok {
		return &x.release.Variants[i], true
	}
	g, err := ScannedGTIN(text)
	if err != nil {
		return nil, false
	}
	return x.release.Scanned(g)
}

// match finds what has, for each word, one of its choices; nothing where one has
// none.
func (x *Index) match(choices [][]string, limit int) Found {
	var f Found
	var later []*Variant
	for i, text := range x.texts {
		has, begins := true, true
		for _, words := range choices {
			at := slices.IndexFunc(words, func(w string) bool { return strings.Contains(text, w) })
			if at < 0 {
				has = false
				break
			}
			begins = begins && strings.Contains(text, " "+words[at])
		}
		if !has {
			continue
		}
		f.Total++
		switch v := &x.release.Variants[i]; {
		case begins && len(f.Variants) < limit:
			f.Variants = append(f.Variants, v)
		case !begins && len(later) < limit:
			later = append(later, v)
		}
	}
	f.Variants = append(f.Variants, later[:min(len(later), limit-len(f.Variants))]...)
	return f
}

// near lists the known words that begin with word but for one letter, which is
// wrong, missing, too many, or has changed places with the next one.
func (x *Index) near(word string) []string {
	if !mayMistype(word) {
		return nil
	}
	const most = 16 // words worth trying
	var list []string
	for _, w := range x.words {
		if len(list) < most && oneTypo(word, w) {
			list = append(list, w)
		}
	}
	return list
}

// mayMistype reports whether a typo is looked for in a word.
func mayMistype(word string) bool {
	for i := range len(word) {
		if c := word[i]; c >= utf8.RuneSelf || c >= '0' && c <= '9' {
			return false
		}
	}
	return len(word) >= minTypo
}

// oneTypo reports whether known begins with word but for one letter.
func oneTypo(word, known string) bool {
	n := 0
	for n < len(word) && n < len(known) && word[n] == known[n] {
		n++
	}
	word, known = word[n:], known[n:]
	if word == "" {
		return true
	}
	if strings.HasPrefix(known, word[1:]) { // one too many
		return true
	}
	if known == "" {
		return false
	}
	return strings.HasPrefix(known[1:], word[1:]) || // wrong
		strings.HasPrefix(known[1:], word) || // missing
		len(word) > 1 && len(known) > 1 && word[0] == known[1] && word[1] == known[0] && strings.HasPrefix(known[2:], word[2:])
}
