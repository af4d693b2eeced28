package cloudsync

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	made := NewClaim()
	code, ok := PlainClaim(made)
	require.True(t, ok)
	require.Equal(t, strings.ReplaceAll(made, "-", ""), code)
	require.NotEqual(t, made, NewClaim())
	for typed, want := range map[string]string{
		"K7QF-2M9X-8TR0":        "K7QF2M9X8TR0",
		" k7qf 2m9x 8tro ":      "K7QF2M9X8TR0",
		"k7qf2m9x8tlI":          "K7QF2M9X8T11",
		"K7QF-2M9X-8TR":         "",
		"K7QF-2M9X-8TRWW":       "",
		"K7QF-2M9X-8TRU":        "", // U is in no code
		"K7QF-2M9X-8TÉ":         "",
		"":                      "",
		strings.Repeat("-", 99): "",
	} {
		code, ok := PlainClaim(typed)
		require.Equal(t, want != "", ok, "%q", typed)
		if ok {
			require.Equal(t, want, code)
		}
	}
}

func FuzzDecodeCertificateRequest(f *testing.F) {
	good, err := json.Marshal(CertificateRequest{Node: "gw-1", Key: make([]byte, 32), CSR: []byte{1}})
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"node":"gw-1","key":"","csr":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := DecodeCertificateRequest(b); err == nil {
			require.NoError(t, CheckNode(r.Node))
			require.Len(t, r.Key, 32)
			require.NotEmpty(t, r.CSR)
		}
		if c, err := DecodeCertificate(b); err == nil {
			require.NotEmpty(t, c.Authority)
		}
	})
}
