package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

type claimed struct {
	ID     string
	Claim  edge.Claim
	Fields map[string]string
	Lines  []struct {
		ID     string
		Fields map[string]string
	}
}

// A cart that the phone holds is sold with a manager's reason, and money on top
// of that is recorded to be given back.
func TestPayOnMyPhone(t *testing.T) {
	s := memoryShop(t, withClerk(t))
	c := s.fill(t, edgetest.Lipstick, 1)
	requireError(t, s.do("POST", "/api/v1/carts/"+c.ID+"/claim", `{"holder":"shop"}`), 400, edge.Invalid, "only give")
	got := decode[claimed](t, s.do("POST", "/api/v1/carts/"+c.ID+"/claim", `{"holder":"phone"}`), 200)
	require.Equal(t, edge.HeldByPhone, got.Claim.Holder)
	requireError(t, s.do("POST", "/api/v1/carts/"+c.ID+"/claim", `{"holder":"phone"}`), 409, edge.Conflict, "does not hold")

	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+clerkPIN+`"}`)
	s.csrf = decode[struct{ CSRF string }](t, r, 200).CSRF
	s.cook = r.Cookies()
	body := func(more string) string {
		return `{"cart":"` + c.ID + `","payments":[{"method":"cash","amount":199000}]` + more + `}`
	}
	requireError(t, s.once("sales", "key-claim-1", body("")), 409, edge.Conflict, "paying for this cart on the phone")
	requireError(t, s.once("sales", "key-claim-1", body(`,"override":{"reason":"phone is empty"}`)), 403, edge.Forbidden, "only a manager")
	requireError(t, s.once("sales", "key-claim-1", body(`,"override":{"reason":"","pin":"`+pin+`"}`)), 400, edge.Invalid, "say why")
	requireError(t, s.once("second-payments", "key-claim-2", body("")), 409, edge.Conflict, "not paid yet")
	sale := decode[sold](t, s.once("sales", "key-claim-1", body(`,"override":{"reason":"phone is empty","pin":"`+pin+`"}`)), 201).Sale
	require.Equal(t, &edge.Approval{Staff: "Lan", Reason: "phone is empty"}, sale.Override)
	require.Equal(t, "Mai", sale.Staff)

	type due struct{ Due edge.RefundDue }
	second := decode[due](t, s.once("second-payments", "key-claim-2", body("")), 201)
	require.Equal(t, sale.ID, second.Due.Stands.Sale)
	require.EqualValues(t, 199000, second.Due.Total.Amount)
	require.Equal(t, second, decode[due](t, s.once("second-payments", "key-claim-2", body("")), 200))
	type all struct{ Due []edge.RefundDue }
	require.Equal(t, []edge.RefundDue{second.Due}, decode[all](t, s.do("GET", "/api/v1/staff/second-payments?limit=5", ""), 200).Due)
	requireError(t, s.do("GET", "/api/v1/staff/second-payments?limit=0", ""), 400, edge.Invalid, "1 to 200")

	back := "second-payments/" + second.Due.ID + "/given-back"
	requireError(t, s.once("second-payments/"+sale.ID+"/given-back", "key-given-1", `{"method":"cash"}`), 404, edge.NotFound, "not due")
	requireError(t, s.once(back, "key-given-1", `{"method":"card"}`), 400, edge.Invalid, "slip number")
	requireError(t, s.once(back, "key-given-1", `{"method":"card","reference":"7"}`), 403, edge.Forbidden, "a manager has to approve")
	requireError(t, s.once(back, "key-given-1", `{"method":"card","reference":"7","approval":{"reason":"no cash"}}`), 403, edge.Forbidden, "only a manager")
	type gave struct{ Given edge.RefundGiven }
	given := decode[gave](t, s.once(back, "key-given-1", `{"method":"cash"}`), 201)
	require.Equal(t, "Mai", given.Given.Staff)
	require.EqualValues(t, 199000, given.Given.Back.Amount)
	require.Equal(t, given, decode[gave](t, s.once(back, "key-given-1", `{"method":"cash"}`), 200))
	requireError(t, s.once(back, "key-given-2", `{"method":"cash"}`), 409, edge.Conflict, "already")
	require.Empty(t, decode[all](t, s.do("GET", "/api/v1/staff/second-payments?limit=5", ""), 200).Due)
}

func TestNotesAndOptions(t *testing.T) {
	s := memoryShop(t)
	c := s.fill(t, edgetest.Lipstick, 1)
	at := "/api/v1/carts/" + c.ID
	line := decode[claimed](t, s.do("GET", at, ""), 200).Lines[0].ID
	got := decode[claimed](t, s.do("PUT", at+"/lines/"+line+"/fields/note", `{"text":"for mum"}`), 200)
	require.Equal(t, map[string]string{"note": "for mum"}, got.Lines[0].Fields)
	got = decode[claimed](t, s.do("PUT", at+"/fields/gift_wrap", `{"text":"red"}`), 200)
	require.Equal(t, map[string]string{"gift_wrap": "red"}, got.Fields)
	got = decode[claimed](t, s.do("PUT", at+"/fields/gift_wrap", `{"text":""}`), 200)
	require.Empty(t, got.Fields)
	requireError(t, s.do("PUT", at+"/fields/Bad", `{"text":"x"}`), 400, edge.Invalid, "a letter first")
	requireError(t, s.do("PUT", at+"/fields/note", `{}`), 400, edge.Invalid, "text is missing")
	requireError(t, s.do("PUT", at+"/lines/x-1/fields/note", `{"text":"x"}`), 404, edge.NotFound, "x-1")
	requireError(t, s.do("PUT", at+"/lines/bad/fields/note", `{"text":"x"}`), 400, edge.Invalid, "writer-number")
}
