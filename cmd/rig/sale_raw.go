package rig

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// repeater writes what a till wrote once more, by SQLite alone: the same rows
// into the same tables, one sale a transaction, from one connection, without
// reading or checking anything.
type repeater struct {
	shop, raw *sql.DB
	conn      *sql.Conn // of raw
	at        marks
}

// marks are the rows that both have, by table.
type marks struct{ cart, event, sale int64 }

func newRepeater(ctx context.Context, path, to string) (_ *repeater, err error) {
	r := &repeater{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.raw, err = sqlite.CopyPlain(ctx, path, to); err != nil {
		return nil, err
	}
	if r.conn, err = r.raw.Conn(ctx); err != nil {
		return nil, err
	}
	if r.shop, err = sql.Open("sqlite3", "file:"+path+"?mode=ro&_query_only=1"); err != nil {
		return nil, err
	}
	r.at, err = r.marks(ctx)
	return r, err
}

func (r *repeater) close() error {
	var errs []error
	if r.conn != nil {
		errs = append(errs, r.conn.Close())
	}
	for _, db := range []*sql.DB{r.raw, r.shop} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (r *repeater) marks(ctx context.Context) (m marks, err error) {
	err = r.shop.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(n), 0) FROM cart),
		(SELECT coalesce(max(rowid), 0) FROM event), (SELECT coalesce(max(n), 0) FROM sale)`).Scan(&m.cart, &m.event, &m.sale)
	return m, err
}

// catchUp takes over the carts that wait to be sold.
func (r *repeater) catchUp(ctx context.Context) error {
	var all []write
	for _, from := range []struct {
		table, where string
		after        int64
	}{{"cart", "n > ? ORDER BY n", r.at.cart}, {"event", "rowid > ? ORDER BY rowid", r.at.event}} {
		some, err := r.inserts(ctx, from.table, from.where, from.after)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if err := r.commit(ctx, all); err != nil {
		return err
	}
	var err error
	r.at, err = r.marks(ctx)
	return err
}

// write is a statement and its arguments.
type write struct {
	query string
	args  []any
}

// inserts are the statements that add the rows of a table once more.
func (r *repeater) inserts(ctx context.Context, table, where string, args ...any) ([]write, error) {
	rows, err := r.shop.QueryContext(ctx, "SELECT * FROM "+table+" WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	query := "INSERT INTO " + table + " VALUES (" + strings.Repeat("?, ", len(columns)-1) + "?)"
	var list []write
	for rows.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, write{query, row})
	}
	return list, rows.Err()
}

// repeat does the till's n sales since catchUp again, and gives the time that
// their transactions took.
func (r *repeater) repeat(ctx context.Context, n int) (time.Duration, error) {
	sales, err := r.sales(ctx)
	if err != nil {
		return 0, err
	}
	if len(sales) != n {
		return 0, fmt.Errorf("%d sales are in the database, %d were made", len(sales), n)
	}
	start := time.Now()
	for _, s := range sales {
		if err := r.commit(ctx, s); err != nil {
			return 0, err
		}
	}
	took := time.Since(start)
	r.at, err = r.marks(ctx)
	return took, err
}

func (r *repeater) commit(ctx context.Context, writes []write) error {
	if _, err := r.conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	for _, w := range writes {
		if _, err := r.conn.ExecContext(ctx, w.query, w.args...); err != nil {
			return fmt.Errorf("%s: %w", w.query, err)
		}
	}
	_, err := r.conn.ExecContext(ctx, `COMMIT`)
	return err
}

// sales are what each sale since r.at wrote.
func (r *repeater) sales(ctx context.Context) ([][]write, error) {
	events, err := r.inserts(ctx, "event", "rowid > ? ORDER BY rowid", r.at.event)
	if err != nil {
		return nil, err
	}
	rows, err := r.shop.QueryContext(ctx, `SELECT id, cart, till, series, counter FROM sale WHERE n > ? ORDER BY n`, r.at.sale)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list [][]write
	for rows.Next() {
		var id, cart, till string
		var series, counter int64
		if err := rows.Scan(&id, &cart, &till, &series, &counter); err != nil {
			return nil, err
		}
		const eventsOfSale = 2 // of the sale, and of its cart
		if len(events) < eventsOfSale {
			return nil, fmt.Errorf("sale %s has fewer than %d events", id, eventsOfSale)
		}
		s := slices.Clone(events[:eventsOfSale])
		events = events[eventsOfSale:]
		s = append(s, write{`UPDATE receipt SET last = ? WHERE till = ? AND series = ?`, []any{counter, till, series}})
		for _, of := range []struct{ table, where, arg string }{
			{"sale", "id = ?", id}, {"stock_move", "ref = ?", id}, {"request", "key = ?", "cart-" + cart},
		} {
			some, err := r.inserts(ctx, of.table, of.where, of.arg)
			if err != nil {
				return nil, err
			}
			s = append(s, some...)
		}
		rest, err := r.changes(ctx, id, cart)
		if err != nil {
			return nil, err
		}
		list = append(list, append(s, rest...))
	}
	return list, rows.Err()
}

// changes are the rows that a sale changed: its cart and the stock of what was
// in it.
func (r *repeater) changes(ctx context.Context, sale, cart string) ([]write, error) {
	var pieces, closed, changed, bare int64
	var body []byte
	err := r.shop.QueryRowContext(ctx, `SELECT pieces, closed, body, changed, bare FROM cart WHERE id = ?`, cart).Scan(&pieces, &closed, &body, &changed, &bare)
	if err != nil {
		return nil, err
	}
	list := []write{{`UPDATE cart SET pieces = ?, closed = ?, body = ?, changed = ?, bare = ? WHERE id = ?`, []any{pieces, closed, body, changed, bare, cart}}}
	rows, err := r.shop.QueryContext(ctx, `SELECT sku, delta FROM stock_move WHERE ref = ?`, sale)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sku string
		var delta int64
		if err := rows.Scan(&sku, &delta); err != nil {
			return nil, err
		}
		list = append(list, write{`INSERT INTO stock (sku, quantity) VALUES (?, ?)
			ON CONFLICT (sku) DO UPDATE SET quantity = quantity + excluded.quantity`, []any{sku, delta}})
	}
	return list, rows.Err()
}
