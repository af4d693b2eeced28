package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func newKey(t *testing.T, h *hq.HQ, k account.Key) (text string) {
	t.Helper()
	text, _, err := h.Accounts().MakeKey(t.Context(), "test", k)
	require.NoError(t, err)
	return text
}

// asked is what comes of a request, its body closed.
func (a *app) asked(method, target, token, body string) (status int, answer string) {
	a.t.Helper()
	resp := a.request(method, target, token, body)
	b, err := io.ReadAll(resp.Body)
	require.NoError(a.t, errors.Join(err, resp.Body.Close()))
	return resp.StatusCode, string(b)
}

// TestWhoMayDoWhat asks for every route as everybody.
func TestWhoMayDoWhat(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h, func(o *Options) { o.Chats = brokenChats{} })
	const all, merchandiser, operator, manager, admin = "viewer merchandiser operator manager admin", "merchandiser manager admin", "operator manager admin", "manager admin", "admin"
	more := map[string]string{ // than any may
		"POST /v1/shops/:shop/pulls": operator, "GET /v1/conversations/:id": operator, "POST /v1/conversations/:id/reply": operator, "POST /v1/conversations/:id/release": operator,
		"POST /v1/payments/:id/settle": operator, "POST /v1/refunds-due/:id/given-back": operator, "GET /v1/orders/:id/contact": operator,
		"POST /v1/orders/:id/state": operator, "PUT /v1/orders/:id/parcel": operator, "POST /v1/catalogues/undo": merchandiser,
		"GET /v1/shops/:shop/staff": manager, "PUT /v1/shops/:shop/staff/:name": manager, "DELETE /v1/shops/:shop/staff/:name": manager,
		"POST /v1/persons/deletions": manager, "GET /v1/persons/deletions/:id": manager, "POST /v1/persons/exports": manager, "GET /v1/persons/exports/:id": manager,
		"GET /v1/acts": admin,
	}
	looks := []string{
		"events", "events/export", "sales", "sales/export", "z-reports", "z-reports/export", "audit", "discrepancies", "price-differences", "incidents", "quarantine", "stock",
		"stock/export", "shops", "pulls/:id", "pulls/:id/results", "conversations", "payments", "transfers/seen",
		"refunds-due", "refunds-given", "orders", "orders/:id", "catalogues", "feed",
		"bundles", "rollouts", "rollouts/:id/gateways",
	}
	for _, path := range looks {
		more["GET /v1/"+path] = all
	}
	tokens := map[string]string{"admin": adminToken}
	for _, r := range []account.Role{account.Viewer, account.Merchandiser, account.Operator, account.Manager} {
		tokens[string(r)] = newKey(t, h, account.Key{Name: string(r), Role: r})
	}
	for _, r := range a.api.routes() {
		if r.right == account.Anyone {
			continue
		}
		name := r.method + " " + r.path
		who, known := more[name]
		require.True(t, known, "%s: say here who may", name)
		delete(more, name)
		if r.path == "/v1/feed" { // has no end
			continue
		}
		target := strings.NewReplacer(":shop", "x", ":id", "x", ":name", "x").Replace(r.path)
		status, _ := a.asked(r.method, target, "mchq_wrongwrongwrong", "")
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, status, name)
		for role, token := range tokens {
			status, answer := a.asked(r.method, target, token, "{}")
			require.NotContains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, status, "%s by a %s", name, role)
			may := strings.Contains(" "+who+" ", " "+role+" ")
			require.Equal(t, !may, status == http.StatusForbidden, "%s by a %s: %s", name, role, answer)
		}
	}
	require.Empty(t, more, "these are not served")
}

// TestAKeyForOneShopSeesNoOther asks for every route with the key of a shop.
func TestAKeyForOneShopSeesNoOther(t *testing.T) {
	h := hqtest.Open(t)
	hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1").Day(time.Now())
	hqtest.NewGateway(t, h, "saigon-gw-1", "saigon-1").Day(time.Now())
	pull := func(shop string) string {
		id, err := h.Pull(t.Context(), hq.PullRequest{Shop: shop, Kind: hq.PullDigest})
		require.NoError(t, err)
		return id
	}
	ids := map[string]string{"hanoi-1": pull("hanoi-1"), "saigon-1": pull("saigon-1")}
	a := newApp(t, h, func(o *Options) { o.Chats = brokenChats{} })
	one := newKey(t, h, account.Key{Name: "one", Role: account.Manager, Shops: []string{"hanoi-1"}})
	two := newKey(t, h, account.Key{Name: "two", Role: account.Manager, Shops: []string{"hanoi-1", "hue-1"}})
	for _, r := range a.api.routes() {
		if r.right == account.Anyone || r.right == account.Accounts {
			continue
		}
		name := r.method + " " + r.path
		target := func(shop string) string {
			path := strings.NewReplacer(":shop", shop, ":id", ids[shop], ":name", "x").Replace(r.path)
			if strings.Contains(r.path, ":shop") || r.shopOf != nil {
				return path
			}
			return path + "?" + url.Values{"shop": {shop}}.Encode()
		}
		for _, key := range []string{one, two} {
			status, answer := a.asked(r.method, target("saigon-1"), key, "{}")
			require.Contains(t, []int{http.StatusForbidden, http.StatusBadRequest, http.StatusNotFound}, status, name)
			require.NotContains(t, answer, "saigon-gw", name)
		}
		status, _ := a.asked(r.method, r.path, two, "{}")
		require.NotEqual(t, http.StatusOK, status, "%s: a key for two shops says which", name)
	}
	var p struct{ Sales []Receipt }
	for target, key := range map[string]string{"/v1/sales": one, "/v1/sales?shop=hanoi-1": one, "/v1/sales?limit=100&shop=hanoi-1": two} {
		status, answer := a.asked(http.MethodGet, target, key, "")
		require.Equal(t, http.StatusOK, status, answer)
		require.NoError(t, json.Unmarshal([]byte(answer), &p))
		require.Len(t, p.Sales, 4)
		for _, s := range p.Sales {
			require.Equal(t, "hanoi-1", s.Shop)
		}
	}
	status, answer := a.asked(http.MethodGet, "/v1/pulls/"+ids["hanoi-1"], one, "")
	require.Equal(t, http.StatusOK, status, answer)
	status, _ = a.asked(http.MethodGet, "/v1/sales?shop=", one, "")
	require.Equal(t, http.StatusForbidden, status)
	status, _ = a.asked(http.MethodGet, "/v1/payments", one, "")
	require.Equal(t, http.StatusForbidden, status, "a bank's word is of no shop")
}

func TestARevokedKeyIsRefused(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	text, made, err := h.Accounts().MakeKey(t.Context(), "test", account.Key{Name: "erp", Role: account.Viewer})
	require.NoError(t, err)
	status, _ := a.asked(http.MethodGet, "/v1/shops", text, "")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, h.Accounts().RevokeKey(t.Context(), "test", made.ID))
	status, _ = a.asked(http.MethodGet, "/v1/shops", text, "")
	require.Equal(t, http.StatusUnauthorized, status)
}

// A feed that is open ends with its key, and so with the key's time.
func TestAFeedEndsWithItsKey(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h, func(o *Options) { o.Heartbeat = 20 * time.Millisecond })
	text, made, err := h.Accounts().MakeKey(t.Context(), "test", account.Key{Name: "erp", Role: account.Viewer})
	require.NoError(t, err)
	feed := a.listen("/v1/feed", "Authorization", "Bearer "+text)
	feed.message()
	require.NoError(t, h.Accounts().RevokeKey(t.Context(), "test", made.ID))
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, feed.r); close(ended) }()
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		t.Fatal("it goes on")
	}
}

func TestStaffAndTheLog(t *testing.T) {
	h := hqtest.Open(t)
	hqtest.NewGateway(t, h, "gw-1", "hanoi-1")
	a := newApp(t, h)
	key := newKey(t, h, account.Key{Name: "hr", Role: account.Manager, Shops: []string{"hanoi-1"}})
	const lan = "/v1/shops/hanoi-1/staff/L%C3%AA%20Lan"
	for body, want := range map[string]int{
		`{"role":"clerk","active":true}`:                 http.StatusBadRequest, // no PIN yet
		`{"role":"clerk","active":true,"pin":"12"}`:      http.StatusBadRequest,
		`{"role":"queen","active":true,"pin":"135790"}`:  http.StatusBadRequest,
		`{"role":"clerk","pin":"135790","pin_hash":"x"}`: http.StatusBadRequest,
	} {
		status, answer := a.asked(http.MethodPut, lan, key, body)
		require.Equal(t, want, status, answer)
	}
	status, answer := a.asked(http.MethodPut, lan, key, `{"role":"clerk","active":true,"pin":"135790"}`)
	require.Equal(t, http.StatusOK, status, answer)
	first, err := h.Staff(t.Context(), "hanoi-1")
	require.NoError(t, err)
	status, answer = a.asked(http.MethodPut, lan, key, `{"role":"manager","active":false}`)
	require.Equal(t, http.StatusOK, status, answer)
	second, err := h.Staff(t.Context(), "hanoi-1")
	require.NoError(t, err)
	require.Equal(t, []edge.Member{{Name: "Lê Lan", Role: edge.RoleManager, PIN: first.Members[0].PIN}}, second.Members, "the PIN stays")
	status, answer = a.asked(http.MethodGet, "/v1/shops/hanoi-1/staff", key, "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"staff":[{"name":"Lê Lan","role":"manager","active":false}]}`, answer, "no hash goes out")
	status, _ = a.asked(http.MethodPut, "/v1/shops/hanoi-1/staff/Bo", key, `{"role":"clerk","active":true,"pin":"135790"}`)
	require.Equal(t, http.StatusConflict, status, "at the till a PIN says who it is")
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		status, _ = a.asked(http.MethodDelete, lan, key, "")
		require.Equal(t, want, status)
	}
	status, _ = a.asked(http.MethodPut, "/v1/shops/nowhere/staff/Lan", adminToken, `{"role":"clerk","active":true,"pin":"135790"}`)
	require.Equal(t, http.StatusNotFound, status)
	status, _ = a.asked(http.MethodPost, "/v1/shops/hanoi-1/pulls", key, `{"kind":"digest"}`)
	require.Equal(t, http.StatusAccepted, status)

	status, answer = a.asked(http.MethodGet, "/v1/acts?limit=4", adminToken, "")
	require.Equal(t, http.StatusOK, status, answer)
	var log struct{ Acts []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(answer), &log))
	var did []string
	for _, act := range log.Acts {
		detail, _ := act["detail"].(string)
		did = append(did, strings.Join([]string{act["by"].(string), act["what"].(string), act["subject"].(string), detail, act["state"].(string)}, "|"))
	}
	require.Equal(t, []string{
		"key hr|POST /v1/shops/:shop/pulls|/v1/shops/hanoi-1/pulls||done",
		"key hr|staff.remove|hanoi-1|Lê Lan|done",
		"key hr|staff.put|hanoi-1|Lê Lan manager signed off|done",
		"key hr|staff.put|hanoi-1|Lê Lan clerk new PIN|done",
	}, did)
	status, _ = a.asked(http.MethodGet, "/v1/acts?before=x", adminToken, "")
	require.Equal(t, http.StatusBadRequest, status)
}
