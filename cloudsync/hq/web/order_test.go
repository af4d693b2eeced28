package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// An order that a clerk took says what was agreed, and its fee stands between
// the lines and the total.
func TestOrderOfAClerk(t *testing.T) {
	a := newApp(t)
	a.pages.Names = map[string]string{"hue-1": "Huế Trường Tiền"}
	o := edge.Order{
		ID: "0193-abcdef", Shop: "hanoi-1", Way: edge.Deliver, Total: edge.Money{Amount: 230000, Currency: "VND"},
		Lines: []edge.OrderLine{{SKU: "LIP-01", Quantity: 1, Price: 200000, Total: 200000}},
		Steps: []edge.OrderStep{{State: edge.OrderQuoted, By: edge.ByShop, At: noon}},
		Taken: &edge.OrderTaken{Shop: "hue-1", Staff: "Mai", Fee: 30000, Terms: edge.PayDeposit, Deposit: 50000, Promise: noon.AddDate(0, 0, 3)},
	}
	v := a.pages.orderView(words{"en", a.pages.glossary}, &hq.FoundOrder{Order: o})
	require.Equal(t, "Taken by Mai in Huế Trường Tiền · deposit first (₫50,000) · promised by 24/11/2026", v.Terms)
	require.Equal(t, "₫30,000", v.Fee)
	require.Empty(t, v.Placed)
	require.Equal(t, "just now", v.Age)
	wish := edge.OrderRequest{Order: o.ID, Shop: "hue-1", Wish: edge.WishCancel, Reason: "changed her mind", Staff: "Mai", At: noon.Add(time.Hour)}
	v = a.pages.orderView(words{"en", a.pages.glossary}, &hq.FoundOrder{Order: o, Held: 50000, Requests: []edge.OrderRequest{wish}})
	require.Equal(t, []wishView{{"asks to cancel", "changed her mind", "Mai, Huế Trường Tiền", "13:00:00", true}}, v.Wishes)
	require.Equal(t, "asks to cancel", v.Asked)
	require.Equal(t, "tills hold ₫50,000", v.Held)
	require.Equal(t, "₫180,000 to be paid on delivery", v.Due)
	a.now = noon.Add(3 * time.Hour)
	require.Equal(t, "3 h", a.pages.orderView(words{"en", a.pages.glossary}, &hq.FoundOrder{Order: o}).Age)
}
