package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// ordered places an order for each cart, all delivered, and returns their ids.
func ordered(t *testing.T, h *hq.HQ, carts ...byte) (ids []string) {
	t.Helper()
	require.NoError(t, h.PutRelease(t.Context(), edgetest.Release(1)))
	for _, n := range carts {
		id := edge.CartID{n}
		c := edge.NewCart(id, time.Now())
		_, err := c.Add("g1", edgetest.Lipstick, 1)
		require.NoError(t, err)
		_, err = h.OpenCart(t.Context(), c, "gw-1", true)
		require.NoError(t, err)
		phone := hq.PhoneKeyOf(id, "secret")
		require.NoError(t, h.PutContact(t.Context(), id, phone, &edge.Contact{Name: "Nguyễn Thị Hạ", Phone: "0901234567", Address: &edge.Address{
			Country: edge.Vietnam, Region: "Huế", Locality: "Phường Phú Xuân", Street: "1 Lê Duẩn",
		}}, hq.Consent{Agreed: "order-1"}))
		o, err := h.PlaceOrder(t.Context(), hq.OrderRequest{Cart: id, Key: "key-00001", Way: edge.Deliver, Phone: phone})
		require.NoError(t, err)
		ids = append(ids, o.ID)
	}
	return ids
}

func TestOrdersAtTheOffice(t *testing.T) {
	h := hqtest.Open(t)
	hqtest.NewGateway(t, h, "gw-1", "hanoi-1")
	a := newApp(t, h)
	ids := ordered(t, h, 1, 2, 3)
	d := a.description()
	var p struct {
		Orders []Order
		Next   string
		More   bool
	}
	a.json("/v1/orders?limit=2", &p)
	require.Len(t, p.Orders, 2)
	require.True(t, p.More)
	a.json("/v1/orders?shop=hanoi-1&type=placed&after="+p.Next, &p)
	require.Len(t, p.Orders, 1)
	require.Equal(t, ids[2], p.Orders[0].ID)
	after := p.Next

	ask := func(method, path, token, body string, status int) string {
		t.Helper()
		resp := a.request(method, "/v1/orders/"+path, token, body)
		defer resp.Body.Close()
		require.Equal(t, status, resp.StatusCode)
		var v any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&v))
		if status == http.StatusOK && path == ids[0] {
			require.NoError(t, d.conforms(v, object{"$ref": "#/components/schemas/OrderEntry"}, path))
		}
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return string(b)
	}
	require.NotContains(t, ask(http.MethodGet, ids[0], readerToken, "", 200), "Nguyễn")
	ask(http.MethodGet, "nothing", readerToken, "", 404)
	ask(http.MethodGet, ids[0]+"/contact", readerToken, "", 403)
	require.Contains(t, ask(http.MethodGet, ids[0]+"/contact", operatorToken, "", 200), "Phường Phú Xuân")
	ask(http.MethodGet, "nothing/contact", operatorToken, "", 404)

	state := ids[0] + "/state"
	ask(http.MethodPost, state, readerToken, `{"state":"accepted"}`, 403)
	ask(http.MethodPost, state, operatorToken, `{"state":"delivered"}`, 409)
	ask(http.MethodPost, state, operatorToken, `{"state":"sent"}`, 400)
	ask(http.MethodPost, state, operatorToken, `{"state":"accepted","by":"shop"}`, 400)
	ask(http.MethodPost, state, operatorToken, `{"state":"accepted"} more`, 400)
	require.Contains(t, ask(http.MethodPost, state, operatorToken, `{"state":"accepted"}`, 200), `"next_states":["allocated","backordered","cancelled"]`)
	ask(http.MethodPost, state, operatorToken, `{"state":"accepted"}`, 200)
	parcel := ids[0] + "/parcel"
	ask(http.MethodPut, parcel, operatorToken, `{"carrier":"GHN","code":"LA3C8U"}`, 409)
	for _, to := range []edge.OrderState{edge.OrderAllocated, edge.OrderPacked} {
		ask(http.MethodPost, state, operatorToken, `{"state":"`+string(to)+`"}`, 200)
	}
	ask(http.MethodPut, parcel, readerToken, `{"carrier":"GHN","code":"LA3C8U"}`, 403)
	ask(http.MethodPut, parcel, operatorToken, `{"carrier":"GHN","code":"a b"}`, 400)
	ask(http.MethodPut, parcel, operatorToken, `{"code":"LA3C8U"}`, 400)
	ask(http.MethodPut, "nothing/parcel", operatorToken, `{"carrier":"GHN"}`, 404)
	require.Contains(t, ask(http.MethodPut, parcel, operatorToken, `{"carrier":"GHN","code":"LA3C8U"}`, 200), `"parcel":{"carrier":"GHN","code":"LA3C8U"}`)
	ask(http.MethodGet, ids[0], readerToken, "", 200)
	a.json("/v1/orders?after="+after, &p)
	require.Len(t, p.Orders, 1, "what has changed comes behind what was read")
	require.Equal(t, edge.OrderPacked, p.Orders[0].State)
	resp, _ := a.get("/v1/orders?type=sent")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}
