package hq

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestEveryConnectionIsDurable(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "a ?#%.db"), time.Now, newKey(t))
	for _, db := range []*sql.DB{h.write, h.read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			require.NoError(t, db.QueryRow("pragma "+pragma).Scan(&got))
			require.Equal(t, want, got, pragma)
		}
	}
	_, err := h.read.Exec("delete from node")
	require.Error(t, err, "readers cannot write")
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	try := func(path string) error {
		_, err := Open(t.Context(), Options{Path: path, Key: newKey(t), Now: time.Now, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler)})
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
	require.Equal(t, edge.Invalid, edge.KindOf(try("")))
}

func TestReleasesOutliveARestart(t *testing.T) {
	path, key, clock := place(t), newKey(t), edgetest.NewClock()
	h := open(t, path, clock.Now, key)
	_, err := h.Release(t.Context())
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.NoError(t, h.PutRelease(t.Context(), edgetest.Release(1)))
	require.NoError(t, h.PutRelease(t.Context(), edgetest.Release(1)))
	other := edgetest.Release(1)
	other.Variants[0].Price.Amount++
	require.Equal(t, edge.Conflict, edge.KindOf(h.PutRelease(t.Context(), other)))
	later := edgetest.Release(2)
	later.Effective = clock.Now().Add(time.Hour)
	require.NoError(t, h.PutRelease(t.Context(), later))

	again := open(t, path, clock.Now, key)
	require.Equal(t, *h.ledger.Load(), *again.ledger.Load(), "the same incarnation")
	r, err := again.Release(t.Context())
	require.NoError(t, err)
	require.Equal(t, edgetest.Release(1), r)
	clock.Advance(time.Hour)
	r, err = again.Release(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, r.Version)
	r, err = again.ReleaseVersion(t.Context(), 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Version)
	_, err = again.ReleaseVersion(t.Context(), 3)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
