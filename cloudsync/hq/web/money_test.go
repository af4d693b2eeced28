package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// asked lets a shop ask for two lipsticks by transfer.
func (a *app) asked(g *hqtest.Gateway, key string, change ...func(*edge.Transfer)) *edge.Transfer {
	a.t.Helper()
	c := edge.NewCart(edge.CartID{77}, a.now.Add(time.Hour))
	_, err := c.Add("gshop", edgetest.Lipstick, 2)
	require.NoError(a.t, err)
	ask := edge.TransferAsk{Cart: c.ID, Amount: 398000, Code: edge.TransferCode("MC", g.Shop, c.ID, key), Text: "x", Life: 15 * time.Minute, Staff: "Lan"}
	tr, err := ask.Transfer(c, edgetest.Release(1), a.now.UTC())
	require.NoError(a.t, err)
	for _, f := range change {
		f(tr)
	}
	g.Event(a.now, edge.EventTransfer, tr)
	return tr
}

func (a *app) came(reference string, amount int64, codes ...string) *hq.Credit {
	a.t.Helper()
	c, err := a.TakeCredit(a.t.Context(), hq.Credit{
		Feed: "sepay", Reference: reference, Account: "0011", Amount: edge.Money{Amount: amount, Currency: "VND"}, Content: "tra <tien> " + reference, At: a.now,
	}, codes)
	require.NoError(a.t, err)
	return c
}

func TestMoneyPage(t *testing.T) {
	a := newApp(t)
	a.pages.Names = map[string]string{"hue-1": "Huế Trường Tiền"}
	require.Contains(t, a.page("/money?lang=en"), "All money adds up")
	g := hqtest.NewGateway(t, a.HQ, "gw-1", "hue-1")
	tr := a.asked(g, "key-0001")
	a.asked(g, "key-0002", func(seen *edge.Transfer) {
		seen.Seen, seen.State, seen.Sale = &edge.Approval{Staff: "Mai", Reason: "on the bank app"}, edge.TransferConfirmed, "sale-0001"
	})
	stray := a.came("FT1", 5000)
	a.came("FT2", 390000, tr.Code)
	s := g.Sell(a.now, 199000)
	g.Event(a.now, edge.EventDue, s.Due(edge.Closing{Sale: "bank-7", Receipt: "FT77", At: a.now.UTC()}, a.now.UTC()))

	page := a.page("/money?lang=en")
	for _, want := range []string{
		"2 payments need a person", "₫5,000", "tra &lt;tien&gt; FT1", "The amount is not the one", tr.Code, "Shops give back", "₫199,000", "The cart was paid with FT77 already.",
		"Sold by a clerk&#39;s word", "Mai: “on the bank app”", "Huế Trường Tiền",
	} {
		require.Contains(t, page, want)
	}
	require.Contains(t, a.page("/?lang=en"), `<span id="moneys" data-live> <mark>2</mark></span>`)

	for form, status := range map[string]int{
		"how=dismiss":                           http.StatusBadRequest,
		"how=steal&note=x&code=" + tr.Code:      http.StatusBadRequest,
		"how=match&note=x&code=" + tr.Code:      http.StatusConflict, // too little
		"how=refund&note=x&code=MCAAAAAAAAAAAA": http.StatusNotFound,
	} {
		resp, _ := a.do(http.MethodPost, "/money/in/"+stray.ID, form)
		require.Equal(t, status, resp.StatusCode, form)
	}
	require.Equal(t, "/money?lang=en", a.post("/money/in/"+stray.ID+"?lang=en", url.Values{"how": {"refund"}, "note": {"her second try"}, "code": {tr.Code}}))
	page = a.page("/money?lang=en")
	require.Contains(t, page, "Headquarters gives back")
	require.Contains(t, page, "It came as FT1, to account 0011")
	due := "/money/due/" + stray.ID + "?lang=en"
	yesterday := url.Values{"reference": {"FT9"}, "day": {"2026-11-20"}}
	for range 2 {
		require.Equal(t, "/money?lang=en", a.post(due, yesterday), "a finger that presses twice gives back once")
	}
	page = a.page("/money?lang=en")
	require.NotContains(t, page, "Headquarters gives back")
	require.Regexp(t, `FT9<td>office<td class="when">20/11/2026 00:00`, page)
	for name, form := range map[string]url.Values{
		"no day": {"reference": {"FT9"}, "day": {"soon"}}, "tomorrow": {"reference": {"FT9"}, "day": {"2026-11-22"}},
		"a card": {"reference": {"4111111111111111"}, "day": {"2026-11-21"}},
	} {
		resp, _ := a.do(http.MethodPost, due, form.Encode())
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, name)
	}
}

func TestReaderSettlesNoMoney(t *testing.T) {
	a := newApp(t, account.Token{Name: "lan", Role: account.Viewer, SHA256: [32]byte{1}})
	stray := a.came("FT1", 5000)
	cookie := sessionCookie + "=" + a.pages.newSession(a.pages.Tokens[0])
	_, page := a.get("/money?lang=en", "Cookie", cookie)
	require.Contains(t, page, "₫5,000")
	require.NotContains(t, page, "tien", "payers write their names")
	require.NotContains(t, page, "<textarea")
	for _, target := range []string{"/money/in/" + stray.ID, "/money/due/" + stray.ID} {
		resp, _ := a.do(http.MethodPost, target, "how=dismiss&note=x&reference=x", "Cookie", cookie)
		require.Equal(t, http.StatusForbidden, resp.StatusCode)
		resp, _ = a.do(http.MethodPost, target, "how=dismiss&note=x&reference=x")
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	}
}
