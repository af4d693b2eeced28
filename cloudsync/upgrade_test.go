package cloudsync_test

import (
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// The databases in testdata/upgrade are a shop's and its headquarters' as programs
// of earlier schemas left them after the same day: sales, in the later ones also a
// void, a refund, goods in and a Z report; an open cart; and at last a sale with
// the line cut. They are dumps, with the schema's number in the name and at the
// end. None is ever changed; the next one is added when a version is released.
const (
	oldNode = "nang-mai-q1-gw1"
	oldShop = "nang-mai-q1"
)

// oldEvent is an event as an earlier version left it.
type oldEvent struct {
	seq  uint64
	id   string
	hash []byte
}

// oldDay is a shop that an earlier version left, opened by today's.
type oldDay struct {
	dir    string
	now    func() time.Time
	events map[edge.Lane][]oldEvent
	sales  map[string]string // receipts by the sale's id
	open   edge.CartID
	stock  map[edge.SKU]int64
	last   uint64 // counter of the last receipt
	shop   *sqlite.DB
}

// What was sold stays as it was, the till goes on in the same series, and what
// headquarters lacks arrives there, once.
func TestDayOfAnEarlierVersionGoesOn(t *testing.T) {
	for _, schema := range []struct {
		shop, hq  int
		otherForm bool // of requests: a sale was paid in one part only
	}{{1, 3, true}, {10, 19, true}, {18, 24, false}} {
		t.Run(fmt.Sprintf("schemas %d and %d", schema.shop, schema.hq), func(t *testing.T) {
			d := &oldDay{dir: t.TempDir()}
			// It is half an hour later: what is kept for a while only is still there.
			began, later := time.Now(), time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
			d.now = func() time.Time { return later.Add(time.Since(began)) }
			d.read(t, restoreDump(t, d.dir, "shop", schema.shop))
			restoreDump(t, d.dir, "hq", schema.hq)

			var err error
			d.shop, err = sqlite.Open(t.Context(), sqlite.Options{
				Path: filepath.Join(d.dir, "shop.db"), Node: oldNode, Shop: oldShop, Till: "T1", Now: d.now,
			})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, d.shop.Close()) })
			d.sameLedger(t)
			d.pressedAgain(t, schema.otherForm)
			d.sellsOn(t)
			d.arrives(t)
		})
	}
}

// restoreDump makes the database NAME.db of the dump of its schema.
func restoreDump(t *testing.T, dir, name string, schema int) *sql.DB {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upgrade", fmt.Sprintf("%s-%d.sql", name, schema)))
	require.NoError(t, err)
	path := filepath.Join(dir, name+".db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), string(text))
	require.NoError(t, err)
	return db
}

// read is what the earlier version itself would have said, as its tables have it.
func (d *oldDay) read(t *testing.T, db *sql.DB) {
	t.Helper()
	defer func() { require.NoError(t, db.Close()) }()
	d.events, d.sales, d.stock = map[edge.Lane][]oldEvent{}, map[string]string{}, map[edge.SKU]int64{}
	each := func(query string, row func(scan func(...any) error) error) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), query)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			require.NoError(t, row(rows.Scan))
		}
		require.NoError(t, rows.Err())
	}
	each(`SELECT lane, seq, id, hash FROM event ORDER BY lane, seq`, func(scan func(...any) error) error {
		var lane edge.Lane
		var e oldEvent
		err := scan(&lane, &e.seq, &e.id, &e.hash)
		d.events[lane] = append(d.events[lane], e)
		return err
	})
	each(`SELECT id, till, series, counter FROM sale`, func(scan func(...any) error) error {
		var id string
		var r edge.Receipt
		err := scan(&id, &r.Till, &r.Series, &r.Counter)
		d.sales[id] = r.String()
		return err
	})
	each(`SELECT sku, sum(delta) FROM stock_move GROUP BY sku`, func(scan func(...any) error) error {
		var sku edge.SKU
		var n int64
		err := scan(&sku, &n)
		d.stock[sku] = n
		return err
	})
	each(`SELECT last FROM receipt`, func(scan func(...any) error) error { return scan(&d.last) })
	each(`SELECT id FROM cart WHERE NOT closed`, func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		return d.open.UnmarshalText([]byte(id))
	})
	require.NotEmpty(t, d.sales)
}

// sameLedger holds today's words against those of then.
func (d *oldDay) sameLedger(t *testing.T) {
	t.Helper()
	sales, err := d.shop.Sales(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, d.sales, receiptsByID(sales))
	stock, err := d.shop.Stock(t.Context())
	require.NoError(t, err)
	require.Equal(t, d.stock, stock)
	for _, lane := range edge.Lanes() {
		events, err := d.shop.Events(t.Context(), nil, lane, 0, 1000)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(events), len(d.events[lane]))
		var hash edge.Hash
		for i, was := range d.events[lane] {
			hash = events[i].Hash(hash)
			require.Equal(t, was, oldEvent{events[i].Seq, events[i].ID, hash[:]}, "%s %d", lane, i+1)
		}
	}
	waiting, _, err := d.shop.Waiting(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	require.NotZero(t, waiting, "the last sale was made with the line cut")
}

func receiptsByID(sales []edge.RecordedSale) map[string]string {
	list := map[string]string{}
	for _, s := range sales {
		list[s.ID] = s.Receipt.String()
	}
	return list
}

// pressedAgain sends what was sent then. It sells nothing: the answer is that of
// then, or that the key is taken where requests had another form.
func (d *oldDay) pressedAgain(t *testing.T, otherForm bool) {
	t.Helper()
	first := d.first(t)
	again, replayed, err := d.shop.RecordSale(t.Context(), "story-key-0001", edge.Checkout{Cart: first.Cart, Payments: first.Payments})
	if otherForm {
		require.Equal(t, edge.Conflict, edge.KindOf(err))
		return
	}
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, first.Receipt, again.Receipt)
}

// first is the day's first sale, of each product that is in the open cart.
func (d *oldDay) first(t *testing.T) *edge.Sale {
	t.Helper()
	sales, err := d.shop.Sales(t.Context(), 100)
	require.NoError(t, err)
	return &sales[len(sales)-1].Sale
}

// sellsOn sells the cart that was open, under the next number.
func (d *oldDay) sellsOn(t *testing.T) {
	t.Helper()
	first := d.first(t)
	cart, err := d.shop.Cart(t.Context(), d.open)
	require.NoError(t, err)
	var total int64
	for _, line := range cart.Lines {
		for _, l := range first.Lines { // the day's prices
			if l.SKU == line.SKU {
				total += l.Price * int64(line.Quantity())
				d.stock[l.SKU] -= int64(line.Quantity())
			}
		}
	}
	s, _, err := d.shop.RecordSale(t.Context(), "today-key-0001", edge.Checkout{Cart: d.open, Payments: edge.Payments{{Method: edge.Cash, Amount: total}}})
	require.NoError(t, err)
	require.Equal(t, edge.Receipt{Till: "T1", Series: 1, Counter: d.last + 1}, s.Receipt)
	d.sales[s.ID] = s.Receipt.String()
	stock, err := d.shop.Stock(t.Context())
	require.NoError(t, err)
	require.Equal(t, d.stock, stock)
}

// arrives brings shop and headquarters together.
func (d *oldDay) arrives(t *testing.T) {
	t.Helper()
	ctx, line, key, hqKey := t.Context(), newHub(11), newKey(t), newKey(t)
	h, err := hq.Open(ctx, hq.Options{Path: filepath.Join(d.dir, "hq.db"), Key: hqKey, Now: d.now, NewID: uuid.NewString, Log: quiet()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	held, err := h.Sales(ctx, 0, 100)
	require.NoError(t, err)
	require.Len(t, held, len(d.sales)-2, "all but the one with the line cut, and today's")

	// The gateway's key of then is in no dump; it gets another one.
	require.NoError(t, h.Enrol(ctx, hq.Node{Node: oldNode, Shop: oldShop, Key: key.Public().(ed25519.PublicKey)}))
	start(t, hq.NewCollector(hq.CollectorConfig{HQ: h, Dialer: line, Log: quiet(), Backoff: quick, Resend: 300 * time.Millisecond}).Run)
	uplink, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: oldNode, Key: key, HQ: []ed25519.PublicKey{hqKey.Public().(ed25519.PublicKey)},
		Outbox: d.shop, Archive: d.shop, Commands: d.shop, Recall: d.shop, Dialer: line, Log: quiet(),
		Backoff: quick, Resend: 300 * time.Millisecond, Probe: time.Second,
	})
	require.NoError(t, err)
	start(t, uplink.Run)
	check := func() bool {
		t.Helper()
		sales, err := h.Sales(ctx, 0, 100)
		require.NoError(t, err)
		there := map[string]string{}
		for _, s := range sales {
			require.NotContains(t, there, s.Sale.ID, "twice")
			there[s.Sale.ID] = s.Sale.Receipt.String()
		}
		stock, err := h.Stock(ctx, oldShop)
		require.NoError(t, err)
		return len(there) == len(d.sales) && fmt.Sprint(there) == fmt.Sprint(d.sales) && fmt.Sprint(stock) == fmt.Sprint(d.stock)
	}
	require.Eventually(t, check, 2*time.Minute, 20*time.Millisecond, "HQ has not what the shop sold: %+v", uplink.Status())
	require.NoError(t, h.Rebuild(ctx))
	require.Eventually(t, check, 2*time.Minute, 20*time.Millisecond, "built anew HQ says something else")
	flaws, err := h.Quarantine(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, flaws)
	require.EqualValues(t, 1, d.shop.Series())
}
