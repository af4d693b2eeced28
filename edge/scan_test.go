package edge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestScannedGTIN(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want edge.GTIN // empty where it is refused
	}{
		"EAN-13":                     {"8939990100013", "8939990100013"},
		"EAN-8":                      {"96385074", "96385074"},
		"UPC-A, line end":            {"036000291452\r\n", "036000291452"},
		"wrong check digit":          {"8939990100014", ""},
		"scanner names the code":     {"]E08939990100013", "8939990100013"},
		"GS1-128":                    {"]C10109506000134352", "09506000134352"},
		"element string, lot, date":  {"0109506000134352172601011012AB", "09506000134352"},
		"as printed":                 {"(01)09506000134352(10)ABC", "09506000134352"},
		"DataMatrix, FNC1":           {"]d2\x1d010952123454321317260101", "09521234543213"},
		"element string, mistyped":   {"0109506000134353", ""},
		"Digital Link":               {"https://example.com/01/09506000134352", "09506000134352"},
		"Digital Link, path before":  {"https://brand.example/vn/shop/01/09521234543213/10/LOT%2F1/21/7?17=270101", "09521234543213"},
		"Digital Link, http, caps":   {"HTTP://ID.GS1.ORG/01/09506000134352?linkType=gs1:pip", "09506000134352"},
		"Digital Link, GTIN-13":      {"https://example.com/01/8939990100013", "8939990100013"},
		"Digital Link, 01 earlier":   {"https://example.com/01/x/01/09506000134352", "09506000134352"},
		"Digital Link, wrong digit":  {"https://example.com/01/09506000134353", ""},
		"Digital Link of a location": {"https://example.com/414/9521321000010", ""},
		"no number after 01":         {"https://example.com/01/", ""},
		"01 in the query":            {"https://example.com/?01=09506000134352", ""},
		"another scheme":             {"javascript://x/01/09506000134352", ""},
		"a web page":                 {"https://example.com/about", ""},
		"a cart's code":              {"MC7K3J9XQ2T8W", ""},
		"nothing":                    {"", ""},
		"too long":                   {"https://example.com/01/09506000134352?" + strings.Repeat("x", 2048), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := edge.ScannedGTIN(c.text)
			require.Equal(t, c.want, got)
			if c.want != "" {
				require.NoError(t, err)
				return
			}
			require.Contains(t, []edge.Kind{edge.Invalid, edge.TooLarge}, edge.KindOf(err))
		})
	}
}

func TestScannedVariant(t *testing.T) {
	r := &edge.Release{Variants: []edge.Variant{{SKU: "CARE"}, {SKU: "LIP", GTIN: "8939990100013"}, {SKU: "EYE", GTIN: "96385074"}}}
	for scanned, want := range map[edge.GTIN]edge.SKU{
		"8939990100013": "LIP", "08939990100013": "LIP", "00000096385074": "EYE", "09506000134352": "", "00000000": "",
	} {
		v, ok := r.Scanned(scanned)
		require.Equal(t, want != "", ok, scanned)
		if ok {
			require.Equal(t, want, v.SKU)
		}
	}
}

// FuzzScannedGTIN: whatever is read, what comes out of it is a number with the
// right check digit that the text holds.
func FuzzScannedGTIN(f *testing.F) {
	for _, text := range []string{
		"8939990100013", "]C10109506000134352", "(01)09506000134352(10)ABC",
		"https://example.com/01/09506000134352/10/A?17=270101", "https://%zz/01/1", "]", "01",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := edge.ScannedGTIN(text)
		if err != nil {
			require.Empty(t, g)
			return
		}
		_, err = edge.ParseGTIN(string(g))
		require.NoError(t, err)
		require.Contains(t, text, string(g))
	})
}
