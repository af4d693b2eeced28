package api_test

import (
	"crypto/ed25519"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// ordered is an order as the API shows it.
type ordered struct {
	Order struct {
		edge.KnownOrder
		Number  string
		Says    edge.Text
		Subject bool `json:"subject_to_stock"`
		Behind  edge.OrderBehind
	}
	Contact *edge.Contact
}

const orderBody = `"lines":[{"sku":"CAR-01","quantity":2}],"way":"deliver","province":"79","terms":"deposit"`

func withOrders(hq ed25519.PublicKey) func(*api.Config) {
	return func(c *api.Config) {
		c.Orders = &api.Orders{
			Book: c.Ledger.(edge.Orders), Elsewhere: c.Ledger.(edge.Office).StockElsewhere, HQ: hq,
			Patience: edge.OrderPatience{Deposit: time.Minute},
			Rules:    edge.OrderRules{Deposit: 3000, Fees: []edge.DeliveryFee{{Provinces: []string{"79"}, Fee: 20000, Days: 2}}, FreeFrom: 5000000},
		}
	}
}

func TestOrderAtTheTill(t *testing.T) {
	s := memoryShop(t, withOrders(nil))
	s.signIn(t)
	s.setLine(false)
	type quoted struct {
		Quote struct {
			Total   edge.Money
			Fee     int64
			Deposit int64
			Subject bool `json:"subject_to_stock"`
		}
	}
	q := decode[quoted](t, s.do("POST", "/api/v1/staff/orders/quote", "{"+orderBody+"}"), 200).Quote
	require.EqualValues(t, 660000, q.Total.Amount)
	require.EqualValues(t, 20000, q.Fee)
	require.EqualValues(t, 198000, q.Deposit)
	require.True(t, q.Subject, "the line is down")
	requireError(t, s.do("POST", "/api/v1/staff/orders/quote", `{"lines":[{"sku":"CAR-01","quantity":2}],"way":"deliver","province":"01","terms":"full"}`),
		503, edge.Unavailable, "orders.fees")

	const who = `"contact":{"name":" Hạ ","phone":"090 123 4567","agreed":"1","remember":true,"address":{"country":"VN","region":"HCM","locality":"P1","street":"1"}}`
	requireError(t, s.once("orders", "key-order-1", "{"+orderBody+`,"total":1,`+who+"}"), 409, edge.Conflict, "look at it again")
	requireError(t, s.once("orders", "key-order-1", "{"+orderBody+`,"total":660000}`), 400, edge.Invalid, "contact is missing")
	o := decode[ordered](t, s.once("orders", "key-order-1", "{"+orderBody+`,"total":660000,`+who+"}"), 201).Order
	require.Equal(t, edge.OrderDepositPending, o.Stands)
	require.NotEmpty(t, o.Says.VI)
	require.True(t, o.Subject)
	require.Empty(t, o.Behind)
	at := "orders/" + o.ID
	s.Advance(2 * time.Minute)
	require.Equal(t, edge.BehindLong, decode[ordered](t, s.do("GET", "/api/v1/staff/"+at, ""), 200).Order.Behind)
	requireError(t, s.once(at+"/payments", "key-pay-1", `{"payment":{"method":"cash","amount":1000}}`), 409, edge.Conflict, "before it is placed")
	requireError(t, s.once(at+"/payments", "key-pay-1", `{"payment":{"method":"transfer","amount":198000,"reference":"1"}}`), 400, edge.Invalid, "want cash or card")
	type paid struct {
		Money  edge.OrderMoney
		Change int64
	}
	p := decode[paid](t, s.once(at+"/payments", "key-pay-1", `{"payment":{"method":"cash","amount":198000,"tendered":200000}}`), 201)
	require.EqualValues(t, 2000, p.Change)
	require.True(t, p.Money.Offline)
	o = decode[ordered](t, s.do("GET", "/api/v1/staff/"+at, ""), 200).Order
	require.Equal(t, edge.OrderPlaced, o.Stands)
	require.EqualValues(t, 462000, o.Due)
	requireError(t, s.once(at+"/requests", "key-ask-1", `{"wish":"cancel","reason":""}`), 400, edge.Invalid, "say why")
	o = decode[ordered](t, s.once(at+"/requests", "key-ask-1", `{"wish":"cancel","reason":"too late"}`), 201).Order
	require.Len(t, o.Requests, 1)

	type customers struct{ Customers []edge.Contact }
	found := decode[customers](t, s.do("GET", "/api/v1/staff/customers?phone="+url.QueryEscape("+84 90 123 45 67"), ""), 200).Customers
	require.Len(t, found, 1)
	require.Equal(t, "Hạ", found[0].Name)
	require.Equal(t, &found[0], decode[ordered](t, s.do("GET", "/api/v1/staff/"+at, ""), 200).Contact)
	for _, wrong := range []string{"", "84901234567", "0084901234567", "０９０１２３４５６７", "0901234"} {
		requireError(t, s.do("DELETE", "/api/v1/staff/customers?phone="+url.QueryEscape(wrong), ""), 400, edge.Invalid, "phone")
	}
	require.Equal(t, 204, s.do("DELETE", "/api/v1/staff/customers?phone=0901234567", "").StatusCode)
	require.Empty(t, decode[customers](t, s.do("GET", "/api/v1/staff/customers?phone=0901234567", ""), 200).Customers)
	requireError(t, s.do("GET", "/api/v1/staff/orders?state=sent", ""), 400, edge.Invalid, "sent")
	require.NotContains(t, s.log.String(), "0901234567", "no log names anybody")
}

// A deposit that comes by transfer is taken by the clerk's word, once.
func TestDepositByTransfer(t *testing.T) {
	s := memoryShop(t, withOrders(nil), withTransfers)
	s.signIn(t)
	const who = `"contact":{"name":"Hạ","phone":"0901234567","agreed":"1","address":{"country":"VN","region":"HCM","locality":"P1","street":"1"}}`
	o := decode[ordered](t, s.once("orders", "key-order-1", "{"+orderBody+`,"total":660000,`+who+"}"), 201).Order
	at := "orders/" + o.ID + "/transfers"
	requireError(t, s.once(at, "key-ask-0", `{}`), 400, edge.Invalid, "amount is missing")
	requireError(t, s.once(at, "key-ask-0", `{"amount":1000}`), 409, edge.Conflict, "before it is placed")
	requireError(t, s.once("orders/nobody/transfers", "key-ask-0", `{"amount":198000}`), 404, edge.NotFound, "nobody")
	asked := decode[transferred](t, s.once(at, "key-ask-1", `{"amount":198000}`), 201).Transfer
	require.Equal(t, o.ID, asked.Order)
	require.Contains(t, asked.Text, asked.Code)
	require.Equal(t, "image/png", s.do("GET", "/api/v1/staff/payments/"+asked.Code+"/qr.png", "").Header.Get("Content-Type"))
	requireError(t, s.once("payments/"+asked.Code+"/seen", "key-seen-0", `{"reason":"on the bank app"}`), 409, edge.Conflict, "for the order")
	requireError(t, s.once(at+"/"+asked.Code+"/seen", "key-seen-1", `{"reason":""}`), 400, edge.Invalid, "")
	type paid struct {
		Money edge.OrderMoney
		Order struct {
			State edge.OrderState
			Due   int64
		}
	}
	p := decode[paid](t, s.once(at+"/"+asked.Code+"/seen", "key-seen-1", `{"reason":"on the bank app"}`), 201)
	require.Equal(t, edge.BankTransfer, p.Money.Payment.Method)
	require.Equal(t, edge.OrderPlaced, p.Order.State)
	require.EqualValues(t, 462000, p.Order.Due)
	require.Equal(t, p, decode[paid](t, s.once(at+"/"+asked.Code+"/seen", "key-seen-1", `{"reason":"on the bank app"}`), 200))
	requireError(t, s.once(at+"/"+asked.Code+"/seen", "key-seen-2", `{"reason":"again"}`), 409, edge.Conflict, "already")
	require.Equal(t, edge.TransferConfirmed, decode[transferred](t, s.do("GET", "/api/v1/staff/payments/"+asked.Code, ""), 200).Transfer.State)

	none := memoryShop(t, withOrders(nil))
	none.signIn(t)
	requireError(t, none.once("orders/x/transfers", "key-ask-1", `{"amount":1}`), 503, edge.Unavailable, "payment.transfer")
}

// A code that headquarters signed hands an order over that the shop never heard
// of, once; what somebody made up does not.
func TestCollectBySignedCode(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	s := memoryShop(t, withOrders(pub))
	s.signIn(t)
	shop := decode[struct{ Shop api.Shop }](t, s.do("GET", "/api/v1/catalogue", ""), 200).Shop.ID
	pass := edge.PickUpPass{Order: "o-1", Shop: shop, Code: "ABC-234", Total: edge.Money{Amount: 5000, Currency: "VND"}, At: time.Now().UTC()}
	text, err := pass.Seal(key)
	require.NoError(t, err)
	type list struct{ Orders []edge.KnownOrder }
	found := decode[list](t, s.do("GET", "/api/v1/staff/orders?code="+text, ""), 200).Orders
	require.Len(t, found, 1)
	require.Equal(t, "o-1", found[0].ID)
	forged, err := pass.Seal(stranger)
	require.NoError(t, err)
	requireError(t, s.do("GET", "/api/v1/staff/orders?code="+forged, ""), 403, edge.Forbidden, "did not sign")
	requireError(t, s.once("orders/o-1/collected", "key-collect-1", `{"code":"`+forged+`"}`), 403, edge.Forbidden, "did not sign")
	requireError(t, s.once("orders/o-2/collected", "key-collect-1", `{"code":"`+text+`"}`), 404, edge.NotFound, "")
	done := decode[ordered](t, s.once("orders/o-1/collected", "key-collect-1", `{"code":"`+text+`"}`), 201).Order
	require.Equal(t, edge.OrderCollected, done.Stands)
	requireError(t, s.once("orders/o-1/collected", "key-collect-2", `{"code":"`+text+`"}`), 409, edge.Conflict, "from Lan")
}

func TestAShopWithoutOrders(t *testing.T) {
	s := memoryShop(t)
	s.signIn(t)
	requireError(t, s.do("GET", "/api/v1/staff/orders", ""), 503, edge.Unavailable, "takes no orders")
	requireError(t, s.once("orders", "key-order-1", "{}"), 503, edge.Unavailable, "takes no orders")
}
