package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A clerk gives what the settings let clerks give, and more with a manager's
// yes for this cart.
func TestDiscountsAtTheTill(t *testing.T) {
	s := memoryShop(t, withClerk(t), func(c *api.Config) { c.Discounts = api.DiscountLimits{Clerk: 1000, Manager: 3000} })
	c, other := s.fill(t, edgetest.Lipstick, 1), s.fill(t, edgetest.Cream, 1)
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+clerkPIN+`"}`)
	s.csrf, s.cook = decode[struct{ CSRF string }](t, r, 200).CSRF, r.Cookies()
	type ways struct {
		Limits struct{ Clerk, Manager int } `json:"discount_limits"`
	}
	require.Equal(t, 3000, decode[ways](t, s.do("GET", "/api/v1/staff/payment-ways", ""), 200).Limits.Manager)

	sell := func(amount, discount, more string) *http.Response {
		return s.once("sales", "key-sale-1", `{"cart":"`+c.ID+`","payments":[{"method":"cash","amount":`+amount+`}],"discounts":[`+discount+`]`+more+`}`)
	}
	const tenth, fifth = `{"sku":"LIP-01-RED","rate":1000,"reason":"tester"}`, `{"rate":2000,"reason":"tester"}`
	requireError(t, sell("199000", tenth, ""), 409, edge.Conflict, "total is 179.100")
	requireError(t, sell("159200", fifth, ""), 403, edge.Forbidden, "at most 10 %")
	requireError(t, sell("159200", fifth, `,"discount_approval":{"reason":"tester"}`), 403, edge.Forbidden, "only a manager")
	requireError(t, sell("159200", `{"rate":2000,"reason":""}`, ""), 400, edge.Invalid, "say why")
	requireError(t, sell("159200", `{"rate":2000,"reason":"x","staff":"Lan"}`, ""), 400, edge.Invalid, "staff")
	approve := func(about string) string {
		yes := decode[struct{ Token string }](t, s.do("POST", "/api/v1/staff/approvals", `{"pin":"`+pin+`","for":"`+about+`"}`), 201)
		return `,"discount_approval":{"reason":"tester","token":"` + yes.Token + `"}`
	}
	requireError(t, sell("159200", fifth, approve(other.ID)), 403, edge.Forbidden, "something else")
	requireError(t, sell("99500", `{"rate":5000,"reason":"x"}`, approve(c.ID)), 403, edge.Forbidden, "at most 30 %")
	sale := decode[sold](t, sell("159200", fifth, approve(c.ID)), 201).Sale
	require.Equal(t, []edge.Discount{{Rate: 2000, Amount: 39800, Reason: "tester", Staff: "Lan"}}, sale.Discounts)
	require.Equal(t, "Mai", sale.Staff)
	require.EqualValues(t, 39800, sale.Lines[0].Discount)

	ask := s.once("sales", "key-sale-2", `{"cart":"`+other.ID+`","payments":[{"method":"cash","amount":300000}],"discounts":[{"amount":20000,"reason":"box is torn"}]}`)
	sale = decode[sold](t, ask, 201).Sale
	require.Equal(t, []edge.Discount{{Amount: 20000, Reason: "box is torn", Staff: "Mai"}}, sale.Discounts)
}

func TestDiscountLimitsAreChecked(t *testing.T) {
	cfg := memoryShop(t).cfg
	for _, bad := range []api.DiscountLimits{{Clerk: -1}, {Clerk: 2, Manager: 1}, {Manager: 10_001}} {
		cfg.Discounts = bad
		_, err := api.New(cfg)
		require.Equal(t, edge.Invalid, edge.KindOf(err))
	}
}

// Goods that come back pay for others, in one step that takes effect once.
func TestExchangeAtTheTill(t *testing.T) {
	s := memoryShop(t)
	s.signIn(t)
	old := decode[sold](t, s.once("sales", "key-sale-1", `{"cart":"`+s.fill(t, edgetest.Lipstick, 2).ID+`","payments":[{"method":"cash","amount":398000}]}`), 201).Sale
	c := s.fill(t, edgetest.Cream, 1)
	exchange := func(pieces, more string) *http.Response {
		return s.once("sales/"+old.ID+"/exchange", "key-exchange", `{"lines":[{"sku":"LIP-01-RED","quantity":`+pieces+`,"to":"stock"}],"reason":"wrong shade","sale":{"cart":"`+c.ID+`"`+more)
	}
	const paid = `,"payments":[{"method":"cash","amount":121000,"tendered":200000}]},"amount":199000}`
	requireError(t, exchange("1", `},"amount":199000}`), 400, edge.Invalid, "0 payments")
	requireError(t, exchange("1", `},"amount":320000}`), 409, edge.Conflict, "320.000")
	requireError(t, exchange("1", `},"amount":0}`), 400, edge.Invalid, "are exchanged")
	requireError(t, exchange("2", `,"payments":[{"method":"cash","amount":1}]},"back":[{"method":"cash","amount":1}],"amount":1}`), 400, edge.Invalid, "one difference")
	requireError(t, exchange("3", paid), 409, edge.Conflict, "3 more cannot be")
	type exchanged struct {
		edge.Exchange
		Change int64
	}
	done := decode[exchanged](t, exchange("1", paid), 201)
	require.EqualValues(t, 79000, done.Change)
	require.Equal(t, []edge.Payback{{Method: edge.Exchanged, Amount: 199000}}, done.Refund.Back)
	require.Equal(t, edge.Payments{
		{Method: edge.Exchanged, Amount: 199000, Reference: done.Refund.Receipt.String()}, {Method: edge.Cash, Amount: 121000, Tendered: 200000},
	}, done.Sale.Payments)
	require.Equal(t, done, decode[exchanged](t, exchange("1", paid), 200))

	requireError(t, s.once("sales/"+done.Sale.ID+"/void", "key-void-1", `{"reason":"x"}`), 409, edge.Conflict, "refund it")
	requireError(t, s.once("sales", "key-sale-2", `{"cart":"`+s.fill(t, edgetest.Cream, 1).ID+`","payments":[{"method":"exchange","amount":320000}]}`), 400, edge.Invalid, "payment method")
	z := decode[struct {
		Reports []edge.ZReport `json:"z_reports"`
	}](t, s.once("z-reports", "key-close-1", `{}`), 201)
	require.Len(t, z.Reports, 1)
	require.EqualValues(t, 519000, z.Reports[0].Totals[0].Net())
}
