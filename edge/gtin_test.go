package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestParseGTIN(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"09506000134352", ""}, // GS1's own examples
		{"09521234543213", ""},
		{"4006381333931", ""},
		{"036000291452", ""},
		{"96385074", ""},
		{"0000000000000", ""},
		{"4006381333932", "the check digit is 2, the others give 1"},
		{"4006381333913", "a digit is mistyped"}, // two neighbours swapped
		{"400638133393", "the check digit"},
		{"40063813339", "not 11 characters"},
		{"", "not 0 characters"},
		{"40063813339١", "digits only"}, // an Arabic-Indic digit, two bytes
		{"4006381 33931", "digits only"},
		{"8.93999010001", "digits only"},
		{"-006381333931", "digits only"},
	} {
		g, err := edge.ParseGTIN(tt.in)
		if tt.want == "" {
			require.NoError(t, err, tt.in)
			require.Equal(t, edge.GTIN(tt.in), g)
			continue
		}
		require.Error(t, err, tt.in)
		require.Equal(t, edge.Invalid, edge.KindOf(err))
		require.ErrorContains(t, err, tt.want, tt.in)
	}
}

func TestGTIN14(t *testing.T) {
	require.Equal(t, "04006381333931", edge.GTIN("4006381333931").GTIN14())
	require.Equal(t, "00000096385074", edge.GTIN("96385074").GTIN14())
	require.Equal(t, "09506000134352", edge.GTIN("09506000134352").GTIN14())
}

// Every single mistyped digit must be found: that is what the digit is for.
func FuzzParseGTIN(f *testing.F) {
	f.Add("4006381333931", byte(3), byte(1))
	f.Add("96385074", byte(0), byte(9))
	f.Add("x", byte(0), byte(0))
	f.Fuzz(func(t *testing.T, s string, at, add byte) {
		g, err := edge.ParseGTIN(s)
		if err != nil {
			require.Empty(t, g)
			return
		}
		require.Equal(t, s, string(g))
		_, err = edge.ParseGTIN(g.GTIN14())
		require.NoError(t, err, "leading zeros change nothing")
		b := []byte(s)
		i := int(at) % len(b)
		b[i] = '0' + (b[i]-'0'+1+add%9)%10
		_, err = edge.ParseGTIN(string(b))
		require.Error(t, err, "%s with digit %d changed", s, i+1)
	})
}
