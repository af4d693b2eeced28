package edge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// tryOnTable is a table of one row, with the given cells, columns that may be
// left out among them.
func tryOnTable(change ...string) string {
	head, cells := strings.TrimSpace(header), []string{}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(","+head+",", ","+change[i]+",") {
			head += "," + change[i]
			cells = append(cells, change[i+1])
		}
	}
	line := strings.TrimSpace(row(change...))
	if len(cells) > 0 {
		line += "," + strings.Join(cells, ",")
	}
	return head + "\n" + line + "\n"
}

func TestReadCatalogueTryOn(t *testing.T) {
	for name, tt := range map[string]struct {
		cells []string
		want  *edge.TryOn
	}{
		"gradient lip": {
			[]string{"finish", "gloss", "gradient", "yes", "intensity", "80"},
			&edge.TryOn{Kind: "lipstick", Finish: "gloss", Gradient: true, Intensity: 80},
		},
		"columns left empty": {
			[]string{"gradient", "", "placement", "", "shape", "", "side", "", "colours", "", "intensity", " "},
			&edge.TryOn{Kind: "lipstick", Finish: "matte"},
		},
		"igari blush": {
			[]string{"tryon", "blush", "placement", "under-eye"},
			&edge.TryOn{Kind: "blush", Finish: "matte", Placement: "under-eye"},
		},
		"palette": {
			[]string{"tryon", "eyeshadow", "colours", "#6B4535 #2a1a12"},
			&edge.TryOn{Kind: "eyeshadow", Finish: "matte", Colors: []string{"#6B4535", "#2a1a12"}},
		},
		"winged liner": {
			[]string{"tryon", "eyeliner", "shape", "winged"},
			&edge.TryOn{Kind: "eyeliner", Finish: "matte", Shape: "winged"},
		},
		"mascara has no finish to show": {
			[]string{"tryon", "lashes", "shape", "cat-eye"},
			&edge.TryOn{Kind: "lashes", Shape: "cat-eye"},
		},
		"single earring": {
			[]string{"tryon", "earrings", "asset", "hoop.svg", "side", "right"},
			&edge.TryOn{Kind: "earrings", Side: "right", Asset: "hoop.svg"},
		},
		"nose stud": {
			[]string{"tryon", "nose-stud", "asset", "stud.svg"},
			&edge.TryOn{Kind: "nose-stud", Asset: "stud.svg"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			vs, _, err := readCatalogue(strings.NewReader(tryOnTable(tt.cells...)))
			require.NoError(t, err)
			require.Equal(t, tt.want, vs[0].TryOn)
		})
	}
}

func TestReadCatalogueTryOnFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		cells       []string
		column, msg string
	}{
		"gradient, other word":   {[]string{"gradient", "1"}, "gradient", "want yes for lipstick"},
		"gradient blush":         {[]string{"tryon", "blush", "gradient", "yes"}, "gradient", "blush has none"},
		"placement unknown":      {[]string{"tryon", "blush", "placement", "chin"}, "placement", "want apples, cheekbone, under-eye for blush"},
		"placement of lipstick":  {[]string{"placement", "apples"}, "placement", "lipstick has none"},
		"shape of other kind":    {[]string{"tryon", "lashes", "finish", "", "shape", "winged"}, "shape", "want natural, volume, cat-eye"},
		"shape of lipstick":      {[]string{"shape", "thin"}, "shape", "has none"},
		"side of glasses":        {[]string{"tryon", "glasses", "asset", "a.svg", "side", "left"}, "side", "has none"},
		"side unknown":           {[]string{"tryon", "nose-stud", "asset", "a.svg", "side", "both"}, "side", "want left, right"},
		"too many colours":       {[]string{"tryon", "eyeshadow", "colours", "#111111 #222222 #333333"}, "colours", "at most 2"},
		"colours of lipstick":    {[]string{"colours", "#111111"}, "colours", "at most 0 for lipstick"},
		"colours misspelt":       {[]string{"tryon", "eyeshadow", "colours", "#111111;#222222"}, "colours", "a space between"},
		"intensity over 100":     {[]string{"intensity", "101"}, "intensity", "1 to 100"},
		"intensity zero":         {[]string{"intensity", "0"}, "intensity", "1 to 100"},
		"intensity in percent":   {[]string{"intensity", "60%"}, "intensity", "1 to 100"},
		"intensity of glasses":   {[]string{"tryon", "glasses", "asset", "a.svg", "intensity", "60"}, "intensity", "has none"},
		"necklace without shape": {[]string{"tryon", "necklace"}, "asset", "shape of necklace"},
		"foundation of gloss":    {[]string{"tryon", "foundation", "finish", "gloss"}, "finish", "matte, satin"},
		"not tried on":           {[]string{"tryon", "", "shape", "thin"}, "shape", "while tryon is empty"},
		"not tried on, a side":   {[]string{"tryon", "", "side", "left"}, "side", "while tryon is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readCatalogue(strings.NewReader(tryOnTable(tt.cells...)))
			require.Error(t, err)
			got := faults(t, err)
			require.Len(t, got, 1, "%v", err)
			require.Equal(t, []any{2, tt.column}, []any{got[0].Line, got[0].Column})
			require.Contains(t, got[0].Msg, tt.msg)
		})
	}
}

func TestCheckLooks(t *testing.T) {
	shop := []edge.Variant{
		{SKU: "LIP-1", TryOn: &edge.TryOn{Kind: "lipstick"}},
		{SKU: "LIP-2", TryOn: &edge.TryOn{Kind: "lipstick"}},
		{SKU: "EYE-1", TryOn: &edge.TryOn{Kind: "eyeshadow"}},
		{SKU: "CARE-1"},
	}
	fine := func() edge.Look {
		return edge.Look{
			ID: "tet", Name: edge.Text{VI: "Tết", EN: "Lunar New Year", ZH: "新年"},
			Items: []edge.LookItem{{SKU: "LIP-1", Intensity: 80}, {SKU: "EYE-1"}},
		}
	}
	require.NoError(t, edge.CheckLooks(nil, shop))
	require.NoError(t, edge.CheckLooks([]edge.Look{fine()}, shop))
	for want, spoil := range map[string]func(l *edge.Look){
		`id "Tết"`:                      func(l *edge.Look) { l.ID = "Tết" },
		"name in zh: 0 characters":      func(l *edge.Look) { l.Name.ZH = "" },
		"0 items":                       func(l *edge.Look) { l.Items = nil },
		`item 1: no product has`:        func(l *edge.Look) { l.Items[0].SKU = "LIP-9" },
		"item 2: CARE-1 cannot be":      func(l *edge.Look) { l.Items[1].SKU = "CARE-1" },
		"item 2: LIP-1 and LIP-2 are":   func(l *edge.Look) { l.Items[1].SKU = "LIP-2" },
		"item 1: intensity 101":         func(l *edge.Look) { l.Items[0].Intensity = 101 },
		"look 2 (tet): name in vi: 121": func(l *edge.Look) { l.Name.VI = strings.Repeat("é", 121) },
	} {
		l := fine()
		spoil(&l)
		first := fine()
		first.ID = "first"
		err := edge.CheckLooks([]edge.Look{first, l}, shop)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "look 2 (")
		require.NotContains(t, err.Error(), "look 1 (")
	}
	require.ErrorContains(t, edge.CheckLooks([]edge.Look{fine(), fine()}, shop), "look 2 (tet): look 1 has that id already")
	require.ErrorContains(t, edge.CheckLooks(make([]edge.Look, 101), shop), "101 looks, at most 100")
}

func TestLookNamed(t *testing.T) {
	r := &edge.Release{Looks: []edge.Look{{ID: "a"}, {ID: "b"}}}
	l, ok := r.LookNamed("b")
	require.True(t, ok)
	require.Equal(t, "b", l.ID)
	_, ok = r.LookNamed("c")
	require.False(t, ok)
}
