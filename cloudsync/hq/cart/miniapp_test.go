package cart

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the mini programs say too, they say in the page's words.
func TestMiniProgramsSpeakLikeThePage(t *testing.T) {
	js, err := os.ReadFile("miniapp/wechat/live/words.js")
	require.NoError(t, err)
	said := map[string]bool{}
	for _, quoted := range regexp.MustCompile(`'([^'\n]*)'|"([^"\n]*)"`).FindAllStringSubmatch(string(js), -1) {
		said[quoted[1]+quoted[2]] = true
	}
	for _, lang := range []string{"vi", "en", "zh"} {
		w := wordsIn(lang)
		for _, word := range []string{
			w.Title, w.One, w.Many, w.Total, w.Empty, w.Fewer, w.More, w.Remove, w.NoPrice, w.SumOpen,
			w.Paid, w.PaidText, w.Receipt, w.Later, w.NoSale, w.Live, w.Waiting, w.Failed, w.Down,
			w.Elsewhere, w.LookOnly, w.AskIn, w.Asking, w.Refused, w.Wants, w.WantsText, w.LetIn, w.KeepOut, w.Order.Order, w.Order.Code,
		} {
			require.True(t, said[word], "%s: the mini programs do not say %q", lang, word)
		}
	}
}

func TestAMiniProgramLendsItsPartToTheWebPage(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	status, _ := a.ask(firstPhone, "POST", cart+"/phone", "")
	require.Equal(t, http.StatusForbidden, status, "it has not opened the cart")
	_, c := a.ask(firstPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, MayOwn, c.Phone.May)
	status, _ = a.ask(secondPhone, "POST", cart+"/phone", "")
	require.Equal(t, http.StatusForbidden, status, "it may only look")
	resp := a.do("POST", cart+"/phone", strings.NewReader(""))
	require.Equal(t, http.StatusForbidden, resp.StatusCode, "a browser has nothing to lend")

	resp = a.do("POST", cart+"/phone", strings.NewReader(""), PhoneHeader, firstPhone)
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	require.Len(t, resp.Cookies(), 1)
	cookie := resp.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Empty(t, cookie.Path, "the browser keeps it for this cart alone")
	resp = a.do("GET", cart+"/cart.json", nil, "Cookie", cookie.Name+"="+cookie.Value)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&c))
	require.Equal(t, MayOwn, c.Phone.May)
}
