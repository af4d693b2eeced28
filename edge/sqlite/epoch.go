package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// epoch is a run of the ledger's numbers; n is also the receipt series.
type epoch struct {
	n  uint32
	id string
}

// epoch is the present one, sql.ErrNoRows in a new database.
func (t *tx) epoch(ctx context.Context) (*epoch, error) {
	if t.present != nil {
		return t.present, nil
	}
	var e epoch
	err := t.conn.QueryRowContext(ctx, `SELECT n, id FROM epoch ORDER BY n DESC LIMIT 1`).Scan(&e.n, &e.id)
	if err == nil {
		t.present = &e
	}
	return &e, err
}

// querier is what both reading and writing connections can do.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// head is the lane's last event in epoch n; 0 and the zero hash where there is
// none.
func head(ctx context.Context, q querier, n uint32, lane edge.Lane) (seq uint64, h edge.Hash, err error) {
	var raw []byte
	err = q.QueryRowContext(ctx, `SELECT seq, hash FROM event WHERE epoch = ? AND lane = ? ORDER BY seq DESC LIMIT 1`, n, lane).Scan(&seq, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, h, nil
	}
	copy(h[:], raw)
	return seq, h, err
}

// append adds an event to the lane and returns it.
func (t *tx) append(ctx context.Context, lane edge.Lane, kind, subject string, data any) (*edge.Event, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return t.appendBody(ctx, lane, kind, subject, body)
}

// appendBody is append of data that is JSON already.
func (t *tx) appendBody(ctx context.Context, lane edge.Lane, kind, subject string, body []byte) (*edge.Event, error) {
	e, err := t.epoch(ctx)
	if err != nil {
		return nil, err
	}
	now := t.db.opt.Now()
	ev := edge.Event{
		Lane: lane, ID: t.db.opt.NewID(), Type: kind,
		Time: now.UnixMilli(), Mono: now.Sub(t.db.start).Milliseconds(),
		Subject: subject, Data: body,
	}
	return &ev, t.put(ctx, e, &ev)
}

// put gives ev the next number of its lane in e and stores it.
func (t *tx) put(ctx context.Context, e *epoch, ev *edge.Event) error {
	last := t.last[slot(ev.Lane)]
	if last.n != e.n {
		var err error
		if last.Seq, last.Hash, err = head(ctx, t.conn, e.n, ev.Lane); err != nil {
			return err
		}
	}
	ev.Node, ev.Epoch, ev.Seq = t.db.opt.Node, e.id, last.Seq+1
	h := ev.Hash(last.Hash)
	if err := t.store(ctx, e, ev, h); err != nil {
		return err
	}
	t.appended, t.last[slot(ev.Lane)] = true, proven{e.n, position{ev.Seq, h}}
	return nil
}

func (t *tx) store(ctx context.Context, e *epoch, ev *edge.Event, h edge.Hash) error {
	t.last[slot(ev.Lane)] = proven{} // it may stand anywhere
	return t.exec(ctx,
		`INSERT INTO event (epoch, lane, seq, id, type, time, mono, subject, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.n, ev.Lane, ev.Seq, ev.ID, ev.Type, ev.Time, ev.Mono, ev.Subject, []byte(ev.Data), h[:])
}

// openEpoch starts an epoch after the present one, if there is one. Its series
// is above the given one.
func (t *tx) openEpoch(ctx context.Context, held map[edge.Lane]uint64, above uint32) (*epoch, error) {
	old, err := t.epoch(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if above = max(above, old.n, t.db.witness.series()); above == math.MaxUint32 {
		return nil, edge.Errorf("sqlite.OpenEpoch", edge.Internal, "receipt series %d is the last there can be: give this till another name", above)
	}
	e := &epoch{n: above + 1, id: t.db.opt.NewID()}
	err = t.db.witness.begin(e, t.db.opt.Machine) // before the first receipt of the series
	if noRoom(err) && t.db.disk.giveUp() {
		err = t.db.witness.begin(e, t.db.opt.Machine)
	}
	if err != nil {
		// Whoever puts an older copy in place could not be told of it: the series
		// must be one that nothing leads to.
		e.n = edge.FarFrom(above) + 1
		t.db.opt.Log.ErrorContext(ctx, "the ledger's witness does not follow, the receipt series leaps", "series", e.n, "err", err)
	}
	if err := t.exec(ctx, `INSERT INTO epoch (n, id) VALUES (?, ?)`, e.n, e.id); err != nil {
		return nil, err
	}
	t.present = e
	for _, lane := range edge.Lanes() {
		if err := t.openLane(ctx, old, lane, held[lane]); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// openLane writes the lane's first event, and after it again whatever HQ does
// not hold of the lane in the old epoch.
func (t *tx) openLane(ctx context.Context, old *epoch, lane edge.Lane, held uint64) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	last, _, err := head(ctx, t.conn, old.n, lane)
	if err != nil {
		return err
	}
	held = min(held, last)
	parent, err := t.parent(ctx, old, lane, held)
	if err != nil {
		return err
	}
	if _, err := t.append(ctx, lane, edge.EventEpoch, e.id, edge.EpochOpened{Parent: parent, Series: e.n}); err != nil {
		return err
	}
	for after := held; ; {
		evs, err := events(ctx, t.conn, nil, t.db.opt.Node, old, lane, after, rewriteBatch)
		if err != nil || len(evs) == 0 {
			return err
		}
		after = evs[len(evs)-1].Seq
		for i := range evs {
			if evs[i].Type == edge.EventEpoch {
				continue
			}
			if err := t.put(ctx, e, &evs[i]); err != nil {
				return err
			}
		}
	}
}

// rewriteBatch bounds the events in memory while an epoch is opened.
const rewriteBatch = 500

// parent names what HQ holds of the lane in the old epoch. Where that is
// nothing, HQ never heard of the old epoch, whose own parent then stands.
func (t *tx) parent(ctx context.Context, old *epoch, lane edge.Lane, held uint64) (*edge.EpochParent, error) {
	if old.n == 0 {
		return nil, nil
	}
	if held > 0 {
		h, err := hashAt(ctx, t.conn, old.n, lane, held)
		return &edge.EpochParent{Epoch: old.id, Seq: held, Hash: h}, err
	}
	return parentOf(ctx, t.conn, old.n, lane)
}

// parentOf is the parent that epoch n names in the lane, nil where it has none.
func parentOf(ctx context.Context, q querier, n uint32, lane edge.Lane) (*edge.EpochParent, error) {
	var kind string
	var data []byte
	err := q.QueryRowContext(ctx, `SELECT type, data FROM event WHERE epoch = ? AND lane = ? AND seq = 1`, n, lane).Scan(&kind, &data)
	if errors.Is(err, sql.ErrNoRows) || err == nil && kind != edge.EventEpoch {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	opened, err := decode[edge.EpochOpened](data)
	if err != nil {
		return nil, err
	}
	return opened.Parent, nil
}

// ownSeries reports whether nobody but this database numbers receipts in e's
// series: a later one was chosen for that; in the first, HQ has been heard.
func (t *tx) ownSeries(ctx context.Context, e *epoch) (own bool, err error) {
	if e.n > 1 || !t.db.opt.Line {
		return true, nil
	}
	err = t.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM mark WHERE epoch = ? AND lane = ?)`, e.n, edge.LaneSale).Scan(&own)
	return own, err
}

// Series is the receipt series of the present epoch.
func (db *DB) Series() uint32 { return db.epoch.Load().n }

// Ancestors lists, oldest first, where the earlier epochs of the lane end.
func (db *DB) Ancestors(ctx context.Context, lane edge.Lane) ([]edge.EpochParent, error) {
	const op = "sqlite.Ancestors"
	var list []edge.EpochParent
	for n := db.epoch.Load().n; ; {
		p, err := parentOf(ctx, db.reader, n, lane)
		if err != nil {
			return nil, fault(op, err)
		}
		if p == nil {
			slices.Reverse(list)
			return list, nil
		}
		list = append(list, *p)
		e, err := past(ctx, db.reader, p.Epoch)
		if err != nil {
			return nil, fault(op, err)
		}
		if e.n >= n {
			return nil, edge.Errorf(op, edge.Internal, "epoch %d names epoch %d as the one before it", n, e.n)
		}
		n = e.n
	}
}

// past finds an epoch by its id.
func past(ctx context.Context, q querier, id string) (*epoch, error) {
	e := epoch{id: id}
	err := q.QueryRowContext(ctx, `SELECT n FROM epoch WHERE id = ?`, id).Scan(&e.n)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.past", edge.NotFound, "this database knows no epoch %.64q", id)
	}
	return &e, err
}

// EpochHashAt is the hash of one event of an earlier epoch.
func (db *DB) EpochHashAt(ctx context.Context, id string, lane edge.Lane, seq uint64) (edge.Hash, error) {
	const op = "sqlite.EpochHashAt"
	e, err := past(ctx, db.reader, id)
	if err != nil {
		return edge.Hash{}, fault(op, err)
	}
	h, err := hashAt(ctx, db.reader, e.n, lane, seq)
	return h, fault(op, err)
}

// EpochEvents appends to dst the events of an earlier epoch after seq, in order.
func (db *DB) EpochEvents(ctx context.Context, dst []edge.Event, id string, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	const op = "sqlite.EpochEvents"
	e, err := past(ctx, db.reader, id)
	if err != nil {
		return dst, fault(op, err)
	}
	dst, err = events(ctx, db.reader, dst, db.opt.Node, e, lane, after, limit)
	return dst, fault(op, err)
}
