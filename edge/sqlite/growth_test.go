package sqlite

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// ledgerTables are those that grow with what is sold: all that the tax office and
// headquarters may ask for, and what keeps a button pressed twice from selling
// twice.
func ledgerTables() []string {
	return []string{"event", "receipt", "sale", "request", "answer", "stock_move", "print_job"}
}

// rowsOf counts the rows of every table.
func rowsOf(t *testing.T, db *DB) map[string]int {
	t.Helper()
	rows, err := db.reader.QueryContext(t.Context(), `SELECT name FROM sqlite_schema WHERE type = 'table'`)
	require.NoError(t, err)
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		counts[name] = 0
	}
	require.NoError(t, rows.Err())
	for name := range counts {
		var n int
		require.NoError(t, db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+name+`"`).Scan(&n))
		counts[name] = n
	}
	return counts
}

// A shop that is open day after day, with shoppers who come and go and a
// headquarters that tells it things, keeps no more after a quarter than after a
// month, but for its ledger.
func TestNothingButTheLedgerGrows(t *testing.T) {
	clock := edgetest.NewClock()
	db := openAt(t, clock)
	db.opt.Tickets = true
	ctx, number := t.Context(), uint64(0)
	day := func(n int) {
		for range 5 {
			_, err := db.CreateCart(ctx) // looked at the code, and left
			require.NoError(t, err)
			edgetest.FillCart(t, db, edgetest.Lipstick, 1) // filled it, and left
		}
		edgetest.Sell(t, db, edgetest.Lipstick)
		job, err := db.NextPrint(ctx)
		require.NoError(t, err)
		_, err = db.StartPrint(ctx, job.ID)
		require.NoError(t, err)
		require.NoError(t, db.EndPrint(ctx, job.ID, edge.PrintPrinted, "", true))
		_, _, err = db.BeginCommand(ctx, fmt.Sprintf("command-%d", n), edge.Hash{byte(n)}, clock.Now().Add(time.Hour))
		require.NoError(t, err)
		number++
		require.NoError(t, db.Apply(ctx, number, edge.Delivery{
			Stock:   []edge.ShopStock{{Shop: "other", AsOf: clock.Now(), Levels: map[edge.SKU]int64{edgetest.Lipstick: int64(n)}}},
			Records: []edge.Record{{Kind: edge.RecordPhoto, ID: fmt.Sprintf("%02x", n), State: edge.PhotoDeleted, At: clock.Now()}},
			Staff:   &edge.Directory{Members: []edge.Member{{Name: fmt.Sprintf("Lan %d", n), Role: edge.RoleClerk, Active: true}}},
		}))
		confirm(t, db)
		clock.Advance(24 * time.Hour)
		require.NoError(t, db.ForgetCommands(ctx, clock.Now()))
		for forgotten := 1; forgotten > 0; {
			forgotten, err = db.PruneCarts(ctx, edge.DefaultCartKeep())
			require.NoError(t, err)
		}
	}
	const month, quarter = 31, 93
	for n := range month {
		day(n)
	}
	before := rowsOf(t, db)
	require.Greater(t, before["cart"], 100, "carts are kept for a while")
	for n := month; n < quarter; n++ {
		day(n)
	}
	after := rowsOf(t, db)
	for table, rows := range after {
		if slices.Contains(ledgerTables(), table) {
			continue
		}
		require.LessOrEqual(t, rows, before[table]+10, "table %s grows: forget what nobody needs any more, or say here that it is of the ledger", table)
	}
	require.Equal(t, quarter, after["sale"], "no sale is forgotten")
}
