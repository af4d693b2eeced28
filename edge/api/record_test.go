package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

const clerkPIN = "1357"

// withClerk has Mai, a clerk, beside Lan, a manager.
func withClerk(t testing.TB) func(*api.Config) {
	hash, err := api.HashPIN(clerkPIN)
	require.NoError(t, err)
	return func(c *api.Config) { c.Staff = append(c.Staff, api.Staff{Name: "Mai", Role: "clerk", PIN: hash}) }
}

// once posts under a key.
func (s *shop) once(path, key, body string) *http.Response {
	return s.do("POST", "/api/v1/staff/"+path, body, header{"Idempotency-Key": key})
}

// sell sells quantity pieces of the lipstick for cash.
func (s *shop) sell(t testing.TB, key string, quantity int) edge.Sale {
	c := s.fill(t, edgetest.Lipstick, quantity)
	r := s.once("sales", key, fmt.Sprintf(`{"cart":%q,"payments":[{"method":"cash","amount":%d}],"tax_code":"0101248141-001"}`, c.ID, 199000*quantity))
	return decode[sold](t, r, 201).Sale
}

func TestRecords(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *shop{
		"memory": func(t *testing.T) *shop { return memoryShop(t) },
		"sqlite": func(t *testing.T) *shop { return sqliteShop(t) },
	} {
		t.Run(name, func(t *testing.T) { records(t, open(t)) })
	}
}

// records is a clerk's afternoon.
func records(t *testing.T, s *shop) {
	s.signIn(t)
	first, second := s.sell(t, "key-sale-1", 1), s.sell(t, "key-sale-2", 3)
	require.EqualValues(t, "0101248141-001", first.TaxCode)
	requireError(t, s.once("sales", "key-sale-3", `{"cart":"`+s.fill(t, edgetest.Lipstick, 1).ID+`","payments":[{"method":"cash","amount":199000}],"tax_code":"0101248142"}`),
		400, edge.Invalid, "wrong digit")

	s.setLine(false)
	type voided struct{ Void edge.Void }
	void := decode[voided](t, s.once("sales/"+first.ID+"/void", "key-void-1", `{"reason":"wrong shade"}`), 201)
	require.Equal(t, "T1-1-000003", void.Void.Receipt.String())
	require.Equal(t, "Lan", void.Void.Staff)
	require.True(t, void.Void.Offline)
	r := s.once("sales/"+first.ID+"/void", "key-void-1", `{"reason":"wrong shade"}`)
	require.Equal(t, "true", r.Header.Get("Idempotent-Replay"))
	require.Equal(t, void, decode[voided](t, r, 200))
	s.setLine(true)

	const one = `{"lines":[{"sku":"LIP-01-RED","quantity":1,"to":"loss"}],"back":[{"method":"cash","amount":199000}],"reason":"allergic"}`
	type refunded struct{ Refund edge.Refund }
	refund := decode[refunded](t, s.once("sales/"+second.Receipt.String()+"/refunds", "key-refund-1", one), 201)
	require.Equal(t, "T1-1-000004", refund.Refund.Receipt.String())
	require.Equal(t, second.ID, refund.Refund.Sale.ID)
	require.Equal(t, edge.ToLoss, refund.Refund.Lines[0].To)
	require.Nil(t, refund.Refund.Approval)
	require.Equal(t, refund, decode[refunded](t, s.once("sales/"+second.Receipt.String()+"/refunds", "key-refund-1", one), 200))

	type history struct {
		Sale edge.SaleHistory
		Left map[edge.SKU]int
	}
	h := decode[history](t, s.do("GET", "/api/v1/staff/sales/"+second.ID, ""), 200)
	require.Equal(t, second, h.Sale.Sale)
	require.Equal(t, []edge.Refund{refund.Refund}, h.Sale.Refunds)
	require.Equal(t, map[edge.SKU]int{edgetest.Lipstick: 2}, h.Left)
	require.Equal(t, edge.EInvoiceNone, h.Sale.EInvoice.State)
	h = decode[history](t, s.do("GET", "/api/v1/staff/sales/"+first.Receipt.String(), ""), 200)
	require.Equal(t, &void.Void, h.Sale.Void)
	salesOfADay(t, s, first, second)

	type zReports struct {
		Reports []edge.ZReport `json:"z_reports"`
	}
	require.Empty(t, decode[zReports](t, s.do("GET", "/api/v1/staff/z-reports", ""), 200).Reports)
	z := decode[zReports](t, s.once("z-reports", "key-close-1", `{}`), 201)
	require.Len(t, z.Reports, 1)
	require.EqualValues(t, 4, z.Reports[0].To)
	require.Equal(t, "Lan", z.Reports[0].Staff)
	require.Equal(t, z, decode[zReports](t, s.once("z-reports", "key-close-1", `{}`), 200))
	require.Equal(t, z, decode[zReports](t, s.do("GET", "/api/v1/staff/z-reports?limit=1", ""), 200))
	requireError(t, s.once("z-reports", "key-close-2", `{}`), 409, edge.Conflict, "nothing to close")
	requireError(t, s.once("z-reports", "key-close-2", `{"till":"T2"}`), 400, edge.Invalid, "till")
	requireError(t, s.do("GET", "/api/v1/staff/z-reports?limit=201", ""), 400, edge.Invalid, "1 to 200")
	requireError(t, s.once("sales/"+second.ID+"/void", "key-void-2", `{"reason":"x"}`), 409, edge.Conflict, "refunded")
	enterStock(t, s)
	refusedRecords(t, s, second, one)
}

func enterStock(t *testing.T, s *shop) {
	type stock struct {
		AsOf  edge.LaneMark `json:"as_of"`
		Stock map[edge.SKU]int64
	}
	type moves struct{ Moves []edge.StockMove }
	before := decode[stock](t, s.do("GET", "/api/v1/staff/stock", ""), 200)
	require.EqualValues(t, -3, before.Stock[edgetest.Lipstick], "one of the four came back whole")
	const entry = `{"moves":[{"sku":"LIP-01-RED","reason":"goods_in","ref":"note 1","delta":9},{"sku":"CAR-01","reason":"loss","ref":"window","delta":-1}]}`
	m := decode[moves](t, s.once("stock/moves", "key-stock-1", entry), 201)
	require.Len(t, m.Moves, 2)
	require.Equal(t, "Lan", m.Moves[0].Staff)
	require.Equal(t, m, decode[moves](t, s.once("stock/moves", "key-stock-1", entry), 200))

	now := decode[stock](t, s.do("GET", "/api/v1/staff/stock", ""), 200)
	require.Equal(t, stock{now.AsOf, map[edge.SKU]int64{"CAR-01": now.Stock["CAR-01"]}}, decode[stock](t, s.do("GET", "/api/v1/staff/stock?sku=CAR-01&sku=NO", ""), 200))
	requireError(t, s.do("GET", "/api/v1/staff/stock?"+strings.Repeat("&sku=x", 201), ""), 400, edge.Invalid, "200")
	s.sell(t, "key-sale-9", 1)
	count := func(counted int) string {
		return fmt.Sprintf(`{"moves":[{"sku":"LIP-01-RED","reason":"count","ref":"today","counted":%d,"as_of":{"epoch":%q,"seq":%d}}]}`, counted, now.AsOf.Epoch, now.AsOf.Seq)
	}
	m = decode[moves](t, s.once("stock/moves", "key-stock-2", count(5)), 201)
	require.EqualValues(t, -1, m.Moves[0].Delta)
	require.EqualValues(t, 4, decode[stock](t, s.do("GET", "/api/v1/staff/stock", ""), 200).Stock[edgetest.Lipstick])
	for _, tc := range []struct {
		body, says string
		status     int
		kind       edge.Kind
	}{
		{`{"moves":[]}`, "1 to 500", 400, edge.Invalid},
		{`{"moves":[{"sku":"CAR-01","reason":"count","ref":"r","counted":1}]}`, "go together", 400, edge.Invalid},
		{`{"moves":[{"sku":"CAR-01","reason":"sale","ref":"r","delta":-1}]}`, "sale", 400, edge.Invalid},
		{`{"moves":[{"sku":"CAR-01","reason":"goods_in","ref":"r","delta":1,"at":"2020-01-01T00:00:00Z"}]}`, "at", 400, edge.Invalid},
		{`{"moves":[{"sku":"NO","reason":"goods_in","ref":"r","delta":1}]}`, "neither", 404, edge.NotFound},
		{count(6), "today", 409, edge.Conflict},
	} {
		requireError(t, s.once("stock/moves", "key-stock-3", tc.body), tc.status, tc.kind, tc.says)
	}
}

func refusedRecords(t *testing.T, s *shop, sale edge.Sale, refund string) {
	for _, path := range []string{"sales/" + sale.ID + "/void", "sales/" + sale.ID + "/refunds", "stock/moves", "z-reports"} {
		t.Run(path, func(t *testing.T) {
			requireError(t, s.once(path, "-", `{}`), 400, edge.Invalid, "Idempotency-Key")
			requireError(t, s.once(path, "key-other-1", `{"strange":1}`), 400, edge.Invalid, "strange")
			requireError(t, s.do("POST", "/api/v1/staff/"+path, `{}`, header{"Idempotency-Key": "key-other-1", "X-CSRF": "-"}), 403, edge.Forbidden, "X-CSRF")
			requireError(t, s.do("POST", "/api/v1/staff/"+path, `{}`, header{"Idempotency-Key": "key-other-1", "Cookie": "-"}), 401, edge.Unauthorized, "PIN")
		})
	}
	for _, path := range []string{"sales/" + sale.ID, "stock", "z-reports"} {
		requireError(t, s.do("GET", "/api/v1/staff/"+path, "", header{"Cookie": "-"}), 401, edge.Unauthorized, "PIN")
	}
	requireError(t, s.once("sales/T1/void", "key-other-1", `{"reason":"x"}`), 400, edge.Invalid, "as it is printed")
	requireError(t, s.do("GET", "/api/v1/staff/sales/nobody", ""), 400, edge.Invalid, "as it is printed")
	requireError(t, s.do("GET", "/api/v1/staff/sales/T1-1-000099", ""), 404, edge.NotFound, "T1-1-000099")
	requireError(t, s.do("GET", "/api/v1/staff/sales/T1-1-000003", ""), 409, edge.Conflict, "T1-1-000003")
	requireError(t, s.do("GET", "/api/v1/staff/sales/01990000-0000-7000-8000-000000000000", ""), 404, edge.NotFound, "not in this")
	requireError(t, s.once("sales/"+sale.ID+"/refunds", "key-sale-1", refund), 409, edge.Conflict, "idempotency key")
	requireError(t, s.once("sales/T1-1-000099/refunds", "key-other-1", refund), 404, edge.NotFound, "never given out")
	requireError(t, s.once("sales/T7-1-000001/refunds", "key-other-1", refund), 403, edge.Forbidden, "manager")
}

func TestForeignReceiptsNeedAManager(t *testing.T) {
	s := memoryShop(t, withClerk(t))
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+clerkPIN+`"}`)
	v := decode[struct{ Role, CSRF string }](t, r, 200)
	require.Equal(t, "clerk", v.Role)
	s.cook, s.csrf = r.Cookies(), v.CSRF
	refund := func(approval string) *http.Response {
		return s.once("sales/T2-4-000017/refunds", "key-foreign", `{"lines":[{"sku":"CAR-01","quantity":1,"to":"stock","price":310000}],"back":[{"method":"cash","amount":310000}],"reason":"allergic"`+approval+`}`)
	}
	requireError(t, refund(``), 403, edge.Forbidden, "a manager has to approve")
	requireError(t, refund(`,"approval":{"reason":"x"}`), 403, edge.Forbidden, "only a manager")
	requireError(t, refund(`,"approval":{"reason":"x","pin":"`+clerkPIN+`"}`), 403, edge.Forbidden, "only a manager")
	requireError(t, refund(`,"approval":{"reason":"x","pin":"abcd"}`), 400, edge.Invalid, "4 to 12 digits")
	requireError(t, refund(`,"approval":{"reason":"","pin":"`+pin+`"}`), 400, edge.Invalid, "say why")
	got := decode[struct{ Refund edge.Refund }](t, refund(`,"approval":{"reason":"saw the ticket","pin":"`+pin+`"}`), 201)
	require.Equal(t, &edge.Approval{Staff: "Lan", Reason: "saw the ticket"}, got.Refund.Approval)
	require.Equal(t, "Mai", got.Refund.Staff)
	require.NotContains(t, s.log.String(), pin)

	for range 5 {
		requireError(t, refund(`,"approval":{"reason":"x","pin":"0000"}`), 403, edge.Forbidden, "not known")
	}
	requireError(t, refund(`,"approval":{"reason":"x","pin":"`+pin+`"}`), 429, edge.TooMany, "too many wrong PINs")
	require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode, "the clerk stays signed in")
}

// A manager's PIN becomes a token that one clerk sends with one thing.
func TestApproval(t *testing.T) {
	s := memoryShop(t, withClerk(t))
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+clerkPIN+`"}`)
	s.csrf, s.cook = decode[struct{ CSRF string }](t, r, 200).CSRF, r.Cookies()
	ask := func(pin, about string) *http.Response {
		return s.do("POST", "/api/v1/staff/approvals", `{"pin":"`+pin+`","for":"`+about+`"}`)
	}
	requireError(t, ask(clerkPIN, "T2-4-000017"), 403, edge.Forbidden, "only a manager")
	requireError(t, ask("9999", "T2-4-000017"), 403, edge.Forbidden, "not known")
	requireError(t, ask(pin, ""), 400, edge.Invalid, "what the approval is for")
	requireError(t, ask(pin, strings.Repeat("x", 65)), 400, edge.Invalid, "at most 64")
	type approval struct{ Token, Staff string }
	yes := decode[approval](t, ask(pin, "T2-4-000017"), 201)
	require.Equal(t, "Lan", yes.Staff)

	refund := func(receipt, token string) *http.Response {
		return s.once("sales/"+receipt+"/refunds", "key-foreign", `{"lines":[{"sku":"CAR-01","quantity":1,"to":"stock","price":310000}],
			"back":[{"method":"cash","amount":310000}],"reason":"allergic","approval":{"reason":"saw the ticket","token":"`+token+`"}}`)
	}
	requireError(t, refund("T2-4-000018", yes.Token), 403, edge.Forbidden, "something else")
	requireError(t, refund("T2-4-000017", yes.Token+"A"), 403, edge.Forbidden, "something else")
	requireError(t, refund("T2-4-000017", "x"), 403, edge.Forbidden, "something else")
	got := decode[struct{ Refund edge.Refund }](t, refund("T2-4-000017", yes.Token), 201)
	require.Equal(t, &edge.Approval{Staff: "Lan", Reason: "saw the ticket"}, got.Refund.Approval)

	s.Advance(16 * time.Minute)
	requireError(t, refund("T2-4-000017", yes.Token), 403, edge.Forbidden, "is over")
}

// salesOfADay asks for the day on which the shop sold.
func salesOfADay(t *testing.T, s *shop, sales ...edge.Sale) {
	hanoi := time.FixedZone("", 7*60*60)
	days := map[string][]string{}
	for _, sale := range slices.Backward(sales) {
		day := sale.At.In(hanoi).Format(time.DateOnly)
		days[day] = append(days[day], sale.ID)
	}
	days[sales[0].At.In(hanoi).AddDate(0, 0, -1).Format(time.DateOnly)] = nil
	for day, want := range days {
		var got []string
		for _, sale := range decode[struct{ Sales []edge.Sale }](t, s.do("GET", "/api/v1/staff/sales?day="+day, ""), 200).Sales {
			got = append(got, sale.ID)
		}
		require.Equal(t, want, got, day)
	}
	requireError(t, s.do("GET", "/api/v1/staff/sales?day=yesterday", ""), 400, edge.Invalid, "2026-11-22")
}
