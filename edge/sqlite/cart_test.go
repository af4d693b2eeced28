package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func openAt(t testing.TB, clock *edgetest.Clock) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{
		Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	return db
}

// confirm lets HQ have heard everything.
func confirm(t testing.TB, db *DB) {
	t.Helper()
	for _, lane := range edge.Lanes() {
		head, _, err := db.Head(t.Context(), lane)
		require.NoError(t, err)
		require.NoError(t, db.SetMark(t.Context(), lane, head))
	}
}

func TestOldCartsAreForgotten(t *testing.T) {
	const day = 24 * time.Hour
	clock := edgetest.NewClock()
	db := openAt(t, clock)
	ctx := t.Context()
	keep := edge.CartKeep{Empty: day, Open: 10 * day, Closed: 30 * day}
	bare, err := db.CreateCart(ctx)
	require.NoError(t, err)
	lines := edgetest.FillCart(t, db, edgetest.Cream, 1)
	emptied := edgetest.FillCart(t, db, edgetest.Cream, 1)
	_, err = db.ChangeCart(ctx, emptied.ID, func(c *edge.Cart, w edge.Writer) error { return c.SetQuantity(w, c.Lines[0].ID, 0) })
	require.NoError(t, err)
	sold := edgetest.Sell(t, db, edgetest.Lipstick)
	before, err := db.Cart(ctx, sold.Cart)
	require.NoError(t, err)

	prune := func(want ...edge.CartID) {
		t.Helper()
		n, err := db.PruneCarts(ctx, keep)
		require.NoError(t, err)
		require.Equal(t, len(want), n)
		for _, id := range want {
			_, err := db.Cart(ctx, id)
			require.Equal(t, edge.NotFound, edge.KindOf(err))
		}
	}
	prune()
	clock.Advance(day)
	prune()
	clock.Advance(time.Millisecond)
	prune(bare.ID)
	clock.Advance(9 * day)
	prune() // HQ has heard of none
	confirm(t, db)
	_, err = db.ChangeCart(ctx, lines.ID, func(c *edge.Cart, w edge.Writer) error { return c.SetQuantity(w, c.Lines[0].ID, 2) })
	require.NoError(t, err)
	confirm(t, db)
	prune(emptied.ID)
	clock.Advance(10 * day)
	prune()
	clock.Advance(time.Millisecond)
	prune(lines.ID)
	clock.Advance(20 * day)
	prune(sold.Cart)

	// A sold cart that comes back from elsewhere is still sold.
	before.Closed = nil
	again, err := db.MergeCart(ctx, before)
	require.NoError(t, err)
	require.Equal(t, sold.Closing(), again.Closed)
	open, err := db.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, open)

	_, err = db.PruneCarts(ctx, edge.CartKeep{Empty: day, Open: day, Closed: time.Minute})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func TestKeepCartsForgetsThemAll(t *testing.T) {
	clock := edgetest.NewClock()
	db := openAt(t, clock)
	for range 2*pruneAtOnce + 1 {
		_, err := db.CreateCart(t.Context())
		require.NoError(t, err)
	}
	clock.Advance(48 * time.Hour)
	n, err := db.PruneCarts(t.Context(), edge.DefaultCartKeep())
	require.NoError(t, err)
	require.Equal(t, pruneAtOnce, n, "a few at a time")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- db.KeepCarts(ctx, edge.DefaultCartKeep()) }()
	require.Eventually(t, func() bool { return countCarts(t, db) == 0 }, 2*time.Minute, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.Error(t, db.KeepCarts(t.Context(), edge.CartKeep{}))
}

func countCarts(t testing.TB, db *DB) (n int) {
	t.Helper()
	require.NoError(t, db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM cart`).Scan(&n))
	return n
}

// manyCarts puts n carts with lines into the database, every tenth of them
// open and the others closed.
func manyCarts(t testing.TB, db *DB, n int) {
	t.Helper()
	_, err := write(t.Context(), db, func(ctx context.Context, tx *tx) (any, error) {
		for i := range n {
			c := edge.NewCart(edge.CartID{byte(i >> 16), byte(i >> 8), byte(i)}, tx.now())
			if _, err := c.Add("gshop", edgetest.Cream, 1); err != nil {
				return nil, err
			}
			if i%10 > 0 {
				c.Closed = &edge.Closing{Sale: fmt.Sprint("sale-", i), Receipt: "T1", At: tx.now()}
			}
			if _, err := tx.saveCart(ctx, c, nil); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	require.NoError(t, err)
}

// What is asked for often touches no more carts than it answers with.
func TestCartQueriesSearchIndexes(t *testing.T) {
	db := openTest(t)
	for query, want := range map[string]string{
		openCarts:                            "USING INDEX cart_open",
		parkedCarts:                          "USING INDEX cart_parked",
		takenCarts:                           "USING INDEX cart_taken",
		pruneCarts(bareCarts):                "USING COVERING INDEX cart_bare (changed<?)",
		pruneCarts(unsoldCarts):              "USING COVERING INDEX cart_unsold (changed<?)",
		pruneCarts(closedCarts):              "USING COVERING INDEX cart_closed (changed<?)",
		`SELECT body FROM cart WHERE id = ?`: "(id=?)",
		`SELECT body FROM sale WHERE cart = ? ORDER BY checkout LIMIT 1`:               "(cart=?)",
		`SELECT 1 FROM refund_due WHERE id = ?`:                                        "(id=?)",
		`SELECT 1 FROM refund_due d JOIN reversal r ON r.sale = d.sale WHERE d.id = ?`: "USING COVERING INDEX reversal_sale",
	} {
		plan := explain(t, db, query)
		require.Contains(t, plan, want, query)
		require.NotContains(t, plan, "TEMP B-TREE", query)
	}
}

func explain(t testing.TB, db *DB, query string) (plan string) {
	t.Helper()
	args := []any{1, 1, 1}[:strings.Count(query, "?")]
	rows, err := db.reader.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var line string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &line))
		plan += line + "\n"
	}
	require.NoError(t, rows.Err())
	return plan
}

func BenchmarkCartsOf100000(b *testing.B) {
	clock := edgetest.NewClock()
	db := openAt(b, clock)
	manyCarts(b, db, 100_000)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			carts, err := db.OpenCarts(b.Context(), 50)
			require.NoError(b, err)
			require.Len(b, carts, 50)
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			_, err := db.Cart(b.Context(), edge.CartID{1, 2, 3})
			require.NoError(b, err)
		}
	})
	b.Run("nothing to prune", func(b *testing.B) {
		for b.Loop() {
			n, err := db.PruneCarts(b.Context(), edge.DefaultCartKeep())
			require.NoError(b, err)
			require.Zero(b, n)
		}
	})
	confirm(b, db)
	clock.Advance(60 * 24 * time.Hour)
	b.Run("prune", func(b *testing.B) {
		sum := 0
		for b.Loop() {
			n, err := db.PruneCarts(b.Context(), edge.DefaultCartKeep())
			require.NoError(b, err)
			sum += n
		}
		b.ReportMetric(float64(sum)/float64(b.N), "carts/op")
	})
}

// A database of the first version opens: its carts are what they were, merge
// with new ones, and are not forgotten at once; its keys still answer.
func TestCartsOfTheFirstVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	opt := Options{Path: path, Node: "node", Shop: "shop", Till: "T1"}
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	raw, err := sql.Open("sqlite3", dsn(path, writing))
	require.NoError(t, err)
	conn, err := raw.Conn(t.Context())
	require.NoError(t, err)
	first := migrations()[0]
	require.Equal(t, "001_shop.sql", first.name)
	require.NoError(t, step(t.Context(), conn, first, 1))
	cart := edge.NewCart(edge.CartID{1}, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	_, err = cart.Add("gold", edgetest.Lipstick, 2)
	require.NoError(t, err)
	body, err := json.Marshal(cart)
	require.NoError(t, err)
	const epoch = "0193a4c2-7b00-7000-8000-000000000001"
	sale := edge.Sale{ID: "0193a4c2-7b00-7000-8000-000000000002", Cart: edge.CartID{2}, Checkout: 1, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 1}, At: cart.Claim.Until}
	sold, err := json.Marshal(sale)
	require.NoError(t, err)
	co := edge.Checkout{Cart: edge.CartID{2}, Payments: edge.Payments{{Method: edge.Cash, Amount: 5}}}
	asked, err := newAsk("key-00001", callSale, co)
	require.NoError(t, err)
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO gateway (one, node, shop) VALUES (1, 'node', 'shop')`, nil},
		{`INSERT INTO epoch (n, id) VALUES (1, ?)`, []any{epoch}},
		{`INSERT INTO cart (id, pieces, closed, body) VALUES (?, 2, 0, ?)`, []any{cart.ID.String(), body}},
		{`INSERT INTO receipt (till, series, last) VALUES ('T1', 1, 1)`, nil},
		{`INSERT INTO sale (id, cart, checkout, till, series, counter, event, body) VALUES (?, ?, 1, 'T1', 1, 1, 'e1', ?)`, []any{sale.ID, sale.Cart.String(), sold}},
		{`INSERT INTO request (key, digest, sale) VALUES (?, ?, ?)`, []any{asked.key, asked.digest[:], sale.ID}},
	} {
		_, err := conn.ExecContext(t.Context(), q.query, q.args...)
		require.NoError(t, err, q.query)
	}
	require.NoError(t, conn.Close())
	require.NoError(t, raw.Close())

	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	got, err := db.Cart(t.Context(), cart.ID)
	require.NoError(t, err)
	require.Equal(t, cart, got)
	again, replayed, err := db.RecordSale(t.Context(), "key-00001", co)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, sale.ID, again.ID)
	require.NoError(t, cart.SetField("phone1", cart.Claim.Until, cart.Lines[0].ID, edge.Note, "a gift"))
	got, err = db.MergeCart(t.Context(), cart)
	require.NoError(t, err)
	require.Equal(t, cart, got)
	n, err := db.PruneCarts(t.Context(), edge.DefaultCartKeep())
	require.NoError(t, err)
	require.Zero(t, n)
}
