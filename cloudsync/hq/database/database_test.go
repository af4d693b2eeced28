package database

import (
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t) }

func open(t *testing.T, where string) *DB {
	t.Helper()
	db, err := Open(t.Context(), where)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestMigrationsAreNumbered(t *testing.T) {
	files, err := fs.Glob(migrations, "migration/*.sql")
	require.NoError(t, err)
	for i, file := range files {
		require.True(t, strings.HasPrefix(path.Base(file), fmt.Sprintf("%04d_", i+1)), file)
	}
}

func TestEveryConnectionIsDurable(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a ?#%.db"))
	for _, pool := range []*sql.DB{db.Write, db.Read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			require.NoError(t, pool.QueryRow("pragma "+pragma).Scan(&got))
			require.Equal(t, want, got, pragma)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	_, err := open(t, databasetest.Place(t)).Read.Exec("delete from node")
	require.Error(t, err)
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	try := func(path string) error {
		_, err := Open(t.Context(), path)
		require.Error(t, err)
		return err
	}
	newer := filepath.Join(dir, "newer.db")
	db, err := sql.Open("sqlite3", newer)
	require.NoError(t, err)
	_, err = db.Exec("pragma user_version = 99")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, edge.Conflict, edge.KindOf(try(newer)))
	require.ErrorContains(t, try(newer), "newer version of this program (schema 99")

	noise := filepath.Join(dir, "noise.db")
	require.NoError(t, os.WriteFile(noise, []byte("this is a letter, and not a database at all"), 0o600))
	require.Equal(t, edge.Unavailable, edge.KindOf(try(noise)))
	require.ErrorContains(t, try(filepath.Join(dir, "nowhere", "hq.db")), "check that the folder exists")
}

// What a collector asks the server for its owner of the database may ask.
func TestOwnerOfTheDatabaseNeedsNoMoreRights(t *testing.T) {
	if !databasetest.OnPostgres() {
		t.Skip("a part of TestContractOnPostgres")
	}
	server, err := pgx.Connect(t.Context(), databasetest.Server())
	require.NoError(t, err)
	defer server.Close(t.Context())
	_, err = server.Exec(t.Context(), "create role ordinary login")
	require.NoError(t, err)
	_, err = server.Exec(t.Context(), "create database ordinary owner ordinary")
	require.NoError(t, err)
	u, err := url.Parse(databasetest.Server())
	require.NoError(t, err)
	u.User, u.Path = url.User("ordinary"), "/ordinary"
	db := open(t, u.String())
	require.NoError(t, db.InTx(t.Context(), func(tx *sql.Tx) error {
		place, err := db.Place(t.Context(), tx)
		require.NotEmpty(t, place)
		return err
	}))
}
