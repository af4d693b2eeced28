package database

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

var restoredAt = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// ledgerFile is a database of headquarters' with some rows.
func ledgerFile(t *testing.T, path string) *DB {
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = db.Write.Exec("insert into ledger (one, id, place, since) values (1, 'first', 'here', 0)")
	require.NoError(t, err)
	return db
}

func fill(t *testing.T, db *DB, name string) {
	require.NoError(t, db.InTx(t.Context(), func(tx *sql.Tx) error {
		for i := range 2000 {
			if _, err := tx.Exec("insert into filling values ($1, $2)", fmt.Sprintf("%d-%s-%s", i, name, strings.Repeat("x", i%300)), i); err != nil {
				return err
			}
		}
		return nil
	}))
}

func rows(t *testing.T, path string) (whole string, n int) {
	db, err := sql.Open("sqlite3", fileURL(path, ""))
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRow("pragma integrity_check(1)").Scan(&whole))
	require.NoError(t, db.QueryRow("select count(*) from filling").Scan(&n))
	return whole, n
}

// Headquarters' machine died, and left a WAL beside its database.
func TestRestoreBesideTheWALOfAnother(t *testing.T) {
	dir := t.TempDir()
	live, backup, dead := filepath.Join(dir, "live.db"), filepath.Join(dir, "backup.db"), filepath.Join(dir, "hq.db")
	db := ledgerFile(t, live)
	_, err := db.Write.Exec("create table filling (name text primary key, n integer) without rowid")
	require.NoError(t, err)
	fill(t, db, "before")
	require.NoError(t, Backup(t.Context(), live, backup), "while somebody writes to it")
	fill(t, db, "after")
	_, err = db.Write.Exec("pragma wal_checkpoint(truncate)")
	require.NoError(t, err)
	fill(t, db, "last")
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(live + end)
		require.NoError(t, err)
		require.NotEmpty(t, text)
		require.NoError(t, os.WriteFile(dead+end, text, 0o600))
	}
	require.NoError(t, db.Close())

	from, err := os.Open(backup)
	require.NoError(t, err)
	defer from.Close()
	aside, err := Restore(t.Context(), dead, from, restoredAt)
	require.NoError(t, err)
	whole, n := rows(t, dead)
	require.Equal(t, "ok", whole)
	require.Equal(t, 2000, n, "what the backup holds, and nothing of the WAL")
	require.Equal(t, dead+".aside-20261123T100000Z", aside)
	whole, n = rows(t, aside)
	require.Equal(t, "ok", whole)
	require.Equal(t, 6000, n, "all that was there")
	left, err := filepath.Glob(dead + ".next*")
	require.NoError(t, err)
	require.Empty(t, left)
	st, err := os.Stat(dead)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, st.Mode().Perm())
}

func TestRestoreWhereNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, ledgerFile(t, filepath.Join(dir, "live.db")).Close())
	text, err := os.ReadFile(filepath.Join(dir, "live.db"))
	require.NoError(t, err)
	lost := filepath.Join(dir, "hq.db")
	require.NoError(t, os.WriteFile(lost+"-wal", []byte("of the database that is lost"), 0o600))
	aside, err := Restore(t.Context(), lost, bytes.NewReader(text), restoredAt)
	require.NoError(t, err)
	require.Empty(t, aside)
	require.NoFileExists(t, lost+"-wal")
	db, err := Open(t.Context(), lost)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "hq.db")
	db := ledgerFile(t, path)
	good := filepath.Join(dir, "good.db")
	require.NoError(t, Backup(t.Context(), path, good))
	text, err := os.ReadFile(good)
	require.NoError(t, err)
	_, err = Restore(t.Context(), path, bytes.NewReader(text), restoredAt)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "stop headquarters first")
	require.NoError(t, db.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	other := filepath.Join(dir, "other.db")
	o, err := sql.Open("sqlite3", other)
	require.NoError(t, err)
	_, err = o.Exec("create table t (a)")
	require.NoError(t, err)
	require.NoError(t, o.Close())
	otherText, err := os.ReadFile(other)
	require.NoError(t, err)
	newer := filepath.Join(dir, "newer.db")
	require.NoError(t, os.WriteFile(newer, text, 0o600))
	n, err := sql.Open("sqlite3", newer)
	require.NoError(t, err)
	_, err = n.Exec("pragma user_version = 99")
	require.NoError(t, err)
	require.NoError(t, n.Close())
	newerText, err := os.ReadFile(newer)
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		text []byte
		want edge.Kind
	}{
		"empty": {nil, edge.Invalid}, "cut": {text[:len(text)/2], edge.Invalid}, "a letter": {[]byte("Dear Sirs"), edge.Invalid},
		"another database": {otherText, edge.Invalid}, "a newer program's": {newerText, edge.Conflict},
	} {
		_, err := Restore(t.Context(), path, bytes.NewReader(tc.text), restoredAt)
		require.Equal(t, tc.want, edge.KindOf(err), "%s: %v", name, err)
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, before, now, name)
		left, err := filepath.Glob(path + ".*")
		require.NoError(t, err)
		require.Equal(t, []string{path + witnessEnd}, left, name)
	}

	require.Equal(t, edge.Conflict, edge.KindOf(Backup(t.Context(), path, good)), "the name is taken")
	require.Equal(t, edge.NotFound, edge.KindOf(Backup(t.Context(), path+"x", good)))
}
