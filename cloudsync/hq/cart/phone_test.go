package cart

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// ask sends what a mini program sends as a phone, and returns the status and
// the cart.
func (a *app) ask(phone, method, target, body string) (int, *Content) {
	resp := a.do(method, target, strings.NewReader(body), "Content-Type", "application/json", PhoneHeader, phone)
	return resp.StatusCode, a.contentOf(resp)
}

func (a *app) contentOf(resp *http.Response) *Content {
	var c Content
	if resp.StatusCode == http.StatusOK {
		require.NoError(a.t, json.NewDecoder(resp.Body).Decode(&c))
	}
	return &c
}

func TestTheFirstPhoneOwnsTheCart(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	line := cart + "/lines/" + firstLine.String()
	_, c := a.ask(firstPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, Phone{May: MayOwn}, c.Phone)
	_, c = a.ask(secondPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, Phone{May: MayLook}, c.Phone)
	status, _ := a.ask(secondPhone, "PUT", line, `{"quantity":5}`)
	require.Equal(t, http.StatusForbidden, status)
	require.Equal(t, 1, a.quantity(firstLine))

	status, c = a.ask(secondPhone, "POST", cart+"/phones", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, hq.PhoneAsking, c.Phone.Asked)
	code := c.Phone.Code
	require.Len(t, code, 2)
	_, c = a.ask(secondPhone, "POST", cart+"/phones", "")
	require.Equal(t, code, c.Phone.Code, "asking again changes nothing")
	_, c = a.ask(firstPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, []string{code}, c.Phone.Asking)
	status, _ = a.ask(secondPhone, "POST", cart+"/phones/"+code, `{"in":true}`)
	require.Equal(t, http.StatusForbidden, status, "nobody lets himself in")

	status, c = a.ask(firstPhone, "POST", cart+"/phones/"+code, `{"in":true}`)
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, c.Phone.Asking)
	status, c = a.ask(secondPhone, "PUT", line, `{"quantity":5}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, Phone{May: MayChange}, c.Phone)

	_, c = a.ask(thirdPhone, "POST", cart+"/phones", "")
	status, _ = a.ask(firstPhone, "POST", cart+"/phones/"+c.Phone.Code, `{"in":false}`)
	require.Equal(t, http.StatusOK, status)
	_, c = a.ask(thirdPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, Phone{May: MayLook, Asked: hq.PhoneRefused, Code: c.Phone.Code}, c.Phone)
	for _, body := range []string{`{}`, ``, `{"in":1}`} {
		status, _ = a.ask(firstPhone, "POST", cart+"/phones/"+code, body)
		require.Equal(t, http.StatusBadRequest, status, body)
	}
	status, _ = a.ask(firstPhone, "POST", cart+"/phones/00", `{"in":true}`)
	require.Equal(t, http.StatusNotFound, status)
}

// A chat app looks at a link before anybody opens it. It keeps no cookie.
func TestWhoOnlyLooksAheadOwnsNothing(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	a.do("GET", cart, nil)
	resp := a.do("GET", cart, nil)
	cookie := resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	page := a.text(a.do("GET", cart+"?lang=en", nil, "Cookie", cookie))
	require.Contains(t, page, `class="step"`)
	page = a.text(a.do("GET", cart+"?lang=en", nil))
	require.NotContains(t, page, `class="step"`)
	require.Contains(t, page, "open on another phone")
	page = a.text(a.do("GET", cart+"?lang=en", nil, "Cookie", cookie))
	require.Contains(t, page, `class="step"`)
}

func TestPhonesThatComeAtOnceGiveOneOwner(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	a.do("GET", cart, nil)
	const phones = 12
	owners := make([]bool, phones)
	var all sync.WaitGroup
	for i := range phones {
		all.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), "GET", cart+"/cart.json", nil)
			r.Header.Set(PhoneHeader, strings.Repeat(string(rune('a'+i)), minPhoneSecret))
			w := httptest.NewRecorder()
			a.handler.ServeHTTP(w, r)
			owners[i] = bytes.Contains(w.Body.Bytes(), []byte(`"may":"own"`))
		})
	}
	all.Wait()
	n := 0
	for _, is := range owners {
		if is {
			n++
		}
	}
	require.Equal(t, 1, n)
}

// A link that others have is withdrawn in the shop: who has it is out, and the
// next phone owns the cart.
func TestAWithdrawnLinkOpensNothing(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 1)
	old := "/c/" + a.token(c)
	_, got := a.ask(firstPhone, "GET", old+"/cart.json", "")
	require.Equal(t, MayOwn, got.Phone.May)
	require.NoError(t, c.WithdrawLinks())
	cart := "/c/" + a.token(c)
	_, got = a.ask(secondPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, MayOwn, got.Phone.May)
	for lang, says := range map[string]string{"vi": "đã bị thu hồi", "en": "was withdrawn", "zh": "已在门店被撤回"} {
		resp := a.do("GET", old+"?lang="+lang, nil)
		require.Equal(t, http.StatusGone, resp.StatusCode)
		require.Contains(t, a.text(resp), says)
	}
	status, _ := a.ask(firstPhone, "PUT", old+"/lines/"+firstLine.String(), `{"quantity":3}`)
	require.Equal(t, http.StatusGone, status)
	_, got = a.ask(firstPhone, "GET", cart+"/cart.json", "")
	require.Equal(t, MayLook, got.Phone.May, "whoever had the old link is a stranger now")
}

func TestAShortLinkOpensTheSameCart(t *testing.T) {
	a := newApp(t)
	secret, err := handoff.Share(a.gateway, a.hq.PublicKey())
	require.NoError(t, err)
	c := cartOf(t, 2)
	token, err := handoff.EncodeShort(secret, handoff.Short{
		KeyID: handoff.KeyIDOf(a.gateway.Public().(ed25519.PublicKey)), Cart: c.ID, Expires: noon.Add(24 * time.Hour),
	})
	require.NoError(t, err)
	resp := a.do("GET", "/s/"+token+"?lang=en", nil)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Contains(t, a.text(resp), "Your cart is still there in the shop")

	_, err = a.hq.OpenCart(t.Context(), c, "shop1", false)
	require.NoError(t, err)
	for _, root := range []string{"/s/", "/c/"} {
		status, got := a.ask(firstPhone, "PUT", root+token+"/lines/"+firstLine.String(), `{"quantity":4}`)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, 5+1, got.Pieces)
	}
	stored, _, err := a.hq.Cart(t.Context(), c.ID)
	require.NoError(t, err)
	require.Nil(t, stored.Opened, "changing is not showing")
	a.do("GET", "/s/"+token, nil)
	stored, _, err = a.hq.Cart(t.Context(), c.ID)
	require.NoError(t, err)
	require.NotNil(t, stored.Opened)
}
