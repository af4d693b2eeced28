package edge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a product table's cells.
const (
	maxSKU      = 20
	maxID       = 64              // bytes of a product id or a file name
	maxText     = 120             // characters of a name, a brand or a shade
	maxDetails  = 400             // characters
	maxPrice    = 100_000_000_000 // minor units; the tax of a long line must not overflow
	maxOpening  = 1_000_000       // pieces
	maxVATBasis = 10_000          // 100 %
)

// catalogueRow is one row of a product table while it is read.
type catalogueRow struct {
	*catalogueTable
	line   int
	fields []string
}

// cell is the text of a column without the spaces around it.
func (r catalogueRow) cell(column string) string {
	i, ok := r.column[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

func (r catalogueRow) fail(column, format string, args ...any) {
	r.catalogueTable.fail(r.line, column, format, args...)
}

func (t *catalogueTable) readRow(line int, fields []string) {
	r := catalogueRow{t, line, fields}
	v := Variant{
		SKU:      r.sku(),
		GTIN:     r.gtin(),
		Product:  r.id("product"),
		Category: r.category(),
		Brand:    r.text("brand", true, maxText),
		Name:     r.texts("name", true, maxText),
		Shade:    r.texts("shade", false, maxText),
		Details:  r.texts("details", false, maxDetails),
		Color:    r.color(),
		Finish:   r.finish(),
		Price:    Money{Amount: r.price(), Currency: t.Currency},
		VAT:      BasisPoints(r.number("vat_bp", 0, maxVATBasis, "hundredths of a percent (800 is 8 %)")),
		Picture:  r.file("picture", r.Picture, ".svg", ".png", ".jpg", ".jpeg", ".webp"),
	}
	v.TryOn = r.tryOn(&v)
	stock := r.number("stock", 0, maxOpening, "pieces"+meant(r.cell("stock")))
	if v.Product != "" {
		r.agree(&v)
	}
	t.variants = append(t.variants, v)
	t.stock[v.SKU] = stock
}

func (r catalogueRow) sku() SKU {
	s := r.cell("sku")
	if s == "" || len(s) > maxSKU || !consistsOf(s, isUpper, isDigit, isDash) {
		r.fail("sku", "%.40q: want 1 to %d of A-Z, 0-9 and -", s, maxSKU)
		return SKU(s)
	}
	if first, ok := r.skuLine[SKU(s)]; ok {
		r.fail("sku", "%s is already on line %d: a SKU names one variant", s, first)
		return SKU(s)
	}
	r.skuLine[SKU(s)] = r.line
	return SKU(s)
}

func (r catalogueRow) gtin() GTIN {
	s := r.cell("gtin")
	if fault := gtinFault(s); fault != "" {
		r.fail("gtin", "%.40q: %s; in a spreadsheet, format the column as text", s, fault)
		return ""
	}
	g := GTIN(s)
	if first, ok := r.gtinLine[g.GTIN14()]; ok {
		r.fail("gtin", "%s is already on line %d: a GTIN names one variant", s, first)
		return g
	}
	r.gtinLine[g.GTIN14()] = r.line
	return g
}

func (r catalogueRow) category() string {
	id := r.cell("category")
	if !slices.ContainsFunc(r.Categories, func(c Category) bool { return c.ID == id }) {
		known := make([]string, len(r.Categories))
		for i, c := range r.Categories {
			known[i] = c.ID
		}
		r.fail("category", "%.40q: the shop has %s", id, strings.Join(known, ", "))
	}
	return id
}

func (r catalogueRow) id(column string) string {
	s := r.cell(column)
	if s == "" || len(s) > maxID || !consistsOf(s, isLower, isDigit, isDash) {
		r.fail(column, "%.80q: want 1 to %d of a-z, 0-9 and -", s, maxID)
	}
	return s
}

func (r catalogueRow) text(column string, required bool, most int) string {
	s := r.cell(column)
	seen := Visible(s)
	switch {
	case seen == "" && required:
		r.fail(column, "is empty: fill it in")
	case utf8.RuneCountInString(s) > most:
		r.fail(column, "%d characters, at most %d", utf8.RuneCountInString(s), most)
	case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }):
		r.fail(column, "holds a line break or another control character: remove it, or type the text anew")
	}
	return seen
}

// texts reads a text in all three languages; one that is not required may be
// empty in all of them.
func (r catalogueRow) texts(column string, required bool, most int) Text {
	vi, en, zh := column+"_vi", column+"_en", column+"_zh"
	required = required || r.cell(vi) != "" || r.cell(en) != "" || r.cell(zh) != ""
	return Text{VI: r.text(vi, required, most), EN: r.text(en, required, most), ZH: r.text(zh, required, most)}
}

// price reads a price. What it may have been meant to be is told only where the
// currency leaves no doubt: 12.500 USD are twelve dollars or twelve thousand.
func (r catalogueRow) price() int64 {
	if minorDigits(r.Currency) > 0 {
		return r.number("price", 1, maxPrice, "hundredths of "+r.Currency+" (1250 is 12.50)")
	}
	return r.number("price", 1, maxPrice, r.Currency+meant(r.cell("price")))
}

// number reads a whole number from least to most, of what unit says.
func (r catalogueRow) number(column string, least, most int64, unit string) int64 {
	s := r.cell(column)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		r.fail(column, "%.40q: want a whole number from %d to %d, without separators or currency, in %s", s, least, most, unit)
		return 0
	}
	return n
}

var (
	dressedNumber = regexp.MustCompile(`^[^\d.,+-]{0,5}(\d{1,3}(?:[., \x{a0}]\d{3})+|\d{1,15})(?:[.,]0{1,2})?[^\d.,+-]{0,5}$`)
	shortNumber   = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+?\d+$`)
)

// meant is what to write instead of a number with separators, a currency, or
// what a spreadsheet makes of a long one.
func meant(s string) string {
	if shortNumber.MatchString(s) {
		return ": the spreadsheet has shortened it, format the column as a number without decimals"
	}
	m := dressedNumber.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, m[1])
	if digits == s || digits[0] == '0' {
		return ""
	}
	return ": write " + digits
}

func (r catalogueRow) color() string {
	s := r.cell("colour")
	if s != "" && !isColour(s) {
		r.fail("colour", "%.40q: want #RRGGBB, or nothing", s)
	}
	return s
}

func (r catalogueRow) finish() string {
	s := r.cell("finish")
	switch s {
	case "", "matte", "satin", "gloss", "metallic", "shimmer":
	default:
		r.fail("finish", "%.40q: want matte, satin, gloss, metallic, shimmer, or nothing", s)
	}
	return s
}

// file reads a plain file name, so that no cell can name a file outside its
// folder, and looks at the file if there is a way to.
func (r catalogueRow) file(column string, look func(string) error, endings ...string) string {
	s := r.cell(column)
	if s == "" {
		return ""
	}
	ending := slices.IndexFunc(endings, func(e string) bool { return strings.HasSuffix(s, e) && len(s) > len(e) })
	if ending < 0 || len(s) > maxID || s[0] == '.' || !consistsOf(s, isLower, isUpper, isDigit, isDash, isDot) {
		r.fail(column, "%.80q: want a file name of a-z, A-Z, 0-9, - and ., at most %d characters, ending in %s",
			s, maxID, strings.Join(endings, ", "))
		return s
	}
	if look != nil {
		if err := look(s); err != nil {
			r.fail(column, "%v", err)
		}
	}
	return s
}

// agree sees that the variants of one product tell the same of it, and that
// each can be told from the others.
func (r catalogueRow) agree(v *Variant) {
	first, ok := r.product[v.Product]
	if !ok {
		r.product[v.Product] = productRow{r.line, *v, map[Text]int{v.Shade: r.line}}
		return
	}
	for _, f := range []struct{ column, here, there string }{
		{"category", v.Category, first.variant.Category},
		{"brand", v.Brand, first.variant.Brand},
		{"name_vi", v.Name.VI, first.variant.Name.VI},
		{"name_en", v.Name.EN, first.variant.Name.EN},
		{"name_zh", v.Name.ZH, first.variant.Name.ZH},
		{"details_vi", v.Details.VI, first.variant.Details.VI},
		{"details_en", v.Details.EN, first.variant.Details.EN},
		{"details_zh", v.Details.ZH, first.variant.Details.ZH},
	} {
		if f.here != "" && f.here != f.there {
			r.fail(f.column, "differs from line %d of the same product %s", first.line, v.Product)
		}
	}
	const missing = "is empty: product %s has several variants, each needs a shade of its own"
	if len(first.shades) == 1 && first.variant.Shade == (Text{}) {
		r.catalogueTable.fail(first.line, "shade_vi", missing, v.Product)
	}
	same, taken := first.shades[v.Shade]
	switch {
	case v.Shade == (Text{}):
		r.fail("shade_vi", missing, v.Product)
	case taken:
		r.fail("shade_vi", "the shade is that of line %d: each variant of product %s needs its own", same, v.Product)
	default:
		first.shades[v.Shade] = r.line
	}
}

func consistsOf(s string, classes ...func(byte) bool) bool {
	for i := range len(s) {
		if !slices.ContainsFunc(classes, func(in func(byte) bool) bool { return in(s[i]) }) {
			return false
		}
	}
	return true
}

// isColour reports whether s is written #RRGGBB.
func isColour(s string) bool {
	hex, ok := strings.CutPrefix(s, "#")
	return ok && len(hex) == 6 && consistsOf(hex, isHex)
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isDash(c byte) bool  { return c == '-' }
func isDot(c byte) bool   { return c == '.' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
