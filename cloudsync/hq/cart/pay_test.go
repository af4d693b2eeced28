package cart

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

// payer is a phone with a cart that it may pay for, or not.
func payer(t *testing.T, holder edge.Holder) (*browser, string) {
	a := newApp(t)
	account := payment.Account{Scheme: payment.VietQR, Bank: "970436", Number: "0011004321234"}
	a.pages.Transfers = &Transfers{
		HQ: a.hq, Prefix: "MC", Life: 15 * time.Minute, Bank: "Vietcombank", BIN: account.Bank, Account: account.Number, Name: "HA VAN",
		Apps: []BankApp{{"My Bank", "mybank://pay?to={account}&bank={bank}&n={amount}&text={code}"}}, Text: account.Code, Picture: payment.Picture,
	}
	c := cartOf(t, 1)
	c.Claim.Holder = holder
	b := a.browser()
	target := "/c/" + a.token(c)
	b.page(target)
	return b, target
}

func TestPhonePaysByTransfer(t *testing.T) {
	b, target := payer(t, edge.HeldByPhone)
	require.Contains(t, b.page(target+"?lang=en"), "Pay on this phone")
	before := b.page(target + "/pay?lang=en")
	require.Contains(t, before, "Get the code")
	require.NotContains(t, before, "qr.png")
	require.Equal(t, http.StatusNotFound, b.ask("GET", target+"/pay/qr.png", nil).StatusCode)
	ask := func(amount int) *http.Response {
		return b.ask("POST", target+"/pay?lang=en", url.Values{"amount": {strconv.Itoa(amount)}})
	}
	require.Equal(t, http.StatusConflict, ask(1).StatusCode)
	require.Equal(t, http.StatusForbidden, b.ask("POST", target+"/pay", url.Values{"amount": {"199000"}}, "Sec-Fetch-Site", "cross-site").StatusCode)
	resp := ask(199000)
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Equal(t, "pay?lang=en", resp.Header.Get("Location"))
	asked, err := b.hq.PhoneTransfer(t.Context(), cartID)
	require.NoError(t, err)
	open := b.page(target + "/pay?lang=en")
	for _, want := range []string{asked.Code, "0011004321234", "Vietcombank", "Save the picture", `data-copy="199000"`, "mybank://pay?to=0011004321234&amp;bank=970436&amp;n=199000&amp;text=" + asked.Code} {
		require.Contains(t, open, want)
	}
	require.Equal(t, "image/png", b.ask("GET", target+"/pay/qr.png", nil).Header.Get("Content-Type"))
	part := b.text(b.ask("GET", target+"/pay?lang=zh", nil, partHeader, "pay"))
	require.Contains(t, part, "等待您的银行")
	require.NotContains(t, part, "<html")
	require.Equal(t, http.StatusSeeOther, ask(199000).StatusCode)
	same, err := b.hq.PhoneTransfer(t.Context(), cartID)
	require.NoError(t, err)
	require.Equal(t, asked.Code, same.Code)

	credit := func(reference string, amount int64) {
		_, err := b.hq.TakeCredit(t.Context(), hq.Credit{Feed: "test", Reference: reference, Amount: edge.Money{Amount: amount, Currency: "VND"}}, []string{asked.Code})
		require.NoError(t, err)
	}
	credit("FT1", 1000)
	other := b.page(target + "/pay?lang=en")
	require.Contains(t, other, "Another amount arrived")
	require.NotContains(t, other, "Get the code", "it would be the same code again")
	credit("FT2", 199000)
	paid := b.page(target + "/pay?lang=en")
	require.Contains(t, paid, "Paid. Thank you!")
	require.NotContains(t, paid, "qr.png")
	require.NotContains(t, b.page(target+"?lang=en"), "Pay on this phone")
	require.Equal(t, http.StatusConflict, ask(199000).StatusCode)

	// Another phone sees the cart, and not how it is paid.
	stranger := b.app.browser()
	require.Equal(t, http.StatusForbidden, stranger.ask("GET", target+"/pay", nil).StatusCode)
	require.Equal(t, http.StatusForbidden, stranger.ask("POST", target+"/pay", url.Values{"amount": {"199000"}}).StatusCode)
}

func TestACodeExpiresOnThePhone(t *testing.T) {
	b, target := payer(t, edge.HeldByPhone)
	require.Equal(t, http.StatusSeeOther, b.ask("POST", target+"/pay", url.Values{"amount": {"199000"}}).StatusCode)
	b.pass(16 * time.Minute)
	late := b.page(target + "/pay?lang=en")
	require.Contains(t, late, "This code has expired")
	require.Contains(t, late, "Get the code")
	require.NotContains(t, late, "qr.png")
}

func TestPhoneGivesTheCartBack(t *testing.T) {
	b, target := payer(t, edge.HeldByPhone)
	require.Contains(t, b.page(target+"/pay?lang=en"), "Pay at the till instead")
	resp := b.ask("POST", target+"/pay/till?lang=en", url.Values{})
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Equal(t, "../pay?lang=en", resp.Header.Get("Location"))
	c, _, err := b.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	require.True(t, c.Claim.ForShop(noon.Add(11*time.Hour)))
	require.Contains(t, b.page(target+"/pay?lang=en"), "The shop takes the money")
	require.Equal(t, http.StatusConflict, b.ask("POST", target+"/pay/till", url.Values{}).StatusCode)
}

func TestTheShopTakesTheMoney(t *testing.T) {
	b, target := payer(t, edge.HeldByShop)
	require.NotContains(t, b.page(target+"?lang=en"), "Pay on this phone")
	require.Contains(t, b.page(target+"/pay?lang=en"), "The shop takes the money")
	require.Equal(t, http.StatusConflict, b.ask("POST", target+"/pay", url.Values{"amount": {"199000"}}).StatusCode)
	b.pages.Transfers = nil
	require.Equal(t, http.StatusNotFound, b.ask("GET", target+"/pay", nil).StatusCode)
	require.Equal(t, http.StatusNotFound, b.ask("POST", target+"/pay", url.Values{"amount": {"199000"}}).StatusCode)
}
