package edge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// The first row of a product tells its size and what is in it, in all languages
// or in none; the others may leave that to it.
func TestReadCatalogueDetails(t *testing.T) {
	head := strings.TrimSpace(header) + ",details_vi,details_en,details_zh\n"
	with := func(row, cells string) string { return strings.TrimSpace(row) + cells + "\n" }
	vs, _, err := readCatalogue(strings.NewReader(head + with(row(), ",3 g · sáp ong,3 g · beeswax,3 g · 蜂蜡") + with(second(), ",,,")))
	require.NoError(t, err)
	require.Equal(t, edge.Text{VI: "3 g · sáp ong", EN: "3 g · beeswax", ZH: "3 g · 蜂蜡"}, vs[0].Details)
	require.Empty(t, vs[1].Details)

	for name, c := range map[string]struct{ rows, column, msg string }{
		"one language alone": {with(row(), ",3 g,,"), "details_en", "is empty"},
		"too long":           {with(row(), ","+strings.Repeat("x", 401)+",3 g,3 g"), "details_vi", "at most 400"},
		"differ":             {with(row(), ",3 g,3 g,3 g") + with(second(), ",3 g,4 g,3 g"), "details_en", "differs from line 2"},
	} {
		_, _, err := readCatalogue(strings.NewReader(head + c.rows))
		f := faults(t, err)
		require.Len(t, f, 1+strings.Count(name, "language"), name)
		require.Equal(t, c.column, f[0].Column, name)
		require.Contains(t, f[0].Msg, c.msg, name)
	}
}
