package cart

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// goes asks for an address and gives the one that it leads to.
func (a *app) goes(target string) string {
	resp := a.do("GET", target, nil)
	require.Equal(a.t, http.StatusSeeOther, resp.StatusCode, target)
	require.Equal(a.t, "no-store", resp.Header.Get("Cache-Control"))
	return resp.Header.Get("Location")
}

// Whoever cannot scan types the code that stands beside the QR code.
func TestACodeThatIsTypedOpensTheCart(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	typed := func(code string) string { return "/k?lang=en&code=" + url.QueryEscape(code) }

	page := a.text(a.do("GET", "/k?lang=en", nil))
	require.Contains(t, page, `name="code"`)
	resp := a.do("GET", typed(c.Code()), nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode, "the shop has not told of it yet")
	require.Contains(t, a.text(resp), "scan the QR code instead")

	_, err := a.hq.OpenCart(t.Context(), c, "shop1", false)
	require.NoError(t, err)
	for _, text := range []string{c.Code(), strings.ToLower(c.Code()), strings.ReplaceAll(c.Code(), "-", " ")} {
		to := a.goes(typed(text))
		require.True(t, strings.HasPrefix(to, "s/"), to)
		resp := a.do("GET", "/"+to, nil)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Contains(t, a.text(resp), "Morning Dew")
	}
	old, to := c.Code(), a.goes(typed(c.Code()))
	require.NoError(t, c.WithdrawLinks())
	_, err = a.hq.OpenCart(t.Context(), c, "shop1", false)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, a.do("GET", typed(old), nil).StatusCode)
	require.Equal(t, http.StatusGone, a.do("GET", "/"+to, nil).StatusCode)
	a.goes(typed(c.Code()))

	for _, text := range []string{"", "hello", "00000-00000", strings.Repeat("0", 500)} {
		require.Equal(t, http.StatusNotFound, a.do("GET", typed(text), nil).StatusCode, text)
	}
	a.pass(codeLife + time.Second)
	require.Equal(t, http.StatusNotFound, a.do("GET", typed(c.Code()), nil).StatusCode, "codes are short, so they do not last")
}

// Guessing is slow, from however many addresses.
func TestCodesCannotBeTriedFast(t *testing.T) {
	a := newApp(t)
	guess := func(from int) int {
		return a.do("GET", "/k?code=00000-00000", nil, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", from)).StatusCode
	}
	for i := range visitsAtOnce {
		require.Equal(t, http.StatusNotFound, guess(i))
	}
	require.Equal(t, http.StatusTooManyRequests, guess(visitsAtOnce))
	a.pass(time.Second)
	require.Equal(t, http.StatusNotFound, guess(visitsAtOnce))
}

// Whoever guesses codes keeps nobody else from typing theirs.
func TestWhoGuessesCodesKeepsNobodyOut(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	_, err := a.hq.OpenCart(t.Context(), c, "shop1", false)
	require.NoError(t, err)
	for range 10 * visitsAtOnce {
		a.do("GET", "/k?code=00000-00000", nil, "X-Forwarded-For", "203.0.113.1")
	}
	resp := a.do("GET", "/k?code="+c.Code(), nil, "X-Forwarded-For", "203.0.113.2")
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
}

// The newer code alone tells HQ that older ones were withdrawn, while the shop
// is cut off.
func TestANewerCodeWithdrawsTheOlder(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	old := "/c/" + a.token(c)
	require.Equal(t, http.StatusOK, a.do("GET", old, nil).StatusCode)
	require.NoError(t, c.WithdrawLinks())
	require.Equal(t, http.StatusOK, a.do("GET", old, nil).StatusCode, "nobody has told HQ")
	require.Equal(t, http.StatusOK, a.do("GET", "/c/"+a.token(c), nil).StatusCode)
	for _, path := range []string{old, old + "/cart.json", old + "/events"} {
		require.Equal(t, http.StatusGone, a.do("GET", path, nil).StatusCode, path)
	}
}

func TestWaysThroughOtherApps(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 1))
	require.Equal(t, "c/"+token, a.goes("/liff?liff.state="+url.QueryEscape("?c="+token)))
	require.Equal(t, "c/"+token, a.goes("/liff?liff.state="+url.QueryEscape("/?c="+token)))
	require.Equal(t, "c/"+token, a.goes("/liff?c="+token))
	require.Equal(t, "viber://pa?chatURI=mirrorcart&context="+token, a.goes("/to/viber?chatURI=mirrorcart&context="+token))
	for _, target := range []string{
		"/liff", "/liff?liff.state=https://evil.example/?c=x", "/liff?liff.state=" + url.QueryEscape("//evil.example"), "/liff?c=" + url.QueryEscape("../../x"),
		"/to/viber", "/to/viber?chatURI=a&context=", "/to/viber?chatURI=a%26b&context=c", "/to/viber?chatURI=a&context=" + url.QueryEscape("c\r\nX: y"),
	} {
		require.Equal(t, http.StatusBadRequest, a.do("GET", target, nil).StatusCode, target)
	}
}

// Chat apps open carts as the page does.
func TestOpenForChats(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	got, node, links, err := a.pages.Open(t.Context(), a.token(c))
	require.NoError(t, err)
	require.Equal(t, "shop1", node)
	require.Zero(t, links)
	require.Len(t, got.Lines, 2)
	require.NotNil(t, got.Opened, "the shopper has it")
	_, _, token, err := a.pages.OpenCode(t.Context(), c.Code())
	require.NoError(t, err)
	_, _, _, err = a.pages.Open(t.Context(), token)
	require.NoError(t, err)
	_, _, _, err = a.pages.Open(t.Context(), "x")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
