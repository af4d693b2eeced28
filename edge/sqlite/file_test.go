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

// shopFile is a closed database with some sales in it.
func shopFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "made", "shop.db")
	db, err := sqlite.Open(t.Context(), options(path))
	require.NoError(t, err)
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	for range 50 {
		edgetest.Sell(t, db, edgetest.Cream)
	}
	require.NoError(t, db.Close())
	return path
}

func execSQL(t *testing.T, path, query string) {
	raw, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	defer raw.Close()
	_, err = raw.ExecContext(t.Context(), query)
	require.NoError(t, err)
}

func TestRefusedFilesAreLeftAlone(t *testing.T) {
	write := func(t *testing.T, content string) string {
		path := filepath.Join(t.TempDir(), "shop.db")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for _, tc := range []struct {
		name string
		make func(t *testing.T) string
		kind edge.Kind
		says []string
	}{
		{"text", func(t *testing.T) string { return write(t, "this is a shopping list, not a database") }, edge.Invalid, []string{"not a database", "another path"}},
		{"three bytes", func(t *testing.T) string { return write(t, "SQL") }, edge.Invalid, []string{"not a database"}},
		{"header only", func(t *testing.T) string { return write(t, "SQLite format 3\x00") }, edge.Unavailable, []string{"damaged", "backup"}},
		{"cut in half", func(t *testing.T) string {
			path := shopFile(t)
			st, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, st.Size()/2))
			return path
		}, edge.Unavailable, []string{"damaged"}},
		{"overwritten page", func(t *testing.T) string {
			path := shopFile(t)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			defer f.Close()
			st, err := f.Stat()
			require.NoError(t, err)
			junk := make([]byte, 4096)
			for i := range junk {
				junk[i] = byte(i*7 + 1)
			}
			for at := int64(4096); at < st.Size(); at += 4 * 4096 {
				_, err = f.WriteAt(junk, at)
				require.NoError(t, err)
			}
			return path
		}, edge.Unavailable, []string{"damaged"}},
		{"newer version", func(t *testing.T) string {
			path := shopFile(t)
			execSQL(t, path, `PRAGMA user_version = 99`)
			return path
		}, edge.Unavailable, []string{"version 99", "versions up to", "newer program"}},
		{"another program's", func(t *testing.T) string {
			path := write(t, "")
			execSQL(t, path, `CREATE TABLE bookmark (url TEXT)`)
			return path
		}, edge.Invalid, []string{"another program"}},
		{"another gateway's", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "shop.db")
			opt := options(path)
			opt.Node = "hue_01"
			db, err := sqlite.Open(t.Context(), opt)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			return path
		}, edge.Conflict, []string{`"hue_01"`, `"node"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := tc.make(t)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = sqlite.Open(t.Context(), options(path))
			require.Error(t, err)
			require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
			for _, s := range append(tc.says, path) {
				require.ErrorContains(t, err, s)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

func TestOpenRefusesAFolder(t *testing.T) {
	_, err := sqlite.Open(t.Context(), options(t.TempDir()))
	require.ErrorContains(t, err, "is not a file")
	_, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "x.db")})
	require.ErrorContains(t, err, "must all be named")
}

// Whatever the power cut left of the very first opening is taken up again.
func TestOpenTakesUpAnUnfinishedFirstOpening(t *testing.T) {
	for name, query := range map[string]string{
		"empty file":  `SELECT 1`,
		"header only": `PRAGMA journal_mode = WAL`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "odd ?#% name.db")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			execSQL(t, "file:"+(filepath.Dir(path)+"/odd%20%3f%23%25%20name.db"), query)
			db := open(t, options(path))
			require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
			edgetest.Sell(t, db, edgetest.Cream)
		})
	}
}

func TestReopenGoesOn(t *testing.T) {
	path := shopFile(t)
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode().Perm())
	db := open(t, options(path))
	s := edgetest.Sell(t, db, edgetest.Cream)
	require.Equal(t, "T1-1-000051", s.Receipt.String())
	require.Len(t, edgetest.Chain(t, db, edge.LaneSale), 52)
}

func TestOneGatewayAtATime(t *testing.T) {
	opt := options(filepath.Join(t.TempDir(), "shop.db"))
	db := open(t, opt)
	_, err := sqlite.Open(t.Context(), opt)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "a gateway is running")
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	edgetest.Sell(t, db, edgetest.Cream)
	require.NoError(t, db.Close())
	open(t, opt)
}

func TestClosedDatabaseSaysSo(t *testing.T) {
	db, err := sqlite.Open(t.Context(), options(filepath.Join(t.TempDir(), "shop.db")))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close(), "closing twice is harmless")
	_, err = db.CreateCart(t.Context())
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.ErrorContains(t, err, "stopping")
}
