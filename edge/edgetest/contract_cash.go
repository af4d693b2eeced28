package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// CashBook is the contract of edge.CashBook.
func CashBook(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	n := 0
	record := func(e edge.CashEntry) (*edge.CashRecord, error) {
		n++
		e.Staff, e.Tolerance = "Lan", 5000
		r, _, err := s.RecordCash(ctx, fmt.Sprintf("key-cash-%d", n), e)
		return r, err
	}
	notes := func(amount int64) []edge.NoteCount {
		return []edge.NoteCount{{Value: 100000, Count: int(amount / 100000)}, {Value: 1000, Count: int(amount % 100000 / 1000)}}
	}
	must := func(e edge.CashEntry) *edge.CashRecord {
		t.Helper()
		r, err := record(e)
		require.NoError(t, err)
		require.NoError(t, r.Check())
		evs := Chain(t, s, edge.LaneOps)
		last := evs[len(evs)-1]
		require.Equal(t, [2]string{edge.EventCash, r.ID}, [2]string{last.Type, last.Subject})
		require.Equal(t, *r, decode[edge.CashRecord](t, last.Data))
		return r
	}
	SellTo(t, s, "key-before", Cream, 1) // before the shift: no part of it

	shift, err := s.CashShift(ctx)
	require.NoError(t, err)
	require.Nil(t, shift)
	_, err = record(edge.CashEntry{Kind: edge.CashIn, Amount: 1000, Reason: "change"})
	requireKind(t, edge.Conflict, err)
	require.Zero(t, must(edge.CashEntry{Kind: edge.CashDrawer, Reason: "looked for a pen"}).Shift, "it is recorded without a shift as well")

	float := must(edge.CashEntry{Kind: edge.CashFloat, Notes: notes(500000)})
	require.Equal(t, edge.CashRecord{
		ID: float.ID, Shop: float.Shop, Till: "T1", Shift: 1, Kind: edge.CashFloat, Amount: edge.Money{Amount: 500000, Currency: "VND"},
		Notes: notes(500000), Staff: "Lan", At: clock.Now(), Last: &edge.ReceiptMark{Series: 1, Counter: 1},
	}, *float)
	_, err = record(edge.CashEntry{Kind: edge.CashFloat, Notes: notes(1000)})
	requireKind(t, edge.Conflict, err)

	sale := SellTo(t, s, "key-sale", Lipstick, 2) // 398.000 in cash
	sellByCard(t, s)
	must(edge.CashEntry{Kind: edge.CashIn, Amount: 50000, Reason: "change from the bank"})
	must(edge.CashEntry{Kind: edge.CashOut, Amount: 30000, Reason: "parcel tape"})
	require.EqualValues(t, -300000, must(edge.CashEntry{Kind: edge.CashDrop, Amount: 300000}).Amount.Amount)
	shift, err = s.CashShift(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 500000+398000+50000-30000-300000, shift.Expected())
	require.EqualValues(t, 398000+890000, shift.Totals[0].Sales.Amount, "an X report of what was sold since")
	require.Len(t, shift.Records, 4)
	require.Nil(t, shift.Counted())

	_, err = record(edge.CashEntry{Kind: edge.CashClose})
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "count it first")
	count := must(edge.CashEntry{Kind: edge.CashCount, Notes: notes(598000)})
	require.EqualValues(t, -20000, count.Difference())
	_, err = record(edge.CashEntry{Kind: edge.CashClose})
	requireKind(t, edge.Invalid, err)
	require.ErrorContains(t, err, "say why")

	// Money that moves meanwhile has to be counted too.
	_, _, err = s.VoidSale(ctx, "key-void", edge.Voiding{Sale: sale.Ref(), Reason: "x"})
	require.NoError(t, err)
	_, err = record(edge.CashEntry{Kind: edge.CashClose, Reason: "a note is missing"})
	requireKind(t, edge.Conflict, err)
	must(edge.CashEntry{Kind: edge.CashCount, Notes: notes(215000)})
	must(edge.CashEntry{Kind: edge.CashDrawer, Reason: "counted again"})
	closed := must(edge.CashEntry{Kind: edge.CashClose})
	require.EqualValues(t, -5000, closed.Difference(), "so little needs no reason")
	require.Equal(t, &edge.ReceiptMark{Series: 1, Counter: 4}, closed.Last)

	second := must(edge.CashEntry{Kind: edge.CashFloat})
	require.EqualValues(t, 2, second.Shift)
	shift, err = s.CashShift(ctx)
	require.NoError(t, err)
	require.Zero(t, shift.Expected(), "a new shift begins with its float alone")
	list, err := s.CashRecords(ctx, 2)
	require.NoError(t, err)
	require.Equal(t, []edge.CashRecord{*second, *closed}, list)

	again, replayed, err := s.RecordCash(ctx, fmt.Sprintf("key-cash-%d", n), edge.CashEntry{Kind: edge.CashFloat, Staff: "Lan", Tolerance: 5000})
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, second, again)

	for name, e := range map[string]edge.CashEntry{
		"an unknown kind":     {Kind: "lend", Amount: 1000},
		"nothing moved":       {Kind: edge.CashDrop},
		"less than nothing":   {Kind: edge.CashIn, Amount: -5, Reason: "x"},
		"no reason":           {Kind: edge.CashOut, Amount: 1000},
		"a card number":       {Kind: edge.CashOut, Amount: 1000, Reason: "4111 1111 1111 1111"},
		"a drawer's amount":   {Kind: edge.CashDrawer, Amount: 1000, Reason: "x"},
		"notes of a drop":     {Kind: edge.CashDrop, Amount: 1000, Notes: notes(1000)},
		"a note of nothing":   {Kind: edge.CashCount, Notes: []edge.NoteCount{{Value: 0, Count: 1}}},
		"a value twice":       {Kind: edge.CashCount, Notes: []edge.NoteCount{{Value: 1000, Count: 1}, {Value: 1000, Count: 2}}},
		"fewer than no notes": {Kind: edge.CashCount, Notes: []edge.NoteCount{{Value: 1000, Count: -1}}},
	} {
		_, err := record(e)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%s: %v", name, err)
	}
}

// AnyCash holds what a shift expects against a plain reckoning, whatever is sold,
// given back and moved, in as many epochs as there may be.
func AnyCash(t *testing.T, open Open) {
	s, clock := opened(t, open)
	n := 0
	key := func() string {
		n++
		return fmt.Sprintf("key-%06d", n)
	}
	rapid.Check(t, func(rt *rapid.T) {
		record := func(e edge.CashEntry) {
			_, _, err := s.RecordCash(rt.Context(), key(), e)
			require.NoError(rt, err)
		}
		var sales []*edge.Sale
		if shift, err := s.CashShift(rt.Context()); err != nil || shift != nil { // of the run before
			require.NoError(rt, err)
			record(edge.CashEntry{Kind: edge.CashCount})
			record(edge.CashEntry{Kind: edge.CashClose, Reason: "x"})
		}
		record(edge.CashEntry{Kind: edge.CashFloat, Notes: []edge.NoteCount{{Value: 1000, Count: 200}}})
		drawer := int64(200000) // what is truly in it
		amount := func() int64 { return 1000 * rapid.Int64Range(1, 300).Draw(rt, "amount") }
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				shift, err := s.CashShift(rt.Context())
				require.NoError(rt, err)
				require.Equal(rt, drawer, shift.Expected())
			},
			"sell": func(rt *rapid.T) {
				c := FillCart(rt, s, anySKU(rt), rapid.IntRange(1, 3).Draw(rt, "pieces"))
				co := anyCheckout(rt, c, Cash(rt, s, c).Sum())
				drawer += co.Payments.Cash()
				sale, _, err := s.RecordSale(rt.Context(), key(), co)
				require.NoError(rt, err)
				sales = append(sales, sale)
			},
			"void": func(rt *rapid.T) {
				if len(sales) == 0 {
					rt.Skip("nothing is sold yet")
				}
				sale := sales[len(sales)-1]
				sales = sales[:len(sales)-1]
				v := edge.Voiding{Sale: sale.Ref(), Reason: "x"}
				for range sale.Payments[1:] {
					v.References = append(v.References, "slip 2")
				}
				_, _, err := s.VoidSale(rt.Context(), key(), v)
				require.NoError(rt, err)
				drawer -= sale.Payments.Cash()
			},
			"refund": func(rt *rapid.T) {
				if len(sales) == 0 {
					rt.Skip("nothing is sold yet")
				}
				sale := sales[0]
				sales = sales[1:]
				l := sale.Lines[0]
				ask := edge.Refunding{
					Sale: sale.Ref(), Reason: "x", Lines: []edge.Return{{SKU: l.SKU, Quantity: l.Quantity, To: edge.ToStock}},
					Approval: &edge.Approval{Staff: "Mai", Reason: "no card"}, Cash: thousands(),
				}
				if l.Total > 0 {
					ask.Back = []edge.Payback{{Method: edge.Cash, Amount: l.Total}}
				}
				_, _, err := s.RefundSale(rt.Context(), key(), ask)
				require.NoError(rt, err)
				drawer -= l.Total + thousands().Of(edge.Money{Amount: l.Total, Currency: "VND"})
			},
			"pay twice": func(rt *rapid.T) {
				if len(sales) == 0 {
					rt.Skip("nothing is sold yet")
				}
				took := amount()
				d, _, err := s.RecordSecondPayment(rt.Context(), key(), edge.Checkout{
					Cart: sales[0].Cart, Staff: "Lan", Payments: edge.Payments{{Method: edge.Cash, Amount: took}},
				})
				require.NoError(rt, err)
				drawer += took
				if rapid.Bool().Draw(rt, "given back") {
					_, _, err := s.GiveBack(rt.Context(), key(), edge.GivingBack{Due: d.ID, Method: edge.Cash, Staff: "Lan"})
					require.NoError(rt, err)
					drawer -= took
				}
			},
			"in": func(*rapid.T) {
				in := amount()
				record(edge.CashEntry{Kind: edge.CashIn, Amount: in, Reason: "x"})
				drawer += in
			},
			"drop": func(*rapid.T) {
				out := amount()
				record(edge.CashEntry{Kind: edge.CashDrop, Amount: out})
				drawer -= out
			},
			"out": func(*rapid.T) {
				out := amount()
				record(edge.CashEntry{Kind: edge.CashOut, Amount: out, Reason: "x"})
				drawer -= out
			},
			"close": func(rt *rapid.T) {
				found := amount()
				notes := []edge.NoteCount{{Value: found, Count: 1}}
				record(edge.CashEntry{Kind: edge.CashCount, Notes: notes})
				record(edge.CashEntry{Kind: edge.CashClose, Reason: "x"})
				list, err := s.CashRecords(rt.Context(), 1)
				require.NoError(rt, err)
				require.Equal(rt, found-drawer, list[0].Difference())
				record(edge.CashEntry{Kind: edge.CashFloat, Notes: notes})
				drawer = found
			},
			"epoch": func(rt *rapid.T) {
				held := map[edge.Lane]uint64{}
				for _, lane := range edge.Lanes() {
					seq, _, err := s.Head(rt.Context(), lane)
					require.NoError(rt, err)
					held[lane] = seq
				}
				_, err := s.OpenEpoch(rt.Context(), held, 0)
				require.NoError(rt, err)
			},
			"clock": func(rt *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(-3600, 3600).Draw(rt, "seconds")) * time.Second)
			},
		})
	})
}

// ZShifts is the contract of the cash that a Z report has: each shift once, with
// the first report after its end.
func ZShifts(t *testing.T, open Open) {
	s, clock := opened(t, open)
	clock.Advance(12 * time.Hour)
	ctx := t.Context()
	n := 0
	key := func() string {
		n++
		return fmt.Sprintf("key-shift-%d", n)
	}
	record := func(kind edge.CashKind, amount int64) {
		t.Helper()
		e := edge.CashEntry{Kind: kind, Staff: "Lan", Reason: "x"}
		switch kind {
		case edge.CashFloat, edge.CashCount:
			e.Notes, e.Reason = []edge.NoteCount{{Value: 1000, Count: int(amount / 1000)}}, ""
		default:
			e.Amount = amount
		}
		_, _, err := s.RecordCash(ctx, key(), e)
		require.NoError(t, err)
	}
	closeDay := func() edge.ZReport {
		t.Helper()
		list, _, err := s.CloseDay(ctx, key(), "Mai")
		require.NoError(t, err)
		z := list[len(list)-1]
		require.NoError(t, z.Check())
		require.Equal(t, z, newestOf[edge.ZReport](t, s, edge.EventZ, z.ID))
		for _, before := range list[:len(list)-1] {
			require.Empty(t, before.Shifts)
		}
		return z
	}

	began := clock.Now()
	record(edge.CashFloat, 500_000)
	SellTo(t, s, key(), Lipstick, 1)
	record(edge.CashIn, 50_000)
	record(edge.CashOut, 30_000)
	record(edge.CashDrop, 300_000)
	require.Empty(t, closeDay().Shifts, "nobody has counted yet")

	clock.Advance(12 * time.Hour) // past midnight
	SellTo(t, s, key(), Lipstick, 1)
	record(edge.CashCount, 610_000)
	record(edge.CashClose, 0)
	first := edge.ZShift{
		Number: 1, Currency: "VND", Float: 500_000, In: 50_000, Out: -30_000, Drop: -300_000,
		Expected: 618_000, Counted: 610_000, Reason: "x", Staff: "Lan", From: began, To: clock.Now(),
	}
	z := closeDay()
	require.Equal(t, []edge.ZShift{first}, z.Shifts)
	require.EqualValues(t, 2*199_000, z.Shifts[0].Sold(), "what was sold before the report of yesterday too")
	require.EqualValues(t, -8_000, z.Shifts[0].Difference())

	// Two shifts, the second without a sale, and a new series between them.
	record(edge.CashFloat, 1_000)
	SellTo(t, s, key(), Lipstick, 1)
	record(edge.CashCount, 200_000)
	record(edge.CashClose, 0)
	_, err := s.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	record(edge.CashFloat, 2_000)
	record(edge.CashCount, 2_000)
	record(edge.CashClose, 0)
	z = closeDay()
	require.Len(t, z.Shifts, 2)
	require.Equal(t, [2]uint32{2, 3}, [2]uint32{z.Shifts[0].Number, z.Shifts[1].Number})
	SellTo(t, s, key(), Lipstick, 1)
	require.Empty(t, closeDay().Shifts)
}
