package edge_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestDiscounts(t *testing.T) {
	type line struct{ off, total, vat int64 }
	manager := edge.Discounter{Staff: "Mai", Most: 5000}
	clerk := edge.Discounter{Staff: "Lan", Most: 1000}
	for name, tc := range map[string]struct {
		by    edge.Discounter
		asked []edge.Discount
		want  []line // of two lipsticks at 199.000 and glasses at 890.000
		off   []int64
		kind  edge.Kind
		says  string
	}{
		"none":             {by: clerk, want: []line{{0, 398000, 29481}, {0, 890000, 80909}}},
		"line by rate":     {by: clerk, asked: []edge.Discount{{SKU: edgetest.Lipstick, Rate: 1000, Reason: "regular"}}, want: []line{{39800, 358200, 26533}, {0, 890000, 80909}}, off: []int64{39800}},
		"line by amount":   {by: clerk, asked: []edge.Discount{{SKU: edgetest.Glasses, Amount: 89000, Reason: "scratch"}}, want: []line{{0, 398000, 29481}, {89000, 801000, 72818}}, off: []int64{89000}},
		"ticket by rate":   {by: clerk, asked: []edge.Discount{{Rate: 1000, Reason: "regular"}}, want: []line{{39800, 358200, 26533}, {89000, 801000, 72818}}, off: []int64{128800}},
		"ticket by amount": {by: clerk, asked: []edge.Discount{{Amount: 100, Reason: "regular"}}, want: []line{{31, 397969, 29479}, {69, 889931, 80903}}, off: []int64{100}},
		"both, ticket last": {
			by: manager, asked: []edge.Discount{{Rate: 2000, Reason: "staff"}, {SKU: edgetest.Lipstick, Amount: 98000, Reason: "tester"}},
			want: []line{{158000, 240000, 17778}, {178000, 712000, 64727}}, off: []int64{238000, 98000},
		},
		"all of it":      {by: edge.Discounter{Most: edge.WholeRate}, asked: []edge.Discount{{Rate: 10000, Reason: "gift"}}, want: []line{{398000, 0, 0}, {890000, 0, 0}}, off: []int64{1288000}},
		"over the limit": {by: clerk, asked: []edge.Discount{{SKU: edgetest.Lipstick, Rate: 1001, Reason: "regular"}}, kind: edge.Forbidden, says: "Lan gives discounts of at most 10 %"},
		"together over":  {by: clerk, asked: []edge.Discount{{SKU: edgetest.Lipstick, Rate: 600, Reason: "x"}, {Rate: 600, Reason: "x"}}, kind: edge.Forbidden, says: "let a manager"},
		"no right":       {asked: []edge.Discount{{Amount: 1, Reason: "x"}}, kind: edge.Forbidden, says: "at most 0 %"},
		"gone":           {by: clerk, asked: []edge.Discount{{SKU: "NOPE", Rate: 1, Reason: "x"}}, kind: edge.Conflict, says: "has changed"},
		"twice":          {by: clerk, asked: []edge.Discount{{Rate: 1, Reason: "x"}, {Amount: 1, Reason: "x"}}, kind: edge.Invalid, says: "two discounts"},
		"neither":        {by: clerk, asked: []edge.Discount{{Reason: "x"}}, kind: edge.Invalid, says: "a rate or an amount"},
		"both kinds":     {by: clerk, asked: []edge.Discount{{Rate: 1, Amount: 1, Reason: "x"}}, kind: edge.Invalid, says: "a rate or an amount"},
		"dearer":         {by: clerk, asked: []edge.Discount{{Amount: -1, Reason: "x"}}, kind: edge.Invalid, says: "above 0"},
		"above all":      {by: clerk, asked: []edge.Discount{{Rate: 10001, Reason: "x"}}, kind: edge.Invalid, says: "above 0"},
		"more than all":  {by: manager, asked: []edge.Discount{{Amount: 1288001, Reason: "x"}}, kind: edge.Invalid, says: "1.288.001 ₫ on 1.288.000 ₫"},
		"no reason":      {by: clerk, asked: []edge.Discount{{Rate: 1, Reason: " "}}, kind: edge.Invalid, says: "say why"},
		"a card number":  {by: clerk, asked: []edge.Discount{{Rate: 1, Reason: "4111 1111 1111 1111"}}, kind: edge.Invalid, says: "card number"},
		"too many":       {by: clerk, asked: make([]edge.Discount, 500), kind: edge.TooLarge, says: "at most 401"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, total, err := edge.PriceCart(cartOf(t, "w", edgetest.Lipstick, 2, "w", edgetest.Glasses, 1), edgetest.Release(1))
			require.NoError(t, err)
			given, err := tc.by.Discounted(lines, tc.asked, total.Currency)
			if tc.kind != "" {
				require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			var got []line
			for _, l := range lines {
				got = append(got, line{l.Discount, l.Total, l.VAT})
			}
			require.Equal(t, tc.want, got)
			var off []int64
			for _, d := range given {
				require.Equal(t, tc.by.Staff, d.Staff)
				off = append(off, d.Amount)
			}
			require.Equal(t, tc.off, off)
		})
	}
}

// drawLines is some lines at their list prices.
func drawLines(t *rapid.T) (lines []edge.SaleLine) {
	for i := range rapid.IntRange(1, 12).Draw(t, "lines") {
		l := edge.SaleLine{
			SKU: edge.SKU(strings.Repeat("L", i+1)), Quantity: rapid.IntRange(1, 99).Draw(t, "quantity"),
			Price: rapid.Int64Range(0, 1<<36).Draw(t, "price"), VATRate: edge.BasisPoints(rapid.SampledFrom([]int{0, 500, 800, 1000}).Draw(t, "rate")),
		}
		l.Total = l.Price * int64(l.Quantity)
		l.VAT = l.VATRate.Within(l.Total)
		lines = append(lines, l)
	}
	return lines
}

// However lines and the ticket are made cheaper, the lines come to the total
// exactly, no line below nothing, each by its part of the ticket's discount to
// within one unit; and given back piece by piece they come to what was paid.
func TestDiscountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := drawLines(t)
		var before int64
		for _, l := range lines {
			before += l.Total
		}
		var asked []edge.Discount
		for _, l := range lines {
			if l.Total > 0 && rapid.Bool().Draw(t, "cheaper") {
				asked = append(asked, edge.Discount{SKU: l.SKU, Amount: rapid.Int64Range(1, min(l.Total, 1<<44)).Draw(t, "off"), Reason: "x"})
			}
		}
		asked = append(asked, edge.Discount{Rate: edge.BasisPoints(rapid.IntRange(1, 10000).Draw(t, "ticket")), Reason: "x"})
		given, err := edge.Discounter{Staff: "Mai", Most: edge.WholeRate}.Discounted(lines, asked, "VND")
		require.NoError(t, err)
		var off, after, vat int64
		for _, d := range given {
			off += d.Amount
		}
		s := &edge.Sale{ID: "s", Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 1}, Discounts: given}
		for _, l := range lines {
			require.GreaterOrEqual(t, l.Total, int64(0))
			require.Equal(t, l.Price*int64(l.Quantity), l.Total+l.Discount)
			require.Equal(t, l.VATRate.Within(l.Total), l.VAT)
			after, vat = after+l.Total, vat+l.VAT
		}
		require.Equal(t, before-off, after)

		s.Lines, s.Total, s.VAT = lines, edge.Money{Amount: after, Currency: "VND"}, vat
		s.Payments = edge.Payments{{Method: edge.Cash, Amount: after}}
		h := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}
		l := &lines[rapid.IntRange(0, len(lines)-1).Draw(t, "line")]
		var back, backVAT int64
		for left := l.Quantity; left > 0; {
			k := rapid.IntRange(1, left).Draw(t, "pieces")
			r := refundOf(t, h, l.SKU, k)
			back, backVAT, left = back+r.Total.Amount, backVAT+r.VAT, left-k
			h.Refunds = append(h.Refunds, *r)
		}
		require.Equal(t, l.Total, back)
		require.Equal(t, l.VAT, backVAT)
	})
}

// refundOf gives back pieces of a line, in cash.
func refundOf(t require.TestingT, h *edge.SaleHistory, sku edge.SKU, pieces int) *edge.Refund {
	ask := edge.Refunding{Sale: h.Ref(), Reason: "x", Lines: []edge.Return{{SKU: sku, Quantity: pieces, To: edge.ToStock}}}
	for i := range h.Lines {
		if l := &h.Lines[i]; l.SKU == sku {
			before := l.Quantity - h.Left()[sku]
			worth := func(n int) int64 {
				v := new(big.Int).Mul(big.NewInt(l.Total), big.NewInt(int64(n)))
				return v.Div(v, big.NewInt(int64(l.Quantity))).Int64()
			}
			if amount := worth(before+pieces) - worth(before); amount > 0 {
				ask.Back = []edge.Payback{{Method: edge.Cash, Amount: amount}}
			}
		}
	}
	r, err := ask.Refund(h, noon)
	require.NoError(t, err)
	return r
}

func TestRateOf(t *testing.T) {
	for _, tc := range []struct {
		rate         edge.BasisPoints
		amount, want int64
	}{{1000, 199000, 19900}, {1, 5000, 1}, {1, 4999, 0}, {3333, 100, 33}, {10000, 1 << 45, 1 << 45}, {5000, 3, 2}, {1000, 0, 0}} {
		require.Equal(t, tc.want, tc.rate.Of(tc.amount), "%d of %d", tc.rate, tc.amount)
	}
}
