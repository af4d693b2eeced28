package cart

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

const toHome = `{"way":"deliver","consent":true,"contact":{"name":"Nguyễn Thị Hạ","phone":"090 123 45 67",
	"address":{"country":"VN","region":"TP. Hồ Chí Minh","locality":"Phường Sài Gòn","street":"12 Lê Lợi","former":"Quận 1"}}}`

// place orders as a mini program does.
func (a *app) place(phone, cart, key, body string) (int, *Content) {
	resp := a.do("POST", cart+"/order?lang=en", strings.NewReader(body), "Content-Type", "application/json", PhoneHeader, phone, "Idempotency-Key", key)
	return resp.StatusCode, a.contentOf(resp)
}

func TestOrderFromThePhone(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 2))
	status, c := a.ask(firstPhone, "PUT", cart+"/fulfilment?lang=en", toHome)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, edge.Deliver, c.Fulfilment.Way)
	require.Equal(t, "0901234567", c.Fulfilment.Contact.Phone)
	stored, _, err := a.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	require.Equal(t, "deliver", stored.Fields[edge.Fulfilment].Text, "the shop hears of it")

	status, c = a.place(firstPhone, cart, "key-00001", `{}`)
	require.Equal(t, http.StatusOK, status)
	o := c.Order
	require.Equal(t, edge.OrderPlaced, o.State)
	require.Equal(t, "Order placed. We will confirm it soon.", o.Says)
	require.Equal(t, int64(617000), o.Total)
	require.True(t, o.Live && o.Cancel && o.Subject)
	require.Empty(t, o.Code)
	a.conforms(firstPhone, cart)
	status, again := a.place(firstPhone, cart, "key-00001", toHome)
	require.Equal(t, http.StatusOK, status, "asked again")
	require.Equal(t, o.ID, again.Order.ID)
	status, _ = a.place(firstPhone, cart, "key-00002", `{}`)
	require.Equal(t, http.StatusConflict, status)
	status, _ = a.ask(firstPhone, "PUT", cart+"/lines/"+firstLine.String(), `{"quantity":5}`)
	require.Equal(t, http.StatusConflict, status, "what is ordered changes no more")
	status, _ = a.ask(firstPhone, "DELETE", cart+"/contact", "")
	require.Equal(t, http.StatusConflict, status)

	_, err = a.hq.MoveOrder(t.Context(), o.ID, edge.ByHQ, edge.OrderAccepted, "")
	require.NoError(t, err)
	for lang, says := range map[string]string{"vi": "Đơn hàng đã được xác nhận.", "en": "Your order is confirmed.", "zh": "订单已确认。"} {
		page := a.text(a.do("GET", cart+"?lang="+lang, nil, PhoneHeader, firstPhone))
		require.Contains(t, page, says)
		require.Contains(t, page, "12 Lê Lợi")
		require.NotContains(t, page, `class="step"`)
		require.NotContains(t, page, `class="get"`)
		require.Contains(t, page, "/order/cancel")
	}
	status, c = a.ask(firstPhone, "POST", cart+"/order/cancel", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, edge.OrderCancelled, c.Order.State)
	status, c = a.ask(firstPhone, "DELETE", cart+"/contact", "")
	require.Equal(t, http.StatusOK, status)
	require.Nil(t, c.Fulfilment.Contact)
	status, c = a.place(firstPhone, cart, "key-00002", `{"way":"collect"}`)
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, c.Order.Code)
	require.NotEqual(t, o.ID, c.Order.ID)
	a.conforms(firstPhone, cart)
	for _, secret := range []string{"Nguyễn", "0901234567", "Lê Lợi"} {
		require.NotContains(t, a.log.String(), secret)
	}
}

// What names the shopper is for the phone alone that entered it, and orders are
// the owner's.
func TestOthersSeeNoAddress(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	status, _ := a.place(firstPhone, cart, "key-00001", toHome)
	require.Equal(t, http.StatusOK, status)
	_, c := a.ask(secondPhone, "POST", cart+"/phones", "")
	a.ask(firstPhone, "POST", cart+"/phones/"+c.Phone.Code, `{"in":true}`)
	for _, phone := range []string{secondPhone, thirdPhone} {
		for _, path := range []string{"", "/cart.json"} {
			text := a.text(a.do("GET", cart+path, nil, PhoneHeader, phone))
			require.Contains(t, text, "Đã đặt hàng")
			for _, secret := range []string{"Nguyễn", "0901234567", "Lê Lợi", "Phường Sài Gòn", "/order/cancel"} {
				require.NotContains(t, text, secret)
			}
		}
		for _, try := range [][3]string{
			{"PUT", "/fulfilment", toHome}, {"POST", "/order/cancel", ""}, {"POST", "/order/return", ""}, {"DELETE", "/contact", ""},
		} {
			status, _ := a.ask(phone, try[0], cart+try[1], try[2])
			require.Equal(t, http.StatusForbidden, status, try)
		}
		status, _ := a.place(phone, cart, "key-00003", toHome)
		require.Equal(t, http.StatusForbidden, status)
	}
}

func TestOrdersRefused(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	with := func(old, now string) string {
		require.Contains(t, toHome, old)
		return strings.Replace(toHome, old, now, 1)
	}
	for _, tt := range []struct {
		name, key, body string
		status          int
		says            string
	}{
		{"no key", "", toHome, 400, ""},
		{"an odd key", "key\t00001", toHome, 400, ""},
		{"no way", "key-00001", `{}`, 400, ""},
		{"an odd way", "key-00001", `{"way":"fly"}`, 400, ""},
		{"no address", "key-00001", `{"way":"deliver"}`, 400, ""},
		{"no consent", "key-00001", with(`"consent":true`, `"consent":false`), 400, "consent"},
		{"no name", "key-00001", with("Nguyễn Thị Hạ", " "), 400, "Name"},
		{"no telephone", "key-00001", with("090 123 45 67", "123"), 400, "Phone"},
		{"no ward", "key-00001", with("Phường Sài Gòn", ""), 400, "Ward"},
		{"a ward of another province", "key-00001", with("Phường Sài Gòn", "Phường Hoàn Kiếm"), 400, "choose one of the list"},
		{"a province of before 2025", "key-00001", with("TP. Hồ Chí Minh", "Bình Dương"), 400, "Province"},
		{"no street", "key-00001", with("12 Lê Lợi", ""), 400, "street"},
		{"another country", "key-00001", with(`"VN"`, `"FR"`), 400, "Country"},
		{"an unknown key", "key-00001", `{"way":"collect","price":1}`, 400, ""},
		{"too much", "key-00001", `{"way":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
	} {
		resp := a.do("POST", cart+"/order?lang=en", strings.NewReader(tt.body), "Content-Type", "application/json", PhoneHeader, firstPhone, "Idempotency-Key", tt.key)
		require.Equal(t, tt.status, resp.StatusCode, tt.name)
		require.Contains(t, a.text(resp), tt.says, tt.name)
		a.pass(1e9)
	}
	_, c := a.ask(firstPhone, "GET", cart+"/cart.json", "")
	require.Nil(t, c.Order)
	status, _ := a.ask(firstPhone, "POST", cart+"/order/cancel", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Empty(t, a.log.String())
}

// The page's own form orders without a script, once however often it is sent.
func TestOrderFormWithoutScript(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	cookie := a.do("GET", cart, nil).Cookies()[0]
	page := a.text(a.do("GET", cart+"?lang=vi", nil, "Cookie", cookie.Name+"="+cookie.Value))
	require.Contains(t, page, "<option>Hà Nội")
	_, list, _ := strings.Cut(page, `data-places="`)
	list, _, _ = strings.Cut(list, `"`)
	require.Contains(t, a.text(a.do("GET", list, nil)), `"Phường Hoàn Kiếm"`)
	_, key, _ := strings.Cut(page, `name="key" value="`)
	key, _, _ = strings.Cut(key, `"`)
	form := url.Values{
		"key": {key}, "way": {"deliver"}, "name": {"Nguyễn Thị Hạ"}, "phone": {"0901234567"}, "country": {"VN"}, "province": {"Hà Nội"},
		"locality": {"hoan kiem"}, "street": {"1 Tràng Tiền"}, "consent": {"true"},
	}
	for range 2 {
		resp := a.do("POST", cart+"/order?lang=vi", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded",
			"Cookie", cookie.Name+"="+cookie.Value)
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		require.Equal(t, "../"+strings.TrimPrefix(cart, "/c/")+"?lang=vi", resp.Header.Get("Location"))
	}
	o, err := a.hq.OrderOfCart(t.Context(), cartID)
	require.NoError(t, err)
	require.Len(t, o.Steps, 1)
	c, err := a.hq.ContactOfOrder(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, "Hà Nội", c.Address.Region)
	require.Equal(t, "Phường Hoàn Kiếm", c.Address.Locality)

	form.Set("key", "another-key")
	resp := a.do("POST", cart+"/order?lang=vi", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded",
		"Cookie", cookie.Name+"="+cookie.Value)
	require.Equal(t, http.StatusConflict, resp.StatusCode)
}

func TestOrderStatesAreLive(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	_, c := a.place(firstPhone, cart, "key-00001", `{"way":"collect"}`)
	require.Equal(t, edge.Place{Name: "Sài Gòn Một", Address: "1 Đồng Khởi"}, c.Order.Place)
	next := a.listen(firstPhone, cart)
	require.Equal(t, edge.OrderPlaced, next().Order.State)
	for _, s := range []edge.OrderState{edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked, edge.OrderReady} {
		_, err := a.hq.MoveOrder(t.Context(), c.Order.ID, edge.ByHQ, s, "")
		require.NoError(t, err)
		got := next().Order
		require.Equal(t, s, got.State)
		require.Equal(t, c.Order.Code, got.Code)
		require.Equal(t, c.Order.Total, got.Due)
		resp := a.do("GET", cart+"/order/pickup.png", nil, PhoneHeader, firstPhone)
		if s != edge.OrderReady {
			require.Equal(t, http.StatusConflict, resp.StatusCode)
			continue
		}
		require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
		require.Contains(t, resp.Header.Get("Cache-Control"), "no-store")
	}
	require.Equal(t, http.StatusForbidden, a.do("GET", cart+"/order/pickup.png", nil, PhoneHeader, secondPhone).StatusCode)
}
