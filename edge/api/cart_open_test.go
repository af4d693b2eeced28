package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Staff tell open carts apart, put them aside and find them by what the shopper
// shows.
func TestOpenCartsAreToldApart(t *testing.T) {
	s := memoryShop(t)
	post := func(path string) string {
		id := decode[struct{ ID string }](t, s.do("POST", path, ""), http.StatusCreated).ID
		require.Equal(t, http.StatusOK, s.do("POST", "/api/v1/carts/"+id+"/lines", `{"sku":"`+string(edgetest.Cream)+`","quantity":1}`).StatusCode)
		return id
	}
	kiosk, till := post("/api/v1/carts"), post("/api/v1/carts?at=till")
	require.Equal(t, http.StatusBadRequest, s.do("POST", "/api/v1/carts?at=home", "").StatusCode)
	require.Equal(t, http.StatusUnauthorized, s.do("PUT", "/api/v1/staff/carts/"+kiosk+"/parked", `{"name":"x"}`).StatusCode)
	s.signIn(t)

	type view struct {
		ID, Code, Place string
		Parked          *edge.Parking
	}
	list := func() []view {
		return decode[struct{ Carts []view }](t, s.do("GET", "/api/v1/staff/carts", ""), http.StatusOK).Carts
	}
	carts := list()
	require.Len(t, carts, 2)
	require.Equal(t, [2]string{till, "till"}, [2]string{carts[0].ID, carts[0].Place})
	require.Equal(t, [2]string{kiosk, "main"}, [2]string{carts[1].ID, carts[1].Place})

	parked := s.do("PUT", "/api/v1/staff/carts/"+kiosk+"/parked", `{"name":"áo đỏ"}`)
	require.Equal(t, "Lan", decode[view](t, parked, http.StatusOK).Parked.Staff)
	carts = list()
	require.Equal(t, kiosk, carts[0].ID)
	require.Equal(t, "áo đỏ", carts[0].Parked.Name)
	require.Equal(t, http.StatusBadRequest, s.do("PUT", "/api/v1/staff/carts/"+kiosk+"/parked", `{"name":""}`).StatusCode)
	require.NotContains(t, text(t, s.do("GET", "/api/v1/carts/"+kiosk, "")), "áo đỏ", "what staff call a cart is not for shoppers")

	find := func(text string) *http.Response {
		return s.do("POST", "/api/v1/staff/carts/find", `{"text":"`+text+`"}`)
	}
	require.Equal(t, kiosk, decode[view](t, find(carts[0].Code), http.StatusOK).ID)
	require.Equal(t, kiosk, decode[view](t, find("https://hq.example/c/"+kiosk), http.StatusOK).ID)
	require.Equal(t, http.StatusBadRequest, find("8930000000033").StatusCode)
	require.Equal(t, http.StatusNotFound, find("K7F39-2QXM5").StatusCode)
	require.Equal(t, http.StatusOK, s.do("POST", "/api/v1/carts/"+kiosk+"/handoff/revoke", "{}").StatusCode)
	require.Equal(t, http.StatusGone, find("https://hq.example/c/"+kiosk).StatusCode)
	require.Equal(t, http.StatusNotFound, find(carts[0].Code).StatusCode)

	require.Equal(t, http.StatusOK, s.do("DELETE", "/api/v1/staff/carts/"+kiosk+"/parked", "").StatusCode)
	require.Nil(t, list()[0].Parked)
}
