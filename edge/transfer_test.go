package edge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestTransferCodes(t *testing.T) {
	a := edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0001")
	require.Len(t, a, 13)
	require.Regexp(t, `^MC[0-9A-HJKMNP-TV-Z]{11}$`, a)
	require.Equal(t, a, edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0001"))
	for _, other := range []string{
		edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0002"), edge.TransferCode("MC", "hue", edge.CartID{2}, "key-0001"),
		edge.TransferCode("MC", "hanoi", edge.CartID{1}, "key-0001"),
	} {
		require.NotEqual(t, a, other)
	}
	require.Len(t, edge.TransferCode("ABCD", "hue", edge.CartID{1}, "key-0001"), 15)
	for prefix, good := range map[string]bool{"MC": true, "M2": true, "ABCD": true, "M": false, "ABCDE": false, "mc": false, "M C": false, "": false} {
		require.Equal(t, good, edge.CheckCodePrefix(prefix) == nil, prefix)
	}
}

// What banks make of a code is found again, and what is no code is not.
func TestCodesAreFoundInWhatBanksSay(t *testing.T) {
	code := edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0001")
	other := edge.TransferCode("MC", "hue", edge.CartID{2}, "key-0001")
	swap := strings.NewReplacer("0", "O", "1", "I")
	for text, want := range map[string][]string{
		code: {code},
		"MBVCB.8123456789." + code + ".CT tu 0011001234567 NGUYEN VAN A toi 0011": {code},
		strings.ToLower(code):                       {code},
		code[:5] + " " + code[5:9] + "-" + code[9:]: {code},
		"thanh toan " + code + " va " + other:       {code, other},
		code + code:                                 {code},
		"MC" + swap.Replace(code[2:]):               {code},
		"MCMC" + code:                               {code},
		"":                                          nil,
		"MC":                                        nil,
		code[:12]:                                   nil,
		"XX" + code[2:]:                             nil,
		"MC7K3J9XQ2T8W":                             nil,
		strings.Repeat("đồng ", 400) + code:         nil, // too far behind
		"Tiền hàng " + code[:4] + "\u00a0" + code[4:]: {code},
	} {
		require.Equal(t, want, edge.FindTransferCodes("MC", text), "%q", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.StringMatching(`[A-Za-z0-9 .]{0,30}`).Draw(t, "before"), rapid.StringMatching(`[A-Za-z0-9 .]{0,30}`).Draw(t, "after")
		code := edge.TransferCode("MC", "hue", edge.CartID{1}, rapid.StringN(8, 20, 40).Draw(t, "key"))
		require.Contains(t, edge.FindTransferCodes("MC", before+code+after), code)
	})
}

func FuzzFindTransferCodes(f *testing.F) {
	f.Add("MC", "MBVCB.8123."+edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0001"))
	f.Fuzz(func(t *testing.T, prefix, text string) {
		if edge.CheckCodePrefix(prefix) != nil {
			return
		}
		for _, code := range edge.FindTransferCodes(prefix, text) {
			require.True(t, strings.HasPrefix(code, prefix))
			require.Equal(t, []string{code}, edge.FindTransferCodes(prefix, code))
		}
	})
}

func TestWordsOfTransfers(t *testing.T) {
	code := edge.TransferCode("MC", "hue", edge.CartID{1}, "key-0001")
	good := `{"cart":"AQAAAAAAAAAAAAAA","credit":{"id":"credit-1","amount":{"amount":5,"currency":"VND"},"at":"2026-11-21T08:00:00Z"}}`
	w, err := edge.ReadTransferWord(&edge.Record{ID: code, Data: json.RawMessage(good)})
	require.NoError(t, err)
	require.Equal(t, edge.CartID{1}, w.Cart)
	for id, data := range map[string]string{
		"MC1": good, code: "", code + " ": good,
		code + "x": strings.Replace(good, "credit-1", "c", 1),
	} {
		_, err := edge.ReadTransferWord(&edge.Record{ID: id, Data: json.RawMessage(data)})
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%s %s", id, data)
	}
	for name, cr := range map[string]edge.Credit{
		"id": {ID: "c", Amount: edge.Money{Amount: 5, Currency: "VND"}, At: noon}, "amount": {ID: "credit-1", Amount: edge.Money{Currency: "VND"}, At: noon},
		"currency": {ID: "credit-1", Amount: edge.Money{Amount: 5}, At: noon}, "time": {ID: "credit-1", Amount: edge.Money{Amount: 5, Currency: "VND"}},
	} {
		require.Error(t, cr.Check(), name)
	}
}

func oneLipstick(t *testing.T) *edge.Cart {
	c := edge.NewCart(edge.CartID{1}, noon.Add(time.Hour))
	_, err := c.Add("gshop", edgetest.Lipstick, 1)
	require.NoError(t, err)
	return c
}

func TestATransferWaitsNoLongerThanTheClaim(t *testing.T) {
	c := oneLipstick(t)
	c.Claim.Until = noon.Add(5 * time.Minute)
	a := edge.TransferAsk{Cart: c.ID, Amount: 199000, Code: edge.TransferCode("MC", "hue", c.ID, "key-0001"), Text: "x", Life: time.Hour, Staff: "Lan"}
	tr, err := a.Transfer(c, edgetest.Release(7), noon)
	require.NoError(t, err)
	require.Equal(t, c.Claim.Until, tr.Until)
	require.NoError(t, tr.Check())
	require.Equal(t, edge.TransferAwaiting, tr.StateAt(tr.Until.Add(-1)))
	require.Equal(t, edge.TransferExpired, tr.StateAt(tr.Until))
}

func TestCashIsRounded(t *testing.T) {
	rule := edge.CashRounding{"VND": 1000}
	require.NoError(t, rule.Check())
	for amount, want := range map[int64]int64{199000: 0, 199499: -499, 199500: 500, 199999: 1, 400: 600, 1: 999, 0: 0} {
		require.Equal(t, want, rule.Of(edge.Money{Amount: amount, Currency: "VND"}), amount)
	}
	require.Zero(t, rule.Of(edge.Money{Amount: 199500, Currency: "THB"}))
	for _, bad := range []edge.CashRounding{{"VND": 0}, {"VND": 10001}, {"dong": 1000}, {"vnd": 500}} {
		require.Error(t, bad.Check(), fmt.Sprint(bad))
	}

	r := edgetest.Release(7)
	for i := range r.Variants {
		r.Variants[i].Price.Amount += 300 // 199.300, rounded to 199.000
	}
	c := oneLipstick(t)
	sell := func(p edge.Payment) (*edge.Sale, error) {
		return edge.Checkout{Payments: edge.Payments{p}, Cash: rule}.Sale(c, r, noon)
	}
	s, err := sell(edge.Payment{Method: edge.Cash, Amount: 199300, Rounding: -300, Tendered: 200000})
	require.NoError(t, err)
	require.EqualValues(t, 1000, s.Payments.Change())
	for name, p := range map[string]edge.Payment{
		"not rounded": {Method: edge.Cash, Amount: 199300}, "rounded otherwise": {Method: edge.Cash, Amount: 199300, Rounding: 700},
		"too little": {Method: edge.Cash, Amount: 199300, Rounding: -300, Tendered: 198999},
		"by card":    {Method: edge.Card, Amount: 199300, Rounding: -300, Reference: "1"},
	} {
		_, err := sell(p)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}

	// The drawer holds what the methods and the rounding say.
	s.Receipt = edge.Receipt{Till: "T1", Series: 1, Counter: 1}
	var z edge.ZReport
	z.AddSale(s)
	require.EqualValues(t, 199300, z.Totals[0].Methods[0].Taken)
	require.EqualValues(t, -300, z.Totals[0].Rounding)
	v, err := edge.Voiding{Sale: s.Ref(), Reason: "x"}.Void(&edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}, noon)
	require.NoError(t, err)
	z.AddVoid(v)
	require.Zero(t, z.Totals[0].Rounding, "what went back was rounded as well")
	z.Till, z.Series, z.Number, z.From, z.To = "T1", 1, 1, 1, 2
	require.NoError(t, z.Check())
}
