package edgetest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Reckoning is what the events of a ledger come to.
type Reckoning struct {
	Stock    map[edge.SKU]int64
	Receipts []edge.Receipt                   // of sales, voids, refunds and money of orders, in the order of the events
	Amounts  map[edge.Receipt]int64           // what each took; less than 0 what was given back
	Orders   map[edge.Receipt]edge.OrderMoney // money of orders, which is no turnover
	Zs       []edge.ZReport
}

// Reckon adds up a ledger from its events, as HQ would.
func Reckon(t T, evs []edge.Event) *Reckoning {
	t.Helper()
	r := &Reckoning{Stock: map[edge.SKU]int64{}, Amounts: map[edge.Receipt]int64{}, Orders: map[edge.Receipt]edge.OrderMoney{}}
	receipt := func(n edge.Receipt, amount int64, moves []edge.StockMove) {
		r.Receipts = append(r.Receipts, n)
		r.Amounts[n] = amount
		for _, m := range moves {
			r.Stock[m.SKU] += m.Delta
		}
	}
	for _, e := range evs {
		switch e.Type {
		case edge.EventSale:
			s := decode[edge.Sale](t, e.Data)
			receipt(s.Receipt, s.Total.Amount, s.Moves())
		case edge.EventVoid:
			v := decode[edge.Void](t, e.Data)
			receipt(v.Receipt, -v.Total.Amount, v.Moves())
		case edge.EventRefund:
			f := decode[edge.Refund](t, e.Data)
			receipt(f.Receipt, -f.Total.Amount, f.Moves())
		case edge.EventOrderPaid, edge.EventOrderRefunded:
			m := decode[edge.OrderMoney](t, e.Data)
			r.Orders[m.Receipt] = m
			r.Receipts = append(r.Receipts, m.Receipt)
		case edge.EventStock:
			m := decode[edge.StockMove](t, e.Data)
			r.Stock[m.SKU] += m.Delta
		case edge.EventZ:
			r.Zs = append(r.Zs, decode[edge.ZReport](t, e.Data))
		}
	}
	return r
}

// AddsUp checks that the receipts have no gap and the Z reports tile them, and
// that the shop says what its events say.
func (r *Reckoning) AddsUp(t T, s edge.Ledger) {
	t.Helper()
	stock, err := s.Stock(t.Context())
	require.NoError(t, err)
	for sku, n := range stock {
		require.Equal(t, r.Stock[sku], n, "stock of %s is the sum of its moves", sku)
	}
	for sku, n := range r.Stock {
		require.Equal(t, n, stock[sku], "stock of %s is the sum of its moves", sku)
	}
	last := map[uint32]uint64{}
	for _, n := range r.Receipts {
		require.Equal(t, last[n.Series]+1, n.Counter, "receipts of series %d", n.Series)
		last[n.Series] = n.Counter
	}
	closed := map[uint32]uint64{}
	for i := range r.Zs {
		z := &r.Zs[i]
		require.NoError(t, z.Check())
		require.Zero(t, z.Missing)
		require.Equal(t, closed[z.Series]+1, z.From, "Z reports tile the series")
		require.LessOrEqual(t, z.To, last[z.Series])
		closed[z.Series] = z.To
		var net, taken, back int64
		for n := z.From; n <= z.To; n++ {
			number := edge.Receipt{Till: z.Till, Series: z.Series, Counter: n}
			net += r.Amounts[number]
			if m := r.Orders[number]; m.Back {
				back += m.Total.Amount
			} else {
				taken += m.Total.Amount
			}
		}
		require.Equal(t, net, z.Totals[0].Net())
		require.Equal(t, taken, z.Totals[0].OrdersPaid.Amount)
		require.Equal(t, back, z.Totals[0].OrdersRefunded.Amount)
	}
	all, err := s.ZReports(t.Context(), 1<<20)
	require.NoError(t, err)
	slices.Reverse(all)
	require.Equal(t, append([]edge.ZReport{}, r.Zs...), all)
}
