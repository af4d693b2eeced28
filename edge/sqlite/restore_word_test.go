package sqlite_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A part of a payment that became a sale's is that sale's also where the sale is
// taken back, though the clock went back in between: nobody is told to give the
// money back.
func TestPartsOfASaleThatIsTakenBackAreItsOwn(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	c := edgetest.FillCart(t, l.db, edgetest.Lipstick, 2) // 398.000
	other := edgetest.FillCart(t, l.db, edgetest.Cream, 1)
	part := edge.PaidPart{ID: "part-1", Payment: edge.Payment{Method: edge.Card, Amount: 100000, Reference: "S-1"}, Staff: "Lan", At: time.Now().UTC().Add(time.Hour).Truncate(time.Second)}
	for _, id := range []edge.CartID{c.ID, other.ID} {
		_, err := l.db.LabelCart(ctx, id, func(o *edge.OpenCart) error { return o.Take(part) })
		require.NoError(t, err)
	}
	backup := l.backup("b.db")
	_, _, err := l.db.RecordSale(ctx, "key-parts", edge.Checkout{
		Cart: c.ID, Staff: "Lan", Payments: edge.Payments{part.Payment, {Method: edge.Cash, Amount: 298000}},
	})
	require.NoError(t, err)
	h := hold(t, l.db)
	l.stop()
	require.NoError(t, os.Remove(l.opt.Path)) // the disk is gone
	l.restore(backup)
	l.start()
	h.giveBack(t, l.db, oneByOne)

	o, err := l.db.OpenCart(ctx, c.ID)
	require.NoError(t, err)
	require.NotNil(t, o.Closed)
	require.Empty(t, o.Deal.Parts, "they are the sale's")
	o, err = l.db.OpenCart(ctx, other.ID)
	require.NoError(t, err)
	require.Len(t, o.Deal.Parts, 1)
}

// What HQ said after the backup stands as far as the database that is put aside
// can be read, and HQ says all of it again.
func TestHQsWordAfterTheBackupStands(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	k, _, err := l.db.PlaceOrder(ctx, "order-00001", edgetest.OrderAsk(edgetest.Glasses, 1, 890000, edge.PayOnReceipt))
	require.NoError(t, err)
	first := edgetest.Told(t, &k.Order, edge.OrderAccepted, time.Now().UTC(), 0)
	first.Staff = &edge.Directory{Members: []edge.Member{
		{Name: "Lan", Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: true}, {Name: "Mai", Role: edge.RoleManager, PIN: edgetest.PINHash, Active: true},
	}}
	first.Stock = []edge.ShopStock{{Shop: "hue-1", AsOf: time.Now().UTC(), Levels: map[edge.SKU]int64{edgetest.Cream: 7}}}
	require.NoError(t, l.db.Apply(ctx, 5, first))
	backup := l.backup("b.db")

	later := edgetest.Told(t, &k.Order, edge.OrderCancelled, time.Now().UTC(), 0)
	later.Staff = &edge.Directory{Members: []edge.Member{{Name: "Lan", Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: false}}}
	later.Stock = []edge.ShopStock{{Shop: "hue-1", AsOf: time.Now().UTC(), Levels: map[edge.SKU]int64{edgetest.Cream: 2}}}
	require.NoError(t, l.db.Apply(ctx, 9, later))
	stands := func() {
		t.Helper()
		known, err := l.db.KnownOrder(ctx, k.ID)
		require.NoError(t, err)
		require.Equal(t, edge.OrderCancelled, known.Stands)
		staff, err := l.db.Staff(ctx)
		require.NoError(t, err)
		require.Contains(t, staff.Members, later.Staff.Members[0])
		stock, err := l.db.StockElsewhere(ctx, edgetest.Cream)
		require.NoError(t, err)
		require.EqualValues(t, 2, stock[0].Quantity)
	}
	l.stop()
	require.Empty(t, l.restore(backup).Lost)
	l.start()
	stands()
	applied, err := l.db.Applied(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 5, applied, "HQ says again what came after the backup")
	require.NoError(t, l.db.Apply(ctx, 9, later))
	stands()
	staff, err := l.db.Staff(ctx)
	require.NoError(t, err)
	require.Equal(t, later.Staff, staff, "whom HQ took out since the backup is out")
}

// What was taken before a shift's drawer was counted is no money of the shift,
// even where the shop hears of it only then.
func TestMoneyOfThePastIsNotInTheDrawerOfNow(t *testing.T) {
	l := newTill(t)
	ctx := t.Context()
	cash := func(key string, kind edge.CashKind) *edge.CashRecord {
		t.Helper()
		r, _, err := l.db.RecordCash(ctx, key, edge.CashEntry{Kind: kind, Notes: []edge.NoteCount{{Value: 100000, Count: 5}}, Staff: "Lan"})
		require.NoError(t, err)
		return r
	}
	sold := edgetest.SellTo(t, l.db, "key-sale-1", edgetest.Lipstick, 1)
	second := func(key string) *edge.RefundDue {
		t.Helper()
		d, _, err := l.db.RecordSecondPayment(ctx, key, edge.Checkout{Cart: sold.Cart, Payments: edge.Payments{{Method: edge.Cash, Amount: 100000}}, Staff: "Lan"})
		require.NoError(t, err)
		return d
	}
	backup := l.backup("b.db")
	second("key-due-1")
	given := second("key-due-2")
	_, _, err := l.db.GiveBack(ctx, "key-given-2", edge.GivingBack{Due: given.ID, Method: edge.Cash, Staff: "Lan"})
	require.NoError(t, err)
	h := hold(t, l.db)
	l.stop()
	require.NoError(t, os.Remove(l.opt.Path)) // the disk is gone
	l.restore(backup)
	l.start()
	cash("key-float-1", edge.CashFloat)
	second("key-due-3")
	h.giveBack(t, l.db, oneByOne)
	due, err := l.db.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Len(t, due, 2)
	require.EqualValues(t, 600000, *cash("key-count-1", edge.CashCount).Expected)

	// A new epoch, in which HQ gets again what it lacks, changes nothing.
	_, err = l.db.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	require.EqualValues(t, 600000, *cash("key-count-2", edge.CashCount).Expected)
}
