package cart

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

var firstLine = edge.LineID{Writer: gateway, N: 1}

// change is what the page's script asks for.
func (a *app) change(token, body string, header ...string) *http.Response {
	return a.do("POST", "/c/"+token+"/lines/"+firstLine.String()+"?lang=en", strings.NewReader(body),
		append([]string{"Content-Type", "application/json", partHeader, "1", PhoneHeader, firstPhone}, header...)...)
}

// Secrets of phones.
var (
	firstPhone  = strings.Repeat("a", minPhoneSecret)
	secondPhone = strings.Repeat("b", minPhoneSecret)
	thirdPhone  = strings.Repeat("c", minPhoneSecret)
)

func TestPhoneChangesQuantity(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 2))
	resp := a.change(token, `{"quantity":4}`)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	fragment := a.text(resp)
	require.Contains(t, fragment, "<output data-v>4</output>")
	require.Contains(t, fragment, "₫1,214,000")
	require.NotContains(t, fragment, "<html")
	require.Equal(t, 4, a.quantity(firstLine))
	require.Empty(t, resp.Cookies(), "a phone that shows itself is given nothing")

	shops, err := a.hq.Shops(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, shops[0].Waiting, "the change is on its way to the shop")

	// The same phone again is the same writer.
	a.change(token, `{"quantity":3}`)
	c, _, err := a.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	l, _ := c.Line(firstLine)
	require.Len(t, l.Counts, 2, "the gateway and a phone")
	require.Equal(t, edge.Count{Added: 1}, l.Counts[gateway])
	for w, n := range l.Counts {
		if w != gateway {
			require.Equal(t, edge.Count{Added: 3, Removed: 1}, n)
			require.NotContains(t, firstPhone, string(w), "nobody can tell the secret from the name")
		}
	}
	require.Equal(t, 3, l.Quantity())
}

func TestChangeSurvivesTheNextCode(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	a.change(a.token(c), `{"quantity":4}`)
	require.NoError(t, c.SetQuantity(gateway, firstLine, 2)) // the kiosk adds one, unaware
	page := a.text(a.do("GET", "/c/"+a.token(c), nil))
	require.Equal(t, 5, a.quantity(firstLine))
	require.Contains(t, page, "<output data-v>5</output>")
}

func TestFormWithoutScript(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 2))
	target := "/c/" + token + "/lines/" + firstLine.String()
	resp := a.do("GET", "/c/"+token, nil)
	require.Len(t, resp.Cookies(), 1)
	cookie := resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	resp = a.do("POST", target+"?lang=en", strings.NewReader("quantity=0"), "Content-Type", "application/x-www-form-urlencoded",
		"Origin", "null", "Sec-Fetch-Site", "same-origin", "Cookie", cookie) // as from a page that sends no referrer
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	from, err := url.Parse(target)
	require.NoError(t, err)
	to, err := from.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "/c/"+token+"?lang=en", to.String())
	require.Zero(t, a.quantity(firstLine))
	require.Equal(t, 1, strings.Count(a.text(a.do("GET", to.String(), nil)), "<li>"))

	resp = a.do("POST", target+"?lang=zh", strings.NewReader("quantity=many"), "Content-Type", "application/x-www-form-urlencoded", "Cookie", cookie)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Contains(t, a.text(resp), "请求未被接受")
}

func TestChangesRefused(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 1))
	line := "/c/" + token + "/lines/" + firstLine.String()
	for _, tt := range []struct {
		name, target, body string
		header             []string
		status             int
	}{
		{"too many pieces", line, `{"quantity":100}`, nil, 400},
		{"less than none", line, `{"quantity":-1}`, nil, 400},
		{"no number", line, `{"quantity":"2"}`, nil, 400},
		{"nothing", line, ``, nil, 400},
		{"no quantity", line, `{}`, nil, 400},
		{"unknown key", line, `{"quantity":1,"price":0}`, nil, 400},
		{"two bodies", line, `{"quantity":1}{"quantity":2}`, nil, 400},
		{"endless body", line, `{"quantity":1` + strings.Repeat(" ", maxBody) + `}`, nil, 413},
		{"no line", "/c/" + token + "/lines/first", `{"quantity":1}`, nil, 400},
		{"unknown line", "/c/" + token + "/lines/g9-9", `{"quantity":1}`, nil, 404},
		{"neither quantity nor note", line, `{}`, nil, 400},
		{"a card's number", line, `{"note":"4111 1111 1111 1111"}`, nil, 400},
		{"a phone without a secret", line, `{"quantity":1}`, []string{PhoneHeader, "short"}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := a.do("PUT", tt.target, strings.NewReader(tt.body), append(tt.header, "Content-Type", "application/json", PhoneHeader, firstPhone)...)
			require.Equal(t, tt.status, resp.StatusCode)
			require.Contains(t, a.text(resp), `"error":{"kind":"`)
		})
	}
	resp := a.do("POST", line, strings.NewReader(`quantity=2`), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, resp.StatusCode, "another site's form")
	require.Equal(t, 1, func() int { a.do("GET", "/c/"+token, nil); return a.quantity(firstLine) }())
	require.Empty(t, a.log.String())
}

func TestTooManyRequests(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 1))
	for range visitsAtOnce {
		require.Equal(t, http.StatusOK, a.do("GET", "/c/"+token, nil).StatusCode)
	}
	resp := a.do("GET", "/c/"+token+"?lang=en", nil)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.Contains(t, a.text(resp), "few seconds")
	a.pass(time.Second)
	require.Equal(t, http.StatusOK, a.do("GET", "/c/"+token, nil).StatusCode)
}

func TestLimiterForgets(t *testing.T) {
	l := limiter{visits: map[edge.CartID]visits{}}
	for i := range cartsRemembered {
		require.True(t, l.allow(edge.CartID{byte(i), byte(i >> 8)}, noon))
	}
	require.True(t, l.allow(edge.CartID{0, 0, 1}, noon.Add(time.Minute)))
	require.Len(t, l.visits, 1)
}

func TestStreamsAreCounted(t *testing.T) {
	s := streams{open: map[edge.CartID]int{}}
	var leaves []func()
	for range streamsPerCart {
		leave, ok := s.enter(cartID)
		require.True(t, ok)
		leaves = append(leaves, leave)
	}
	_, ok := s.enter(cartID)
	require.False(t, ok)
	for _, leave := range leaves {
		leave()
	}
	require.Equal(t, streams{open: map[edge.CartID]int{}}.open, s.open)
	require.Zero(t, s.all)
}

// nextCart reads the stream up to the next cart and returns its data.
func nextCart(t *testing.T, r *bufio.Reader) string {
	var data strings.Builder
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		switch text := strings.TrimSuffix(line, "\n"); {
		case text == "" && data.Len() > 0:
			return data.String()
		case strings.HasPrefix(text, "data: "):
			fmt.Fprintln(&data, strings.TrimPrefix(text, "data: "))
		default:
			require.Contains(t, []string{"event: cart", ":", ""}, text)
		}
	}
}

func TestPageIsLive(t *testing.T) {
	a := newApp(t)
	server := httptest.NewServer(a.handler)
	defer server.Close()
	token := a.token(cartOf(t, 2))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/c/"+token+"/events?lang=en", nil)
	require.NoError(t, err)
	req.Header.Set(PhoneHeader, firstPhone)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	r := bufio.NewReader(resp.Body)
	require.Contains(t, nextCart(t, r), "<output data-v>1</output>")
	c, _, err := a.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	require.NotNil(t, c.Opened, "a page that was fetched ahead is shown now")

	a.change(token, `{"quantity":7}`)
	require.Contains(t, nextCart(t, r), "<output data-v>7</output>")

	shop := cartOf(t, 3) // and what comes from the shop
	_, err = a.hq.OpenCart(t.Context(), shop, "shop1", false)
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(nextCart(t, r), "<li>"))

	cancel()
	require.Eventually(t, func() bool {
		a.pages.streams.mu.Lock()
		defer a.pages.streams.mu.Unlock()
		return a.pages.streams.all == 0
	}, 2*time.Minute, 5*time.Millisecond, "the stream gives its place back")
}
