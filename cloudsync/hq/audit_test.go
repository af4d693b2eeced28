package hq

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// book writes records into a gateway's ledger as its till would.
type book struct {
	*gateway
	n uint64 // events
}

func (b *book) event(kind string, data any) {
	b.n++
	b.add(kind, fmt.Sprintf("%s-ev-%d", b.node, b.n), data)
}

func number(till string, counter uint64) edge.Receipt {
	return edge.Receipt{Till: till, Series: 1, Counter: counter}
}

// sale sells pieces of the lipstick.
func (b *book) sale(id string, receipt edge.Receipt, pieces int) *edge.Sale {
	s := testSale(b.gateway, id, receipt.Counter)
	s.Receipt, s.Lines[0].Quantity, s.Lines[0].Total = receipt, pieces, 199000*int64(pieces)
	s.Total.Amount = s.Lines[0].Total
	s.Payments = edge.Payments{{Method: edge.Cash, Amount: s.Total.Amount}}
	b.event(edge.EventSale, s)
	return &s
}

func (b *book) void(id string, s *edge.Sale, receipt edge.Receipt) *edge.Void {
	v := &edge.Void{
		ID: id, Shop: testShop, Receipt: receipt, Sale: s.Ref(), Lines: s.Lines, Total: s.Total,
		Back: []edge.Payback{{Method: edge.Cash, Amount: s.Total.Amount}}, Reason: "x", At: b.clock.Now(),
	}
	b.event(edge.EventVoid, v)
	return v
}

func (b *book) refund(id string, of edge.SaleRef, receipt edge.Receipt, pieces int) *edge.Refund {
	total := 199000 * int64(pieces)
	r := &edge.Refund{
		ID: id, Shop: testShop, Receipt: receipt, Sale: of, Total: edge.Money{Amount: total, Currency: "VND"},
		Lines:  []edge.RefundLine{{SaleLine: edge.SaleLine{SKU: edgetest.Lipstick, Quantity: pieces, Price: 199000, Total: total}, To: edge.ToStock}},
		Back:   []edge.Payback{{Method: edge.Cash, Amount: total}},
		Reason: "x", At: b.clock.Now(),
	}
	b.event(edge.EventRefund, r)
	return r
}

// z closes receipts, which are sales, voids and refunds.
func (b *book) z(n uint32, from, to uint64, receipts ...any) {
	z := edge.ZReport{ID: fmt.Sprintf("z%d", n), Shop: testShop, Till: "T1", Series: 1, Number: n, From: from, To: to, At: b.clock.Now()}
	for _, r := range receipts {
		switch r := r.(type) {
		case *edge.Sale:
			z.AddSale(r)
		case *edge.Void:
			z.AddVoid(r)
		case *edge.Refund:
			z.AddRefund(r)
		}
	}
	require.NoError(b.t, z.Check())
	b.event(edge.EventZ, z)
}

// told lists what does not add up, after everything that was written has been
// sent.
func (b *book) told() []string {
	b.t.Helper()
	b.send(b.batch(1, uint64(len(b.events))))
	require.NoError(b.t, b.hq.Project(b.t.Context()))
	return b.discrepancies()
}

func (b *book) discrepancies() []string {
	list, err := b.hq.FindDiscrepancies(b.t.Context(), Filter{}, 0, 100)
	require.NoError(b.t, err)
	told := []string{}
	for _, d := range list {
		require.NotEmpty(b.t, d.Message)
		told = append(told, fmt.Sprintf("%s %s %s", d.Node, d.Kind, d.Subject))
	}
	slices.Sort(told)
	return told
}

func TestRecordsThatDoNotAddUpAreTold(t *testing.T) {
	b := &book{gateway: newGateway(t)}
	b.event(edge.EventEpoch, edge.EpochOpened{})
	s1 := b.sale("s1", number("T1", 1), 2)
	v1 := b.void("v1", s1, number("T1", 2))
	b.z(1, 1, 2, s1, v1)
	s2 := b.sale("s2", number("T1", 3), 2)
	r2 := b.refund("r2", s2.Ref(), number("T1", 4), 2)
	b.z(2, 3, 4, s2, r2)
	require.Empty(t, b.told(), "all of this adds up")

	r3 := b.refund("r3", s2.Ref(), number("T1", 5), 1)
	b.void("v2", s1, number("T1", 6))
	s3 := b.sale("s3", number("T1", 6), 1)
	require.Equal(t, []string{
		"shop-1 receipt_twice T1-1-000006", "shop-1 refunded_over T1-1-000003", "shop-1 reversed_twice T1-1-000001",
	}, b.told())

	s4 := b.sale("s4", number("T1", 7), 1)
	b.z(3, 6, 6, s3)     // leaves out 5, and one of the two 6
	b.z(4, 6, 7, s4, s4) // takes 6 again
	b.z(6, 8, 8, s4)     // comes after 5, and nothing is there
	b.refund("r4", edge.SaleRef{Receipt: number("T9", 1)}, number("T1", 8), 2)
	fresh := b.told()[1:]
	require.Empty(t, b.flaws())
	require.Equal(t, []string{
		"shop-1 refunded_over T1-1-000003", "shop-1 reversed_twice T1-1-000001", "shop-1 unknown_sale T9-1-000001",
		"shop-1 z_differs T1-1 Z 3", "shop-1 z_differs T1-1 Z 4", "shop-1 z_differs T1-1 Z 6",
		"shop-1 z_gap T1-1 Z 3", "shop-1 z_gap T1-1 Z 6", "shop-1 z_overlap T1-1 Z 4",
	}, fresh)
	require.NotNil(t, r3)

	// The shop that sold what was refunded elsewhere had no line until now.
	other := &book{gateway: &gateway{t: t, hq: b.hq, clock: b.clock, key: newKey(t), node: "shop-9", lane: edge.LaneSale, codec: b.codec}}
	other.newEpoch("e9")
	require.NoError(t, b.hq.Enrol(t.Context(), Node{Node: "shop-9", Shop: "hue-9", Key: other.key.Public().(ed25519.PublicKey)}))
	other.event(edge.EventEpoch, edge.EpochOpened{})
	other.sale("s1", number("T9", 1), 1) // the id of another node's sale
	all := other.told()
	require.NotContains(t, all, "shop-1 unknown_sale T9-1-000001")
	require.Contains(t, all, "shop-9 refunded_over T9-1-000001")

	require.NoError(t, b.hq.Rebuild(t.Context()))
	require.Equal(t, all, b.discrepancies())
	shops, err := b.hq.Shops(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(all), shops[0].Differing+shops[1].Differing)
	now := b.clock.Now()
	for _, tc := range []struct {
		f Filter
		n int
	}{
		{Filter{Shop: "hue-9"}, 1},
		{Filter{Node: testNode}, len(all) - 1},
		{Filter{Shop: "hue-9", Node: testNode}, 0},
		{Filter{From: now}, len(all)},
		{Filter{To: now}, 0},
	} {
		list, err := b.hq.FindDiscrepancies(t.Context(), tc.f, 0, 100)
		require.NoError(t, err)
		require.Len(t, list, tc.n, tc.f)
	}
	first, err := b.hq.FindDiscrepancies(t.Context(), Filter{}, 0, 1)
	require.NoError(t, err)
	rest, err := b.hq.FindDiscrepancies(t.Context(), Filter{}, first[0].N, 100)
	require.NoError(t, err)
	require.Len(t, rest, len(all)-1)
}

// Where the numbers get longer they are no longer in order as text.
func TestZReportsOfLongNumbers(t *testing.T) {
	b := &book{gateway: newGateway(t)}
	b.event(edge.EventEpoch, edge.EpochOpened{})
	var receipts []any
	for n := uint64(999_998); n <= 1_000_001; n++ {
		receipts = append(receipts, b.sale(fmt.Sprint("s", n), number("T1", n), 1))
	}
	b.z(1, 999_998, 1_000_001, receipts...)
	require.Equal(t, []string{"shop-1 z_gap T1-1 Z 1"}, b.told(), "the receipts before are not there; these four are")
}
