package hq

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const maxGaps = 16 // missing ranges named in one ack

// Flaws of events that are stored and passed but not used.
const (
	flawOpaque   = "opaque"   // has bytes that no text column takes
	flawWithheld = "withheld" // too large to travel; its data is in the shop
)

// intake is one batch on its way into the inbox, in one transaction.
type intake struct {
	batch  *cloudsync.Batch
	hashes []edge.Hash
	now    int64 // milliseconds
	tx     *sql.Tx

	cur    cursor
	pos    int64 // last position given out
	passed bool  // the mark moved
	alarms []string
}

// cursor is how far a lane is held.
type cursor struct {
	mark, maxSeen uint64
	hash          edge.Hash
}

// row is an event as the inbox stores it.
type row struct {
	seq           uint64
	id, typ, subj string
	time, mono    int64
	data          []byte
	prev, hash    edge.Hash
	flaw          sql.NullString
}

// store takes every event of the batch in, extends the mark over all that
// follows it without a gap, and commits nothing itself.
func (in *intake) store(ctx context.Context) error {
	if err := in.lockCursor(ctx); err != nil {
		return err
	}
	if _, err := in.tx.ExecContext(ctx, "update node set seen = $1 where node = $2", in.now, in.batch.Node); err != nil {
		return err
	}
	if in.batch.Probe() {
		return nil
	}
	before := in.cur
	if err := in.tx.QueryRowContext(ctx, "select coalesce(max(pos), 0) from inbox").Scan(&in.pos); err != nil {
		return err
	}
	if err := in.insert(ctx); err != nil {
		return err
	}
	in.cur.maxSeen = max(in.cur.maxSeen, in.batch.To)
	if in.cur.maxSeen > in.cur.mark {
		if err := in.extend(ctx); err != nil {
			return err
		}
	}
	in.passed = in.cur.mark > before.mark
	if in.cur == before {
		return nil
	}
	const q = "update cursor set mark = $1, hash = $2, max_seen = $3 where node = $4 and epoch = $5 and lane = $6"
	_, err := in.tx.ExecContext(ctx, q, in.cur.mark, in.cur.hash[:], in.cur.maxSeen, in.batch.Node, in.batch.Epoch, in.batch.Lane)
	return err
}

// lockCursor reads the lane's cursor, making it if need be. The transaction is
// a writing one, so nobody else moves it meanwhile.
func (in *intake) lockCursor(ctx context.Context) error {
	var zero edge.Hash
	const create = `insert into cursor (node, epoch, lane, opened, mark, hash, max_seen)
		values ($1, $2, $3, $4, 0, $5, 0) on conflict (node, epoch, lane) do nothing`
	b := in.batch
	if !b.Probe() { // asking leaves no trace
		if _, err := in.tx.ExecContext(ctx, create, b.Node, b.Epoch, b.Lane, in.now, zero[:]); err != nil {
			return err
		}
	}
	const read = "select mark, hash, max_seen from cursor where node = $1 and epoch = $2 and lane = $3"
	var hash []byte
	err := in.tx.QueryRowContext(ctx, read, b.Node, b.Epoch, b.Lane).Scan(&in.cur.mark, &hash, &in.cur.maxSeen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	in.cur.hash, err = toHash(hash)
	return err
}

// insert adds the batch's events. One that follows the mark directly passes at
// once; the others wait for extend.
func (in *intake) insert(ctx context.Context) error {
	const q = `insert into inbox (node, epoch, lane, seq, pos, id, type, time, mono, subject, data, prev, hash, flaw, received)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (node, epoch, lane, seq) do nothing`
	stmt, err := in.tx.PrepareContext(ctx, q)
	if err != nil {
		return err
	}
	defer stmt.Close()
	b := in.batch
	for _, r := range in.rows() {
		pos := sql.NullInt64{Int64: in.pos + 1, Valid: r.seq == in.cur.mark+1 && r.prev == in.cur.hash}
		res, err := stmt.ExecContext(ctx, b.Node, b.Epoch, b.Lane, r.seq, pos, r.id, r.typ, r.time, r.mono, r.subj,
			r.data, r.prev[:], r.hash[:], r.flaw, in.now)
		if err != nil {
			return fmt.Errorf("event %d: %w", r.seq, err)
		}
		switch n, err := res.RowsAffected(); {
		case err != nil:
			return err
		case n == 0:
			if err := in.compare(ctx, r); err != nil {
				return err
			}
			continue
		}
		if pos.Valid {
			in.pos++
			in.cur.mark, in.cur.hash = r.seq, r.hash
		}
		if r.flaw.Valid {
			if err := in.quarantine(ctx, r, r.flaw.String); err != nil {
				return err
			}
		}
	}
	return nil
}

// rows are the batch's events as they are stored.
func (in *intake) rows() []row {
	b := in.batch
	if o := b.Opaque; o != nil {
		r := row{
			seq: b.From, id: text(o.ID), typ: text(o.Type), subj: text(o.Subject), time: o.Time, mono: o.Mono,
			data: nonNil(o.Data), prev: b.PrevHash, hash: b.Hash, flaw: sql.NullString{String: flawOpaque, Valid: true},
		}
		if o.Withheld > 0 {
			r.flaw.String = flawWithheld
		}
		return []row{r}
	}
	rows := make([]row, len(b.Events))
	prev := b.PrevHash
	for i := range b.Events {
		e := &b.Events[i]
		rows[i] = row{
			seq: e.Seq, id: e.ID, typ: e.Type, subj: e.Subject, time: e.Time, mono: e.Mono,
			data: nonNil(e.Data), prev: prev, hash: in.hashes[i],
		}
		if !storable(e.ID) || !storable(e.Type) || !storable(e.Subject) {
			rows[i].flaw = sql.NullString{String: flawOpaque, Valid: true}
			rows[i].id, rows[i].typ, rows[i].subj = text([]byte(e.ID)), text([]byte(e.Type)), text([]byte(e.Subject))
		}
		prev = in.hashes[i]
	}
	return rows
}

// compare looks at an event that is there already: the same one is a repeat
// and fine, another one is set aside, and what is there stays.
func (in *intake) compare(ctx context.Context, r row) error {
	const q = "select hash from inbox where node = $1 and epoch = $2 and lane = $3 and seq = $4"
	var have []byte
	if err := in.tx.QueryRowContext(ctx, q, in.batch.Node, in.batch.Epoch, in.batch.Lane, r.seq).Scan(&have); err != nil {
		return err
	}
	if bytes.Equal(have, r.hash[:]) {
		return nil
	}
	return in.quarantine(ctx, r, "another event with this number is held")
}

// quarantine sets r aside, its names as they came.
func (in *intake) quarantine(ctx context.Context, r row, reason string) error {
	b := in.batch
	raw := b.Opaque
	if raw == nil {
		raw = cloudsync.NewOpaque(&b.Events[r.seq-b.From])
	}
	body, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	fresh, err := setAside(ctx, in.tx, Flaw{
		Node: b.Node, Epoch: b.Epoch, Lane: b.Lane, Seq: r.seq, Hash: r.hash,
		Reason: reason, Body: body, At: fromMillis(in.now),
	})
	if fresh {
		in.alarms = append(in.alarms, fmt.Sprintf("event %d: %s", r.seq, reason))
	}
	return err
}

// extend moves the mark over stored events as long as each follows the one
// before it, by number and by hash.
func (in *intake) extend(ctx context.Context) error {
	const q = `select seq, prev, hash from inbox
		where node = $1 and epoch = $2 and lane = $3 and seq > $4 order by seq limit 1000`
	const pass = "update inbox set pos = $1 where node = $2 and epoch = $3 and lane = $4 and seq = $5"
	b := in.batch
	for {
		links, err := in.links(ctx, q, b.Node, b.Epoch, b.Lane, in.cur.mark)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.seq != in.cur.mark+1 || l.prev != in.cur.hash {
				return nil
			}
			in.pos++
			if _, err := in.tx.ExecContext(ctx, pass, in.pos, b.Node, b.Epoch, b.Lane, l.seq); err != nil {
				return err
			}
			in.cur.mark, in.cur.hash = l.seq, l.hash
		}
		if len(links) == 0 {
			return nil
		}
	}
}

func (in *intake) links(ctx context.Context, q string, args ...any) ([]row, error) {
	rows, err := in.tx.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		var r row
		var prev, hash []byte
		if err := rows.Scan(&r.seq, &prev, &hash); err != nil {
			return nil, err
		}
		var perr, herr error
		r.prev, perr = toHash(prev)
		r.hash, herr = toHash(hash)
		if err := errors.Join(perr, herr); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// text makes b storable.
func text(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "\uFFFD")
}

// storable reports whether a text column of both databases takes s as it is.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// nonNil keeps an empty value apart from the database's null.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func toHash(b []byte) (edge.Hash, error) {
	var h edge.Hash
	if len(b) != len(h) {
		return h, fmt.Errorf("stored hash has %d bytes, want %d", len(b), len(h))
	}
	return edge.Hash(b), nil
}
