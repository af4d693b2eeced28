package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// held is what HQ holds of a gateway's lane of sales, epoch by epoch.
type held struct {
	epochs []string
	events map[string][]edge.Event
}

// hold copies all that a ledger has, as HQ does when it confirms it.
func hold(t edgetest.T, db *sqlite.DB) *held {
	t.Helper()
	h := &held{events: map[string][]edge.Event{}}
	var err error
	h.epochs, err = db.Epochs(t.Context())
	require.NoError(t, err)
	for _, e := range h.epochs {
		h.events[e], err = db.EpochEvents(t.Context(), nil, e, edge.LaneSale, 0, 1<<20)
		require.NoError(t, err)
	}
	return h
}

// once lists the events without those that stand in a later epoch again.
func (h *held) once() (list []edge.Event) {
	seen := map[string]bool{}
	for _, e := range h.epochs {
		for _, ev := range h.events[e] {
			if !seen[ev.ID] {
				list = append(list, ev)
			}
			seen[ev.ID] = true
		}
	}
	return list
}

// with adds what another ledger has by now.
func (h *held) with(t edgetest.T, db *sqlite.DB) *held {
	t.Helper()
	all := &held{append([]string{}, h.epochs...), map[string][]edge.Event{}}
	for e, evs := range h.events {
		all.events[e] = evs
	}
	present := db.Epoch()
	all.epochs = append(all.epochs, present)
	all.events[present] = hold(t, db).events[present]
	return all
}

// giveBack lets db take back what h has and it lacks, at most n events at once,
// and each run twice, as a line that repeats would.
func (h *held) giveBack(t edgetest.T, db *sqlite.DB, n func() int) {
	t.Helper()
	marks, err := db.Recalled(t.Context())
	require.NoError(t, err)
	have := map[string]uint64{db.Epoch(): 1 << 40}
	for _, m := range marks {
		have[m.Epoch] = m.Seq
	}
	for _, e := range h.epochs {
		evs := h.events[e]
		var prev edge.Hash
		for i := range evs[:min(have[e], uint64(len(evs)))] {
			prev = evs[i].Hash(prev)
		}
		for from := have[e]; from < uint64(len(evs)); {
			run := evs[from:min(int(from)+n(), len(evs))]
			r := edge.Run{Epoch: e, From: from + 1, To: from + uint64(len(run)), Prev: prev, Events: run}
			for range 2 {
				require.NoError(t, db.TakeBack(t.Context(), r))
			}
			for i := range run {
				prev = run[i].Hash(prev)
			}
			from = r.To
		}
	}
	for range 2 {
		require.NoError(t, db.TakenBack(t.Context(), db.Epoch()))
	}
}

func oneByOne() int { return 1 }

// Whatever days a shop has had, a new database that takes back what HQ holds of
// them comes to the same.
func TestAnyDaysAreTakenBack(t *testing.T) {
	edgetest.Days(t, 15, func(rt *rapid.T, now func() time.Time) edgetest.Shop {
		opt := options(filepath.Join(t.TempDir(), "shop.db"))
		opt.Now = now
		db, err := sqlite.Open(t.Context(), opt)
		require.NoError(rt, err)
		rt.Cleanup(func() { require.NoError(rt, db.Close()) })
		return db
	}, func(rt *rapid.T, s edgetest.Shop) {
		old := s.(*sqlite.DB)
		db, err := sqlite.Open(t.Context(), options(filepath.Join(t.TempDir(), "new.db")))
		require.NoError(rt, err)
		defer func() { require.NoError(rt, db.Close()) }()
		_, err = db.OpenEpoch(t.Context(), nil, old.Series())
		require.NoError(rt, err)
		h := hold(rt, old)
		h.giveBack(rt, db, func() int { return rapid.IntRange(1, 20).Draw(rt, "at once") })
		edgetest.Reckon(rt, edgetest.Chain(rt, old, edge.LaneSale)).AddsUp(rt, db)
		sales, err := old.Sales(t.Context(), 1<<20)
		require.NoError(rt, err)
		for i := range sales {
			want, err := old.Sale(t.Context(), sales[i].Ref())
			require.NoError(rt, err)
			got, err := db.Sale(t.Context(), edge.SaleRef{Receipt: sales[i].Receipt})
			require.NoError(rt, err)
			want.Confirmed = true
			require.Equal(rt, want, got)
		}
		require.Empty(rt, edgetest.Chain(rt, db, edge.LaneSale)[1:], "nothing becomes an event again")
	})
}

// A shop that went on from a backup learns of what it had done after it, and its
// books come right, whatever was entered and counted meanwhile.
func TestWhatWasDoneAfterTheBackupIsTakenBack(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	enter := func(key string, e edge.StockEntry) {
		t.Helper()
		_, _, err := l.db.EnterStock(ctx, key, e)
		require.NoError(t, err)
	}
	enter("key-in-1", edgetest.Entry(edgetest.Cream, 100, edge.StockGoodsIn, "note 1"))
	l.sell(5)
	open := edgetest.FillCart(t, l.db, edgetest.Cream, 1)
	backup := l.backup("b.db")

	l.sell(4)
	lost := edgetest.SellTo(t, l.db, "key-lost", edgetest.Cream, 3)
	sold, _, err := l.db.RecordSale(ctx, "key-cart", edge.Checkout{Cart: open.ID, Payments: edgetest.Cash(t, l.db, open), Staff: "Lan"})
	require.NoError(t, err)
	voided := edgetest.SellTo(t, l.db, "key-voided", edgetest.Lipstick, 1)
	_, _, err = l.db.VoidSale(ctx, "key-void", edge.Voiding{Sale: voided.Ref(), Reason: "x", Staff: "Lan"})
	require.NoError(t, err)
	enter("key-in-2", edgetest.Entry(edgetest.Cream, 10, edge.StockGoodsIn, "note 2"))
	enter("key-in-3", edgetest.Entry(edgetest.Lipstick, 7, edge.StockGoodsIn, "note 3"))
	zs, _, err := l.db.CloseDay(ctx, "key-close", "Lan")
	require.NoError(t, err)
	stock, err := l.db.Stock(ctx)
	require.NoError(t, err)
	h := hold(t, l.db)
	l.stop()
	require.NoError(t, os.Remove(l.opt.Path)) // the disk is gone
	l.restore(backup)
	l.start()

	// The delivery is entered again, and the shelf is counted, which is right.
	enter("key-in-4", edgetest.Entry(edgetest.Cream, 10, edge.StockGoodsIn, "note 2"))
	mark, err := l.db.CountMark(ctx)
	require.NoError(t, err)
	enter("key-count", edgetest.CountEntry(edgetest.Cream, stock[edgetest.Cream], mark, "count"))
	l.sell(2)
	_, err = l.db.Sale(ctx, lost.Ref())
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	refund := func(key string, pieces int, price *int64) error {
		_, _, err := l.db.RefundSale(ctx, key, edge.Refunding{
			Sale: edge.SaleRef{Receipt: lost.Receipt}, Reason: "x", Staff: "Lan", Approval: &edge.Approval{Staff: "Mai", Reason: "x"},
			Lines: []edge.Return{{SKU: edgetest.Cream, Quantity: pieces, To: edge.ToLoss, Price: price}},
			Back:  []edge.Payback{{Method: edge.Cash, Amount: int64(pieces) * lost.Lines[0].Price}},
		})
		return err
	}
	require.NoError(t, refund("key-refund-1", 1, &lost.Lines[0].Price), "as of another gateway's receipt")

	h.giveBack(t, l.db, oneByOne)
	got, err := l.db.Stock(ctx)
	require.NoError(t, err)
	require.Equal(t, stock[edgetest.Cream]-2, got[edgetest.Cream])
	require.Equal(t, stock[edgetest.Lipstick], got[edgetest.Lipstick])
	all := edgetest.Reckon(t, h.with(t, l.db).once())
	require.Equal(t, all.Stock, got, "HQ counts the same")

	history, err := l.db.Sale(ctx, edge.SaleRef{Receipt: voided.Receipt})
	require.NoError(t, err)
	require.NotNil(t, history.Void)
	require.Equal(t, zs[0].Number, history.Z)
	require.True(t, history.Confirmed)
	err = refund("key-refund-2", 3, nil)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "1 of them refunded")
	require.NoError(t, refund("key-refund-2", 2, nil))
	_, _, err = l.db.RecordSale(ctx, "key-cart-2", edge.Checkout{Cart: open.ID, Payments: edgetest.Cash(t, l.db, open), Staff: "Lan"})
	require.Equal(t, edge.Conflict, edge.KindOf(err), "its cart is paid: %v", err)
	require.ErrorContains(t, err, sold.Receipt.String())
	waiting, _, err := l.db.Waiting(ctx, edge.LaneSale)
	require.NoError(t, err)
	head, _, err := l.db.Head(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.Equal(t, head, waiting)
	edgetest.Chain(t, l.db, edge.LaneSale)
	l.stop()
	l.start()
	require.EqualValues(t, 2, l.db.Series())
	marks, err := l.db.Recalled(ctx)
	require.NoError(t, err)
	require.Equal(t, []edge.LaneMark{{Epoch: h.epochs[0], Seq: uint64(len(h.events[h.epochs[0]]))}}, marks)
	evs, err := l.db.EpochEvents(ctx, nil, h.epochs[0], edge.LaneSale, 0, 1<<20)
	require.NoError(t, err)
	require.Equal(t, h.events[h.epochs[0]], evs, "the ledger of that epoch is whole again")
}

// Two lost epochs, of which the backup knows nothing, and a cart that was paid
// in one of them and again after the restore.
func TestEpochsTheBackupNeverKnewAreTakenBack(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	l.sell(3)
	c := edgetest.FillCart(t, l.db, edgetest.Cream, 1)
	backup := l.backup("b.db")
	sell := func(key string) *edge.Sale {
		s, _, err := l.db.RecordSale(ctx, key, edge.Checkout{Cart: c.ID, Payments: edgetest.Cash(t, l.db, c), Staff: "Lan"})
		require.NoError(t, err)
		l.printed[s.Receipt.String()] = s.ID
		return s
	}
	l.sell(2)
	_, err := l.db.OpenEpoch(ctx, map[edge.Lane]uint64{edge.LaneSale: 4}, 0) // two are written again
	require.NoError(t, err)
	l.sell(4)
	first := sell("key-first")
	h := hold(t, l.db)
	l.stop()
	require.NoError(t, os.Remove(l.opt.Path))
	l.restore(backup)
	l.start()
	require.EqualValues(t, 3, l.db.Series())
	second := sell("key-second")
	h.giveBack(t, l.db, oneByOne)
	l.knows()
	got, err := l.db.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, first.ID, got.Closed.Sale, "the earlier payment stands")
	due, err := l.db.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, second.ID, due[0].ID)
	l.sell(2)
	l.knows()
}

func TestRunsThatDoNotFollowAreRefused(t *testing.T) {
	l := newTill(t)
	l.sell(3)
	backup := l.backup("b.db")
	l.sell(3)
	h := hold(t, l.db)
	evs := h.events[h.epochs[0]]
	l.stop()
	require.NoError(t, os.Remove(l.opt.Path))
	l.restore(backup)
	l.start()
	before := l.printed
	for name, r := range map[string]edge.Run{
		"a gap":             {Epoch: evs[0].Epoch, From: 6, To: 6, Events: evs[5:6]},
		"the present epoch": {Epoch: l.db.Epoch(), From: 1, To: 1, Events: evs[:1]},
		"an unknown epoch":  {Epoch: "another", From: 1, To: 1, Events: evs[1:2]},
	} {
		err := l.db.TakeBack(t.Context(), r)
		require.Contains(t, []edge.Kind{edge.Conflict, edge.Invalid}, edge.KindOf(err), "%s: %v", name, err)
	}
	require.Equal(t, before, l.printed)
	edgetest.Chain(t, l.db, edge.LaneSale)
	// Where HQ holds only that there was an event, what follows is taken back.
	require.NoError(t, l.db.TakeBack(t.Context(), edge.Run{Epoch: evs[0].Epoch, From: 1, To: 5}))
	require.NoError(t, l.db.TakeBack(t.Context(), edge.Run{Epoch: evs[0].Epoch, From: 6, To: 7, Events: evs[5:7]}))
	sales, err := l.db.Sales(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, sales, 5)

	// What no ledger could hold is left out; what follows is taken back.
	odd := []edge.Event{
		{Type: edge.EventSale, ID: "odd-1", Data: []byte(`{"id":"x","lines":[{"sku":"","quantity":0}],"receipt":{"till":"","series":9}}`)},
		{Type: edge.EventVoid, ID: "odd-2", Data: []byte(`{"id":"v"}`)},
		{Type: edge.EventRefund, ID: "odd-3", Data: []byte(`no JSON`)},
		{Type: edge.EventZ, ID: "odd-4", Data: []byte(`{"id":"z","from":3,"to":1}`)},
		{Type: edge.EventStock, ID: "odd-5", Data: []byte(`{"sku":"S","delta":1,"reason":"magic","ref":"r"}`)},
		{Type: edge.EventEInvoice, ID: "odd-6", Data: []byte(`{"sale":"nobody","state":"issued"}`)},
		{Type: edge.EventGiven, ID: "odd-7", Data: []byte(`{"due":"nobody"}`)},
		{Type: "of tomorrow", ID: "odd-8", Data: []byte(`{}`)},
	}
	for i := range odd {
		odd[i].Node, odd[i].Epoch, odd[i].Lane, odd[i].Seq = "node", evs[0].Epoch, edge.LaneSale, uint64(8+i)
	}
	require.NoError(t, l.db.TakeBack(t.Context(), edge.Run{Epoch: evs[0].Epoch, From: 8, To: 15, Events: odd}))
	marks, err := l.db.Recalled(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 15, marks[0].Seq)
	edgetest.Sell(t, l.db, edgetest.Cream)
}
