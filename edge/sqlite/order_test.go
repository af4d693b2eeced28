package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Names and addresses reach HQ once, stand nowhere in the file, and are
// forgotten when nobody needs them.
func TestContactsOfOrders(t *testing.T) {
	clock, path := edgetest.NewClock(), filepath.Join(t.TempDir(), "shop.db")
	opt := Options{Path: path, Node: "node", Shop: "shop", Till: "T1", Now: clock.Now, Persons: edgetest.PersonKeys()}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, db.PutRelease(ctx, edgetest.Release(1)))
	k, _, err := db.PlaceOrder(ctx, "order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayDeposit))
	require.NoError(t, err)
	waiting, err := db.WaitingContacts(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, waiting, "it is not placed yet")
	_, _, err = db.PayOrder(ctx, "pay-00001", edge.OrderPaying{Order: k.ID, Payment: edge.Payment{Method: edge.Cash, Amount: k.Due}, Staff: "Lan"})
	require.NoError(t, err)
	waiting, err = db.WaitingContacts(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.OrderContact{{Order: k.ID, Contact: edgetest.Customer(), Agreed: "2026-11", At: clock.Now()}}, waiting)
	require.NoError(t, waiting[0].Check())
	require.NoError(t, db.ContactSent(ctx, k.ID))
	waiting, err = db.WaitingContacts(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, waiting)

	clock.Advance(time.Hour)
	require.NoError(t, db.Apply(ctx, 1, edgetest.Told(t, &k.Order, edge.OrderCompleted, clock.Now(), 0)))
	keep := personKeep()
	clock.Advance(keep.Contacts)
	n, err := db.pruneContacts(ctx, keep)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = db.OrderContact(ctx, k.ID)
	require.NoError(t, err)
	clock.Advance(time.Second)
	n, err = db.pruneContacts(ctx, keep)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = db.OrderContact(ctx, k.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.NoError(t, db.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, word := range []string{"Lê Lợi", "Nguyễn", "0901234567"} {
		require.False(t, bytes.Contains(file, []byte(word)), word)
	}
}

func TestNoNamesWithoutASecret(t *testing.T) {
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	_, _, err = db.PlaceOrder(t.Context(), "order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayFull))
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	list, err := db.KnownOrders(t.Context(), nil, 10)
	require.NoError(t, err)
	require.Empty(t, list)
}
