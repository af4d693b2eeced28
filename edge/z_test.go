package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// sold is a sale of n pieces at price, taxed at rate.
func sold(currency string, rate edge.BasisPoints, price int64, n int) *edge.Sale {
	total := price * int64(n)
	l := edge.SaleLine{SKU: "A", Quantity: n, Price: price, Total: total, VATRate: rate, VAT: rate.Within(total)}
	return &edge.Sale{
		ID: "s", Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 1}, Lines: []edge.SaleLine{l}, VAT: l.VAT,
		Total: edge.Money{Amount: total, Currency: currency}, Payments: edge.Payments{{Method: edge.Cash, Amount: total}},
	}
}

func TestZReportFindsWhatDoesNotAddUp(t *testing.T) {
	filled := func() *edge.ZReport {
		z := &edge.ZReport{Till: "T1", Series: 1, Number: 1, From: 1, To: 3}
		z.AddSale(sold("VND", 800, 1000, 2))
		z.AddSale(sold("VND", 500, 300, 1))
		z.AddSale(sold("EUR", 800, 7, 1))
		return z
	}
	z := filled()
	require.NoError(t, z.Check())
	require.Equal(t, []string{"EUR", "VND"}, []string{z.Totals[0].Currency, z.Totals[1].Currency})
	require.Equal(t, []edge.ZRate{{Rate: 500, Amount: 300, VAT: 14}, {Rate: 800, Amount: 2000, VAT: 148}}, z.Totals[1].Rates)
	require.EqualValues(t, 3, z.Receipts())
	for name, spoil := range map[string]func(z *edge.ZReport){
		"no till":          func(z *edge.ZReport) { z.Till = "" },
		"no number":        func(z *edge.ZReport) { z.Number = 0 },
		"no receipts":      func(z *edge.ZReport) { z.To = 0 },
		"more receipts":    func(z *edge.ZReport) { z.To = 4 },
		"fewer receipts":   func(z *edge.ZReport) { z.From = 2 },
		"too many missing": func(z *edge.ZReport) { z.Missing = 4 },
		"one missing":      func(z *edge.ZReport) { z.Missing = 1 },
		"money":            func(z *edge.ZReport) { z.Totals[1].Methods[0].Taken++ },
		"tax":              func(z *edge.ZReport) { z.Totals[1].Rates[0].VAT++ },
		"turnover":         func(z *edge.ZReport) { z.Totals[1].Sales.Amount++ },
		"order":            func(z *edge.ZReport) { z.Totals[0], z.Totals[1] = z.Totals[1], z.Totals[0] },
		"minus one sale":   func(z *edge.ZReport) { z.Totals[0].Sales.Count, z.Totals[0].Voids.Count = -1, 2 },
		"too much":         func(z *edge.ZReport) { z.Totals[0].Sales.VAT = 1 << 54 },
	} {
		z := filled()
		spoil(z)
		require.Equal(t, edge.Invalid, edge.KindOf(z.Check()), name)
	}
	lost := filled()
	lost.To, lost.Missing = 5, 2
	require.NoError(t, lost.Check())
}

// However a sale is given back, piece by piece or in lumps, the money and the
// tax of the parts are those of the whole.
func TestRefundsOfAWholeComeToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "pieces")
		s := sold("VND", edge.BasisPoints(rapid.IntRange(0, 2500).Draw(t, "rate")), rapid.Int64Range(1, 1<<36).Draw(t, "price"), n)
		h := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}
		var total, vat int64
		for left := n; left > 0; {
			k := rapid.IntRange(1, left).Draw(t, "back")
			amount := s.Lines[0].Price * int64(k)
			r, err := edge.Refunding{
				Sale: s.Ref(), Reason: "x", Lines: []edge.Return{{SKU: "A", Quantity: k, To: edge.ToLoss}},
				Back: []edge.Payback{{Method: edge.Cash, Amount: amount}},
			}.Refund(h, noon)
			require.NoError(t, err)
			require.GreaterOrEqual(t, r.VAT, int64(0))
			total, vat, left = total+r.Total.Amount, vat+r.VAT, left-k
			h.Refunds = append(h.Refunds, *r)
		}
		require.Equal(t, s.Total.Amount, total)
		require.Equal(t, s.VAT, vat)
		require.Equal(t, map[edge.SKU]int{"A": 0}, h.Left())
	})
}

func TestRefundMovesStock(t *testing.T) {
	line := func(sku edge.SKU, n int, to edge.Disposition) edge.RefundLine {
		return edge.RefundLine{SaleLine: edge.SaleLine{SKU: sku, Quantity: n}, To: to}
	}
	r := edge.Refund{ID: "r", At: noon, Lines: []edge.RefundLine{
		line("A", 1, edge.ToStock), line("A", 2, edge.ToLoss), line("B", 4, edge.ToStock), line("A", 8, edge.ToLoss),
	}}
	require.Equal(t, []edge.StockMove{
		{SKU: "A", Delta: 11, Reason: edge.StockRefund, Ref: "r", At: noon},
		{SKU: "B", Delta: 4, Reason: edge.StockRefund, Ref: "r", At: noon},
		{SKU: "A", Delta: -10, Reason: edge.StockLoss, Ref: "r", At: noon},
	}, r.Moves(), "one move for each product and reason")
}
