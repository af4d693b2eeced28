package edge_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

const header = "sku,gtin,product,category,brand,name_vi,name_en,name_zh,shade_vi,shade_en,shade_zh,price,vat_bp,colour,finish,tryon,asset,picture,stock\n"

// row is a right row with some cells changed: row("price", "-1").
func row(change ...string) string {
	cells := map[string]string{
		"sku": "LIP-01", "gtin": "4006381333931", "product": "lip-a", "category": "lips", "brand": "Hạ Vân",
		"name_vi": "Son lì", "name_en": "Matte Lipstick", "name_zh": "哑光口红",
		"shade_vi": "Đỏ gạch", "shade_en": "Brick Red", "shade_zh": "砖红",
		"price": "329000", "vat_bp": "800", "colour": "#A63A2B", "finish": "matte", "tryon": "lipstick",
		"asset": "", "picture": "lip-a.svg", "stock": "24",
	}
	for i := 0; i < len(change); i += 2 {
		cells[change[i]] = change[i+1]
	}
	var b strings.Builder
	for i, c := range strings.Split(strings.TrimSpace(header), ",") {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(cells[c])
	}
	return b.String() + "\n"
}

// second is a row that may stand beside row().
func second(change ...string) string {
	return row(append([]string{
		"sku", "LIP-02", "gtin", "036000291452",
		"shade_vi", "Hồng đất", "shade_en", "Dusty Rose", "shade_zh", "豆沙粉",
	}, change...)...)
}

func readCatalogue(r io.Reader) ([]edge.Variant, map[edge.SKU]int64, error) {
	return edge.CatalogueRules{Currency: "VND", Categories: []edge.Category{{ID: "lips"}, {ID: "glasses"}, {ID: "care"}}}.Read(r)
}

// faults takes the single faults out of an error of CatalogueRules.Read.
func faults(t *testing.T, err error) []*edge.CatalogueError {
	t.Helper()
	var e *edge.Error
	require.ErrorAs(t, err, &e)
	joined, ok := e.Err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v", err)
	var out []*edge.CatalogueError
	for _, one := range joined.Unwrap() {
		var f *edge.CatalogueError
		require.ErrorAs(t, one, &f)
		out = append(out, f)
	}
	return out
}

func TestReadCatalogue(t *testing.T) {
	glasses := row("sku", "GLS-1", "gtin", "96385074", "product", "gls", "category", "glasses", "tryon", "glasses",
		"finish", "", "asset", "round.svg", "shade_vi", "", "shade_en", "", "shade_zh", "", "stock", "0")
	care := row("sku", "CAR-1", "gtin", "09506000134352", "product", "car", "category", "care", "tryon", "",
		"finish", "", "colour", "", "picture", "", "name_en", `"Soap, ""mild"""`)
	blank := strings.Repeat(",", 18) + "\r\n"

	vs, stock, err := readCatalogue(strings.NewReader("\uFEFF" + header + row("brand", "  Hạ Vân ") + blank + "\n" + glasses + care))
	require.NoError(t, err)
	require.Equal(t, []edge.Variant{
		{
			SKU: "LIP-01", GTIN: "4006381333931", Product: "lip-a", Category: "lips", Brand: "Hạ Vân",
			Name:  edge.Text{VI: "Son lì", EN: "Matte Lipstick", ZH: "哑光口红"},
			Shade: edge.Text{VI: "Đỏ gạch", EN: "Brick Red", ZH: "砖红"},
			Color: "#A63A2B", Finish: "matte", Price: edge.Money{Amount: 329000, Currency: "VND"}, VAT: 800,
			TryOn: &edge.TryOn{Kind: "lipstick", Finish: "matte"}, Picture: "lip-a.svg",
		},
		{
			SKU: "GLS-1", GTIN: "96385074", Product: "gls", Category: "glasses", Brand: "Hạ Vân",
			Name:  edge.Text{VI: "Son lì", EN: "Matte Lipstick", ZH: "哑光口红"},
			Color: "#A63A2B", Price: edge.Money{Amount: 329000, Currency: "VND"}, VAT: 800,
			TryOn: &edge.TryOn{Kind: "glasses", Asset: "round.svg"}, Picture: "lip-a.svg",
		},
		{
			SKU: "CAR-1", GTIN: "09506000134352", Product: "car", Category: "care", Brand: "Hạ Vân",
			Name:  edge.Text{VI: "Son lì", EN: `Soap, "mild"`, ZH: "哑光口红"},
			Shade: edge.Text{VI: "Đỏ gạch", EN: "Brick Red", ZH: "砖红"},
			Price: edge.Money{Amount: 329000, Currency: "VND"}, VAT: 800,
		},
	}, vs)
	require.Equal(t, map[edge.SKU]int64{"LIP-01": 24, "GLS-1": 0, "CAR-1": 24}, stock)
}

func TestReadCatalogueColumnOrder(t *testing.T) {
	// The merchandiser moved the last column to the front.
	turn := func(line string) string {
		cells := strings.Split(strings.TrimSpace(line), ",")
		return strings.Join(append(cells[len(cells)-1:], cells[:len(cells)-1]...), ",") + "\n"
	}
	want, wantStock, err := readCatalogue(strings.NewReader(header + row() + second()))
	require.NoError(t, err)
	got, gotStock, err := readCatalogue(strings.NewReader(turn(header) + turn(row()) + turn(second())))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, wantStock, gotStock)
}

func TestReadCatalogueFaults(t *testing.T) {
	long := strings.Repeat("é", 121)
	for _, tt := range []struct {
		name, in string
		line     int
		column   string
		msg      string
	}{
		{"empty file", "", 0, "", "is empty"},
		{"header only", header, 0, "", "has no rows"},
		{"blank rows only", header + strings.Repeat(",", 18) + "\n", 0, "", "has no rows"},
		{"not UTF-8", header + row() + second("brand", "H\xe1"), 3, "", "CSV UTF-8"},
		{"a spreadsheet's own file", "PK\x03\x04\x14\x00\x06\x00\xff", 1, "", "CSV UTF-8"},
		{"UTF-16", "\xff\xfes\x00k\x00u\x00", 1, "", "CSV UTF-8"},
		{"a column in other letters", strings.Replace(header, "name_vi", "Name VI", 1) + row(), 1, `"Name VI"`, "which is name_vi"},
		{"many columns", strings.Replace(header, "\n", strings.Repeat(",x", 500)+"\n", 1), 0, "", "and 400 more"},
		{"NUL", header + row("name_vi", "a\x00b"), 2, "name_vi", "control character"},
		{"letters from the right", header + row("name_vi", "a\u202eb"), 2, "name_vi", "control character"},
		{"nothing that is seen", header + row("name_vi", "\u200b"), 2, "name_vi", "is empty"},
		{"bars", strings.ReplaceAll(header+row(), ",", "|"), 1, "sku", "missing"},
		{"column missing", strings.Replace(header, ",stock", "", 1) + row(), 1, "stock", "missing"},
		{"column twice", strings.Replace(header, "\n", ",sku\n", 1) + row(), 1, "sku", "twice"},
		{"column unknown", strings.Replace(header, "\n", ",weight\n", 1) + row(), 1, `"weight"`, "no such column"},
		{"too few fields", header + "LIP-01,4006381333931\n", 2, "", "2 fields, the header has 19"},
		{"stray quote", header + row() + second("brand", `a "b" c`), 3, "", "quote"},
		{"open quote", header + row("brand", `"a`), 2, "", "quote"},

		{"sku empty", header + row("sku", ""), 2, "sku", "want 1 to 20"},
		{"sku lower case", header + row("sku", "lip-01"), 2, "sku", "A-Z"},
		{"sku too long", header + row("sku", strings.Repeat("A", 21)), 2, "sku", "want 1 to 20"},
		{"sku twice", header + row() + second("sku", "LIP-01"), 3, "sku", "already on line 2"},
		{"gtin check digit", header + row("gtin", "4006381333932"), 2, "gtin", "check digit"},
		{"gtin as a float", header + row("gtin", "4.00638E+12"), 2, "gtin", "format the column as text"},
		{"gtin twice", header + row() + second("gtin", "4006381333931"), 3, "gtin", "already on line 2"},
		{"gtin twice, longer", header + row() + second("gtin", "04006381333931"), 3, "gtin", "already on line 2"},
		{"product", header + row("product", "Lip A"), 2, "product", "a-z"},
		{"category", header + row("category", "hats"), 2, "category", "lips, glasses, care"},
		{"brand", header + row("brand", " "), 2, "brand", "is empty"},
		{"name_vi", header + row("name_vi", ""), 2, "name_vi", "is empty"},
		{"name_en", header + row("name_en", ""), 2, "name_en", "is empty"},
		{"name_zh", header + row("name_zh", ""), 2, "name_zh", "is empty"},
		{"name too long", header + row("name_vi", long), 2, "name_vi", "121 characters"},
		{"name of two lines", header + row("name_vi", "\"a\nb\""), 2, "name_vi", "line break"},
		{"shade in two languages", header + row("shade_zh", ""), 2, "shade_zh", "is empty"},
		{"price zero", header + row("price", "0"), 2, "price", "from 1 to"},
		{"price negative", header + row("price", "-1"), 2, "price", "whole number"},
		{"price with separators", header + row("price", "329.000"), 2, "price", "without separators"},
		{"price with currency", header + row("price", "329000 ₫"), 2, "price", "without separators"},
		{"price in Vietnamese", header + row("price", `"1.250,00"`), 2, "price", "in VND: write 1250"},
		{"price in English", header + row("price", `"1,250.00"`), 2, "price", "in VND: write 1250"},
		{"price after its currency", header + row("price", "VND 120000"), 2, "price", "in VND: write 120000"},
		{"price with spaces", header + row("price", "1 250 000 đ"), 2, "price", "in VND: write 1250000"},
		{"price with decimals", header + row("price", "12.5"), 2, "price", "in VND"},
		{"price shortened", header + row("price", "1e5"), 2, "price", "the spreadsheet has shortened it"},
		{"price shortened more", header + row("price", "1.2E+05"), 2, "price", "the spreadsheet has shortened it"},
		{"stock with separators", header + row("stock", "1.200"), 2, "stock", "in pieces: write 1200"},
		{"price empty", header + row("price", ""), 2, "price", "whole number"},
		{"price huge", header + row("price", "100000000001"), 2, "price", "100000000000"},
		{"price beyond 64 bits", header + row("price", "9999999999999999999"), 2, "price", "whole number"},
		{"vat over 100 %", header + row("vat_bp", "10001"), 2, "vat_bp", "0 to 10000"},
		{"vat in percent", header + row("vat_bp", "8%"), 2, "vat_bp", "0 to 10000"},
		{"colour without #", header + row("colour", "A63A2B"), 2, "colour", "#RRGGBB"},
		{"colour short", header + row("colour", "#A63"), 2, "colour", "#RRGGBB"},
		{"colour not hex", header + row("colour", "#A63A2G"), 2, "colour", "#RRGGBB"},
		{"finish", header + row("finish", "shiny"), 2, "finish", "want matte, satin"},
		{"stock negative", header + row("stock", "-3"), 2, "stock", "whole number"},
		{"picture elsewhere", header + row("picture", "../secret.svg"), 2, "picture", "file name"},
		{"picture kind", header + row("picture", "lip.exe"), 2, "picture", "ending in"},
		{"picture hidden", header + row("picture", ".lip.svg"), 2, "picture", "file name"},

		{"try-on unknown", header + row("tryon", "hat"), 2, "tryon", "want foundation, contour, highlighter, blush,"},
		{"try-on without colour", header + row("colour", ""), 2, "colour", "the mirror needs"},
		{"lipstick without a finish", header + row("finish", ""), 2, "finish", "lipstick as matte, satin, gloss, metallic, shimmer"},
		{"blush of gloss", header + row("tryon", "blush", "finish", "gloss"), 2, "finish", "matte, satin, shimmer"},
		{"blush without a finish", header + row("tryon", "blush", "finish", ""), 2, "finish", "blush as"},
		{"eyeshadow of gloss", header + row("tryon", "eyeshadow", "finish", "gloss"), 2, "finish", "matte, satin, metallic, shimmer"},
		{"eyeliner of shimmer", header + row("tryon", "eyeliner", "finish", "shimmer"), 2, "finish", "matte, gloss"},
		{"eyeshadow with a shape", header + row("tryon", "eyeshadow", "asset", "round.svg"), 2, "asset", "has none"},
		{"lipstick with a shape", header + row("asset", "round.svg"), 2, "asset", "has none"},
		{"glasses without a shape", header + row("tryon", "glasses"), 2, "asset", "name the file"},
		{"shape elsewhere", header + row("tryon", "glasses", "asset", "a/b.svg"), 2, "asset", "file name"},
		{"shape without try-on", header + row("tryon", "", "asset", "round.svg"), 2, "asset", "of no use"},

		{"brand differs", header + row() + second("brand", "Ô Mai"), 3, "brand", "differs from line 2"},
		{"category differs", header + row() + second("category", "care"), 3, "category", "differs from line 2"},
		{"name differs", header + row() + second("name_zh", "口红"), 3, "name_zh", "differs from line 2"},
		{"shade twice", header + row() + second("shade_vi", "Đỏ gạch", "shade_en", "Brick Red", "shade_zh", "砖红"), 3, "shade_vi", "that of line 2"},
		{"first shade empty", header + row("shade_vi", "", "shade_en", "", "shade_zh", "") + second(), 2, "shade_vi", "several variants"},
		{"second shade empty", header + row() + second("shade_vi", "", "shade_en", "", "shade_zh", ""), 3, "shade_vi", "several variants"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vs, stock, err := readCatalogue(strings.NewReader(tt.in))
			require.Error(t, err)
			require.Nil(t, vs)
			require.Nil(t, stock)
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			var at []string
			for _, f := range faults(t, err) {
				at = append(at, f.Error())
				if f.Line == tt.line && f.Column == tt.column && strings.Contains(f.Msg, tt.msg) {
					return
				}
			}
			t.Fatalf("line %d, column %s, %q is not among\n%s", tt.line, tt.column, tt.msg, strings.Join(at, "\n"))
		})
	}
}

func TestReadCatalogueTellsEveryFault(t *testing.T) {
	_, _, err := readCatalogue(strings.NewReader(header + row("price", "x", "stock", "y") + "a,b\n" + second("colour", "red", "name_en", "")))
	var at []string
	for _, f := range faults(t, err) {
		at = append(at, fmt.Sprintf("%d %s", f.Line, f.Column))
	}
	require.Equal(t, []string{"2 price", "2 stock", "3 ", "4 name_en", "4 colour"}, at)
}

func TestReadCatalogueLimits(t *testing.T) {
	_, _, err := readCatalogue(strings.NewReader(header + strings.Repeat(row("price", "x"), 500)))
	told := faults(t, err)
	require.Len(t, told, 101)
	require.Equal(t, "and 1897 more: those are told when these are mended", told[100].Error())

	many := func(n int) io.Reader {
		var b strings.Builder
		b.WriteString(header)
		for i := range n {
			// Short rows keep 100,001 of them under the limit of bytes.
			b.WriteString(row("sku", fmt.Sprint("S-", i), "gtin", gtin8(i), "product", fmt.Sprint("p", i)))
		}
		return strings.NewReader(b.String())
	}
	_, _, err = readCatalogue(many(100_001))
	require.Equal(t, []*edge.CatalogueError{{Line: 100_002, Msg: "more than 100000 rows: leave out what is not sold"}}, faults(t, err))

	_, _, err = readCatalogue(io.MultiReader(strings.NewReader(header), strings.NewReader(strings.Repeat("\n", 128<<20))))
	require.Equal(t, edge.TooLarge, edge.KindOf(err))

	broken := errors.New("the disk is gone")
	_, _, err = readCatalogue(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

// A price in a currency with hundredths is not guessed at.
func TestPricesInHundredths(t *testing.T) {
	for _, price := range []string{"12.50", "1,250", "USD 12"} {
		_, _, err := edge.CatalogueRules{Currency: "USD", Categories: []edge.Category{{ID: "lips"}}}.Read(strings.NewReader(header + row("price", `"`+price+`"`)))
		require.ErrorContains(t, err, "in hundredths of USD (1250 is 12.50)")
		require.NotContains(t, err.Error(), "write")
	}
}

func TestLinesMayEndAsOnOldMacs(t *testing.T) {
	vs, _, err := readCatalogue(strings.NewReader(strings.ReplaceAll(header+row()+second(), "\n", "\r")))
	require.NoError(t, err)
	require.Len(t, vs, 2)
}

// gtin8 is a GTIN-8 with body i.
func gtin8(i int) string {
	body := fmt.Sprintf("%07d", i)
	for d := range 10 {
		if g, err := edge.ParseGTIN(body + fmt.Sprint(d)); err == nil {
			return string(g)
		}
	}
	panic("no digit fits " + body)
}

func FuzzReadCatalogue(f *testing.F) {
	f.Add(header + row() + second())
	f.Add("\uFEFF" + header + row("name_en", `"a ""b"", c"`))
	f.Add(header + row("price", "-1", "asset", "../x.svg"))
	f.Add(tryOnTable("tryon", "eyeshadow", "colours", "#010203 #040506", "intensity", "60", "gradient", "yes"))
	f.Add("sku;gtin\n")
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, in string) {
		vs, stock, err := readCatalogue(strings.NewReader(in))
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			n := len(faults(t, err))
			require.True(t, 1 <= n && n <= 101, "%d faults", n)
			return
		}
		require.NotEmpty(t, vs)
		require.Len(t, stock, len(vs), "every SKU once")
		for _, v := range vs {
			_, err := edge.ParseGTIN(string(v.GTIN))
			require.NoError(t, err)
			require.GreaterOrEqual(t, v.Price.Amount, int64(0))
			require.NotContains(t, v.Picture, "/")
			for _, lang := range []string{"vi", "en", "zh"} {
				require.NotEmpty(t, v.Name.In(lang))
			}
		}
	})
}
