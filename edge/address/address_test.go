package address_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
)

func load(t testing.TB) *address.Directory {
	t.Helper()
	d, err := address.Load()
	require.NoError(t, err)
	return d
}

// TestTheListIsWhole counts what the resolutions of 2025 made: 34 provinces with
// 687 wards, 2,621 communes and 13 special zones.
func TestTheListIsWhole(t *testing.T) {
	provinces := load(t).Provinces()
	require.Len(t, provinces, 34)
	require.Equal(t, "TP. Hồ Chí Minh", provinces[0].Name)
	require.Equal(t, "Hà Nội", provinces[1].Name)
	kinds, codes := map[string]int{}, map[string]bool{}
	for _, p := range provinces {
		require.Regexp(t, `^\d{2}$`, p.Code)
		require.False(t, codes[p.Code], p.Code)
		codes[p.Code] = true
		names := map[string]bool{}
		for _, w := range p.Wards {
			kind := regexp.MustCompile(`^(Phường|Xã|Đặc khu) \S.*\S$`).FindStringSubmatch(w.Name)
			require.NotNil(t, kind, "%s %s", p.Name, w.Name)
			kinds[kind[1]]++
			require.Regexp(t, `^\d{5}$`, w.Code)
			require.False(t, codes[w.Code] || names[w.Name], "%s %s is there twice", w.Code, w.Name)
			codes[w.Code], names[w.Name] = true, true
			require.Equal(t, norm.NFC.String(strings.Join(strings.Fields(w.Name), " ")), w.Name)
		}
	}
	require.Equal(t, map[string]int{"Phường": 687, "Xã": 2621, "Đặc khu": 13}, kinds)
}

// TestEveryPlaceIsFoundByItsOwnName takes each address of the list as it is.
func TestEveryPlaceIsFoundByItsOwnName(t *testing.T) {
	d := load(t)
	for _, p := range d.Provinces() {
		for _, w := range p.Wards {
			a := edge.Address{Country: edge.Vietnam, Region: p.Name, Locality: w.Name, Street: "1 Trần Phú"}
			want := a
			require.NoError(t, d.Check(&a), "%s, %s", w.Name, p.Name)
			require.Equal(t, want, a)
		}
	}
}

func TestCheck(t *testing.T) {
	d := load(t)
	for _, c := range []struct{ region, locality, province, ward, wrong string }{
		{region: "TP. Hồ Chí Minh", locality: "Phường Sài Gòn", province: "TP. Hồ Chí Minh", ward: "Phường Sài Gòn"},
		{region: "thành phố hồ chí minh", locality: "sai gon", province: "TP. Hồ Chí Minh", ward: "Phường Sài Gòn"},
		{region: "TP.HO CHI MINH", locality: "P. Sài Gòn", province: "TP. Hồ Chí Minh", ward: "Phường Sài Gòn"},
		{region: "Tỉnh Cà Mau", locality: "Xã Hoà Bình", province: "Cà Mau", ward: "Xã Hòa Bình"},
		{region: "Lâm Đồng", locality: "phuong b'lao", province: "Lâm Đồng", ward: "Phường B'Lao"},
		{region: norm.NFD.String("Đà Nẵng"), locality: norm.NFD.String("Phường Hòa Cường"), province: "Đà Nẵng", ward: "Phường Hòa Cường"},
		{region: "Thanh Hóa", locality: "Đồng Tiến", province: "Thanh Hóa", wrong: "locality"}, // Xã Đồng Tiến or Phường Đông Tiến
		{region: "Thanh Hóa", locality: "Phuong Dong Tien", province: "Thanh Hóa", ward: "Phường Đông Tiến"},
		{region: "Quảng Ngãi", locality: "Xã Ba Tô", province: "Quảng Ngãi", ward: "Xã Ba Tô"},
		{region: "Quảng Ngãi", locality: "Xa Ba To", wrong: "locality"},
		{region: "Hà Nội", locality: "Phường Sài Gòn", wrong: "locality"},
		{region: "Hà Nội", locality: "", wrong: "locality"},
		{region: "Bình Dương", locality: "Phường Bình Dương", wrong: "region"}, // a province until 2025
		{region: "", locality: "Phường Ba Đình", wrong: "region"},
		{region: "\xff", locality: "Phường Ba Đình", wrong: "region"},
	} {
		a := &edge.Address{Country: edge.Vietnam, Region: c.region, Locality: c.locality, Street: "1 Trần Phú"}
		err := d.Check(a)
		if c.wrong == "" {
			require.NoError(t, err, "%s, %s", c.locality, c.region)
			require.Equal(t, []string{c.province, c.ward}, []string{a.Region, a.Locality})
			continue
		}
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%s, %s", c.locality, c.region)
		var field *edge.ContactError
		require.True(t, errors.As(err, &field))
		require.Equal(t, c.wrong, field.Field)
		if c.locality != "" {
			require.NotContains(t, err.Error(), c.locality, "an address is not told")
		}
	}
	abroad := &edge.Address{Country: "CN", Region: "上海市", Locality: "anywhere", Street: "1"}
	require.NoError(t, d.Check(abroad))
	require.NoError(t, d.Check(nil))
}

func TestAProvinceHasItsCode(t *testing.T) {
	d := load(t)
	for name, code := range map[string]string{"Hà Nội": "01", "tp ho chi minh": "79", "Cà Mau": "96", "Thành phố Huế": "46"} {
		p, ok := d.Province(name)
		require.True(t, ok, name)
		require.Equal(t, code, p.Code)
	}
	_, ok := d.Province("Atlantis")
	require.False(t, ok)
	require.Equal(t, "79", d.Code(&edge.Address{Country: edge.Vietnam, Region: "TP. Hồ Chí Minh"}))
	require.Empty(t, d.Code(&edge.Address{Country: "CN", Region: "Hà Nội"}))
	require.Empty(t, d.Code(nil))
}

func TestTheListIsServedSmallAndForEver(t *testing.T) {
	d := load(t)
	require.Regexp(t, `^vn-[0-9a-f]{12}\.json$`, d.File())
	get := func(encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+d.File(), nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
		return w
	}
	plain, small := get(""), get("br, gzip")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Equal(t, "gzip", small.Header().Get("Content-Encoding"))
	require.Less(t, small.Body.Len(), 60<<10)
	z, err := gzip.NewReader(bytes.NewReader(small.Body.Bytes()))
	require.NoError(t, err)
	unpacked, err := io.ReadAll(z)
	require.NoError(t, err)
	require.True(t, bytes.Equal(plain.Body.Bytes(), unpacked))
}

// FuzzCheck holds that an address that passed passes again, and unchanged.
func FuzzCheck(f *testing.F) {
	f.Add("TP. Hồ Chí Minh", "sai gon")
	f.Add("tinh Ca Mau", "P.1")
	f.Add("\xff", "x.")
	d := load(f)
	f.Fuzz(func(t *testing.T, region, locality string) {
		a := edge.Address{Country: edge.Vietnam, Region: region, Locality: locality}
		if d.Check(&a) != nil {
			require.Equal(t, edge.Address{Country: edge.Vietnam, Region: region, Locality: locality}, a)
			return
		}
		again := a
		require.NoError(t, d.Check(&again))
		require.Equal(t, a, again)
	})
}
