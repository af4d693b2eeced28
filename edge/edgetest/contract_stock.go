package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Entry is one move that a clerk enters.
func Entry(sku edge.SKU, delta int64, reason edge.StockReason, ref string) edge.StockEntry {
	return edge.StockEntry{Moves: []edge.StockMove{{SKU: sku, Delta: delta, Reason: reason, Ref: ref}}, Staff: "Lan"}
}

// CountEntry is a count that a clerk enters.
func CountEntry(sku edge.SKU, counted int64, asOf edge.LaneMark, ref string) edge.StockEntry {
	return edge.StockEntry{Moves: []edge.StockMove{{SKU: sku, Reason: edge.StockCounted, Ref: ref, Count: &edge.StockCount{Counted: counted, AsOf: asOf}}}, Staff: "Lan"}
}

// StockEntries is the contract of EnterStock without counts.
func StockEntries(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	require.NoError(t, s.MoveStock(ctx, []edge.StockMove{{SKU: "OLD", Delta: 3, Reason: edge.StockGoodsIn, Ref: "n", At: clock.Now()}}))
	entry := edge.StockEntry{Staff: "Lan", Moves: []edge.StockMove{
		{SKU: Cream, Delta: 10, Reason: edge.StockGoodsIn, Ref: "note 1"},
		{SKU: Cream, Delta: -2, Reason: edge.StockTransferOut, Ref: "to hue"},
		{SKU: Cream, Delta: 1, Reason: edge.StockTransferIn, Ref: "from hue"},
		{SKU: "OLD", Delta: -1, Reason: edge.StockLoss, Ref: "broken"},
	}}
	got, replayed, err := s.EnterStock(ctx, "key-entry-1", entry)
	require.NoError(t, err)
	require.False(t, replayed)
	require.Len(t, got, 4)
	for i, m := range got {
		want := entry.Moves[i]
		want.At, want.Staff = clock.Now(), "Lan"
		require.Equal(t, want, m)
	}
	require.Equal(t, got[3], lastOf[edge.StockMove](t, s, edge.EventStock, "OLD"))
	clock.Advance(time.Hour)
	again, replayed, err := s.EnterStock(ctx, "key-entry-1", entry)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, got, again)
	again, replayed, err = s.EnterStock(ctx, "key-entry-2", Entry(Cream, 10, edge.StockGoodsIn, "note 1"))
	require.NoError(t, err)
	require.False(t, replayed)
	require.Empty(t, again, "the note is known")
	require.EqualValues(t, 9, stockOf(t, s, Cream))
	require.EqualValues(t, 2, stockOf(t, s, "OLD"))
	some, err := s.StockOf(ctx, []edge.SKU{"OLD", Lipstick, "'\u0000\"", "OLD"})
	require.NoError(t, err)
	require.Equal(t, map[edge.SKU]int64{"OLD": 2}, some)
	some, err = s.StockOf(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, some)

	many := edge.StockEntry{}
	for i := range 501 {
		many.Moves = append(many.Moves, Entry(Cream, 1, edge.StockGoodsIn, fmt.Sprint(i)).Moves...)
	}
	twice := Entry(Cream, 1, edge.StockLoss, "x")
	twice.Moves = append(twice.Moves, twice.Moves[0])
	late := Entry(Cream, 5, edge.StockGoodsIn, "good")
	late.Moves = append(late.Moves, Entry("NO", 1, edge.StockGoodsIn, "x").Moves...)
	for name, tc := range map[string]struct {
		entry edge.StockEntry
		kind  edge.Kind
	}{
		"nothing":                  {edge.StockEntry{}, edge.Invalid},
		"too many":                 {many, edge.Invalid},
		"twice in one":             {twice, edge.Invalid},
		"unknown product":          {late, edge.NotFound},
		"other pieces":             {Entry(Cream, 11, edge.StockGoodsIn, "note 1"), edge.Conflict},
		"no pieces":                {Entry(Cream, 0, edge.StockGoodsIn, "x"), edge.Invalid},
		"too many pieces":          {Entry(Cream, 1<<31+1, edge.StockGoodsIn, "x"), edge.Invalid},
		"a transfer out that adds": {Entry(Cream, 1, edge.StockTransferOut, "x"), edge.Invalid},
		"a transfer in that takes": {Entry(Cream, -1, edge.StockTransferIn, "x"), edge.Invalid},
		"a loss that adds":         {Entry(Cream, 1, edge.StockLoss, "x"), edge.Invalid},
		"a sale":                   {Entry(Cream, -1, edge.StockSale, "x"), edge.Invalid},
		"a refund":                 {Entry(Cream, 1, edge.StockRefund, "x"), edge.Invalid},
		"no reference":             {Entry(Cream, 1, edge.StockGoodsIn, ""), edge.Invalid},
		"a count of nothing":       {Entry(Cream, 0, edge.StockCounted, "x"), edge.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.EnterStock(t.Context(), "key-refused", tc.entry)
			requireKind(t, tc.kind, err)
		})
	}
	_, _, err = s.EnterStock(ctx, "key-entry-1", Entry(Cream, 1, edge.StockGoodsIn, "z"))
	requireKind(t, edge.Conflict, err)
	require.EqualValues(t, 9, stockOf(t, s, Cream), "a refused entry moves nothing")
}

// Counts is the contract of counts.
func Counts(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	n := 0
	enter := func(e edge.StockEntry) ([]edge.StockMove, error) {
		n++
		got, _, err := s.EnterStock(ctx, fmt.Sprintf("key-count-%d", n), e)
		return got, err
	}
	mark := func() edge.LaneMark {
		m, err := s.CountMark(ctx)
		require.NoError(t, err)
		return m
	}
	_, err := enter(Entry(Cream, 10, edge.StockGoodsIn, "note 1"))
	require.NoError(t, err)
	before := mark()
	SellTo(t, s, "key-sale-1", Cream, 1)
	atShelf := mark() // the books say 9; 8 are there
	sold := SellTo(t, s, "key-sale-2", Cream, 2)
	got, err := enter(CountEntry(Cream, 8, atShelf, "morning"))
	require.NoError(t, err)
	require.EqualValues(t, -1, got[0].Delta, "what was sold meanwhile is not counted away")
	require.EqualValues(t, 6, stockOf(t, s, Cream))
	require.Equal(t, got[0], lastOf[edge.StockMove](t, s, edge.EventStock, string(Cream)))

	// Somebody else counted at the same time, and enters the same truth later.
	got, err = enter(CountEntry(Cream, 8, atShelf, "morning, Mai"))
	require.NoError(t, err)
	require.Zero(t, got[0].Delta)
	require.EqualValues(t, 6, stockOf(t, s, Cream))
	require.Zero(t, lastOf[edge.StockMove](t, s, edge.EventStock, string(Cream)).Delta, "that the books are right is recorded too")

	_, err = enter(CountEntry(Cream, 9, before, "earlier"))
	requireKind(t, edge.Conflict, err)
	again, err := enter(CountEntry(Cream, 8, atShelf, "morning"))
	require.NoError(t, err)
	require.Empty(t, again)
	_, err = enter(CountEntry(Cream, 7, mark(), "morning"))
	requireKind(t, edge.Conflict, err)

	// A refund, a void and a new epoch between counting and entering.
	now := mark() // 6 by the books and on the shelf
	_, _, err = s.VoidSale(ctx, "key-void", edge.Voiding{Sale: sold.Ref(), Reason: "x"})
	require.NoError(t, err)
	_, err = s.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	SellTo(t, s, "key-sale-3", Cream, 1)
	got, err = enter(CountEntry(Cream, 4, now, "noon"))
	require.NoError(t, err)
	require.EqualValues(t, -2, got[0].Delta)
	require.EqualValues(t, 5, stockOf(t, s, Cream))

	got, err = enter(CountEntry(Lipstick, 3, mark(), "noon"))
	require.NoError(t, err)
	require.EqualValues(t, 3, got[0].Delta, "never had any by the books")

	end := mark()
	end.Seq++
	for name, tc := range map[string]struct {
		entry edge.StockEntry
		kind  edge.Kind
	}{
		"beyond the ledger": {CountEntry(Cream, 1, end, "x"), edge.Invalid},
		"unknown epoch":     {CountEntry(Cream, 1, edge.LaneMark{Epoch: "nobody", Seq: 1}, "x"), edge.NotFound},
		"no mark":           {CountEntry(Cream, 1, edge.LaneMark{}, "x"), edge.Invalid},
		"minus one":         {CountEntry(Cream, -1, mark(), "x"), edge.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := enter(tc.entry)
			requireKind(t, tc.kind, err)
		})
	}
	delta := CountEntry(Cream, 1, mark(), "x")
	delta.Moves[0].Delta = 1
	_, err = enter(delta)
	requireKind(t, edge.Invalid, err)
	require.EqualValues(t, 5, stockOf(t, s, Cream))
}
