package edge_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestSignedReleases(t *testing.T) {
	key := edgetest.Key(1)
	pub := key.Public().(ed25519.PublicKey)
	other := edgetest.Key(2).Public().(ed25519.PublicKey)
	s, err := edge.SignRelease(key, edgetest.Release(3))
	require.NoError(t, err)
	require.NoError(t, s.CheckForm())
	require.NoError(t, s.Verify(other, pub), "one of several keys")
	r, err := s.Release()
	require.NoError(t, err)
	require.Equal(t, edgetest.Release(3), r)
	bare := *s
	bare.Body = nil
	require.NoError(t, bare.Verify(pub), "before its document is here")

	for name, alter := range map[string]func(*edge.SignedRelease){
		"version":   func(s *edge.SignedRelease) { s.Version++ },
		"effective": func(s *edge.SignedRelease) { s.Effective = s.Effective.Add(time.Hour) },
		"hash":      func(s *edge.SignedRelease) { s.SHA256[0]++ },
		"size":      func(s *edge.SignedRelease) { s.Size++ },
		"signature": func(s *edge.SignedRelease) { s.Signature[0]++ },
		"document": func(s *edge.SignedRelease) {
			s.Body = []byte(strings.Replace(string(s.Body), "199000", "099000", 1))
		},
	} {
		again, err := edge.SignRelease(key, edgetest.Release(3))
		require.NoError(t, err)
		alter(again)
		require.Equal(t, edge.Forbidden, edge.KindOf(again.Verify(pub)), name)
	}
	require.Error(t, s.Verify(), "without a key")
	require.Error(t, s.Verify(other, ed25519.PublicKey("short")))
}

func TestReleasesThatNoTillCouldSellBy(t *testing.T) {
	require.NoError(t, edgetest.Release(1).Check())
	for name, spoil := range map[string]func(*edge.Release){
		"no version":         func(r *edge.Release) { r.Version = 0 },
		"no time":            func(r *edge.Release) { r.Effective = time.Time{} },
		"no currency":        func(r *edge.Release) { r.Currency = "dong" },
		"free of charge":     func(r *edge.Release) { r.Variants[0].Price.Amount = 0 },
		"too dear":           func(r *edge.Release) { r.Variants[0].Price.Amount = 1 << 60 },
		"other currency":     func(r *edge.Release) { r.Variants[0].Price.Currency = "USD" },
		"VAT above 100 %":    func(r *edge.Release) { r.Variants[0].VAT = 10_001 },
		"SKU twice":          func(r *edge.Release) { r.Variants[1].SKU = r.Variants[0].SKU },
		"no SKU":             func(r *edge.Release) { r.Variants[1].SKU = "" },
		"colour by name":     func(r *edge.Release) { r.Variants[1].Color = "red" },
		"file outside":       func(r *edge.Release) { r.Assets = []edge.Asset{{Name: "pictures/../x", Size: 1}} },
		"file of no folder":  func(r *edge.Release) { r.Assets = []edge.Asset{{Name: "etc/x.svg", Size: 1}} },
		"file without bytes": func(r *edge.Release) { r.Assets = []edge.Asset{{Name: "pictures/x.svg"}} },
		"file twice": func(r *edge.Release) {
			r.Assets = []edge.Asset{{Name: "pictures/x.svg", Size: 1}, {Name: "pictures/x.svg", Size: 2}}
		},
	} {
		r := edgetest.Release(1)
		spoil(r)
		require.Error(t, r.Check(), name)
		_, err := edge.SignRelease(edgetest.Key(1), r)
		require.Error(t, err, name)
	}
}

func TestCompareReleases(t *testing.T) {
	before, now := edgetest.Release(1), edgetest.Release(2)
	require.True(t, edge.CompareReleases(before, now).None())
	now.Variants[0].Price.Amount = 219000
	now.Variants[0].Shade.EN = "Crimson"
	now.Variants[1].TryOn = nil
	gone := now.Variants[2]
	added := gone
	added.SKU = "CAR-02"
	now.Variants[2] = added
	c := edge.CompareReleases(before, now)
	require.False(t, c.None())
	require.Equal(t, []edge.Variant{added}, c.Added)
	require.Equal(t, []edge.Variant{gone}, c.Removed)
	require.Len(t, c.Changed, 2)
	require.Equal(t, []edge.FieldChange{
		{Field: "price", Old: "199.000 ₫", New: "219.000 ₫"},
		{Field: "shade", Old: "Đỏ / Red / 红", New: "Đỏ / Crimson / 红"},
	}, c.Changed[0].Fields)
	require.Equal(t, []edge.FieldChange{{Field: "tryon", Old: "glasses round.svg", New: ""}}, c.Changed[1].Fields)
}

func TestFilesCompareByTheirHashesWhereBothHaveThem(t *testing.T) {
	folder, first, second := edgetest.Release(1), edgetest.Release(2), edgetest.Release(3)
	for i, r := range []*edge.Release{first, second} {
		r.Variants[0].Picture = []string{"lipstick-0123abcd.svg", "lipstick-89abcdef.svg"}[i]
		r.Variants[1].TryOn = &edge.TryOn{Kind: "glasses", Asset: "round-01234567.svg"}
		r.Assets = []edge.Asset{{Name: "pictures/" + r.Variants[0].Picture, Size: 1}}
	}
	require.True(t, edge.CompareReleases(folder, first).None(), "a folder's files have no hashes")
	require.True(t, edge.CompareReleases(second, folder).None())
	c := edge.CompareReleases(first, second)
	require.Equal(t, []edge.FieldChange{{Field: "picture", Old: "lipstick-0123abcd.svg", New: "lipstick-89abcdef.svg"}}, c.Changed[0].Fields)
}

func TestBasisPointsAsPeopleReadThem(t *testing.T) {
	for rate, want := range map[edge.BasisPoints]string{0: "0 %", 800: "8 %", 1250: "12,5 %", 805: "8,05 %", 10_000: "100 %"} {
		require.Equal(t, want, rate.String())
	}
}

func TestSeparatorsOfAProductTable(t *testing.T) {
	want, stock, err := readCatalogue(strings.NewReader(header + row()))
	require.NoError(t, err)
	for _, separator := range []string{";", "\t"} {
		got, pieces, err := readCatalogue(strings.NewReader("\uFEFF" + strings.ReplaceAll(header+row(), ",", separator)))
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, stock, pieces)
	}
	_, _, err = readCatalogue(strings.NewReader(strings.ReplaceAll(header, ",", ";") + strings.ReplaceAll(row("name_en", "Matte, red"), ",", ";") + "a;b\n"))
	require.ErrorContains(t, err, `holds ';' in quotes`)
}

func TestAProductTableNamesMissingFiles(t *testing.T) {
	rules := edge.CatalogueRules{
		Currency: "VND", Categories: []edge.Category{{ID: "lips"}},
		Picture: func(file string) error {
			return edge.Errorf("", edge.NotFound, "file %s is not there", file)
		},
	}
	_, _, err := rules.Read(strings.NewReader(header + row()))
	require.ErrorContains(t, err, "line 2, column picture: file lip-a.svg is not there")
}

// FuzzSignedRelease holds what HQ's own key would have signed to what a till can
// sell by.
func FuzzSignedRelease(f *testing.F) {
	body, err := json.Marshal(edgetest.Release(1))
	require.NoError(f, err)
	f.Add(body)
	f.Add([]byte(`{"version":1,"effective":"2026-01-01T00:00:00Z","currency":"VND","variants":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := &edge.SignedRelease{Version: 1, Effective: edgetest.Release(1).Effective, Size: int64(len(body)), SHA256: sha256.Sum256(body), Body: body}
		r, err := s.Release()
		if err != nil {
			return
		}
		_, err = edge.SignRelease(edgetest.Key(1), r)
		require.NoError(t, err)
		for _, v := range r.Variants {
			require.Positive(t, v.Price.Amount)
		}
	})
}
