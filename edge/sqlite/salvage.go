package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// salvaged counts what a database that is put aside gave to the one that takes
// its place.
type salvaged struct {
	Events int      // of the ledger, each proven by its hash
	Lost   []string // what could not be read, in words
}

// attach lets conn read the database that is being replaced under the name old;
// false where that cannot be read at all. It must come before any transaction.
func attach(ctx context.Context, conn *sql.Conn, path string) (bool, error) {
	if _, err := conn.ExecContext(ctx, `ATTACH ? AS old`, dsn(path, "mode=ro")); err != nil {
		return false, nil //nolint:nilerr // that it cannot be opened is what was asked
	}
	var tables, id int
	err := errors.Join(
		conn.QueryRowContext(ctx, `SELECT count(*) FROM old.sqlite_schema`).Scan(&tables),
		conn.QueryRowContext(ctx, `PRAGMA old.application_id`).Scan(&id),
	)
	if err == nil && id == applicationID {
		return true, nil
	}
	_, err = conn.ExecContext(ctx, `DETACH old`)
	return false, err
}

// salvage takes over what the database that is being replaced has beyond this
// one, as far as it can be read: receipts were printed for it. The ledger's
// events are believed by their hashes; the tables are, where the ledger before
// them is this one's own.
func (t *tx) salvage(ctx context.Context) (*salvaged, error) {
	got := &salvaged{}
	lose := func(what string, err error) { got.Lost = append(got.Lost, fmt.Sprintf("%s: %v", what, err)) }
	if err := t.exec(ctx, `PRAGMA defer_foreign_keys = 1`); err != nil {
		return got, err
	}
	old, err := oldEpochs(ctx, t)
	if err != nil {
		lose("epochs", err)
		return got, nil
	}
	one := true
	for i := range old {
		for _, lane := range edge.Lanes() {
			n, continues, err := t.follow(ctx, &old[i], lane)
			got.Events += n
			one = one && continues
			if err != nil {
				lose(fmt.Sprintf("lane %s of epoch %d", lane, old[i].n), err)
			}
		}
	}
	if !one {
		got.Lost = append(got.Lost, "its tables: its ledger is not the continuation of the backup's")
		return got, nil
	}
	for _, table := range t.tables(ctx) {
		err := t.inSavepoint(ctx, func() error { return t.copyTable(ctx, table) })
		if err != nil {
			lose("table "+table, err)
		}
	}
	return got, nil
}

// inSavepoint undoes f, and nothing else, when it fails.
func (t *tx) inSavepoint(ctx context.Context, f func() error) error {
	if err := t.exec(ctx, `SAVEPOINT part`); err != nil {
		return err
	}
	err := f()
	if err != nil {
		err = errors.Join(err, t.exec(ctx, `ROLLBACK TO part`))
	}
	return errors.Join(err, t.exec(ctx, `RELEASE part`))
}

func oldEpochs(ctx context.Context, t *tx) (list []epoch, err error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT n, id FROM old.epoch ORDER BY n`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e epoch
		if err := rows.Scan(&e.n, &e.id); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// follow appends the old database's events of a lane behind this one's, which
// must be their beginning, and returns how many. continues is false where they
// are not: then nothing is appended.
func (t *tx) follow(ctx context.Context, e *epoch, lane edge.Lane) (n int, continues bool, err error) {
	if err := t.exec(ctx, `INSERT INTO epoch (n, id) VALUES (?, ?) ON CONFLICT DO NOTHING`, e.n, e.id); err != nil {
		return 0, false, err
	}
	t.present = nil
	mine, err := past(ctx, t.conn, e.id)
	if err != nil || mine.n != e.n {
		return 0, false, err
	}
	seq, prev, err := head(ctx, t.conn, e.n, lane)
	if err != nil {
		return 0, false, err
	}
	if same, err := t.oldHasHash(ctx, e.n, lane, seq, prev); err != nil || !same {
		return 0, err != nil, err // what cannot be read proves nothing against the tables
	}
	for {
		evs, hashes, err := t.oldEvents(ctx, e, lane, seq)
		for i := range evs {
			ev := &evs[i]
			if ev.Seq != seq+1 || ev.Hash(prev) != hashes[i] {
				return n, true, fmt.Errorf("event %d does not follow event %d", ev.Seq, seq)
			}
			if err := t.put(ctx, e, ev); err != nil {
				return n, true, err
			}
			seq, prev = ev.Seq, hashes[i]
			n++
		}
		if err != nil || len(evs) == 0 {
			return n, true, err
		}
	}
}

// oldHasHash reports whether the old database has this hash at seq, or nothing
// there at all: then it is the older one, and adds nothing.
func (t *tx) oldHasHash(ctx context.Context, n uint32, lane edge.Lane, seq uint64, want edge.Hash) (bool, error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT hash FROM old.event WHERE epoch = ? AND lane = ? AND seq = ?`, n, lane, int64(seq))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var h []byte
		if err := rows.Scan(&h); err != nil {
			return false, err
		}
		return slices.Equal(h, want[:]), nil
	}
	return true, rows.Err()
}

// oldEvents reads the next events and their hashes, those too that come before
// an error.
func (t *tx) oldEvents(ctx context.Context, e *epoch, lane edge.Lane, after uint64) (evs []edge.Event, hashes []edge.Hash, err error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT seq, id, type, time, mono, subject, data, hash FROM old.event
		WHERE epoch = ? AND lane = ? AND seq > ? ORDER BY seq LIMIT ?`, e.n, lane, int64(after), rewriteBatch)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		ev := edge.Event{Node: t.db.opt.Node, Epoch: e.id, Lane: lane}
		var raw []byte
		if err := rows.Scan(&ev.Seq, &ev.ID, &ev.Type, &ev.Time, &ev.Mono, &ev.Subject, (*[]byte)(&ev.Data), &raw); err != nil {
			return evs, hashes, err
		}
		var h edge.Hash
		copy(h[:], raw)
		evs, hashes = append(evs, ev), append(hashes, h)
	}
	return evs, hashes, rows.Err()
}

// tables lists what follows from the ledger or stands beside it, in the order
// in which it refers to each other.
func (t *tx) tables(ctx context.Context) (list []string) {
	rows, err := t.conn.QueryContext(ctx, `SELECT name FROM main.sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite_%' AND name NOT IN ('gateway', 'epoch', 'event', 'stock')
		AND name IN (SELECT name FROM old.sqlite_schema) ORDER BY rowid`)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if rows.Scan(&name) == nil {
			list = append(list, name)
		}
	}
	return append(list, "gateway")
}

// copyTable takes over a table's newer rows. Those that change are taken as
// they are in the old database, the others where their key is new.
func (t *tx) copyTable(ctx context.Context, table string) error {
	switch table {
	case "gateway":
		return t.exec(ctx, `UPDATE main.gateway SET applied = max(applied, (SELECT applied FROM old.gateway))`)
	case "cart", "mark", "receipt":
		return t.exec(ctx, `REPLACE INTO main.`+table+` SELECT * FROM old.`+table)
	}
	var same string
	err := t.conn.QueryRowContext(ctx, `SELECT group_concat('m."' || name || '" = o."' || name || '"', ' AND ')
		FROM pragma_table_info(?, 'main') WHERE pk > 0`, table).Scan(&same)
	if err != nil {
		return err
	}
	if same == `m."n" = o."n"` { // numbered in order: only the last pages need be whole
		return t.exec(ctx, fmt.Sprintf(`INSERT INTO main.%[1]s SELECT * FROM old.%[1]s WHERE n > (SELECT coalesce(max(n), 0) FROM main.%[1]s) ORDER BY n`, table))
	}
	if strings.TrimSpace(same) == "" {
		return fmt.Errorf("it has no key")
	}
	return t.exec(ctx, fmt.Sprintf(`INSERT INTO main.%[1]s SELECT * FROM old.%[1]s o WHERE NOT EXISTS (SELECT 1 FROM main.%[1]s m WHERE %[2]s)`, table, same))
}
