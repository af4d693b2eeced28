package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Epoch is the epoch that events are written in now.
func (db *DB) Epoch() string { return db.epoch.Load().id }

// Head is the last event of the lane in the present epoch and its hash.
func (db *DB) Head(ctx context.Context, lane edge.Lane) (uint64, edge.Hash, error) {
	seq, h, err := head(ctx, db.reader, db.epoch.Load().n, lane)
	return seq, h, fault("sqlite.Head", err)
}

// HashAt is the hash of one event of the present epoch.
func (db *DB) HashAt(ctx context.Context, lane edge.Lane, seq uint64) (edge.Hash, error) {
	h, err := hashAt(ctx, db.reader, db.epoch.Load().n, lane, seq)
	return h, fault("sqlite.HashAt", err)
}

func hashAt(ctx context.Context, q querier, n uint32, lane edge.Lane, seq uint64) (h edge.Hash, err error) {
	if seq == 0 {
		return h, nil
	}
	var raw []byte
	err = q.QueryRowContext(ctx, `SELECT hash FROM event WHERE epoch = ? AND lane = ? AND seq = ?`, n, lane, int64(seq)).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return h, edge.Errorf("sqlite.HashAt", edge.NotFound, "lane %s has no event %d", lane, seq)
	}
	copy(h[:], raw)
	return h, err
}

// Events appends to dst the events of the present epoch after seq, in order.
func (db *DB) Events(ctx context.Context, dst []edge.Event, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	dst, err := events(ctx, db.reader, dst, db.opt.Node, db.epoch.Load(), lane, after, limit)
	return dst, fault("sqlite.Events", err)
}

func events(ctx context.Context, q querier, dst []edge.Event, node string, e *epoch, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	rows, err := q.QueryContext(ctx, `SELECT seq, id, type, time, mono, subject, data FROM event
		WHERE epoch = ? AND lane = ? AND seq > ? ORDER BY seq LIMIT ?`, e.n, lane, int64(after), limit)
	if err != nil {
		return dst, err
	}
	defer rows.Close()
	for rows.Next() {
		ev := edge.Event{Node: node, Epoch: e.id, Lane: lane}
		if err := rows.Scan(&ev.Seq, &ev.ID, &ev.Type, &ev.Time, &ev.Mono, &ev.Subject, (*[]byte)(&ev.Data)); err != nil {
			return dst, err
		}
		dst = append(dst, ev)
	}
	return dst, rows.Err()
}

// Mark is how far HQ has confirmed the lane.
func (db *DB) Mark(ctx context.Context, lane edge.Lane) (uint64, error) {
	m, err := mark(ctx, db.reader, db.epoch.Load().n, lane)
	return m, fault("sqlite.Mark", err)
}

func mark(ctx context.Context, q querier, n uint32, lane edge.Lane) (m uint64, err error) {
	err = q.QueryRowContext(ctx, `SELECT mark FROM mark WHERE epoch = ? AND lane = ?`, n, lane).Scan(&m)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return m, err
}

// SetMark stores HQ's mark. A mark beyond the lane's head is a Conflict: this
// database has lost what HQ holds, and needs a new epoch.
func (db *DB) SetMark(ctx context.Context, lane edge.Lane, m uint64) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		e, err := t.epoch(ctx)
		if err != nil {
			return struct{}{}, err
		}
		last, _, err := head(ctx, t.conn, e.n, lane)
		if err != nil {
			return struct{}{}, err
		}
		if m > last {
			return struct{}{}, edge.Errorf("sqlite.SetMark", edge.Conflict, "HQ holds %d events of lane %s, this database has %d: open a new epoch", m, lane, last)
		}
		return struct{}{}, t.exec(ctx, `INSERT INTO mark (epoch, lane, mark) VALUES (?, ?, ?)
			ON CONFLICT (epoch, lane) DO UPDATE SET mark = excluded.mark`, e.n, lane, int64(m))
	})
	return err
}

// OpenEpoch starts a new epoch with a new receipt series above the given one.
func (db *DB) OpenEpoch(ctx context.Context, held map[edge.Lane]uint64, above uint32) (string, error) {
	e, err := write(ctx, db, func(ctx context.Context, t *tx) (*epoch, error) {
		return t.openEpoch(ctx, held, above)
	})
	if err != nil {
		return "", err
	}
	db.opt.Log.WarnContext(ctx, "new epoch opened", "epoch", e.id, "series", e.n)
	return e.id, nil
}

// Waiting counts the events HQ has not confirmed, and says when the oldest of
// them happened.
func (db *DB) Waiting(ctx context.Context, lane edge.Lane) (n uint64, oldest time.Time, err error) {
	var ms sql.NullInt64
	err = db.reader.QueryRowContext(ctx, `
		WITH m AS (SELECT coalesce((SELECT mark FROM mark WHERE epoch = ?1 AND lane = ?2), 0) AS mark)
		SELECT coalesce((SELECT max(seq) FROM event WHERE epoch = ?1 AND lane = ?2), 0) - m.mark,
		       (SELECT time FROM event WHERE epoch = ?1 AND lane = ?2 AND seq = m.mark + 1) FROM m`,
		db.epoch.Load().n, lane).Scan(&n, &ms)
	if ms.Valid {
		oldest = time.UnixMilli(ms.Int64).UTC()
	}
	return n, oldest, fault("sqlite.Waiting", err)
}

// Changed delivers a value soon after events were added; it has one receiver.
func (db *DB) Changed() <-chan struct{} { return db.changed }
