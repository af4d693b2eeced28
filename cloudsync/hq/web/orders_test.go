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

// ordered places an order for each cart, all delivered.
func (a *app) ordered(shop string, carts ...byte) (list []*edge.Order) {
	a.t.Helper()
	hqtest.NewGateway(a.t, a.HQ, shop+"-gw", shop)
	require.NoError(a.t, a.PutRelease(a.t.Context(), edgetest.Release(1)))
	for _, n := range carts {
		id := edge.CartID{n}
		c := edge.NewCart(id, a.now)
		_, err := c.Add("g1", edgetest.Lipstick, 2)
		require.NoError(a.t, err)
		_, err = a.OpenCart(a.t.Context(), c, shop+"-gw", true)
		require.NoError(a.t, err)
		phone := hq.PhoneKeyOf(id, "secret")
		require.NoError(a.t, a.PutContact(a.t.Context(), id, phone, &edge.Contact{Name: "Nguyễn Thị Hạ", Phone: "0901234567", Address: &edge.Address{
			Country: edge.Vietnam, Region: "Huế", Locality: "Phường Phú Xuân", Street: "1 Lê Duẩn", Former: "Quận 1",
		}}, hq.Consent{Agreed: "order-1"}))
		o, err := a.PlaceOrder(a.t.Context(), hq.OrderRequest{Cart: id, Key: "key-00001", Way: edge.Deliver, Phone: phone})
		require.NoError(a.t, err)
		list = append(list, o)
	}
	return list
}

func TestOrdersBoard(t *testing.T) {
	a := newApp(t)
	a.pages.Names = map[string]string{"hue-1": "Huế Trường Tiền"}
	a.pages.Patience = edge.OrderPatience{Answer: 24 * time.Hour, Work: time.Hour}
	require.Contains(t, a.page("/orders?lang=en"), "There are no orders here.")
	list := a.ordered("hue-1", 1, 2)
	a.now = a.now.Add(25 * time.Hour)
	list = append(list, a.ordered("hanoi-1", 3)...)
	_, err := a.MoveOrder(t.Context(), list[1].ID, edge.ByHQ, edge.OrderAccepted, "")
	require.NoError(t, err)
	_, err = a.MoveOrder(t.Context(), list[2].ID, edge.ByHQ, edge.OrderRejected, "no goods")
	require.NoError(t, err)

	page := a.page("/orders?lang=en")
	for _, want := range []string{
		"1 order waits for headquarters", list[0].Number(), list[1].Number(), "Placed <small>1</small>", "Accepted <small>1</small>", "Rejected <small>1</small>",
		"Huế Trường Tiền", "waits too long", "perhaps out of stock", "₫398,000",
	} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, list[2].Number(), "one that is over is not on the board")
	require.NotContains(t, page, "Nguyễn")
	require.Contains(t, a.page("/?lang=en"), `<span id="ordered" data-live> <mark>1</mark></span>`)

	accepted := "/orders?state=accepted&lang=en"
	require.NotContains(t, a.page(accepted), "waits too long")
	a.now = a.now.Add(2 * time.Hour)
	require.Contains(t, a.page(accepted), "waits too long")
	a.pages.Patience.Work = 0
	require.NotContains(t, a.page(accepted), "waits too long", "without an end")

	require.Contains(t, a.page("/orders?state=rejected&lang=en"), list[2].Number())
	require.NotContains(t, a.page("/orders?shop=hanoi-1&lang=en"), list[0].Number())
	require.Contains(t, a.page("/orders?number="+list[2].Number()[2:]+"&lang=en"), list[2].Number())
	require.Contains(t, a.page("/orders?number=ZZZZZZ&lang=en"), "No order has this number.")
	for _, bad := range []string{"/orders?state=lost-and-found", "/orders?number=%25%25%25%25%25%25"} {
		resp, _ := a.get(bad)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, bad)
	}
}

// The board shows the first orders of a state, and leads to the others.
func TestOrdersBoardStaysShort(t *testing.T) {
	a := newApp(t)
	carts := make([]byte, ordersOnBoard+1)
	for i := range carts {
		carts[i] = byte(i + 1)
	}
	list := a.ordered("hue-1", carts...)
	last := list[ordersOnBoard].Number()
	page := a.page("/orders?lang=en&shop=hue-1")
	require.Contains(t, page, "See all 21")
	require.Contains(t, page, `href="/orders?state=placed&amp;shop=hue-1&amp;lang=en"`)
	require.NotContains(t, page, last, "those that wait for longest come first")
	require.Contains(t, a.page("/orders?state=placed&lang=en"), last)
}

func TestOrderPage(t *testing.T) {
	a := newApp(t)
	o := a.ordered("hue-1", 1)[0]
	at := "/orders/" + o.ID
	page := a.page(at + "?lang=en")
	for _, want := range []string{o.Number(), "Order placed. We will confirm it soon.", "Accept", "Reject", "not paid", string(edgetest.Lipstick), "₫199,000", "₫398,000", "Show name and address"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "Nguyễn")
	require.NotContains(t, a.log.String(), "contact of an order read")
	page = a.page(at + "?contact=1&lang=en")
	require.Contains(t, page, "Nguyễn Thị Hạ")
	require.Contains(t, page, "Quận 1")
	require.Contains(t, a.log.String(), "contact of an order read")
	require.NotContains(t, a.log.String(), "Nguyễn")
	acts, err := a.Accounts().Acts(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, acts, 1, "who looked is in the log of acts")
	require.Equal(t, "GET /orders/:id/contact", acts[0].What)
	require.Equal(t, at+"/contact", acts[0].Subject)
	require.Equal(t, account.ActDone, acts[0].State)
	require.NotContains(t, a.page(at+"?contact=1&part=1"), "Nguyễn", "a page that looks again reads nothing again")

	require.Equal(t, at+"?lang=en", a.post(at+"/state?lang=en", url.Values{"to": {"accepted"}}))
	require.Equal(t, at+"?lang=en", a.post(at+"/state?lang=en", url.Values{"to": {"backordered"}, "reason": {"Hết <màu> này"}}))
	page = a.page(at + "?lang=en")
	require.Contains(t, page, "“Hết &lt;màu&gt; này”")
	require.Contains(t, page, "Goods were found")
	for form, status := range map[string]int{
		"to=cancelled":               http.StatusBadRequest, // why?
		"to=nowhere":                 http.StatusBadRequest,
		"to=delivered":               http.StatusConflict,
		"to=cancelled&reason=a%00b":  http.StatusBadRequest,
		"to=cancelled&reason=+++%09": http.StatusBadRequest,
	} {
		resp, _ := a.do(http.MethodPost, at+"/state", form)
		require.Equal(t, status, resp.StatusCode, form)
	}
	resp, _ := a.get("/orders/nothing")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	a.post(at+"/state", url.Values{"to": {"cancelled"}, "reason": {"not to be had"}})
	require.Contains(t, a.page(at+"?lang=en"), "Money is to be given back")
}

// Who brings an order can be said on its page from when it is packed.
func TestOrderPageSaysWhoBringsIt(t *testing.T) {
	a := newApp(t)
	o := a.ordered("hue-1", 1)[0]
	at := "/orders/" + o.ID
	require.NotContains(t, a.page(at+"?lang=en"), "Who brings it")
	for _, to := range []edge.OrderState{edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked} {
		_, err := a.MoveOrder(t.Context(), o.ID, edge.ByHQ, to, "")
		require.NoError(t, err)
	}
	require.Contains(t, a.page(at+"?lang=en"), "Nobody has said who brings it.")
	require.Equal(t, at+"?lang=en", a.post(at+"/parcel?lang=en", url.Values{"carrier": {"GHN <nhanh>"}, "code": {" LA3C8U"}}))
	page := a.page(at + "?lang=en")
	require.Contains(t, page, "<b>GHN &lt;nhanh&gt;</b> · <span class=\"code\">LA3C8U</span>")
	require.Contains(t, a.log.String(), "order has a carrier")
	resp, _ := a.do(http.MethodPost, at+"/parcel", "carrier=GHN&code=a+b")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestReaderMovesNoOrder(t *testing.T) {
	a := newApp(t, account.Token{Name: "lan", Role: account.Viewer, SHA256: [32]byte{1}})
	o := a.ordered("hue-1", 1)[0]
	cookie := sessionCookie + "=" + a.pages.newSession(a.pages.Tokens[0])
	_, page := a.get("/orders/"+o.ID, "Cookie", cookie)
	require.Contains(t, page, o.Number())
	require.NotContains(t, page, "<button name=\"to\"")
	resp, page := a.get("/orders/"+o.ID+"?contact=1", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.NotContains(t, page, "Nguyễn")
	resp, _ = a.do(http.MethodPost, "/orders/"+o.ID+"/state", "to=accepted", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	resp, _ = a.do(http.MethodPost, "/orders/"+o.ID+"/parcel", "carrier=GHN", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	now, err := a.Order(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, now.Order.State())
}
