package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// salvaged counts what a database that is put aside gave to the one that takes
// its place.
type salvaged struct {
	Events int          // of the ledger, each proven by its hash
	Lost   []string     // what could not be read, in words
	beyond []edge.Event // proven events behind such that are lost, for the next epoch
	sales  []stretch    // of LaneSale, what was taken over
}

// stretch is what an epoch's lane holds after an event.
type stretch struct {
	epoch
	after uint64
}

// openOld opens the database that is being replaced, for reading through a
// connection of its own: damage that is met there touches nothing here. It is
// nil where the file cannot be read at all.
func openOld(ctx context.Context, path string) *sql.DB {
	old, err := sql.Open("sqlite3", dsn(path, reading))
	if err != nil {
		return nil
	}
	var tables, id int
	err = errors.Join(
		old.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables),
		old.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id),
	)
	if err != nil || id != applicationID {
		old.Close()
		return nil
	}
	return old
}

// salvage takes over what the database that is being replaced has beyond this
// one, as far as it can be read: receipts were printed for it. The ledger's
// events are believed by their hashes; the tables are, where the ledger before
// them is this one's own.
func (t *tx) salvage(ctx context.Context, path string) (*salvaged, error) {
	got := &salvaged{}
	old := openOld(ctx, path)
	if old == nil {
		got.Lost = []string{"all that is not in the backup: the file cannot be read"}
		return got, nil
	}
	defer old.Close()
	lose := func(what string, err error) { got.Lost = append(got.Lost, fmt.Sprintf("%s: %v", what, err)) }
	epochs, err := epochsOf(ctx, old)
	if err != nil {
		lose("epochs", err)
		return got, nil
	}
	one := true
	for i := range epochs {
		for _, lane := range edge.Lanes() {
			n, continues, err := t.follow(ctx, old, &epochs[i], lane)
			got.Events += n
			one = one && continues
			if lane == edge.LaneSale && n > 0 {
				last, _, err := head(ctx, t.conn, epochs[i].n, lane)
				if err != nil {
					return got, err
				}
				got.sales = append(got.sales, stretch{epochs[i], last - uint64(n)})
			}
			if err == nil {
				continue
			}
			tail, tailErr := provenTail(ctx, old, t.db.opt.Node, &epochs[i], lane)
			got.beyond = append(got.beyond, tail...)
			lose(fmt.Sprintf("events in lane %s of epoch %d", lane, epochs[i].n), errors.Join(err, tailErr))
		}
	}
	if !one {
		got.Lost = append(got.Lost, "its tables: its ledger is not the continuation of the backup's")
		return got, nil
	}
	tables, err := t.tables(ctx)
	if err != nil {
		return got, err
	}
	for _, table := range tables {
		if err := t.copyTable(ctx, old, table); err != nil {
			lose("table "+table, err)
		}
	}
	return got, nil
}

func epochsOf(ctx context.Context, q querier) (list []epoch, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var e epoch
		err := rows.Scan(&e.n, &e.id)
		list = append(list, e)
		return err
	}, `SELECT n, id FROM epoch ORDER BY n`)
	return list, err
}

// follow appends the old database's events of a lane behind this one's, which
// must be their beginning, and returns how many. continues is false where they
// are not: then nothing is appended.
func (t *tx) follow(ctx context.Context, old querier, e *epoch, lane edge.Lane) (n int, continues bool, err error) {
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
	switch h, err := hashAt(ctx, old, e.n, lane, seq); {
	case edge.KindOf(err) == edge.NotFound && err != nil:
		return 0, true, nil // it is the older one, and adds nothing
	case err != nil:
		return 0, true, err // what cannot be read proves nothing against the tables
	case h != prev:
		return 0, false, nil
	}
	for {
		evs, hashes, err := provenEvents(ctx, old, t.db.opt.Node, e, lane, seq)
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

// provenEvents reads the next events and their hashes, those too that come
// before an error.
func provenEvents(ctx context.Context, q querier, node string, e *epoch, lane edge.Lane, after uint64) (evs []edge.Event, hashes []edge.Hash, err error) {
	rows, err := q.QueryContext(ctx, `SELECT seq, id, type, time, mono, subject, data, hash FROM event
		WHERE epoch = ? AND lane = ? AND seq > ? ORDER BY seq LIMIT ?`, e.n, lane, int64(after), rewriteBatch)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		ev := edge.Event{Node: node, Epoch: e.id, Lane: lane}
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

// maxBeyond bounds the events that are carried over a hole, of each lane.
const maxBeyond = 50000

// provenTail reads a lane's events from the last one back, as far as that goes,
// and returns in order those that follow from the one before them and that HQ
// has not confirmed.
func provenTail(ctx context.Context, q querier, node string, e *epoch, lane edge.Lane) (tail []edge.Event, err error) {
	confirmed, _ := mark(ctx, q, e.n, lane) // where that cannot be read, HQ gets some again
	rows, err := q.QueryContext(ctx, `SELECT seq, id, type, time, mono, subject, data, hash FROM event
		WHERE epoch = ? AND lane = ? AND seq > ? ORDER BY seq DESC LIMIT ?`, e.n, lane, int64(confirmed), maxBeyond)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var after *edge.Event // the one before, in this order, and its hash
	var afterHash edge.Hash
	for rows.Next() {
		ev := &edge.Event{Node: node, Epoch: e.id, Lane: lane}
		var raw []byte
		if err = rows.Scan(&ev.Seq, &ev.ID, &ev.Type, &ev.Time, &ev.Mono, &ev.Subject, (*[]byte)(&ev.Data), &raw); err != nil {
			break
		}
		var h edge.Hash
		copy(h[:], raw)
		if after != nil {
			if ev.Seq+1 != after.Seq || after.Hash(h) != afterHash {
				break
			}
			tail = append(tail, *after)
		}
		after, afterHash = ev, h
	}
	slices.Reverse(tail)
	return tail, errors.Join(err, rows.Err())
}

// carry writes events into the present epoch that are not in this ledger, under
// their old ids.
func (t *tx) carry(ctx context.Context, e *epoch, evs []edge.Event) (n int, err error) {
	for i := range evs {
		var there bool
		err := t.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM event WHERE id = ?)`, evs[i].ID).Scan(&there)
		if err != nil {
			return n, err
		}
		if there || evs[i].Type == edge.EventEpoch {
			continue
		}
		if err := t.put(ctx, e, &evs[i]); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
