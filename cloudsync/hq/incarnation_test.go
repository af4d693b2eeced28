package hq

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
)

func (g *gateway) incarnation() string {
	g.t.Helper()
	return g.send(g.batch(1, 0)).Ledger
}

func TestRestartIsNoNewIncarnation(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	id := g.send(g.batch(1, 3)).Ledger
	require.NotEmpty(t, id)
	where := g.reopen()
	require.Equal(t, id, g.incarnation())
	require.Empty(t, g.lasting())

	beside := open(t, where, g.clock.Now, g.hq.key)
	require.Equal(t, id, *beside.ledger.Load())
	require.NoError(t, beside.NewIncarnation(t.Context()))
	other := g.incarnation()
	require.NotEqual(t, id, other, "collectors at work notice at once")
	require.Equal(t, *beside.ledger.Load(), other)
	require.Equal(t, []IncidentKind{IncidentRestored}, g.lasting())
	g.clock.Advance(closeAfter)
	require.Empty(t, g.lasting())
}

// reopen closes HQ's ledger and opens it again.
func (g *gateway) reopen() (where string) {
	g.t.Helper()
	where = g.where
	require.NoError(g.t, g.hq.Close())
	g.hq = open(g.t, where, g.clock.Now, g.hq.key)
	return where
}

func TestRestoredFileIsANewIncarnation(t *testing.T) {
	g := newGateway(t)
	if databasetest.OnPostgres() {
		t.Skip("it is about files, and was asked of SQLite")
	}
	g.addMoves(9)
	g.send(g.batch(1, 3))
	copyTo := func(from, to string) {
		in, err := os.Open(from)
		require.NoError(t, err)
		defer in.Close()
		out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // into the same inode where it is there
		require.NoError(t, err)
		defer out.Close()
		_, err = io.Copy(out, in)
		require.NoError(t, err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	_, err := g.hq.db.Write.Exec("vacuum into $1", backup)
	require.NoError(t, err)

	ids := map[string]bool{g.send(g.batch(4, 6)).Ledger: true}
	fresh := func(why string) {
		t.Helper()
		id := g.incarnation()
		require.False(t, ids[id], why)
		ids[id] = true
	}
	require.NoError(t, g.hq.Close())
	copyTo(backup, g.where)
	for _, tail := range []string{"-wal", "-shm"} {
		os.Remove(g.where + tail)
	}
	g.hq = open(t, g.where, g.clock.Now, g.hq.key)
	fresh("put back into the same file: it holds less than was confirmed")
	require.EqualValues(t, 3, g.send(g.batch(1, 0)).Mark)

	require.NoError(t, g.hq.Close())
	require.NoError(t, os.Rename(g.where, g.where+".old"))
	copyTo(g.where+".old", g.where)
	g.hq = open(t, g.where, g.clock.Now, g.hq.key)
	fresh("another file")

	require.NoError(t, g.hq.Close())
	require.NoError(t, os.Remove(g.where+".incarnation"))
	g.hq = open(t, g.where, g.clock.Now, g.hq.key)
	fresh("nothing vouches for it")

	g.send(g.batch(1, 9))
	require.True(t, ids[g.incarnation()])
	g.reopen()
	require.True(t, ids[g.incarnation()], "and from then on it stays the same")
}

func TestRestoredTablesAreANewIncarnation(t *testing.T) {
	g := newGateway(t)
	if !databasetest.OnPostgres() {
		t.Skip("it is about servers: TestContractOnPostgres asks it")
	}
	g.addMoves(3)
	id := g.send(g.batch(1, 3)).Ledger
	// What putting a dump back does, under the eyes of a collector at work.
	_, err := g.hq.db.Write.ExecContext(t.Context(), "create table copy (like ledger including all); insert into copy select * from ledger; drop table ledger; alter table copy rename to ledger")
	require.NoError(t, err)
	other := g.incarnation()
	require.NotEqual(t, id, other)
	require.Equal(t, other, g.incarnation())
	require.Equal(t, []IncidentKind{IncidentRestored}, g.lasting())
}
