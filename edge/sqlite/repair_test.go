package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// A damaged event costs itself, not those behind it.
func TestEventsBehindADamagedOneArriveUnderTheirOldIDs(t *testing.T) {
	l := newTill(t)
	l.sell(5)
	backup := l.backup("b.db")
	l.sell(20)
	before := edgetest.Chain(t, l.db, edge.LaneSale)
	l.stop()
	execSQL(t, l.opt.Path, `DROP TRIGGER event_stays; UPDATE event SET data = CAST('{}' AS BLOB) WHERE lane = 'sale' AND seq = 15`)
	r := l.restore(backup)
	require.NotEmpty(t, r.Lost)
	l.start()
	l.knows() // the tables were whole
	ids := map[string]int{}
	for _, p := range []func() ([]edge.Event, error){
		func() ([]edge.Event, error) {
			return l.db.EpochEvents(t.Context(), nil, before[0].Epoch, edge.LaneSale, 0, 100)
		},
		func() ([]edge.Event, error) { return l.db.Events(t.Context(), nil, edge.LaneSale, 0, 100) },
	} {
		evs, err := p()
		require.NoError(t, err)
		for _, e := range evs {
			ids[e.ID]++
		}
	}
	require.Zero(t, ids[before[14].ID], "the damaged one")
	for i, e := range before {
		if i != 14 {
			require.NotZero(t, ids[e.ID], "event %d", i+1)
		}
	}
	edgetest.Chain(t, l.db, edge.LaneSale)
	l.sell(2)
}

// overwrite spoils part of a file.
func overwrite(t *testing.T, path string, from, to int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	junk := make([]byte, to-from)
	for i := range junk {
		junk[i] = byte(i*7 + 1)
	}
	_, err = f.WriteAt(junk, from)
	require.NoError(t, err)
}

// A damaged database costs no sale: the newest good backup takes its place, and
// what can be read of the damaged one is taken over.
func TestDamagedDatabaseIsReplacedAtTheStart(t *testing.T) {
	backups := func(l *till) string {
		dir := filepath.Join(l.dir, "backup")
		l.opt.Backups = []string{filepath.Join(l.dir, "not mounted"), dir}
		return dir
	}
	t.Run("whole backup, header gone", func(t *testing.T) {
		l := newTill(t)
		dir := backups(l)
		l.sell(5)
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
		l.sell(5)
		bad := filepath.Join(dir, "node-20261121T090000Z.db")
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, bad))
		require.NoError(t, os.Truncate(bad, 9000))
		l.stop()
		overwrite(t, l.opt.Path, 0, 4096)
		l.start()
		r := l.db.Restored()
		require.NotNil(t, r)
		require.Equal(t, filepath.Join(dir, "node-20261121T080000Z.db"), r.From, "the newest that is good")
		require.FileExists(t, r.Aside)
		require.NotEmpty(t, r.Lost)
		require.EqualValues(t, 2, l.db.Series())
		l.sell(3) // and none of its numbers was printed before
	})
	t.Run("one page gone", func(t *testing.T) {
		l := newTill(t)
		dir := backups(l)
		l.sell(5)
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
		l.sell(200)
		l.stop()
		st, err := os.Stat(l.opt.Path)
		require.NoError(t, err)
		middle := st.Size() / 8192 * 4096
		overwrite(t, l.opt.Path, middle, middle+8192)
		l.start()
		r := l.db.Restored()
		require.NotNil(t, r)
		t.Log("taken over", r.Events, "lost", r.Lost)
		require.NotZero(t, r.Events)
		l.sell(3)
	})
	t.Run("missing", func(t *testing.T) {
		l := newTill(t)
		dir := backups(l)
		l.sell(5)
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
		l.stop()
		require.NoError(t, os.Remove(l.opt.Path))
		l.start()
		require.EqualValues(t, 2, l.db.Series())
		l.knows()
		l.sell(2)
		l.knows()
	})
	t.Run("empty", func(t *testing.T) {
		l := newTill(t)
		dir := backups(l)
		l.sell(5)
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
		l.stop()
		require.NoError(t, os.Truncate(l.opt.Path, 0)) // as a power cut leaves files on some disks
		l.start()
		require.NotNil(t, l.db.Restored())
		require.Equal(t, "the database is empty", l.db.Restored().Why)
		require.EqualValues(t, 2, l.db.Series())
		l.knows()
		l.sell(2)
		l.knows()
	})
	t.Run("missing on a new machine", func(t *testing.T) {
		l := newTill(t)
		dir := backups(l)
		l.sell(5)
		require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
		l.stop()
		require.NoError(t, os.Remove(l.opt.Path))
		require.NoError(t, os.Remove(l.opt.Witness))
		l.opt.Machine = "another machine"
		l.start()
		require.NotNil(t, l.db.Restored())
		require.Greater(t, l.db.Series(), uint32(2), "the old one may still sell")
		l.knows()
		l.sell(2)
		l.knows()
	})
	t.Run("no backup at all", func(t *testing.T) {
		l := newTill(t)
		backups(l)
		l.sell(5)
		l.stop()
		overwrite(t, l.opt.Path, 0, 4096)
		l.start()
		require.EqualValues(t, 2, l.db.Series())
		require.NoError(t, l.db.PutRelease(t.Context(), edgetest.Release(1)))
		l.sell(2)
	})
}

// Where a table cannot be read, what it held is made again from the ledger.
func TestRowsOfADamagedTableComeFromTheLedger(t *testing.T) {
	l := newTill(t)
	dir := filepath.Join(l.dir, "backup")
	l.opt.Backups = []string{dir}
	l.sell(5)
	require.NoError(t, sqlite.Backup(t.Context(), l.opt.Path, filepath.Join(dir, "node-20261121T080000Z.db")))
	l.sell(50)
	l.stop()
	raw, err := sql.Open("sqlite3", l.opt.Path)
	require.NoError(t, err)
	defer raw.Close()
	for _, table := range []string{"sale", "stock_move", "cart"} {
		var page int64
		require.NoError(t, raw.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = ?`, table).Scan(&page))
		overwrite(t, l.opt.Path, (page-1)*4096, page*4096)
	}
	l.start()
	r := l.db.Restored()
	require.NotNil(t, r)
	require.NotEmpty(t, r.Lost)
	l.knows()
	l.sell(3)
	l.knows()
}

// The power goes while the old database is put aside: what its WAL holds is not
// left behind.
func TestPowerCutWhileTheOldDatabaseIsPutAside(t *testing.T) {
	l := newTill(t)
	l.sell(5)
	backup := l.backup("b.db")
	l.sell(5)
	killed := map[string][]byte{} // the files as a kill leaves them
	for _, end := range []string{"", "-wal", "-shm"} {
		text, err := os.ReadFile(l.opt.Path + end)
		require.NoError(t, err)
		killed[end] = text
	}
	l.stop()
	aside := l.opt.Path + ".aside-20261121T080000Z"
	for name, moved := range map[string][]string{"linked": nil, "WAL moved": {"-wal"}, "all moved": {"-wal", "-shm"}} {
		for end, text := range killed {
			require.NoError(t, os.RemoveAll(l.opt.Path+end))
			require.NoError(t, os.WriteFile(l.opt.Path+end, text, 0o600))
		}
		require.NoError(t, os.Link(l.opt.Path, aside))
		for _, end := range moved {
			require.NoError(t, os.Rename(l.opt.Path+end, aside+end))
		}
		r := l.restore(backup)
		require.Empty(t, r.Lost, name)
		require.NoFileExists(t, aside)
		l.start()
		l.knows()
		l.stop()
	}
	l.start()
}

// The database that is put aside may be of an earlier version than the program.
func TestDatabaseOfAnEarlierVersionIsTakenOver(t *testing.T) {
	l := newTill(t)
	l.sell(5)
	backup := l.backup("b.db")
	l.sell(5)
	l.stop()
	execSQL(t, l.opt.Path, `DROP INDEX stock_move_recalled; ALTER TABLE stock_move DROP COLUMN recalled; DROP TABLE recall; PRAGMA user_version = 5`)
	r := l.restore(backup)
	require.Empty(t, r.Lost)
	l.start()
	l.knows()
}
