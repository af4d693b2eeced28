package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// What one till settles about a cart another till sells, and shoppers never see.
func TestAnotherTillGoesOnWithTheCart(t *testing.T) {
	s := memoryShop(t, withClerk(t), func(c *api.Config) { c.Discounts = api.DiscountLimits{Clerk: 1000, Manager: 3000} })
	cart := "/api/v1/staff/carts/" + s.fill(t, edgetest.Lipstick, 1).ID // 199.000
	require.Equal(t, http.StatusUnauthorized, s.do("GET", cart, "").StatusCode)
	signIn := func(pin string) {
		r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
		s.csrf, s.cook = decode[struct{ CSRF string }](t, r, 200).CSRF, r.Cookies()
	}
	signIn(clerkPIN)
	type view struct {
		ID   string
		Deal edge.Deal
	}
	deal := func(r *http.Response) edge.Deal { return decode[view](t, r, 200).Deal }
	id := decode[view](t, s.do("GET", cart, ""), 200).ID

	const fifth = `{"sku":"LIP-01-RED","rate":2000,"reason":"tester"`
	requireError(t, s.do("PUT", cart+"/discounts", fifth+`}`), 403, edge.Forbidden, "at most 10 %")
	requireError(t, s.do("PUT", cart+"/discounts", fifth+`,"approval":{"reason":"x"}}`), 403, edge.Forbidden, "only a manager")
	requireError(t, s.do("PUT", cart+"/discounts", fifth+`,"staff":"x"}`), 400, edge.Invalid, "staff")
	approved := deal(s.do("PUT", cart+"/discounts", fifth+`,"approval":{"pin":"`+pin+`","reason":"tester"}}`))
	require.Equal(t, "Lan", approved.Discounts[0].Staff, "the manager")
	deal(s.do("PUT", cart+"/discounts", `{"rate":100,"reason":"x","approval":{"pin":"`+pin+`","reason":"x"}}`))
	require.Len(t, deal(s.do("DELETE", cart+"/discounts", "")).Discounts, 1)
	for range 2 { // the answer was lost, and the till tries again
		require.Len(t, deal(s.do("PUT", cart+"/parts/part-1", `{"method":"card","amount":59200,"reference":"S-1"}`)).Parts, 1)
	}
	deal(s.do("PUT", cart+"/parts/part-2", `{"method":"cash","amount":1000}`))
	requireError(t, s.do("PUT", cart+"/parts/part-3", `{"method":"card","amount":1,"reference":"4111111111111111"}`), 400, edge.Invalid, "card number")
	deal(s.do("PUT", cart+"/parked", `{"name":"red coat","note":"comes back at six"}`))
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/api/v1/staff/session", "").StatusCode)
	require.NotContains(t, text(t, s.do("GET", "/api/v1/carts/"+id, "")), "tester")

	signIn(pin)
	require.Equal(t, http.StatusOK, s.do("DELETE", cart+"/parked", "").StatusCode)
	require.Len(t, deal(s.do("DELETE", cart+"/parts/part-2", "")).Parts, 1, "it was given back")
	found := deal(s.do("POST", "/api/v1/staff/carts/find", `{"text":"https://hq.example/c/`+id+`"}`))
	require.Equal(t, [2]string{"red coat", "comes back at six"}, [2]string{found.Name, found.Note})
	sell := func(payments string) *http.Response {
		return s.once("sales", "key-sale-1", `{"cart":"`+id+`","payments":[`+payments+`],"discounts":[`+fifth+`}]}`)
	}
	const cash = `{"method":"cash","amount":100000}`
	requireError(t, sell(`{"method":"cash","amount":159200}`), 409, edge.Conflict, "59200 was taken by card")
	signIn(clerkPIN)
	sale := decode[sold](t, sell(`{"method":"card","amount":59200,"reference":"S-1"},`+cash), 201).Sale
	require.Equal(t, "Lan", sale.Discounts[0].Staff)
	require.Empty(t, deal(s.do("GET", cart, "")).Parts)
}
