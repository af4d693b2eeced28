package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"gói quà, đừng gấp":               "gói quà, đừng gấp",
		"paid \u202e000.05\u202c":         "paid 000.05",
		"\u2066a\u2069\u061c\u200e\u200f": "a",
		"\ufeffLan\u200b \u2060Anh":       "Lan Anh",
		"👩\u200d👧":                        "👩\u200d👧",
		"می\u200cخواهم":                   "می\u200cخواهم",
		"\xff\u202e\xfe":                  "\xff\xfe",
	} {
		require.Equal(t, want, edge.Visible(text), "%+q", text)
	}
}

// TestTextFromOutsideIsSeenAsItIs: what people type or paste turns no text around.
func TestTextFromOutsideIsSeenAsItIs(t *testing.T) {
	const turned = "\u202egift\u2069"
	c := edge.NewCart(edge.CartID{1}, noon)
	_, err := c.Add("g1", edgetest.Lipstick, 1)
	require.NoError(t, err)
	require.NoError(t, c.SetField("g1", noon, edge.LineID{}, edge.Note, turned))
	require.Equal(t, "gift", c.Fields[edge.Note].Text)

	open := edge.OpenCart{Cart: c}
	require.NoError(t, open.Park(edge.Parking{Name: turned}, turned))
	require.Equal(t, []string{"gift", "gift", "gift"}, []string{open.Parked.Name, open.Deal.Name, open.Deal.Note})
	require.Error(t, open.Park(edge.Parking{Name: "\u200b"}, ""), "nobody would know it again")

	who := edge.Contact{Name: "\u200bLan \u202eAnh", Phone: "\u202a0912 345 678\u202c", Address: &edge.Address{Street: turned}}
	who.Tidy()
	require.Equal(t, edge.Contact{Name: "Lan Anh", Phone: "0912345678", Address: &edge.Address{Street: "gift"}}, who)

	require.Equal(t, "gift", edge.AuditRecord{Reason: turned}.Legible().Reason)

	// What was stored before is read all the same.
	old := c.Fields[edge.Note]
	old.Text = turned
	c.Fields[edge.Note] = old
	require.NoError(t, c.Check())
	require.NoError(t, (&edge.OrderRequest{ID: "r", Order: "o", Wish: edge.WishCancel, Reason: turned}).Check())
}
