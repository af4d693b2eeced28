package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUpgradeKeepsACopyAndUndoesAFailedStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	opt := Options{Path: path, Node: "node", Shop: "shop", Till: "T1"}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	epoch := db.Epoch()
	require.NoError(t, db.Close())

	raw, err := sql.Open("sqlite3", dsn(path, writing))
	require.NoError(t, err)
	defer raw.Close()
	conn, err := raw.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	opt.Now = func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }
	db = &DB{opt: opt}
	db.opt.Log = slog.New(slog.DiscardHandler)

	known := len(migrations())
	steps := append(migrations(),
		migration{"998_good.sql", `CREATE TABLE good (n INTEGER) STRICT`},
		migration{"999_bad.sql", `CREATE TABLE half (n INTEGER) STRICT; CREATE TABLE good (n INTEGER) STRICT`})
	require.ErrorContains(t, db.migrate(t.Context(), conn, steps), "999_bad.sql")
	var version, half, good int
	require.NoError(t, conn.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version))
	require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).Scan(&half))
	require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT count(*) FROM good`).Scan(&good))
	require.Equal(t, known+1, version)
	require.Zero(t, half)

	copies, err := filepath.Glob(fmt.Sprintf("%s.v%d-20261121T090000Z.bak", path, known))
	require.NoError(t, err)
	require.Len(t, copies, 1)
	opt.Path = copies[0]
	copied, err := Open(t.Context(), opt)
	require.NoError(t, err, "the copy is a whole database of the old version")
	require.Equal(t, epoch, copied.Epoch())
	require.NoError(t, copied.Close())
}

func TestMigrationsAreNumbered(t *testing.T) {
	for i, m := range migrations() {
		require.True(t, strings.HasPrefix(m.name, fmt.Sprintf("%03d_", i+1)), m.name)
	}
}

func TestSettingsHold(t *testing.T) {
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "n", Shop: "s", Till: "T1"})
	require.NoError(t, err)
	defer db.Close()
	_, err = write(t.Context(), db, func(_ context.Context, tx *tx) (struct{}, error) {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			require.NoError(t, tx.conn.QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&got))
			require.Equal(t, want, got, pragma)
		}
		return struct{}{}, nil
	})
	require.NoError(t, err)
	_, err = db.reader.ExecContext(t.Context(), `DELETE FROM gateway`)
	require.ErrorContains(t, err, "readonly")
}
