package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// A cart that the bank's word sells has a ticket, which nobody at the till asks
// for.
func TestTheBanksWordWakesThePrinter(t *testing.T) {
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "edge.db"), Node: "gw-1", Shop: "shop-1", Till: "T1"})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	cart := edgetest.FillCart(t, db, edgetest.Lipstick, 2)
	asked, _, err := db.RequestTransfer(t.Context(), "request-1", edgetest.Ask(t, db, cart, "request-1"))
	require.NoError(t, err)
	var changed []edge.CartID
	woken := 0
	o := tellingOutbox{DB: db, changed: func(id edge.CartID) { changed = append(changed, id) }, records: func([]edge.Record) {}, paid: func() { woken++ }}
	require.NoError(t, o.Apply(t.Context(), 1, edge.Delivery{Staff: &edge.Directory{}}))
	require.Zero(t, woken)
	word := edgetest.Paid(t, asked, "credit-0001", asked.Total.Amount, asked.At)
	require.NoError(t, o.Apply(t.Context(), 2, edge.Delivery{Records: []edge.Record{word}}))
	require.Equal(t, 1, woken)
	require.Equal(t, []edge.CartID{cart.ID}, changed)
}
