package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

func options(path string) sqlite.Options {
	return sqlite.Options{Path: path, Node: "node", Shop: "shop", Till: "T1"}
}

func open(t testing.TB, opt sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestContract(t *testing.T) {
	edgetest.Contract(t, func(t *testing.T, now func() time.Time) edgetest.Shop {
		opt := options(filepath.Join(t.TempDir(), "shop.db"))
		opt.Now = now
		return open(t, opt)
	})
}
