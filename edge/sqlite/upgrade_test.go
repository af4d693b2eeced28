package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A till that was sold on with the first version goes on: keys that were used
// then are answered, and what was sold then can be given back, closed and
// counted.
func TestLedgerOfTheFirstVersionGoesOn(t *testing.T) {
	opt := Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1"}
	co := edge.Checkout{Cart: edge.CartID{1}, Payments: edge.Payments{{Method: edge.Cash, Amount: 398000}}}
	sale := edge.Sale{
		ID: "s1", Shop: "shop", Cart: co.Cart, Checkout: 1, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 1},
		Lines: []edge.SaleLine{{SKU: edgetest.Lipstick, Quantity: 2, Price: 199000, Total: 398000, VATRate: 800, VAT: 29481}},
		Total: edge.Money{Amount: 398000, Currency: "VND"}, VAT: 29481, Payments: co.Payments, Release: 1, At: time.Now().UTC().Truncate(time.Millisecond),
	}
	firstVersion(t, opt, co, &sale)

	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	again, replayed, err := db.RecordSale(t.Context(), "key-00001", co)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, &sale, again)
	_, _, err = db.VoidSale(t.Context(), "key-00001", edge.Voiding{Sale: sale.Ref(), Reason: "x"})
	require.Equal(t, edge.Conflict, edge.KindOf(err), "the key stays taken")

	m, err := db.CountMark(t.Context())
	require.NoError(t, err)
	refund, _, err := db.RefundSale(t.Context(), "key-00002", edge.Refunding{
		Sale: sale.Ref(), Reason: "x", Lines: []edge.Return{{SKU: edgetest.Lipstick, Quantity: 1, To: edge.ToStock}},
		Back: []edge.Payback{{Method: edge.Cash, Amount: 199000}},
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, refund.Receipt.Counter)
	moves, _, err := db.EnterStock(t.Context(), "key-00003", edgetest.CountEntry(edgetest.Lipstick, 5, m, "count"))
	require.NoError(t, err)
	require.EqualValues(t, 7, moves[0].Delta, "two were sold before")
	stock, err := db.Stock(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 6, stock[edgetest.Lipstick])
	z, _, err := db.CloseDay(t.Context(), "key-00004", "Lan")
	require.NoError(t, err)
	require.EqualValues(t, 2, z[0].To)
	require.EqualValues(t, 199000, z[0].Totals[0].Net())
}

// firstVersion makes a database as the first version left it after one sale.
func firstVersion(t *testing.T, opt Options, co edge.Checkout, sale *edge.Sale) {
	file, err := os.OpenFile(opt.Path, os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	raw, err := sql.Open("sqlite3", dsn(opt.Path, writing))
	require.NoError(t, err)
	defer raw.Close()
	conn, err := raw.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	db := &DB{opt: opt}
	db.opt.Log = slog.New(slog.DiscardHandler)
	require.NoError(t, db.migrate(t.Context(), conn, migrations()[:1]))
	asked, err := json.Marshal(co)
	require.NoError(t, err)
	digest := sha256.Sum256(asked)
	body, err := json.Marshal(sale)
	require.NoError(t, err)
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO gateway (one, node, shop) VALUES (1, 'node', 'shop')`, nil},
		{`INSERT INTO epoch (n, id) VALUES (1, 'e1')`, nil},
		{`INSERT INTO event (epoch, lane, seq, id, type, time, mono, subject, data, hash) VALUES
			(1, 'sale', 1, 'v1', 'epoch.opened', 0, 0, 'e1', x'7b7d', zeroblob(32)), (1, 'ops', 1, 'v2', 'epoch.opened', 0, 0, 'e1', x'7b7d', zeroblob(32))`, nil},
		{`INSERT INTO event (epoch, lane, seq, id, type, time, mono, subject, data, hash) VALUES
			(1, 'sale', 2, 'v3', 'sale.recorded', 0, 0, 's1', ?, zeroblob(32))`, []any{body}},
		{`INSERT INTO receipt (till, series, last) VALUES ('T1', 1, 1)`, nil},
		{`INSERT INTO sale (id, cart, checkout, till, series, counter, event, body) VALUES ('s1', ?, 1, 'T1', 1, 1, 'v3', ?)`, []any{sale.Cart.String(), body}},
		{`INSERT INTO stock_move (sku, delta, reason, ref, at) VALUES (?, -2, 'sale', 's1', 0)`, []any{sale.Lines[0].SKU}},
		{`INSERT INTO request (key, digest, sale) VALUES ('key-00001', ?, 's1')`, []any{digest[:]}},
	} {
		_, err := conn.ExecContext(t.Context(), q.sql, q.args...)
		require.NoError(t, err, q.sql)
	}
}
