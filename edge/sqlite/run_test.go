package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestDailyCheckFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	opt := Options{Path: path, Node: "node", Shop: "shop", Till: "T1"}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	_, err = trySelling(t, db, 10)
	require.NoError(t, err)
	db.checkIntegrity(t.Context())
	require.Empty(t, db.Troubles())
	require.NoError(t, db.Close())

	// An index that holds something else than its table: the quick check at the
	// start does not look for that.
	raw, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	raw.SetMaxOpenConns(1)
	for _, q := range []string{
		`CREATE INDEX lost ON sale (till)`,
		`PRAGMA writable_schema = 1`,
		`UPDATE sqlite_schema SET sql = 'CREATE INDEX lost ON sale (counter)' WHERE name = 'lost'`,
	} {
		_, err = raw.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	require.NoError(t, raw.Close())
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	defer db.Close()
	require.Empty(t, db.Troubles())
	db.checkIntegrity(t.Context())
	require.Equal(t, []string{"database"}, parts(db.Troubles()))
	require.Contains(t, db.Troubles()[0].Message, "edge restore --latest")
}

// In idle time the WAL gives its room back, but makes nobody wait for that.
func TestWALIsEmptiedInIdleTime(t *testing.T) {
	db := openTest(t)
	size := func() int64 {
		st, err := os.Stat(db.opt.Path + "-wal")
		require.NoError(t, err)
		return st.Size()
	}
	long, err := db.reader.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	var n int
	require.NoError(t, long.QueryRowContext(t.Context(), `SELECT count(*) FROM sale`).Scan(&n))
	_, err = trySelling(t, db, 100)
	require.NoError(t, err)
	require.NotZero(t, size())
	require.False(t, db.emptyWAL(t.Context()), "somebody reads")
	_, err = trySelling(t, db, 10)
	require.NoError(t, err)
	require.NoError(t, long.Rollback())
	require.True(t, db.emptyWAL(t.Context()))
	require.Zero(t, size())
	_, err = trySelling(t, db, 10)
	require.NoError(t, err)
	edgetest.Chain(t, db, edge.LaneSale)
}

// After an error of the disk the database is opened anew and proven to hold what
// was acknowledged; where it does not, nothing is written any more, and Run says
// that the program must start again.
func TestWhatWasAcknowledgedIsProven(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), Options{Path: filepath.Join(dir, "shop.db"), Node: "node", Shop: "shop", Till: "T1"})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	_, err = trySelling(t, db, 3)
	require.NoError(t, err)

	fail := func() error {
		_, err := write(t.Context(), db, func(context.Context, *tx) (struct{}, error) {
			return struct{}{}, sqlite3.Error{Code: sqlite3.ErrIoErr}
		})
		return err
	}
	require.Equal(t, edge.Unavailable, edge.KindOf(fail()))
	_, err = trySelling(t, db, 3)
	require.NoError(t, err, "it is whole: the till sells on")
	require.Equal(t, []string{"database"}, parts(db.Troubles()))

	_, err = write(t.Context(), db, func(_ context.Context, t *tx) (struct{}, error) {
		t.last[slot(edge.LaneSale)].Hash[0] ^= 1 // as if what is on the disk were not what was acknowledged
		return struct{}{}, nil
	})
	require.NoError(t, err)
	require.Equal(t, edge.Unavailable, edge.KindOf(fail()))
	_, err = trySelling(t, db, 1)
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.ErrorContains(t, err, "start the gateway again")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.ErrorContains(t, db.Run(ctx), "start the gateway again")
	require.NoError(t, ctx.Err())
}
