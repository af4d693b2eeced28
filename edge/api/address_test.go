package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
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

// What a till sends is brought into the list's form, and the fee is that of the
// address, whatever province the till asked the price for.
func TestAnOrdersAddressIsOfTheList(t *testing.T) {
	s := memoryShop(t, withOrders(nil), func(cfg *api.Config) {
		places, err := address.Load()
		require.NoError(t, err)
		cfg.Addresses = places
	})
	s.signIn(t)
	body := func(province, region, locality string) string {
		return fmt.Sprintf(`{"lines":[{"sku":"CAR-01","quantity":2}],"way":"deliver","province":%q,"terms":"on_receipt","total":660000,
			"contact":{"name":"Hạ","phone":"0901234567","agreed":"1","address":{"country":"VN","region":%q,"locality":%q,"street":"1"}}}`, province, region, locality)
	}
	requireError(t, s.once("orders", "key-address-1", body("79", "TP. Hồ Chí Minh", "Phường Hoàn Kiếm")), 400, edge.Invalid, "no such ward")
	requireError(t, s.once("orders", "key-address-2", body("79", "Bình Dương", "Phường Bình Dương")), 400, edge.Invalid, "no such province")
	requireError(t, s.once("orders", "key-address-3", body("79", "Hà Nội", "Phường Hoàn Kiếm")), 503, edge.Unavailable, "01")
	o := decode[ordered](t, s.once("orders", "key-address-4", body("01", "tp ho chi minh", "sai gon")), 201).Order
	require.EqualValues(t, 660000, o.Total.Amount)
	contact := decode[ordered](t, s.do("GET", "/api/v1/staff/orders/"+o.ID, ""), 200).Contact
	require.Equal(t, "TP. Hồ Chí Minh", contact.Address.Region)
	require.Equal(t, "Phường Sài Gòn", contact.Address.Locality)
}
