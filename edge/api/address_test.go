package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge/address"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

func TestPlacesOfAddresses(t *testing.T) {
	s := memoryShop(t, func(cfg *api.Config) {
		places, err := address.Load()
		require.NoError(t, err)
		cfg.Addresses = places
	})
	var lists map[string]string
	require.NoError(t, json.Unmarshal([]byte(text(t, s.do("GET", "/api/v1/addresses", ""))), &lists))
	r := s.do("GET", lists["VN"], "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, r.Header.Get("Cache-Control"), "immutable")
	var provinces []address.Province
	require.NoError(t, json.Unmarshal([]byte(text(t, r)), &provinces))
	require.Len(t, provinces, 34)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/api/v1/addresses/vn-of-last-year.json", "").StatusCode)
}

func TestAShopWithoutAListOfPlaces(t *testing.T) {
	s := memoryShop(t)
	require.JSONEq(t, `{}`, text(t, s.do("GET", "/api/v1/addresses", "")))
	require.Equal(t, http.StatusNotFound, s.do("GET", "/api/v1/addresses/vn.json", "").StatusCode)
}
