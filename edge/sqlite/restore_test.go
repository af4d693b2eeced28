package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// till is a gateway's database with a witness, and all receipts it ever
// printed.
type till struct {
	*testing.T
	dir     string
	opt     sqlite.Options
	db      *sqlite.DB
	printed map[string]string // receipt to sale
}

func newTill(t *testing.T) *till {
	dir := t.TempDir()
	opt := options(filepath.Join(dir, "data", "edge.db"))
	opt.Witness = filepath.Join(dir, "device.key.witness")
	opt.Machine = "this machine"
	l := &till{T: t, dir: dir, opt: opt, printed: map[string]string{}}
	l.start()
	require.NoError(t, l.db.PutRelease(t.Context(), edgetest.Release(1)))
	t.Cleanup(func() { require.NoError(t, l.db.Close()) })
	return l
}

func (l *till) start() {
	l.Helper()
	var err error
	l.db, err = sqlite.Open(l.Context(), l.opt)
	require.NoError(l, err)
}

func (l *till) stop() { require.NoError(l, l.db.Close()) }

// sell prints n receipts, none of which was ever printed before.
func (l *till) sell(n int) {
	l.Helper()
	for range n {
		s := edgetest.Sell(l, l.db, edgetest.Cream)
		require.Empty(l, l.printed[s.Receipt.String()], "receipt %s was printed before", s.Receipt)
		l.printed[s.Receipt.String()] = s.ID
	}
}

func (l *till) backup(name string) string {
	l.Helper()
	to := filepath.Join(l.dir, name)
	require.NoError(l, sqlite.Backup(l.Context(), l.opt.Path, to))
	return to
}

func (l *till) restore(from string) *sqlite.Restored {
	l.Helper()
	r, err := sqlite.Restore(l.Context(), l.opt, from)
	require.NoError(l, err)
	return r
}

// put copies a file over the database, as somebody would by hand.
func (l *till) put(from string) {
	l.Helper()
	text, err := os.ReadFile(from)
	require.NoError(l, err)
	require.NoError(l, os.WriteFile(l.opt.Path, text, 0o600))
}

// knows checks that all printed receipts are in the ledger once, in the sales
// and in the events, and that the stock is what they left.
func (l *till) knows() {
	l.Helper()
	sales, err := l.db.Sales(l.Context(), 1<<20)
	require.NoError(l, err)
	got := map[string]string{}
	for _, s := range sales {
		require.Empty(l, got[s.Receipt.String()], "receipt %s is there twice", s.Receipt)
		got[s.Receipt.String()] = s.ID
	}
	require.Equal(l, l.printed, got)
	stock, err := l.db.Stock(l.Context())
	require.NoError(l, err)
	require.EqualValues(l, -len(l.printed), stock[edgetest.Cream])
	edgetest.Chain(l, l.db, edge.LaneSale)
	edgetest.Chain(l, l.db, edge.LaneOps)
}

// What was sold after the backup was taken is taken over from the database that
// is put aside; each restore, also of the same backup, begins a series of its
// own.
func TestRestoreTwiceFromOneBackup(t *testing.T) {
	l := newTill(t)
	l.sell(5)
	backup := l.backup("b.db")
	l.sell(3)
	l.stop()
	r := l.restore(backup)
	require.EqualValues(t, 2, r.Series)
	require.Empty(t, r.Lost)
	require.NotZero(t, r.Events)
	require.FileExists(t, r.Aside)
	l.start()
	l.knows()
	l.sell(4)
	require.NoError(t, l.db.SetMark(t.Context(), edge.LaneSale, 3))
	l.stop()
	r = l.restore(backup)
	require.EqualValues(t, 3, r.Series)
	require.Empty(t, r.Lost)
	l.start()
	l.knows()
	l.sell(2)
	l.knows()
	require.EqualValues(t, 3, l.db.Series())

	// The parent is what HQ held for certain.
	chain, err := l.db.Ancestors(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	require.Len(t, chain, 1, "HQ never confirmed anything of the first epoch")
	require.EqualValues(t, 3, chain[0].Seq)
	l.stop()
	l.start()
	require.EqualValues(t, 3, l.db.Series(), "a plain start begins nothing")
	l.knows()
}

// An old copy put back by hand has lost what came after it; its numbers are
// never given out again all the same.
func TestCopyPutBackByHandBeginsANewSeries(t *testing.T) {
	l := newTill(t)
	l.sell(5)
	l.stop()
	early := filepath.Join(l.dir, "copy.db")
	text, err := os.ReadFile(l.opt.Path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(early, text, 0o600))
	for want := uint32(1); want < 4; want++ {
		l.start()
		require.Equal(t, want, l.db.Series())
		l.sell(3)
		l.stop()
		l.put(early)
	}
	l.start()
	l.sell(1)
	require.EqualValues(t, 4, l.db.Series())
}

func TestWhoMayNotGoOnInTheSeries(t *testing.T) {
	for name, change := range map[string]func(l *till){
		"no witness":      func(l *till) { require.NoError(l, os.RemoveAll(l.opt.Witness)) },
		"damaged witness": func(l *till) { require.NoError(l, os.WriteFile(l.opt.Witness, []byte(`{"v":1`), 0o600)) },
		"another machine": func(l *till) { l.opt.Machine = "another machine" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newTill(t)
			l.sell(3)
			l.stop()
			copied := filepath.Join(l.dir, "copy.db")
			text, err := os.ReadFile(l.opt.Path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(copied, text, 0o600))
			seen := map[uint32]bool{1: true}
			for range 3 { // the same copy, and nothing but it: every time a series that nobody had
				l.put(copied)
				change(l)
				l.start()
				require.False(t, seen[l.db.Series()], "series %d again", l.db.Series())
				seen[l.db.Series()] = true
				l.sell(2)
				l.stop()
				require.NoError(t, os.Remove(l.opt.Witness))
			}
			l.start() // the last one's witness is gone too
			l.stop()
			series := l.db.Series()
			l.start()
			require.Equal(t, series, l.db.Series(), "the witness is there again")
		})
	}
}

// A witness that cannot be written keeps nobody from selling: every start has a
// series that nobody had, until the witness follows again.
func TestWitnessThatCannotBeWritten(t *testing.T) {
	l := newTill(t)
	l.sell(3)
	l.stop()
	copied := filepath.Join(l.dir, "copy.db")
	text, err := os.ReadFile(l.opt.Path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, text, 0o600))
	require.NoError(t, os.Remove(l.opt.Witness))
	require.NoError(t, os.Mkdir(l.opt.Witness, 0o700))
	for range 3 {
		l.put(copied)
		l.start()
		l.sell(2)
		require.Len(t, l.db.Troubles(), 1)
		require.Equal(t, "witness", l.db.Troubles()[0].Part)
		require.NoError(t, os.Remove(l.opt.Witness))
		series := l.db.Series()
		l.stop() // it follows
		l.start()
		require.Equal(t, series, l.db.Series())
		require.Empty(t, l.db.Troubles())
		l.stop()
		require.NoError(t, os.Remove(l.opt.Witness))
		require.NoError(t, os.Mkdir(l.opt.Witness, 0o700))
	}
	require.NoError(t, os.Remove(l.opt.Witness))
	l.start()
}

func TestWitnessOfAnotherGateway(t *testing.T) {
	l := newTill(t)
	l.stop()
	opt := options(filepath.Join(t.TempDir(), "other.db"))
	opt.Node, opt.Witness = "other", l.opt.Witness
	_, err := sqlite.Open(t.Context(), opt)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, `"node"`)
	l.start()
}

func TestRestoreRefuses(t *testing.T) {
	l := newTill(t)
	l.sell(3)
	backup := l.backup("b.db")
	_, err := sqlite.Restore(t.Context(), l.opt, backup)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "a gateway is running")
	l.stop()

	copyOf := func(name string) string {
		text, err := os.ReadFile(backup)
		require.NoError(t, err)
		path := filepath.Join(l.dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	newer, foreign, cut := copyOf("newer.db"), copyOf("foreign.db"), copyOf("cut.db")
	execSQL(t, newer, `PRAGMA user_version = 99`)
	execSQL(t, foreign, `UPDATE gateway SET shop = 'elsewhere'`)
	require.NoError(t, os.Truncate(cut, 20000))
	empty := filepath.Join(l.dir, "empty.db")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	text := filepath.Join(l.dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte("a shopping list, and not a short one"), 0o600))
	before, err := os.ReadFile(l.opt.Path)
	require.NoError(t, err)
	for file, says := range map[string]string{
		newer: "newer program", foreign: `"elsewhere"`, cut: "is damaged", empty: "is empty", text: "is damaged",
		filepath.Join(l.dir, "none.db"): "there is no backup", l.opt.Path: "the gateway's database itself",
	} {
		_, err := sqlite.Restore(t.Context(), l.opt, file)
		require.ErrorContains(t, err, says)
	}
	after, err := os.ReadFile(l.opt.Path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	l.start()
	require.EqualValues(t, 1, l.db.Series())
	l.knows()
}

// Another machine of this name may have given the numbers of the first series. Only
// HQ can say that it has not.
func TestNewDatabaseNumbersNoReceiptOfTheFirstSeriesBeforeHQIsHeard(t *testing.T) {
	t.Run("not heard", func(t *testing.T) {
		l := newTill(t)
		l.stop()
		l.opt.Line = true
		l.start()
		l.sell(1)
		series := l.db.Series()
		require.Greater(t, series, uint32(1))
		require.Contains(t, l.printed, fmt.Sprintf("T1-%d-000001", series))
		l.sell(4)
		l.stop()
		l.start()
		l.sell(1)
		require.Equal(t, series, l.db.Series(), "once is enough")
		z, _, err := l.db.CloseDay(t.Context(), "close-day-1", "Hoa")
		require.NoError(t, err)
		require.Len(t, z, 1, "nothing was ever sold in the first series")
		l.knows()
	})
	t.Run("heard", func(t *testing.T) {
		l := newTill(t)
		l.stop()
		l.opt.Line = true
		l.start()
		require.NoError(t, l.db.SetMark(t.Context(), edge.LaneSale, 0))
		l.sell(3)
		require.EqualValues(t, 1, l.db.Series())
	})
	t.Run("no headquarters", func(t *testing.T) {
		l := newTill(t)
		l.sell(3)
		require.EqualValues(t, 1, l.db.Series())
	})
	t.Run("sold under an earlier version", func(t *testing.T) {
		l := newTill(t)
		l.sell(3)
		l.stop()
		l.opt.Line = true
		l.start()
		l.sell(3)
		require.EqualValues(t, 1, l.db.Series())
	})
	t.Run("all at once", func(t *testing.T) {
		l := newTill(t)
		l.stop()
		l.opt.Line = true
		l.start()
		var sales [20]*edge.Sale
		var group errgroup.Group
		for i := range sales {
			group.Go(func() error { sales[i] = edgetest.Sell(t, l.db, edgetest.Cream); return nil })
		}
		require.NoError(t, group.Wait())
		for _, s := range sales {
			require.Equal(t, l.db.Series(), s.Receipt.Series)
			l.printed[s.Receipt.String()] = s.ID
		}
		require.Len(t, l.printed, len(sales))
		l.knows()
	})
}
