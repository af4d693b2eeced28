package web

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
)

func TestWithoutTokensThePagesAreThisMachines(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	for _, target := range []string{"/", "/sales", "/shops/hanoi-1", "/incidents", "/incidents/event/1", "/sales.json", "/live"} {
		for _, header := range [][]string{
			{"Remote", "192.168.1.7:4000"},
			{"Remote", "[2001:db8::1]:4000"},
			{"Remote", "bad"},
			{"X-Forwarded-For", "192.168.1.7"},
			{"Forwarded", "for=192.168.1.7"},
			{"X-Real-IP", "192.168.1.7"},
			{"Via", "1.1 proxy"},
		} {
			resp, body := a.get(target+"?lang=en", header...)
			require.Contains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, resp.StatusCode, "%s from %v", target, header)
			require.NotContains(t, body, "hanoi-1")
		}
	}
	_, body := a.get("/?lang=en", "Remote", "192.168.1.7:4000")
	require.Contains(t, body, "own machine only")
	resp, _ := a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=digest", "Remote", "192.168.1.7:4000")
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	for _, addr := range []string{"127.0.0.1:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"} {
		resp, _ := a.get("/", "Remote", addr)
		require.Equal(t, http.StatusOK, resp.StatusCode, addr)
	}
}

func TestFormsOfOtherPagesDoNothing(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"}} {
		for _, target := range []string{"/shops/hanoi-1/pulls", "/incidents/event/1", "/sign-in", "/sign-out"} {
			resp, _ := a.do(http.MethodPost, target, "kind=digest&by=x&note=y", header...)
			require.Equal(t, http.StatusForbidden, resp.StatusCode, "%s with %v", target, header)
		}
	}
	pulls, err := a.HQ.Pulls(t.Context(), "hanoi-1", 10)
	require.NoError(t, err)
	require.Empty(t, pulls)
	resp, _ := a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=digest", "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com")
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
}

func TestPeopleSignInWithATokenOfTheAPI(t *testing.T) {
	const reads, does = "reader-token", "operator-token"
	tokens := []account.Token{{Name: "bi", Role: account.Viewer, SHA256: sha256.Sum256([]byte(reads))}, {Name: "hỗ trợ", Role: account.Operator, SHA256: sha256.Sum256([]byte(does))}}
	a := newApp(t, tokens...)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	resp, body := a.get("/shops/hanoi-1?lang=en")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "this machine has to as well")
	require.Contains(t, body, `name="to" value="/shops/hanoi-1?lang=en"`)
	require.NotContains(t, body, "good-1")
	resp, _ = a.get("/sales.json")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	resp, body = a.do(http.MethodPost, "/sign-in?lang=en", "token=wrong&to=/sales")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	require.Contains(t, body, "This token is not known")
	require.Contains(t, body, `value="/sales"`)
	require.Empty(t, resp.Cookies())

	signIn := func(token string) string {
		resp, _ := a.do(http.MethodPost, "/sign-in", url.Values{"token": {token}, "to": {"/sales?lang=en"}}.Encode())
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		require.Equal(t, "/sales?lang=en", resp.Header.Get("Location"))
		require.Len(t, resp.Cookies(), 1)
		c := resp.Cookies()[0]
		require.True(t, c.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, c.SameSite)
		require.NotContains(t, c.Value, token)
		return c.Name + "=" + c.Value
	}
	reader, operator := signIn(reads), signIn(does)
	for _, cookie := range []string{reader, operator} {
		resp, body := a.get("/shops/hanoi-1?lang=en", "Cookie", cookie, "Remote", "192.168.1.7:4000")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, cookie == operator, strings.Contains(body, "<fieldset>"))
	}
	resp, body = a.do(http.MethodPost, "/shops/hanoi-1/pulls?lang=en", "kind=digest", "Cookie", reader)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Contains(t, body, "role does not allow")
	resp, _ = a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=digest")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	resp, _ = a.do(http.MethodPost, "/shops/hanoi-1/pulls", "kind=digest", "Cookie", operator)
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)

	name, ends, _ := strings.Cut(reader, ".")
	for _, forged := range []string{
		"", "x", name, name + "." + ends[:len(ends)-1] + "0x", strings.Replace(reader, ".", ".9", 1),
		operator[:strings.Index(operator, ".")] + "." + ends, sessionCookie + "=!.1.2",
	} {
		resp, _ := a.get("/", "Cookie", forged)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode, forged)
	}
	changed := newApp(t, account.Token{Name: "bi", Role: account.Viewer, SHA256: sha256.Sum256([]byte("another"))})
	resp, _ = changed.get("/", "Cookie", reader)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "a changed token ends its sessions")
	a.now = noon.Add(sessionLife)
	resp, _ = a.get("/", "Cookie", operator)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "sessions end")
	resp, _ = a.do(http.MethodPost, "/sign-out", "", "Cookie", operator)
	require.Equal(t, -1, resp.Cookies()[0].MaxAge)
}

func TestOwnPath(t *testing.T) {
	for to, want := range map[string]string{
		"/sales?lang=en": "/sales?lang=en", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/",
		"sales": "/", "/ok#top": "/ok", "/a\r\nSet-Cookie: x": "/", "javascript:alert(1)": "/",
	} {
		require.Equal(t, want, ownPath(to), to)
	}
}

// Somebody who tries one token after the other holds up nobody else's sign-in.
func TestWrongTokensHoldUpNobody(t *testing.T) {
	a := newApp(t, account.Token{Name: "lan", Role: account.Viewer, SHA256: sha256.Sum256([]byte("right"))})
	const many = 120 // one after the other they would take a minute
	tried := make(chan struct{}, many)
	for range many {
		go func() {
			a.do(http.MethodPost, "/sign-in", "token=wrong")
			tried <- struct{}{}
		}()
	}
	<-tried
	in := make(chan int, 1)
	go func() {
		resp, _ := a.do(http.MethodPost, "/sign-in", "token=right")
		in <- resp.StatusCode
	}()
	select {
	case status := <-in:
		require.Equal(t, http.StatusSeeOther, status)
	case <-time.After(2 * time.Minute):
		t.Fatal("it waits behind them")
	}
	for range many - 1 {
		<-tried
	}
}
