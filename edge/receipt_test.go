package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestParseReceipt(t *testing.T) {
	for s, want := range map[string]edge.Receipt{
		"T1-1-000042":          {Till: "T1", Series: 1, Counter: 42},
		"shop-2-till-7-000001": {Till: "shop-2-till", Series: 7, Counter: 1},
		"T1-1-1000000":         {Till: "T1", Series: 1, Counter: 1000000},
	} {
		got, err := edge.ParseReceipt(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got)
	}
	for _, s := range []string{
		"", "T1", "T1-1", "-1-000001", "T1-0-000001", "T1-1-000000", "T1-1-42", "T1-01-000042", "T1-1-0000042", "T1-+1-000042",
		"T1-4294967296-000001", "T1-1-9223372036854775808", "T1-1-000042 ", "t-1--000001",
		"a-till-whose-name-is-longer-than-32-characters-1-000001",
	} {
		_, err := edge.ParseReceipt(s)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%q", s)
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add("T1-1-000042")
	f.Add("a-b-4294967295-9223372036854775807")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := edge.ParseReceipt(s)
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			return
		}
		require.NoError(t, r.Check())
		require.Equal(t, s, r.String())
	})
}

func TestTaxCode(t *testing.T) {
	for _, c := range []edge.TaxCode{"", "0300588569", "0101248141", "0101248141-001"} {
		require.NoError(t, c.Check("VND"), c)
	}
	for c, says := range map[edge.TaxCode]string{
		"0101248142": "wrong digit", "1101248141": "wrong digit", "010124814": "10 digits", "01012481411": "10 digits",
		"0101248141-1": "10 digits", "0101248141001": "10 digits", "0101248141-00a": "10 digits", "01012 48141": "10 digits",
		"001234567890": "person", "٠101248141": "10 digits",
	} {
		err := c.Check("VND")
		require.Equal(t, edge.Invalid, edge.KindOf(err), c)
		require.ErrorContains(t, err, says, c)
		require.NotContains(t, err.Error(), string(c), "it may be a person's")
	}
	for _, c := range []edge.TaxCode{"", "DE123456789", "91-1234567", "A1B2"} {
		require.NoError(t, c.Check("EUR"), c)
	}
	for _, c := range []edge.TaxCode{"ABC", "ABCDEFGHIJKLMNOPQRSTU", "DE 123456789", "Đ12345"} {
		require.Equal(t, edge.Invalid, edge.KindOf(c.Check("EUR")), c)
	}
}
