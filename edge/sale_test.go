package edge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func cartOf(t *testing.T, lines ...any) *edge.Cart {
	t.Helper()
	c := edge.NewCart(edge.CartID{1}, noon.Add(time.Hour))
	for i := 0; i < len(lines); i += 3 {
		_, err := c.Add(edge.Writer(lines[i].(string)), lines[i+1].(edge.SKU), lines[i+2].(int))
		require.NoError(t, err)
	}
	return c
}

func TestPriceCart(t *testing.T) {
	r := edgetest.Release(7)
	type line struct {
		SKU        edge.SKU
		N          int
		Total, VAT int64
	}
	// Two parties apart put the same thing on lines of their own.
	phone := cartOf(t, "phone1", edgetest.Lipstick, 1)
	both := cartOf(t, "gshop", edgetest.Lipstick, 2, "gshop", edgetest.Glasses, 1)
	require.NoError(t, both.Merge(phone))
	removed := cartOf(t, "gshop", edgetest.Lipstick, 2, "gshop", edgetest.Cream, 1)
	require.NoError(t, removed.SetQuantity("gshop", removed.Lines[0].ID, 0))
	for name, tc := range map[string]struct {
		cart  *edge.Cart
		want  []line
		total int64
	}{
		"empty":          {cartOf(t), nil, 0},
		"one":            {cartOf(t, "w", edgetest.Cream, 1), []line{{edgetest.Cream, 1, 320000, 23704}}, 320000},
		"two tax rates":  {cartOf(t, "w", edgetest.Lipstick, 2, "w", edgetest.Glasses, 1), []line{{edgetest.Lipstick, 2, 398000, 29481}, {edgetest.Glasses, 1, 890000, 80909}}, 1288000},
		"same SKU twice": {both, []line{{edgetest.Lipstick, 3, 597000, 44222}, {edgetest.Glasses, 1, 890000, 80909}}, 1487000},
		"removed line":   {removed, []line{{edgetest.Cream, 1, 320000, 23704}}, 320000},
	} {
		t.Run(name, func(t *testing.T) {
			lines, total, err := edge.PriceCart(tc.cart, r)
			require.NoError(t, err)
			require.Equal(t, edge.Money{Amount: tc.total, Currency: "VND"}, total)
			var got []line
			for _, l := range lines {
				require.Equal(t, l.Total, l.Price*int64(l.Quantity))
				got = append(got, line{l.SKU, l.Quantity, l.Total, l.VAT})
			}
			require.Equal(t, tc.want, got)
		})
	}
	_, _, err := edge.PriceCart(cartOf(t, "w", edge.SKU("NOPE"), 1), r)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.ErrorContains(t, err, "NOPE is not in catalogue 7")
}

func TestCheckoutSale(t *testing.T) {
	c := cartOf(t, "w", edgetest.Lipstick, 2, "w", edgetest.Glasses, 1)
	co := edge.Checkout{Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 1288000, Tendered: 1300000}}, Staff: "Lan", Offline: true}
	s, err := co.Sale(c, edgetest.Release(7), noon)
	require.NoError(t, err)
	require.EqualValues(t, 110390, s.VAT)
	require.EqualValues(t, 1288000, s.Payments.Sum())
	require.EqualValues(t, 12000, s.Payments.Change())
	require.EqualValues(t, 7, s.Release)
	require.Equal(t, noon, s.At)
	require.True(t, s.Offline)

	require.NoError(t, c.SetQuantity("phone1", c.Lines[0].ID, 1)) // while the clerk counts the money
	_, err = co.Sale(c, edgetest.Release(7), noon)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "its total is 1.089.000 ₫, and 1.288.000 ₫ was to be taken")

	co.Payments = edge.Payments{{Method: edge.Cash, Amount: 320000}}
	phone := cartOf(t, "w", edgetest.Cream, 1)
	phone.Claim = edge.Claim{N: 1, Holder: edge.HeldByPhone, Until: noon.Add(time.Minute)}
	_, err = co.Sale(phone, edgetest.Release(7), noon)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.ErrorContains(t, err, "12:01:00Z")
	_, err = co.Sale(phone, edgetest.Release(7), noon.Add(time.Minute))
	require.Equal(t, edge.Conflict, edge.KindOf(err), "the phone's time is over, and HQ may take the money")
	co.Override = &edge.Approval{Staff: "Mai"}
	_, err = co.Sale(phone, edgetest.Release(7), noon)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "no reason")
	co.Override = &edge.Approval{Reason: "phone is dead"}
	_, err = co.Sale(phone, edgetest.Release(7), noon)
	require.Equal(t, edge.Forbidden, edge.KindOf(err), "no manager")
	co.Override.Staff = "Mai"
	s, err = co.Sale(phone, edgetest.Release(7), noon)
	require.NoError(t, err)
	require.Equal(t, &edge.Approval{Staff: "Mai", Reason: "phone is dead"}, s.Override)
	phone.Claim = edge.Claim{N: 2, Holder: edge.HeldByShop, Until: noon.Add(time.Minute)}
	s, err = co.Sale(phone, edgetest.Release(7), noon)
	require.NoError(t, err)
	require.Nil(t, s.Override, "it was not needed")
}

func TestPaymentCheck(t *testing.T) {
	total := edge.Money{Amount: 199000, Currency: "VND"}
	for _, tc := range []struct {
		p    edge.Payment
		kind edge.Kind // empty: right
		says string
	}{
		{edge.Payment{Method: edge.Cash, Amount: 199000}, "", ""},
		{edge.Payment{Method: edge.Cash, Amount: 199000, Tendered: 199000}, "", ""},
		{edge.Payment{Method: edge.Cash, Amount: 199000, Tendered: 200000}, "", ""},
		{edge.Payment{Method: edge.Cash, Amount: 199000, Tendered: 198999}, edge.Invalid, "198.999 ₫, the total is 199.000 ₫"},
		{edge.Payment{Method: edge.Cash, Amount: 199000, Tendered: -1}, edge.Invalid, "cash given"},
		{edge.Payment{Method: edge.Cash, Amount: 199000, Reference: "4111111111111111"}, edge.Invalid, "no reference"},
		{edge.Payment{Method: edge.Cash, Amount: 198000}, edge.Conflict, "total is 199.000 ₫, and 198.000 ₫"},
		{edge.Payment{Method: edge.Cash, Amount: 199001, Tendered: 200000}, edge.Conflict, "changed"},
		{edge.Payment{Method: edge.Cash, Amount: 198000, Tendered: 1}, edge.Conflict, "changed"},
		{edge.Payment{Method: edge.Cash}, edge.Conflict, "changed"},
		{edge.Payment{Method: edge.Card, Amount: 199000, Reference: "slip 0042"}, "", ""},
		{edge.Payment{Method: edge.Card, Amount: 199000, Reference: "  "}, edge.Invalid, "slip number"},
		{edge.Payment{Method: edge.Card, Amount: 199000}, edge.Invalid, "slip number"},
		{edge.Payment{Method: edge.Card, Amount: 1}, edge.Invalid, "slip number"},
		{edge.Payment{Method: edge.Card, Amount: 199000, Reference: strings.Repeat("x", 41)}, edge.Invalid, "at most 40"},
		{edge.Payment{Method: edge.Card, Amount: 199000, Reference: "1", Tendered: 5}, edge.Invalid, "no cash given"},
		{edge.Payment{Method: edge.Card, Amount: 198000, Reference: "slip 0042"}, edge.Conflict, "changed"},
		{edge.Payment{Method: "cheque"}, edge.Invalid, `"cheque"`},
		{edge.Payment{}, edge.Invalid, "payment method"},
	} {
		err := edge.Payments{tc.p}.Check(total, nil)
		if tc.kind == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, tc.kind, edge.KindOf(err), "%+v: %v", tc.p, err)
		require.ErrorContains(t, err, tc.says)
	}
}

// Card numbers from the schemes' public test lists, however written, and slips
// of terminals.
func TestNoCardNumberEnters(t *testing.T) {
	for ref, says := range map[string]string{
		"4111111111111111":            "card number",
		"4111 1111 1111 1111":         "card number",
		"4111  1111  1111  1111":      "card number",
		"4111-1111-1111-1111":         "card number",
		"4111 - 1111 - 1111-1111":     "card number",
		"41a11b11c11d11e11f11g11":     "card number",
		"378282246310005":             "card number", // 15 digits
		"4222222222222":               "card number", // 13 digits
		"6304000000000000000":         "card number", // 19 digits
		"4111111111111112":            "card number", // wrong check digit: a slip of the finger
		"Visa 4111111111111111":       "card number",
		"4111.1111.1111.1111":         "only letters",
		"4111/1111/1111/1111":         "only letters",
		"4111_1111_1111_1111":         "only letters",
		"4111\t1111\n1111 1111":       "only letters",
		"4111\u00a01111 1111 1111":    "only letters",
		"４１１１１１１１１１１１１１１１":            "only letters", // full-width digits
		"٤١١١١١١١١١١١١١١١":            "only letters",
		"phiếu 42":                    "only letters",
		"\xff42":                      "only letters",
		"- -":                         "enter the slip number",
		"a" + strings.Repeat(" ", 40): "at most 40",

		"411111111111":                           "", // 12 digits
		"TID 123456 REF 987654":                  "",
		"REF-000042":                             "",
		"Ab-0042":                                "",
		strings.Repeat("x", 28) + "123456789012": "",
	} {
		err := edge.Payments{{Method: edge.Card, Amount: 1, Reference: ref}}.Check(edge.Money{Amount: 1, Currency: "VND"}, nil)
		if says == "" {
			require.NoError(t, err, ref)
			continue
		}
		require.Equal(t, edge.Invalid, edge.KindOf(err), ref)
		require.ErrorContains(t, err, says, ref)
		require.NotContains(t, err.Error(), "1111")
	}
}

func TestReceiptString(t *testing.T) {
	require.Equal(t, "T1-2-000042", edge.Receipt{Till: "T1", Series: 2, Counter: 42}.String())
	require.Equal(t, "T1-2-1234567", edge.Receipt{Till: "T1", Series: 2, Counter: 1234567}.String())
}
