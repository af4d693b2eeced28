package api

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestMoneyIsListedAndSettled(t *testing.T) {
	h := hqtest.Open(t)
	now := time.Now().UTC().Truncate(time.Second)
	g := hqtest.NewGateway(t, h, "gw-1", "hue-1")
	c := edge.NewCart(edge.CartID{1}, now.Add(time.Hour))
	_, err := c.Add("gshop", edgetest.Lipstick, 2)
	require.NoError(t, err)
	asked, err := edge.TransferAsk{
		Cart: c.ID, Amount: 398000, Code: edge.TransferCode("MC", "hue-1", c.ID, "key-0001"), Text: "x", Life: 15 * time.Minute, Staff: "Lan",
	}.Transfer(c, edgetest.Release(1), now)
	require.NoError(t, err)
	asked.Seen, asked.State, asked.Sale = &edge.Approval{Staff: "Lan", Reason: "on the bank app"}, edge.TransferConfirmed, "sale-0001"
	g.Event(now, edge.EventTransfer, asked)
	for _, amount := range []int64{5000, 400000} {
		_, err := h.TakeCredit(t.Context(), hq.Credit{Feed: "test", Reference: "FT1", Amount: edge.Money{Amount: amount, Currency: "VND"}, Content: "TRAN VAN BINH", At: now}, nil)
		require.NoError(t, err)
	}

	a := newApp(t, h)
	var seen struct{ Transfers []SeenTransfer }
	a.json("/v1/transfers/seen", &seen)
	require.Equal(t, "on the bank app", seen.Transfers[0].Reason)
	var page struct {
		Payments []BankPayment
		Next     string
		More     bool
	}
	a.json("/v1/payments?limit=1&type=unmatched,mismatched", &page)
	require.Len(t, page.Payments, 1)
	require.True(t, page.More)
	stray := page.Payments[0]
	require.Empty(t, stray.Content, "a reader does not see who paid")
	_, answer := a.asked(http.MethodGet, "/v1/payments?limit=1", operatorToken, "")
	require.Contains(t, answer, "TRAN VAN BINH")
	a.json("/v1/payments?after="+page.Next, &page)
	require.Len(t, page.Payments, 1)
	require.False(t, page.Payments[0].At.IsZero())
	settle := func(id, body string) int {
		return a.request(http.MethodPost, "/v1/payments/"+id+"/settle", operatorToken, body).StatusCode
	}
	require.Equal(t, http.StatusForbidden, a.request(http.MethodPost, "/v1/payments/x/settle", readerToken, `{}`).StatusCode)
	require.Equal(t, http.StatusBadRequest, settle(stray.ID, `{"how":"dismiss"}`))
	require.Equal(t, http.StatusNotFound, settle("nobody", `{"how":"dismiss","note":"x"}`))
	require.Equal(t, http.StatusConflict, settle(stray.ID, `{"how":"match","code":"`+asked.Code+`","note":"x"}`))
	require.Equal(t, http.StatusOK, settle(stray.ID, `{"how":"dismiss","note":"rent"}`))
	require.Equal(t, http.StatusConflict, settle(stray.ID, `{"how":"dismiss","note":"rent"}`))
	require.Equal(t, http.StatusOK, settle(page.Payments[0].ID, `{"how":"match","code":"`+asked.Code+`","note":"the shopper forgot the code"}`))
	var due struct{ Due []edge.RefundDue }
	a.json("/v1/refunds-due?shop=hue-1", &due)
	require.EqualValues(t, 2000, due.Due[0].Total.Amount)
	giveBack := func(token, key, body string) (int, string) {
		resp := a.request(http.MethodPost, "/v1/refunds-due/"+due.Due[0].ID+"/given-back", token, body, "Idempotency-Key", key)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(text)
	}
	for _, tc := range []struct {
		token, key, body string
		want             int
	}{
		{readerToken, "key-0001", `{"reference":"FT8"}`, http.StatusForbidden},
		{operatorToken, "", `{"reference":"FT8"}`, http.StatusBadRequest},
		{operatorToken, "key-0001", `{"reference":""}`, http.StatusBadRequest},
		{operatorToken, "key-0001", `{"reference":"FT8","amount":5}`, http.StatusBadRequest},
		{operatorToken, "key-0001", `{"reference":"FT8","given":"2999-01-01T00:00:00Z"}`, http.StatusBadRequest},
	} {
		status, text := giveBack(tc.token, tc.key, tc.body)
		require.Equal(t, tc.want, status, "%+v: %s", tc, text)
	}
	_, first := giveBack(operatorToken, "key-0001", `{"reference":"FT8"}`)
	require.Contains(t, first, `"reference":"FT8"`)
	_, again := giveBack(operatorToken, "key-0001", `{"reference":"FT8"}`)
	require.Equal(t, first, again)
	status, _ := giveBack(operatorToken, "key-0002", `{"reference":"FT8"}`)
	require.Equal(t, http.StatusConflict, status)
	a.json("/v1/refunds-due", &due)
	require.Empty(t, due.Due)
	var given struct{ Given []hq.GivenBack }
	a.json("/v1/refunds-given?shop=hue-1", &given)
	require.Len(t, given.Given, 1)
	require.Equal(t, "FT8", given.Given[0].Reference)
	a.json("/v1/refunds-given?shop=nowhere", &given)
	require.Empty(t, given.Given)
	a.json("/v1/transfers/seen", &seen)
	require.Empty(t, seen.Transfers)
	resp, _ := a.get("/v1/payments?type=lost")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}
