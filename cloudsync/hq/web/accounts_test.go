package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// person adds somebody, whose password is then password, and signs them in.
func (a *app) person(name string, role account.Role) (cookie string) {
	first, err := a.Accounts().Add(a.t.Context(), "test", name, role)
	require.NoError(a.t, err)
	require.NoError(a.t, a.Accounts().ChangePassword(a.t.Context(), name, first, password, ""))
	return a.signIn(name, password)
}

const password = "mười hai chữ cái"

func (a *app) signIn(name, password string) (cookie string) {
	resp, body := a.do(http.MethodPost, "/sign-in", url.Values{"name": {name}, "password": {password}, "to": {"/sales?lang=en"}}.Encode())
	require.Equal(a.t, http.StatusSeeOther, resp.StatusCode, body)
	require.Equal(a.t, "/sales?lang=en", resp.Header.Get("Location"))
	return a.cookies(resp)
}

// cookies are those that an answer sets: of the session, and by which the browser is
// known.
func (a *app) cookies(resp *http.Response) string {
	var all []string
	for _, c := range resp.Cookies() {
		require.True(a.t, c.HttpOnly)
		require.Equal(a.t, http.SameSiteLaxMode, c.SameSite)
		all = append(all, c.Name+"="+c.Value)
	}
	require.Len(a.t, all, 2)
	return strings.Join(all, "; ")
}

func TestPeopleSignIn(t *testing.T) {
	a := newApp(t, account.Token{Name: "bi", Role: account.Viewer, SHA256: [32]byte{1}})
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	first, err := a.Accounts().Add(t.Context(), "test", "lan", account.Operator)
	require.NoError(t, err)
	resp, body := a.get("/?lang=en")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	require.Contains(t, body, `autocomplete="username"`)
	require.Contains(t, body, `name="token"`)
	for _, wrong := range []url.Values{{"name": {"lan"}, "password": {"wrong"}}, {"name": {"nobody"}, "password": {first}}, {"name": {"lan"}}, {}} {
		resp, body := a.do(http.MethodPost, "/sign-in?lang=en", wrong.Encode())
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		require.Contains(t, body, `role="alert"`)
		require.Empty(t, resp.Cookies())
	}

	cookie := a.signIn(" LAN ", first)
	resp, _ = a.get("/shops/hanoi-1?lang=en", "Cookie", cookie)
	require.Equal(t, "/password?lang=en", resp.Header.Get("Location"), "a password that others know is changed first")
	resp, _ = a.get("/sales.json", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	resp, _ = a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=digest", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	resp, body = a.get("/password?lang=en", "Cookie", cookie)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, body, "given to you")
	change := func(cookie, old, fresh, again string) (*http.Response, string) {
		return a.do(http.MethodPost, "/password?lang=en", url.Values{"old": {old}, "fresh": {fresh}, "again": {again}}.Encode(), "Cookie", cookie)
	}
	for want, form := range map[string][3]string{
		"not the same twice":      {first, password, password + "x"},
		"present password":        {"wrong", password, password},
		"at least 12 characters,": {first, "short", "short"},
	} {
		resp, body := change(cookie, form[0], form[1], form[2])
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, resp.StatusCode)
		require.Contains(t, body, want)
	}
	resp, body = change(cookie, first, password, password)
	require.Equal(t, http.StatusSeeOther, resp.StatusCode, body)
	fresh := a.cookies(resp)
	resp, _ = a.get("/shops/hanoi-1", "Cookie", cookie)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "the old password's session has ended")
	resp, body = a.get("/shops/hanoi-1?lang=en", "Cookie", fresh)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, body, `<a href="/password?lang=en">lan</a>`)

	a.now = noon.Add(sessionLife - time.Second)
	resp, _ = a.get("/", "Cookie", fresh)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	resp, _ = a.do(http.MethodPost, "/sign-out", "", "Cookie", fresh)
	require.Equal(t, -1, resp.Cookies()[0].MaxAge)
	resp, _ = a.get("/", "Cookie", fresh)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "the secret is worth nothing afterwards")
	require.NotContains(t, a.log.String(), password)
	require.NotContains(t, a.log.String(), first)
}

func TestWithPeopleThisMachineSignsInToo(t *testing.T) {
	a := newApp(t)
	resp, _ := a.get("/")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	a.person("lan", account.Admin)
	resp, _ = a.get("/")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	shut := newApp(t)
	shut.pages.OwnMachine = account.Nobody
	resp, body := shut.get("/?lang=en")
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Contains(t, body, "hq user add")
}

// TestWhoMayDoWhat asks for every route as everybody: what is refused is refused
// for the role, and what is not never is.
func TestWhoMayDoWhat(t *testing.T) {
	const viewer, operator, manager, admin = "viewer merchandiser operator manager admin", "operator manager admin", "manager admin", "admin"
	routes := map[string]string{
		"GET /": viewer, "GET /shops/:shop": viewer, "GET /sales": viewer, "GET /sales.json": viewer, "GET /orders": viewer, "GET /orders/:id": viewer,
		"GET /money": viewer, "GET /incidents": viewer, "GET /incidents/event/:n": viewer, "GET /live": viewer, "GET /password": viewer, "POST /password": viewer,
		"GET /chats": viewer, "GET /chats/:id": operator, "GET /bundles": viewer, "POST /bundles/:id/:act": operator,
		"POST /shops/:shop/pulls": operator, "POST /orders/:id/state": operator, "POST /orders/:id/parcel": operator, "POST /money/in/:id": operator,
		"POST /money/due/:id": operator, "POST /incidents/:kind/:n": operator, "POST /chats/:id/reply": operator, "POST /chats/:id/release": operator,
		"GET /persons": manager, "GET /persons/exports/:id": manager, "GET /persons/exports/:id/person.json": manager, "GET /persons/deletions/:id": manager,
		"GET /persons/deletions/:id/record.json": manager, "POST /persons/exports": manager, "POST /persons/exports/:id/delete": manager,
		"GET /shops/:shop/staff": manager, "POST /shops/:shop/staff": manager,
		"GET /accounts": admin, "POST /accounts/people": admin, "POST /accounts/people/:name/role": admin, "POST /accounts/people/:name/active": admin,
		"POST /accounts/people/:name/reset": admin, "POST /accounts/keys": admin, "POST /accounts/keys/:id/revoke": admin,
		"POST /sign-in": "", "POST /sign-out": "", "GET /sign-in": "", // anybody
		"GET /accounts/people": "", "GET /accounts/people/:name/reset": "", "GET /accounts/keys": "", // lead to GET /accounts
		"GET /persons/exports": "", "GET /persons/exports/:id/delete": "", // lead to GET /persons
	}
	a, _ := newOffice(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "x")
	cookies := map[account.Role]string{}
	for _, r := range account.Roles() {
		cookies[r] = a.person("the-"+string(r), r)
	}
	refused := regexp.MustCompile(`role does not allow`)
	param := regexp.MustCompile(`:\w+`)
	served := 0
	for _, r := range a.engine.Routes() {
		name := r.Method + " " + r.Path
		who, known := routes[name]
		require.True(t, known, "%s: say here who may", name)
		served++
		if who == "" || r.Path == "/live" {
			continue
		}
		target := param.ReplaceAllString(r.Path, "x") + "?lang=en"
		resp, _ := a.do(r.Method, target, "")
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "%s by nobody", name)
		for role, cookie := range cookies {
			resp, body := a.do(r.Method, target, "", "Cookie", cookie)
			require.NotEqual(t, http.StatusUnauthorized, resp.StatusCode, "%s by a %s: %s", name, role, body)
			may := strings.Contains(" "+who+" ", " "+string(role)+" ")
			require.Equal(t, !may, refused.MatchString(body) && resp.StatusCode == http.StatusForbidden, "%s by a %s", name, role)
		}
	}
	require.Equal(t, len(routes), served)
	acts, err := a.Accounts().Acts(t.Context(), 0, 1000)
	require.NoError(t, err)
	for _, act := range acts {
		require.Contains(t, a.pages.glossary, "a_"+act.What, "the log has words for it")
	}
}

func TestAccountsPage(t *testing.T) {
	a := newApp(t)
	require.Contains(t, a.page("/accounts?lang=en"), "Nobody yet")
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	cookie := a.person("root", account.Admin)
	post := func(target string, form url.Values) (int, string) {
		resp, body := a.do(http.MethodPost, target+"?lang=en", form.Encode(), "Cookie", cookie)
		return resp.StatusCode, body
	}
	secret := regexp.MustCompile(`<code>(\w+)</code></p></section>`)
	status, body := post("/accounts/people", url.Values{"name": {"Lan"}, "role": {"operator"}})
	require.Equal(t, http.StatusOK, status)
	given := secret.FindStringSubmatch(body)
	require.NotNil(t, given, body)
	lan := a.signIn("lan", given[1])
	_, body = a.get("/accounts?lang=en", "Cookie", cookie)
	require.NotContains(t, body, given[1], "it is shown once")
	require.Contains(t, body, "Has not changed the first password yet")
	status, _ = post("/accounts/people", url.Values{"name": {"lan"}, "role": {"viewer"}})
	require.Equal(t, http.StatusConflict, status)

	status, _ = post("/accounts/people/lan/active", url.Values{"active": {"0"}})
	require.Equal(t, http.StatusSeeOther, status)
	resp, _ := a.get("/", "Cookie", lan)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	status, _ = post("/accounts/people/root/active", url.Values{"active": {"0"}})
	require.Equal(t, http.StatusConflict, status, "nobody would be left")
	status, _ = post("/accounts/people/lan/active", url.Values{"active": {"1"}})
	require.Equal(t, http.StatusSeeOther, status)
	status, _ = post("/accounts/people/lan/role", url.Values{"role": {"viewer"}})
	require.Equal(t, http.StatusSeeOther, status)
	status, body = post("/accounts/people/lan/reset", nil)
	require.Equal(t, http.StatusOK, status)
	a.signIn("lan", secret.FindStringSubmatch(body)[1])

	status, body = post("/accounts/keys", url.Values{"name": {"erp"}, "role": {"viewer"}, "shop": {"hanoi-1"}, "days": {"30"}})
	require.Equal(t, http.StatusOK, status, body)
	text := secret.FindStringSubmatch(body)[1]
	key, err := a.Accounts().FindKey(t.Context(), text)
	require.NoError(t, err)
	require.Equal(t, []string{"hanoi-1"}, key.Shops)
	require.True(t, key.Expires.Equal(noon.AddDate(0, 0, 30)), key.Expires)
	_, body = a.get("/accounts?lang=en", "Cookie", cookie)
	require.NotContains(t, body, text)
	require.Contains(t, body, key.ID+"…")
	for _, days := range []string{"0", "x", "3651"} {
		status, _ = post("/accounts/keys", url.Values{"name": {"other"}, "role": {"viewer"}, "days": {days}})
		require.Equal(t, http.StatusBadRequest, status, days)
	}
	status, _ = post("/accounts/keys/"+key.ID+"/revoke", nil)
	require.Equal(t, http.StatusSeeOther, status)
	_, err = a.Accounts().FindKey(t.Context(), text)
	require.Error(t, err)
}

// The page says which keys are in force, and on whose right.
func TestKeysOfWhoLeft(t *testing.T) {
	a := newApp(t)
	root, lan := a.person("root", account.Admin), a.person("lan", account.Admin)
	post := func(cookie, target string, form url.Values) string {
		resp, body := a.do(http.MethodPost, target+"?lang=en", form.Encode(), "Cookie", cookie)
		require.Contains(t, []int{http.StatusOK, http.StatusSeeOther}, resp.StatusCode, body)
		return body
	}
	made := post(lan, "/accounts/keys", url.Values{"name": {"erp"}, "role": {"operator"}})
	text := regexp.MustCompile(`<code>(mchq_\w+)</code></p></section>`).FindStringSubmatch(made)[1]
	page := func() string {
		_, body := a.get("/accounts?lang=en", "Cookie", root)
		return body
	}
	require.Contains(t, page(), "made by lan")
	require.NotContains(t, page(), "of no account")
	_, _, err := a.Accounts().MakeKey(t.Context(), "office", account.Key{Name: "old", Role: account.Viewer})
	require.NoError(t, err)
	require.Contains(t, page(), "of no account: keeps its role until it ends or is revoked")
	post(root, "/accounts/people/lan/role", url.Values{"role": {"viewer"}})
	require.Contains(t, page(), "the key does what a “Viewer” may")
	post(root, "/accounts/people/lan/active", url.Values{"active": {"0"}})
	require.Contains(t, page(), "Not in force: the account of lan")
	_, err = a.Accounts().FindKey(t.Context(), text)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	acts, err := a.Accounts().Acts(t.Context(), 0, 10)
	require.NoError(t, err)
	for _, act := range acts {
		require.Contains(t, a.pages.glossary, "a_"+act.What, "the log has words for it")
	}
}

// Strangers lock nobody out of a browser in which they have signed in before.
func TestTheBrowserIsKnownAgain(t *testing.T) {
	a := newApp(t)
	cookie := a.person("lan", account.Operator)
	in := func(password string, header ...string) int {
		resp, _ := a.do(http.MethodPost, "/sign-in", url.Values{"name": {"lan"}, "password": {password}}.Encode(), header...)
		return resp.StatusCode
	}
	resp, _ := a.do(http.MethodPost, "/sign-out", "", "Cookie", cookie)
	require.Len(t, resp.Cookies(), 1, "that of the browser stays")
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, in("guessed"))
	}
	require.Equal(t, http.StatusUnauthorized, in(password))
	require.Equal(t, http.StatusSeeOther, in(password, "Cookie", cookie))
}

func TestWhatIsDoneIsWrittenDown(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	cookie := a.person("lan", account.Operator)
	for target, want := range map[string]int{"/shops/hanoi-1/pulls": http.StatusSeeOther, "/shops/nowhere/pulls": http.StatusNotFound} {
		resp, body := a.do(http.MethodPost, target, "kind=digest", "Cookie", cookie)
		require.Equal(t, want, resp.StatusCode, body)
	}
	acts, err := a.Accounts().Acts(t.Context(), 0, 2)
	require.NoError(t, err)
	got := map[string]account.ActState{}
	for _, act := range acts {
		require.Equal(t, "lan", act.By)
		require.Equal(t, "POST /shops/:shop/pulls", act.What)
		got[act.Subject] = act.State
	}
	require.Equal(t, map[string]account.ActState{"/shops/hanoi-1/pulls": account.ActDone, "/shops/nowhere/pulls": account.ActRefused}, got)

	a.pages.People = deaf{a.Accounts()}
	resp, _ := a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=snapshot", "Cookie", cookie)
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	pulls, err := a.HQ.Pulls(t.Context(), "hanoi-1", 10)
	require.NoError(t, err)
	require.Len(t, pulls, 1, "what cannot be written down is not done")
}

// deaf writes nothing down.
type deaf struct{ *account.Book }

func (deaf) Begin(context.Context, account.Act) (int64, error) {
	return 0, errors.New("the disk is full")
}
