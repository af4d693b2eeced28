package edge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a product table.
const (
	maxCatalogueBytes  = 128 << 20
	maxCatalogueRows   = 100_000
	maxCatalogueFaults = 100 // told one by one; of the rest it is said how many they are
)

// catalogueColumns lists the columns of a product table. They may stand in any
// order; each must be there once.
func catalogueColumns() []string {
	return []string{
		"sku", "gtin", "product", "category", "brand",
		"name_vi", "name_en", "name_zh", "shade_vi", "shade_en", "shade_zh",
		"price", "vat_bp", "colour", "finish", "tryon", "asset", "picture", "stock",
	}
}

// catalogueExtras lists the columns that may be left out, which is as if all
// their cells were empty. There are no others.
func catalogueExtras() []string {
	return append(tryOnExtras(), "details_vi", "details_en", "details_zh")
}

// tryOnExtras are those of them that say how a variant is tried on.
func tryOnExtras() []string {
	return []string{"gradient", "placement", "shape", "side", "colours", "intensity"}
}

// CatalogueError is one fault of a product table.
type CatalogueError struct {
	Line   int    // from 1, the header's line; 0 where the whole file is meant
	Column string // name of the column; empty where the whole line is meant
	Msg    string // what is wrong and how to mend it
}

func (e *CatalogueError) Error() string {
	switch {
	case e.Line == 0:
		return e.Msg
	case e.Column == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
	}
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Msg)
}

// CatalogueRules are what a product table has to fit.
type CatalogueRules struct {
	Currency   string     // of the prices
	Categories []Category // every row's category must be one of them
	// Picture and Shape say what is wrong with a file that a row names, and how
	// to mend it; nil where the files are not looked at.
	Picture, Shape func(file string) error
}

// Read reads a product table: CSV in UTF-8 (a byte order mark may lead),
// separated by commas, semicolons or tabs, one header line, one row a variant,
// at most 128 MiB and 100,000 rows. Prices are minor units, tax included.
//
// Beside what is sold a row says how the mirror shows it: the column tryon is
// one of TryOnKinds, or empty where it shows nothing. Columns that a kind has no
// use for stay empty, and so may those whose usual value will do:
//
//	colour     #RRGGBB, the shade; eyeshadow's on the lid
//	colours    eyeshadow: up to two more, of the crease and of the outer corner
//	finish     matte, satin, gloss, metallic or shimmer, as the kind allows
//	gradient   lipstick: yes for one that is full inside and fades outwards
//	placement  blush: apples (usual), cheekbone or under-eye
//	shape      eyeliner: thin, classic (usual) or winged; lashes: natural
//	           (usual), volume or cat-eye
//	side       earrings: left or right for a single one; nose-stud: left (usual)
//	           or right; the shopper's own side
//	intensity  make-up: 1 to 100, in percent, how strongly it is worn at first
//	asset      glasses and jewellery: the SVG file of the shape
//
// The columns details_vi, details_en and details_zh tell of the product's size
// and what is in it, in the first of its rows, or alike in all.
//
// It returns the variants in the order of their rows, and the opening stock in
// pieces. A table with faults gives neither, but an Error whose cause joins a
// CatalogueError for each fault, the first hundred of them and one for the rest.
func (c CatalogueRules) Read(r io.Reader) ([]Variant, map[SKU]int64, error) {
	const op = "edge.CatalogueRules.Read"
	b, err := io.ReadAll(io.LimitReader(r, maxCatalogueBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(b) > maxCatalogueBytes {
		return nil, nil, Errorf(op, TooLarge, "the product table is larger than %d MiB: leave out what is not sold", maxCatalogueBytes>>20)
	}
	t := catalogueTable{
		CatalogueRules: c,
		column:         map[string]int{},
		stock:          map[SKU]int64{},
		skuLine:        map[SKU]int{},
		gtinLine:       map[string]int{},
		product:        map[string]productRow{},
	}
	t.read(b)
	if t.more > 0 {
		t.faults = append(t.faults, &CatalogueError{Msg: fmt.Sprintf("and %d more: those are told when these are mended", t.more)})
	}
	if len(t.faults) > 0 {
		return nil, nil, &Error{
			Op: op, Kind: Invalid, Msg: "the product table has faults, mend them and load it again",
			Err: errors.Join(t.faults...),
		}
	}
	return t.variants, t.stock, nil
}

// catalogueTable is a product table while it is read.
type catalogueTable struct {
	CatalogueRules
	column map[string]int // index by name

	variants []Variant
	stock    map[SKU]int64
	skuLine  map[SKU]int
	gtinLine map[string]int // by GTIN14
	product  map[string]productRow
	faults   []error
	more     int // beyond maxCatalogueFaults
}

// productRow is a product's first row: the later ones must agree with it.
type productRow struct {
	line    int
	variant Variant
	shades  map[Text]int // line of each shade so far
}

func (t *catalogueTable) fail(line int, column, format string, args ...any) {
	if len(t.faults) == maxCatalogueFaults {
		t.more++
		return
	}
	t.faults = append(t.faults, &CatalogueError{Line: line, Column: column, Msg: fmt.Sprintf(format, args...)})
}

func (t *catalogueTable) read(b []byte) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if line := notUTF8(b); line > 0 {
		t.fail(line, "", "this is not text in UTF-8: in the spreadsheet, save the table as \"CSV UTF-8 (comma delimited)\"")
		return
	}
	if bytes.IndexByte(b, '\n') < 0 {
		b = bytes.ReplaceAll(b, []byte{'\r'}, []byte{'\n'}) // as old Macs end lines, and "CSV (Macintosh)"
	}
	c := csv.NewReader(bytes.NewReader(b))
	c.Comma = separator(b)
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		t.fail(0, "", "the file is empty: it needs a header line and a row for each variant")
		return
	}
	if err != nil {
		t.failCSV(err)
		return
	}
	headerLine, _ := c.FieldPos(0)
	if !t.readHeader(headerLine, header) {
		return
	}
	for rows := 0; ; rows++ {
		fields, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			if len(t.variants)+len(t.faults) == 0 {
				t.fail(0, "", "the table has no rows: it needs one for each variant")
			}
			return
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := c.FieldPos(0)
			t.fail(line, "", "%d fields, the header has %d: put a text that holds %q in quotes", len(fields), len(t.column), c.Comma)
			continue
		case err != nil:
			t.failCSV(err) // the quotes are out of step, nothing after this can be trusted
			return
		}
		line, _ := c.FieldPos(0)
		if rows >= maxCatalogueRows {
			t.fail(line, "", "more than %d rows: leave out what is not sold", maxCatalogueRows)
			return
		}
		if slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) != "" }) {
			t.readRow(line, fields)
		}
	}
}

// notUTF8 is the first line that holds what no text in UTF-8 does, or 0.
func notUTF8(b []byte) int {
	for at := 0; at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n == 1 {
			return 1 + bytes.Count(b[:at], []byte{'\n'})
		}
		at += n
	}
	return 0
}

// separator is what stands between the columns: of comma, semicolon and tab that
// which the header has most of.
func separator(b []byte) rune {
	header, _, _ := bytes.Cut(b, []byte{'\n'})
	best, most := ',', bytes.Count(header, []byte{','})
	for _, s := range ";\t" {
		if n := bytes.Count(header, []byte{byte(s)}); n > most {
			best, most = s, n
		}
	}
	return best
}

func (t *catalogueTable) failCSV(err error) {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		t.fail(e.StartLine, "", "%v at character %d: quote a text as \"…\" and write a quote inside it twice", e.Err, e.Column)
		return
	}
	t.fail(0, "", "%v", err)
}

func (t *catalogueTable) readHeader(line int, header []string) bool {
	want := catalogueColumns()
	for i, name := range header {
		name = strings.TrimSpace(name)
		_, twice := t.column[name]
		switch {
		case !slices.Contains(want, name) && !slices.Contains(catalogueExtras(), name):
			t.fail(line, fmt.Sprintf("%.40q", name), "no such column: remove it, or mend its name%s", t.similar(name))
		case twice:
			t.fail(line, name, "the column is there twice: remove one")
		}
		t.column[name] = i
	}
	for _, name := range want {
		if _, ok := t.column[name]; !ok {
			t.fail(line, name, "the column is missing: add it")
		}
	}
	return len(t.faults) == 0
}

// similar is the column that was meant by a name in other letters.
func (t *catalogueTable) similar(name string) string {
	for _, known := range append(catalogueColumns(), catalogueExtras()...) {
		if strings.EqualFold(strings.ReplaceAll(name, " ", "_"), known) {
			return ", which is " + known
		}
	}
	return ""
}
