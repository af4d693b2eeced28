package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// What matters when something is wrong is remembered, and managers alone see it.
func TestAuditLog(t *testing.T) {
	hash, err := api.HashPIN("1357")
	require.NoError(t, err)
	s := memoryShop(t, func(c *api.Config) {
		c.Staff = append(c.Staff, api.Staff{Name: "Hoa", Role: "clerk", PIN: hash})
		c.Discounts = api.DiscountLimits{Manager: 1000}
	})
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"1357"}`)
	s.csrf, s.cook = decode[struct{ CSRF string }](t, r, 200).CSRF, r.Cookies()
	requireError(t, s.do("GET", "/api/v1/staff/audit", ""), 403, edge.Forbidden, "only a manager")
	requireError(t, s.do("GET", "/api/v1/staff/consents", ""), 403, edge.Forbidden, "only a manager")

	sale := edgetest.Sell(t, s, edgetest.Cream)
	for _, status := range []int{201, 200} { // the second is answered again and done once
		r := s.do("POST", "/api/v1/staff/sales/"+sale.ID+"/void", `{"reason":"wrong \u202eshade"}`, header{"Idempotency-Key": "key-void-1"})
		require.Equal(t, "wrong shade", decode[struct{ Void edge.Void }](t, r, status).Void.Reason, "nothing in it turns text around")
	}
	old, other := edgetest.Sell(t, s, edgetest.Cream), s.fill(t, edgetest.Cream, 1)
	var swapped edge.Exchange
	for _, status := range []int{201, 200} {
		swapped = decode[edge.Exchange](t, s.once("sales/"+old.ID+"/exchange", "key-exchange", `{"lines":[{"sku":"CAR-01","quantity":1,"to":"loss"}],"reason":"allergic",
			"back":[{"method":"cash","amount":16000}],"amount":304000,"sale":{"cart":"`+other.ID+`","discounts":[{"rate":500,"reason":"torn box"}],"discount_approval":{"pin":"`+pin+`","reason":"torn box"}}}`), status)
	}
	s.do("POST", "/api/v1/staff/cash", `{"kind":"drawer","reason":"change for a note"}`, header{"Idempotency-Key": "key-drawer"})
	decode[struct{ Token string }](t, s.do("POST", "/api/v1/staff/approvals", `{"pin":"`+pin+`","for":"cart-1"}`), 201)
	require.Equal(t, 204, s.do("DELETE", "/api/v1/staff/session", "").StatusCode)
	require.Equal(t, 401, s.do("DELETE", "/api/v1/staff/session", "").StatusCode, "who is signed off cannot sign off")
	for range 5 {
		s.do("POST", "/api/v1/staff/session", `{"pin":"0000"}`)
	}
	requireError(t, s.do("POST", "/api/v1/staff/session", `{"pin":"0000"}`), 429, edge.TooMany, "")
	s.Advance(2 * time.Minute)
	s.signIn(t)

	list := decode[struct{ Records []edge.AuditRecord }](t, s.do("GET", "/api/v1/staff/audit", ""), 200).Records
	type what struct {
		kind                          edge.AuditKind
		staff, manager, about, reason string
	}
	var got []what
	for _, r := range list {
		require.NotEmpty(t, r.ID)
		if kind, _, drawn := strings.Cut(r.About, " "); drawn {
			r.About = kind // its name is drawn by lot
		}
		got = append([]what{{r.Kind, r.Staff, r.Manager, r.About, r.Reason}}, got...)
	}
	const address, till = "device", "till" // a till is where somebody has signed in
	wrong := what{kind: edge.AuditWrongPIN, about: till}
	require.Equal(t, []what{
		{kind: edge.AuditSignedIn, staff: "Hoa", about: address},
		{kind: edge.AuditVoided, staff: "Hoa", about: sale.Receipt.String(), reason: "wrong shade"},
		{kind: edge.AuditExchanged, staff: "Hoa", about: old.Receipt.String(), reason: "allergic"},
		{kind: edge.AuditDiscount, staff: "Hoa", manager: "Lan", about: swapped.Sale.Receipt.String(), reason: "torn box"},
		{kind: edge.AuditDrawer, staff: "Hoa", reason: "change for a note"},
		{kind: edge.AuditApproved, staff: "Hoa", manager: "Lan", about: till},
		{kind: edge.AuditSignedOff, staff: "Hoa"},
		wrong, wrong, wrong, wrong, wrong,
		{kind: edge.AuditLockedOut, about: till},
		{kind: edge.AuditSignedIn, staff: "Lan", about: till},
	}, got)
	require.NotContains(t, text(t, s.do("GET", "/api/v1/staff/audit", "")), "cart-1", "what opens a cart is not for logs")
}

// A page that is gone is signed off when its till would have been.
func TestSignOff(t *testing.T) {
	s := memoryShop(t, func(c *api.Config) { c.SignOff = 5 * time.Minute })
	s.signIn(t)
	ses := decode[struct {
		SignOff int `json:"sign_off"`
	}](t, s.do("GET", "/api/v1/staff/session", ""), 200)
	require.Equal(t, 300, ses.SignOff)
	s.Advance(4 * time.Minute)
	require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode)
	s.Advance(5 * time.Minute)
	for range 2 {
		requireError(t, s.do("GET", "/api/v1/staff/session", ""), 401, edge.Unauthorized, "")
	}
	s.signIn(t)
	s.signIn(t) // whoever signs in where somebody is, signs that one off
	var kinds []edge.AuditKind
	for _, r := range decode[struct{ Records []edge.AuditRecord }](t, s.do("GET", "/api/v1/staff/audit", ""), 200).Records {
		kinds = append(kinds, r.Kind)
	}
	require.Equal(t, []edge.AuditKind{edge.AuditSignedIn, edge.AuditSignedOff, edge.AuditSignedIn, edge.AuditSignedOff, edge.AuditSignedIn}, kinds)
}
