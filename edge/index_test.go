package edge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"ĐỎ Gạch ướt":              "do gach uot",
		"đo\u0302\u0309 u\u031bng": "do ung", // marks behind their letters
		"L'Oréal Crème Brûlée ÿ Ç": "l'oreal creme brulee y c",
		"青椰 LIP-01":                "青椰 lip-01",
		"\u0301\u0301":             "",
		"ẰẮẲẴẶ ỀẾỂỄỆ ỒỐỔỖỘ ỜỚỞỠỢ ỪỨỬỮỰ": "aaaaa eeeee ooooo ooooo uuuuu",
	} {
		require.Equal(t, want, edge.Fold(text))
	}
}

func searched() *edge.Index {
	return edge.NewIndex(&edge.Release{Variants: []edge.Variant{
		{
			SKU: "LIP-COC-01", GTIN: "8939990300017", Brand: "Rừng Thưa", Name: edge.Text{VI: "Son dưỡng Dừa Xanh", EN: "Green Coconut Balm", ZH: "青椰润唇膏"},
			Shade: edge.Text{VI: "Hồng nhạt", EN: "Soft Pink", ZH: "浅粉"},
		},
		{
			SKU: "LIP-COC-02", GTIN: "036000291452", Brand: "Rừng Thưa", Name: edge.Text{VI: "Son dưỡng Dừa Xanh", EN: "Green Coconut Balm", ZH: "青椰润唇膏"},
			Shade: edge.Text{VI: "Đỏ dâu", EN: "Berry Red", ZH: "莓果红"},
		},
		{SKU: "GLS-1", Brand: "Kính Phố", Name: edge.Text{VI: "Gọng tròn", EN: "Round", ZH: "圆框"}},
		{SKU: "ROUGE-9", Brand: "Maison", Name: edge.Text{VI: "Má hồng", EN: "Blush", ZH: "腮红"}},
	}})
}

func TestFind(t *testing.T) {
	x := searched()
	for text, want := range map[string]string{
		"son duong":               "LIP-COC-01 LIP-COC-02",
		"DO DAU":                  "LIP-COC-02",
		"pink coconut":            "LIP-COC-01", // any order, any language
		"圆框":                      "GLS-1",
		"coconut round":           "",
		"coc":                     "LIP-COC-01 LIP-COC-02",
		"99903":                   "LIP-COC-01", // a part of the barcode
		"hong":                    "LIP-COC-01 ROUGE-9",
		"ouge":                    "ROUGE-9",
		"r":                       "LIP-COC-01 LIP-COC-02 GLS-1 ROUGE-9",
		"o":                       "LIP-COC-01 LIP-COC-02 GLS-1 ROUGE-9",
		"xyz":                     "",
		"gls-1":                   "GLS-1 exact",
		" 8939990300017 ":         "LIP-COC-01 exact",
		"0036000291452":           "LIP-COC-02 exact", // a scanner that fills up with zeros
		"00036000291452":          "LIP-COC-02 exact",
		"coconit":                 "LIP-COC-01 LIP-COC-02 near", // wrong
		"cocnut balm":             "LIP-COC-01 LIP-COC-02 near", // missing
		"coconnut":                "LIP-COC-01 LIP-COC-02 near", // too many
		"cocnout red":             "LIP-COC-02 near",            // changed places
		"xcoconut":                "LIP-COC-01 LIP-COC-02 near",
		"roundd":                  "GLS-1 near",
		"cocuniy":                 "",                      // two
		"re":                      "LIP-COC-02 LIP-COC-01", // Red begins with it, Green only has it
		strings.Repeat("a ", 500): "LIP-COC-01 LIP-COC-02 ROUGE-9",
	} {
		f := x.Find(text, 10)
		var got []string
		for _, v := range f.Variants {
			got = append(got, string(v.SKU))
		}
		require.Equal(t, len(got), f.Total)
		if f.Exact {
			got = append(got, "exact")
		}
		if f.Near {
			got = append(got, "near")
		}
		require.Equal(t, want, strings.Join(got, " "), "%.40q", text)
	}
	all := x.Find("", 3)
	require.Len(t, all.Variants, 3)
	require.Equal(t, 4, all.Total)
	v, ok := x.Release().Variant("GLS-1")
	require.True(t, ok)
	require.Same(t, v, x.Find("gls-1", 1).Variants[0])
}

// Whatever is typed, what is found is of the release, each once, and within the
// limit.
func FuzzFind(f *testing.F) {
	for _, text := range []string{"", "son duong", "ĐỎ", "8939990300017", "\xff\xfe", "coconit 圆", "a\u0301\u0301"} {
		f.Add(text, 3)
	}
	x := searched()
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = min(max(limit, 1), 10)
		found := x.Find(text, limit)
		require.LessOrEqual(t, len(found.Variants), limit)
		require.LessOrEqual(t, len(found.Variants), found.Total)
		seen := map[edge.SKU]bool{}
		for _, v := range found.Variants {
			require.False(t, seen[v.SKU])
			seen[v.SKU] = true
		}
		if folded := edge.Fold(text); utf8.ValidString(text) {
			require.Equal(t, folded, edge.Fold(folded))
		}
	})
}

// manyVariants is a chain's catalogue of n variants in which words repeat as
// they do in one.
func manyVariants(n int) *edge.Release {
	syllables := strings.Fields("son dưỡng môi hồng đỏ gạch cam đất kính gọng tròn vuông phấn má mắt nước hoa dầu gội kem chống nắng tẩy trang sữa rửa mặt")
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = syllables[random.IntN(len(syllables))]
		}
		return strings.Join(words, " ")
	}
	r := &edge.Release{Version: 1, Variants: make([]edge.Variant, n)}
	for i := range r.Variants {
		name := fmt.Sprintf("Line%d Serum%d", random.IntN(3000), random.IntN(500))
		r.Variants[i] = edge.Variant{
			SKU: edge.SKU(fmt.Sprintf("SKU-%06d", i)), GTIN: edge.GTIN(fmt.Sprintf("%013d", i)), Brand: fmt.Sprintf("Brand%c%c", 'a'+i%26, 'a'+i/26%26),
			Name:  edge.Text{VI: text(5), EN: name, ZH: "润唇膏"},
			Shade: edge.Text{VI: text(2), EN: "Soft Pink", ZH: "浅粉"},
		}
	}
	return r
}

// What a till asks of a catalogue of 50,000 variants.
func BenchmarkFind(b *testing.B) {
	x := edge.NewIndex(manyVariants(50_000))
	for _, text := range []string{"", "son do gach", "SKU-049999", "line27 hong nhat", "brandzz kinh trong", "khong co gi nhu the"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				x.Find(text, 60)
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	r := manyVariants(50_000)
	for b.Loop() {
		edge.NewIndex(r)
	}
}
