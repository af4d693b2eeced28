package sqlite_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

func options(path string) sqlite.Options {
	return sqlite.Options{Path: path, Node: "node", Shop: "shop", Till: "T1", Persons: edgetest.PersonKeys()}
}

func open(t testing.TB, opt sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// makeShop makes a database with a catalogue, for others to open.
func makeShop(t testing.TB, opt sqlite.Options) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), opt)
	require.NoError(t, err)
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	require.NoError(t, db.Close())
}

func TestContract(t *testing.T) {
	edgetest.Contract(t, func(t *testing.T, now func() time.Time) edgetest.Shop {
		opt := options(filepath.Join(t.TempDir(), "shop.db"))
		opt.Now = now
		return open(t, opt)
	})
}

// Whoever knows a cart's id may change the cart, so no log names one.
func TestLogNamesNoCart(t *testing.T) {
	var log bytes.Buffer
	opt := options(filepath.Join(t.TempDir(), "shop.db"))
	opt.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db := open(t, opt)
	bad := edge.NewCart(edge.CartID{7}, time.Now())
	bad.Claim.Holder = "nobody"
	require.NoError(t, db.Apply(t.Context(), 42, edge.Delivery{Carts: []*edge.Cart{bad}}))
	require.Contains(t, log.String(), "message=42")
	require.Contains(t, log.String(), "nobody")
	require.NotContains(t, log.String(), bad.ID.String())
}

func TestAnyDaysAddUp(t *testing.T) {
	edgetest.Days(t, 25, func(rt *rapid.T, now func() time.Time) edgetest.Shop {
		opt := options(filepath.Join(t.TempDir(), "shop.db"))
		opt.Now = now
		db, err := sqlite.Open(t.Context(), opt)
		require.NoError(rt, err)
		rt.Cleanup(func() { require.NoError(rt, db.Close()) })
		return db
	})
}
