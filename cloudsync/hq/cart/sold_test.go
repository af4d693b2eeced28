package cart

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// The phone adds a piece that the till never hears of: the page shows what was
// sold, at the till's prices.
func TestAPaidCartShowsTheSale(t *testing.T) {
	a := newApp(t)
	s := newShop(a)
	c := cartOf(t, 1)
	require.NoError(t, c.SetQuantity(gateway, firstLine, 2))
	token := a.token(c)
	require.Equal(t, http.StatusOK, a.change(token, `{"quantity":3}`).StatusCode)

	s.event(edge.LaneSale, edge.EventSale, saleOf(2, 294000))
	says := map[string]string{
		"vi": "Những thay đổi đến cửa hàng sau khi thanh toán", "en": "Changes that reached the shop only after", "zh": "付款之后才送达门店的更改",
	}
	paid := func() {
		t.Helper()
		for lang, later := range says {
			page := a.text(a.do("GET", "/c/"+token+"?lang="+lang, nil))
			money := func(n int64) string { return edge.Money{Amount: n, Currency: "VND"}.In(lang) }
			for _, want := range []string{"T1-1-000042", money(588000), money(294000), "× <output data-v>2</output>", later} {
				require.Contains(t, page, want, lang)
			}
			for _, wrong := range []string{money(597000), money(199000), "<form", "<output data-v>3</output>"} {
				require.NotContains(t, page, wrong, lang)
			}
		}
		resp := a.change(token, `{"quantity":4}`)
		require.Equal(t, http.StatusConflict, resp.StatusCode, "what is sold changes no more")
		require.Equal(t, 3, a.quantity(firstLine))
	}
	paid() // although the news that the cart is closed comes later

	c.Closed = &edge.Closing{Sale: "s1", Receipt: "T1-1-000042", At: noon}
	s.event(edge.LaneOps, edge.EventCart, c)
	a.pass(time.Minute)
	paid()
}

func TestAPaidCartThatWasNotChangedLater(t *testing.T) {
	a := newApp(t)
	s := newShop(a)
	token := a.token(cartOf(t, 1))
	a.do("GET", "/c/"+token, nil)
	s.event(edge.LaneSale, edge.EventSale, saleOf(1, 199000))
	page := a.text(a.do("GET", "/c/"+token+"?lang=en", nil))
	require.Contains(t, page, "<span data-v>1</span> <span data-v>item</span>")
	require.Contains(t, page, "₫199,000")
	require.NotContains(t, page, "Changes that reached")
}

// A code says that the cart is paid before the sale is here.
func TestAPaidCartWhoseSaleIsOnItsWay(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	c.Closed = &edge.Closing{Sale: "s1", Receipt: "T1-1-000042", At: noon}
	token := a.token(c)
	for lang, wait := range map[string]string{"vi": "ghi trên biên lai", "en": "Your receipt says what you paid", "zh": "付款内容以小票为准"} {
		page := a.text(a.do("GET", "/c/"+token+"?lang="+lang, nil))
		require.Contains(t, page, wait)
		require.Contains(t, page, "T1-1-000042")
		require.Equal(t, 2, strings.Count(page, "<li>"))
		require.NotContains(t, page, "<footer>")
		for _, sum := range []string{"617.000", "418.000", "617,000", "418,000"} {
			require.NotContains(t, page, sum, "nothing is said of what was paid")
		}
		require.NotContains(t, page, "<h1>"+wordsIn(lang).Title+" <small>")
	}
	s := newShop(a)
	s.event(edge.LaneSale, edge.EventSale, saleOf(1, 199000))
	page := a.text(a.do("GET", "/c/"+token+"?lang=en", nil))
	require.NotContains(t, page, "Your receipt says")
	require.Equal(t, 1, strings.Count(page, "<li>"))
	require.Contains(t, page, "<footer>")
}

func TestPageTellsThatTheShopsLineIsDown(t *testing.T) {
	a := newApp(t)
	s := newShop(a)
	token := a.token(cartOf(t, 1))
	says := map[string]string{"vi": "Đường truyền của cửa hàng", "en": "The shop&#39;s line is down", "zh": "门店网络暂时中断"}
	page := func(lang string) string { return a.text(a.do("GET", "/c/"+token+"?lang="+lang, nil)) }
	for lang, down := range says {
		p := page(lang)
		require.Contains(t, p, `class="down"`)
		require.Contains(t, p, down)
		require.Contains(t, p, " data-down>")
	}
	s.says(true)
	require.NotContains(t, page("en"), `class="down"`)
	require.Contains(t, page("en"), "<span>Reload the page")
	a.pass(2 * time.Minute) // in silence
	require.Contains(t, page("en"), `class="down"`)
}

func TestTheLinesStateAndTheSaleAreLive(t *testing.T) {
	a := newApp(t)
	s := newShop(a)
	s.says(true)
	server := httptest.NewServer(a.handler)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/c/"+a.token(cartOf(t, 1))+"/events?lang=en", nil)
	require.NoError(t, err)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	require.NotContains(t, nextCart(t, r), "data-down")
	s.says(false)
	require.Contains(t, nextCart(t, r), "data-down")
	s.event(edge.LaneSale, edge.EventSale, saleOf(2, 294000))
	require.Contains(t, nextCart(t, r), "₫588,000")
}
