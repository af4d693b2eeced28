package edge_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestSplitPayments(t *testing.T) {
	total := edge.Money{Amount: 500300, Currency: "VND"}
	card := func(amount int64, slip string) edge.Payment {
		return edge.Payment{Method: edge.Card, Amount: amount, Reference: slip}
	}
	cash := func(amount, rounding, tendered int64) edge.Payment {
		return edge.Payment{Method: edge.Cash, Amount: amount, Rounding: rounding, Tendered: tendered}
	}
	for name, tc := range map[string]struct {
		paid   edge.Payments
		kind   edge.Kind
		says   string
		drawer int64
		change int64
	}{
		"cash alone":              {paid: edge.Payments{cash(500300, -300, 501000)}, drawer: 500000, change: 1000},
		"the rest in cash":        {paid: edge.Payments{card(300300, "1"), cash(200000, 0, 500000)}, drawer: 200000, change: 300000},
		"only the cash is round":  {paid: edge.Payments{card(300000, "1"), cash(200300, -300, 0)}, drawer: 200000},
		"five":                    {paid: edge.Payments{card(1, "1"), card(2, "2"), card(3, "3"), card(4, "4"), cash(500290, -290, 0)}, drawer: 500000},
		"six":                     {paid: edge.Payments{card(1, "1"), card(2, "2"), card(3, "3"), card(4, "4"), card(5, "5"), cash(500285, -285, 0)}, kind: edge.Invalid, says: "want 1 to 5"},
		"none":                    {kind: edge.Invalid, says: "0 payments"},
		"too much":                {paid: edge.Payments{card(300301, "1"), cash(200000, 0, 0)}, kind: edge.Conflict, says: "500.301 ₫ was to be taken"},
		"too little":              {paid: edge.Payments{card(500000, "1")}, kind: edge.Conflict, says: "500.000 ₫ was to be taken"},
		"nothing by card":         {paid: edge.Payments{card(0, "1"), cash(500300, -300, 0)}, kind: edge.Invalid, says: "of nothing"},
		"less than nothing":       {paid: edge.Payments{card(-1, "1"), cash(500301, -301, 0)}, kind: edge.Invalid, says: "payment of -1"},
		"so much that it is less": {paid: edge.Payments{card(1<<62, "1"), card(1<<62, "2"), card(1<<62, "3"), card(1<<62, "4")}, kind: edge.Invalid, says: "payment of"},
		"rounded as the whole":    {paid: edge.Payments{card(300100, "1"), cash(200200, -300, 0)}, kind: edge.Invalid, says: "rounded by -200"},
		"cash twice":              {paid: edge.Payments{cash(300000, 0, 0), cash(200300, -300, 0)}, kind: edge.Invalid, says: "two payments in cash"},
		"one slip twice":          {paid: edge.Payments{card(300300, "1"), card(200000, "1")}, kind: edge.Invalid, says: "one slip number"},
		"change from a card":      {paid: edge.Payments{{Method: edge.Card, Amount: 500300, Tendered: 600000, Reference: "1"}}, kind: edge.Invalid, says: "no cash given"},
		"a transfer as a part":    {paid: edge.Payments{{Method: edge.BankTransfer, Amount: 300300, Reference: "MC1"}, cash(200000, 0, 0)}, kind: edge.Invalid, says: "a transfer pays a sale alone"},
		"too little cash":         {paid: edge.Payments{card(300300, "1"), cash(200000, 0, 199999)}, kind: edge.Invalid, says: "cash given is 199.999"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.paid.Check(total, edge.CashRounding{"VND": 1000})
			if tc.kind != "" {
				require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.drawer, tc.paid.Cash())
			require.Equal(t, tc.change, tc.paid.Change())
		})
	}
}

// splitSale is a sale of n pieces, paid by two cards and cash.
func splitSale(n int, price, first, second int64) *edge.SaleHistory {
	s := sold("VND", 800, price, n)
	cash := s.Total.Amount - first - second
	rule := edge.CashRounding{"VND": 1000}
	s.Payments = edge.Payments{
		{Method: edge.Card, Amount: first, Reference: "1"},
		{Method: edge.Card, Amount: second, Reference: "2"},
		{Method: edge.Cash, Amount: cash, Rounding: rule.Of(edge.Money{Amount: cash, Currency: "VND"})},
	}
	return &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}
}

func TestMoneyGoesBackAsItCame(t *testing.T) {
	h := splitSale(4, 100300, 150000, 50000) // and 201.200 in cash, of which 201.000 were taken
	require.Equal(t, []edge.Payback{{Method: edge.Cash, Amount: 201200}, {Method: edge.Card, Amount: 200000}}, h.Refundable())
	ask := func(pieces int, approval *edge.Approval, back ...edge.Payback) (*edge.Refund, error) {
		return edge.Refunding{
			Sale: h.Ref(), Reason: "x", Lines: []edge.Return{{SKU: "A", Quantity: pieces, To: edge.ToStock}}, Back: back, Approval: approval,
			Cash: edge.CashRounding{"VND": 1000},
		}.Refund(h, noon)
	}
	r, err := ask(2, nil)
	require.NoError(t, err)
	require.Equal(t, []edge.Payback{{Method: edge.Cash, Amount: 200600, Rounding: 400}}, r.Back, "the last payment first")
	_, err = ask(3, nil)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "the card's part needs its slip")
	require.ErrorContains(t, err, "slip number")
	r, err = ask(3, nil, edge.Payback{Method: edge.Cash, Amount: 201200}, edge.Payback{Method: edge.Card, Amount: 99700, Reference: "9"})
	require.NoError(t, err)
	require.EqualValues(t, -200, r.Back[0].Rounding)
	h.Refunds = append(h.Refunds, *r)
	require.Equal(t, []edge.Payback{{Method: edge.Card, Amount: 100300}}, h.Refundable())

	rest := edge.Payback{Method: edge.Cash, Amount: 100300}
	_, err = ask(1, nil, rest)
	require.Equal(t, edge.Forbidden, edge.KindOf(err))
	require.ErrorContains(t, err, "a manager has to approve")
	_, err = ask(1, &edge.Approval{Staff: "Mai"}, rest)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "no reason")
	r, err = ask(1, &edge.Approval{Staff: "Mai", Reason: "card is lost"}, rest)
	require.NoError(t, err)
	require.Equal(t, &edge.Approval{Staff: "Mai", Reason: "card is lost"}, r.Approval)
	_, err = ask(1, nil, edge.Payback{Method: edge.Cash, Amount: 100300, Rounding: -300})
	require.ErrorContains(t, err, "leave the rounding out")
}

// However a sale is given back by itself, no method gives back more than it
// took, and the drawer ends where it began.
func TestRefundsGiveBackWhatCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, price := rapid.IntRange(1, 9).Draw(t, "pieces"), rapid.Int64Range(10, 1<<30).Draw(t, "price")
		total := price * int64(n)
		first := rapid.Int64Range(1, total-2).Draw(t, "first card")
		second := rapid.Int64Range(1, total-1-first).Draw(t, "second card")
		h := splitSale(n, price, first, second)
		taken, given := map[edge.Method]int64{}, map[edge.Method]int64{}
		for _, p := range h.Payments {
			taken[p.Method] += p.Amount + p.Rounding
		}
		for left := n; left > 0; {
			k := rapid.IntRange(1, left).Draw(t, "back")
			ask := edge.Refunding{
				Sale: h.Ref(), Reason: "x", Lines: []edge.Return{{SKU: "A", Quantity: k, To: edge.ToStock}}, Cash: edge.CashRounding{"VND": 1000},
			}
			amount := price * int64(k)
			for i, b := range h.Refundable() { // in any parts that are allowed
				most := min(b.Amount, amount)
				if i == 0 && len(h.Refundable()) > 1 {
					most = rapid.Int64Range(max(0, amount-h.Refundable()[1].Amount), most).Draw(t, "part")
				}
				if b.Amount = most; most > 0 {
					if b.Method == edge.Card {
						b.Reference = fmt.Sprint(left)
					}
					ask.Back = append(ask.Back, b)
					amount -= most
				}
			}
			r, err := ask.Refund(h, noon)
			require.NoError(t, err)
			for _, b := range r.Back {
				given[b.Method] += b.Amount + b.Rounding
				require.GreaterOrEqual(t, b.Amount+b.Rounding, int64(0))
				require.LessOrEqual(t, given[b.Method], taken[b.Method])
			}
			h.Refunds, left = append(h.Refunds, *r), left-k
		}
		require.Equal(t, taken, given)
		require.Empty(t, h.Refundable())
	})
}
