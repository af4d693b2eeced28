package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// printShop is a shop that prints tickets, its clock and one sale.
func printShop(t *testing.T) (*DB, *edgetest.Clock, *edge.Sale) {
	clock := edgetest.NewClock()
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now, Tickets: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	return db, clock, edgetest.SellTo(t, db, "key-00001", edgetest.Lipstick, 1)
}

func next(t *testing.T, db *DB) *edge.PrintJob {
	j, err := db.NextPrint(t.Context())
	require.NoError(t, err)
	require.NotNil(t, j)
	return j
}

func TestWhatIsRecordedIsQueuedOnceForThePrinter(t *testing.T) {
	db, _, sale := printShop(t)
	_, replayed, err := db.RecordSale(t.Context(), "key-00001", edge.Checkout{Cart: sale.Cart, Payments: edge.Payments{{Method: edge.Cash, Amount: 199000}}, Staff: "Lan"})
	require.NoError(t, err)
	require.True(t, replayed)
	second := edgetest.SellTo(t, db, "key-00002", edgetest.Lipstick, 1)
	void, _, err := db.VoidSale(t.Context(), "key-00003", edge.Voiding{Sale: sale.Ref(), Reason: "wrong shade", Staff: "Lan"})
	require.NoError(t, err)
	refund, _, err := db.RefundSale(t.Context(), "key-00004", edge.Refunding{
		Sale: second.Ref(), Reason: "x", Lines: []edge.Return{{SKU: edgetest.Lipstick, Quantity: 1, To: edge.ToStock}},
		Back: []edge.Payback{{Method: edge.Cash, Amount: 199000}},
	})
	require.NoError(t, err)
	z, _, err := db.CloseDay(t.Context(), "key-00005", "Lan")
	require.NoError(t, err)

	jobs, err := db.PrintJobs(t.Context(), 50)
	require.NoError(t, err)
	var got []string
	for _, j := range jobs {
		require.Equal(t, edge.PrintQueued, j.State)
		require.False(t, j.Copy)
		got = append(got, string(j.Kind)+" "+j.Ref)
	}
	require.Equal(t, []string{"z " + z[0].ID, "refund " + refund.ID, "void " + void.ID, "receipt " + second.ID, "receipt " + sale.ID}, got)
	require.Equal(t, sale.ID, next(t, db).Ref, "the oldest first")

	v, _, err := db.Reversal(t.Context(), void.ID)
	require.NoError(t, err)
	require.Equal(t, void, v)
	_, r, err := db.Reversal(t.Context(), refund.ID)
	require.NoError(t, err)
	require.Equal(t, refund, r)
	report, err := db.ZReport(t.Context(), z[0].ID)
	require.NoError(t, err)
	require.Equal(t, &z[0], report)
	_, _, err = db.Reversal(t.Context(), "none")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = db.ZReport(t.Context(), "none")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

func TestATicketPrintsOnceAndThenAsACopy(t *testing.T) {
	db, _, sale := printShop(t)
	j := next(t, db)
	asked, err := db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintReceipt, Ref: sale.ID, Staff: "Lan", Copy: true, State: edge.PrintPrinted})
	require.NoError(t, err)
	require.False(t, asked.Copy, "nothing has come out yet")

	started, err := db.StartPrint(t.Context(), j.ID)
	require.NoError(t, err)
	require.False(t, started.Copy)
	_, err = db.StartPrint(t.Context(), j.ID)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.NoError(t, db.EndPrint(t.Context(), j.ID, edge.PrintPrinted, "", true))
	require.Equal(t, edge.Conflict, edge.KindOf(db.EndPrint(t.Context(), j.ID, edge.PrintQueued, "", false)), "what is printed stays so")

	started, err = db.StartPrint(t.Context(), asked.ID)
	require.NoError(t, err)
	require.True(t, started.Copy)

	for range 2 { // slips for the phone are no receipts, each shows its cart as it is
		c, err := db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: sale.Cart.String()})
		require.NoError(t, err)
		c, err = db.StartPrint(t.Context(), c.ID)
		require.NoError(t, err)
		require.False(t, c.Copy)
	}
}

// Nothing that a job can go through lets its ticket out twice without the mark.
func TestWhatBecomesOfAJob(t *testing.T) {
	type step func(t *testing.T, db *DB, id string)
	start := func(t *testing.T, db *DB, id string) {
		_, err := db.StartPrint(t.Context(), id)
		require.NoError(t, err)
	}
	end := func(state edge.PrintState, why edge.PrintReason, sent bool) step {
		return func(t *testing.T, db *DB, id string) {
			require.NoError(t, db.EndPrint(t.Context(), id, state, why, sent))
		}
	}
	decide := func(d edge.PrintDecision) step {
		return func(t *testing.T, db *DB, id string) {
			_, err := db.DecidePrint(t.Context(), id, d, "Lan")
			require.NoError(t, err)
		}
	}
	stop := func(t *testing.T, db *DB, _ string) { require.NoError(t, db.RecoverPrints(t.Context())) }
	restored := func(t *testing.T, db *DB, _ string) {
		_, err := db.OpenEpoch(t.Context(), nil, 0)
		require.NoError(t, err)
		require.NoError(t, db.RecoverPrints(t.Context()))
	}
	for _, tt := range []struct {
		name   string
		steps  []step
		state  edge.PrintState
		reason edge.PrintReason
		copied bool
	}{
		{"waits", []step{stop}, edge.PrintQueued, "", false},
		{"printed", []step{start, end(edge.PrintPrinted, "", true)}, edge.PrintPrinted, "", false},
		{"the gateway stopped meanwhile", []step{start, stop}, edge.PrintDoubtful, edge.PrintRestart, false},
		{"and somebody saw it", []step{start, stop, decide(edge.PrintIsThere)}, edge.PrintPrinted, edge.PrintStaff, false},
		{"and it is printed again", []step{start, stop, decide(edge.PrintAgain), start}, edge.PrintPrinting, "", true},
		{"and nobody wants it", []step{start, stop, decide(edge.PrintDrop)}, edge.PrintDropped, edge.PrintStaff, false},
		{"nothing was sent", []step{start, end(edge.PrintQueued, "", false), start}, edge.PrintPrinting, "", false},
		{"broken off", []step{start, end(edge.PrintDoubtful, edge.PrintBroken, true)}, edge.PrintDoubtful, edge.PrintBroken, false},
		{"cannot be drawn", []step{start, end(edge.PrintFailed, edge.PrintDocument, false)}, edge.PrintFailed, edge.PrintDocument, false},
		{"and tried again", []step{start, end(edge.PrintFailed, edge.PrintDocument, false), decide(edge.PrintAgain), start}, edge.PrintPrinting, "", false},
		{"a copy that failed stays one", []step{
			start, stop, decide(edge.PrintAgain), start, end(edge.PrintFailed, edge.PrintDocument, false), decide(edge.PrintAgain), start,
		}, edge.PrintPrinting, "", true},
		{"waits in a database that was put back", []step{restored}, edge.PrintDoubtful, edge.PrintRestart, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, _, _ := printShop(t)
			id := next(t, db).ID
			for _, do := range tt.steps {
				do(t, db, id)
			}
			list, err := db.PrintJobs(t.Context(), 10)
			require.NoError(t, err)
			require.Len(t, list, 1)
			j := list[0]
			require.Equal(t, tt.state, j.State)
			require.Equal(t, tt.reason, j.Reason)
			require.Equal(t, tt.copied, j.Copy)
			waiting, asks, err := db.PrintsOpen(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.state == edge.PrintQueued || tt.state == edge.PrintPrinting, waiting == 1)
			require.Equal(t, tt.state == edge.PrintDoubtful || tt.state == edge.PrintFailed, asks == 1)
		})
	}
}

func TestAReceiptOfALostDatabaseIsACopy(t *testing.T) {
	db, _, sale := printShop(t)
	_, err := db.OpenEpoch(t.Context(), nil, 0)
	require.NoError(t, err)
	j, err := db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintReceipt, Ref: sale.ID})
	require.NoError(t, err)
	j, err = db.StartPrint(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, j.Copy, "the one that sold it may have printed it")
}

func TestDecisionsThatDoNotFit(t *testing.T) {
	db, _, _ := printShop(t)
	id := next(t, db).ID
	for _, d := range []edge.PrintDecision{edge.PrintIsThere, edge.PrintAgain} {
		_, err := db.DecidePrint(t.Context(), id, d, "Lan")
		require.Equal(t, edge.Conflict, edge.KindOf(err), d)
	}
	_, err := db.DecidePrint(t.Context(), id, "burn", "Lan")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = db.DecidePrint(t.Context(), "none", edge.PrintDrop, "Lan")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	j, err := db.DecidePrint(t.Context(), id, edge.PrintDrop, "Hoa")
	require.NoError(t, err)
	require.Equal(t, "Hoa", j.Staff)
	for _, bad := range []edge.PrintJob{{Kind: "poem", Ref: "x"}, {Kind: edge.PrintReceipt}, {Kind: edge.PrintCart, Ref: "x\x00"}, {Kind: edge.PrintTest, Lang: "fr"}} {
		_, err := db.QueuePrint(t.Context(), bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), bad)
	}
}

func TestTheQueueIsBoundedAndForgetsWhatIsLate(t *testing.T) {
	db, clock, _ := printShop(t)
	clock.Advance(time.Hour)
	for range maxPrints - 1 {
		_, err := db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintTest})
		require.NoError(t, err)
	}
	_, err := db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintTest})
	require.Equal(t, edge.TooMany, edge.KindOf(err))
	edgetest.SellTo(t, db, "key-00002", edgetest.Lipstick, 1) // a sale is never refused for it

	require.NoError(t, db.DropLatePrints(t.Context(), clock.Now(), clock.Now().Add(-time.Minute)))
	waiting, _, err := db.PrintsOpen(t.Context())
	require.NoError(t, err)
	require.Equal(t, maxPrints, waiting, "the first receipt is an hour old")
	_, err = db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: "c"})
	require.Equal(t, edge.TooMany, edge.KindOf(err))
	require.NoError(t, db.DropLatePrints(t.Context(), clock.Now(), clock.Now().Add(time.Minute)))
	j, err := db.NextPrint(t.Context())
	require.NoError(t, err)
	require.Nil(t, j)
	wrote := db.wrote.Load()
	clock.Advance(time.Hour)
	require.NoError(t, db.DropLatePrints(t.Context(), clock.Now(), clock.Now()))
	require.Equal(t, wrote, db.wrote.Load(), "where nothing is late nothing is written: the database has idle times")
}

func TestASlipIsForgottenWithItsCart(t *testing.T) {
	db, clock, _ := printShop(t)
	c, err := db.CreateCart(t.Context())
	require.NoError(t, err)
	for _, ref := range []string{c.ID.String(), "another"} {
		_, err = db.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: ref})
		require.NoError(t, err)
	}
	clock.Advance(25 * time.Hour)
	n, err := db.PruneCarts(t.Context(), edge.CartKeep{Empty: 24 * time.Hour, Open: 720 * time.Hour, Closed: 720 * time.Hour})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	list, err := db.PrintJobs(t.Context(), 9)
	require.NoError(t, err)
	require.Len(t, list, 2, "the sale's receipt stays")
	require.Equal(t, "another", list[0].Ref)
}
