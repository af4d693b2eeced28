package hq

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A database that an earlier version wrote keeps its meaning and its order.
func TestUpgradeFromSchema3(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hq.db")
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	for _, file := range []string{"database/migration/0001_ledger.sql", "database/migration/0002_projection.sql", "database/migration/0003_sale_cart.sql", "testdata/schema3.sql"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = db.Exec(string(text))
		require.NoError(t, err, file)
	}
	_, err = db.Exec("pragma user_version = 3")
	require.NoError(t, err)
	type place struct {
		node string
		seq  uint64
	}
	var want []place
	rows, err := db.Query("select pos, node, seq from inbox where pos is not null order by pos")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var pos int
		var p place
		require.NoError(t, rows.Scan(&pos, &p.node, &p.seq))
		want = append(want, p)
		require.Equal(t, len(want), pos)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, db.Close())
	require.Len(t, want, 11)

	clock := edgetest.NewClock()
	h := open(t, path, clock.Now, newKey(t))
	ctx := t.Context()
	for after := range want {
		list, err := h.Events(ctx, int64(after), 3)
		require.NoError(t, err)
		for i, r := range list {
			require.EqualValues(t, after+i+1, r.Cursor)
			require.Equal(t, want[after+i], place{r.Event.Node, r.Event.Seq})
		}
		require.Len(t, list, min(3, len(want)-after))
	}
	check := func() {
		t.Helper()
		stock, err := h.Stock(ctx, testShop)
		require.NoError(t, err)
		require.Equal(t, map[edge.SKU]int64{edgetest.Lipstick: -2}, stock)
		sales, err := h.Sales(ctx, 0, 10)
		require.NoError(t, err)
		require.Len(t, sales, 2)
		require.Equal(t, []int64{2, 11}, []int64{sales[0].Cursor, sales[1].Cursor}, "cursors that systems have kept go on")
		flaws, err := h.Quarantine(ctx, 10)
		require.NoError(t, err)
		require.Len(t, flaws, 1)
		require.Equal(t, FlawUnknown, flaws[0].Kind, "told from the reason")
	}
	check()
	require.NoError(t, h.Project(ctx))
	check()
	require.NoError(t, h.Rebuild(ctx))
	check()

	// The event that was missing comes, and the lane goes on.
	var hash []byte
	require.NoError(t, h.db.Read.QueryRow("select prev from inbox where node = 'shop-1' and seq = 8").Scan(&hash))
	var mark, held uint64
	require.NoError(t, h.db.Read.QueryRow("select mark, max_seen from cursor where node = 'shop-1'").Scan(&mark, &held))
	require.Equal(t, [2]uint64{6, 8}, [2]uint64{mark, held})
}
