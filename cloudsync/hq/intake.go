package hq

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// intake is one batch on its way into the inbox.
type intake struct {
	batch  *cloudsync.Batch
	hashes []edge.Hash
	now    int64 // milliseconds
	// revoked says that the key which signed it was taken back: its events are kept,
	// and not used.
	revoked bool

	done   chan struct{} // closed once what follows is known
	err    error
	ack    *cloudsync.Ack
	ledger string // incarnation
	passed bool   // the mark moved
	alarms []string
}

// laneKey names a lane of an epoch.
type laneKey struct {
	node, epoch string
	lane        edge.Lane
}

func (a laneKey) compare(b laneKey) int {
	return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.lane, b.lane))
}

// laneIntake is what one transaction takes in of one lane.
type laneIntake struct {
	laneKey
	tx      database.Tx
	db      *database.DB
	batches []*intake // by their first events

	before cursor
	cur    cursor
	fresh  []row // to be inserted
}

// cursor is how far a lane is held.
type cursor struct {
	mark, maxSeen uint64
	hash          edge.Hash
	gapSince      int64 // milliseconds; 0 when nothing is missing
	gapBatches    int64
	firstTime     int64 // of event 1, by the shop's clock
	lastTime      int64 // of the newest event, by the shop's clock
	lastAt        int64 // when a new event came last, but for those that were set aside for their key
}

// byLane sorts batches into lanes. Every collector takes the lanes in the same
// order, so that none waits for another in a circle.
func byLane(group []*intake) []*laneIntake {
	found := map[laneKey]*laneIntake{}
	var lanes []*laneIntake
	for _, in := range group {
		k := laneKey{in.batch.Node, in.batch.Epoch, in.batch.Lane}
		l := found[k]
		if l == nil {
			l = &laneIntake{laneKey: k}
			found[k] = l
			lanes = append(lanes, l)
		}
		l.batches = append(l.batches, in)
	}
	for _, l := range lanes {
		slices.SortStableFunc(l.batches, func(a, b *intake) int { return cmp.Compare(a.batch.From, b.batch.From) })
	}
	slices.SortFunc(lanes, func(a, b *laneIntake) int { return a.compare(b.laneKey) })
	return lanes
}

// lock reads the lane's cursor, making it if need be, and keeps others from
// moving it until the transaction ends.
func (l *laneIntake) lock(ctx context.Context) error {
	err := l.readCursor(ctx)
	onlyAsked := !slices.ContainsFunc(l.batches, func(in *intake) bool { return !in.batch.Probe() })
	if !errors.Is(err, sql.ErrNoRows) || onlyAsked { // asking leaves no trace
		l.before = l.cur
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	}
	const create = `insert into cursor (node, epoch, lane, opened, mark, hash, max_seen)
		values ($1, $2, $3, $4, 0, $5, 0) on conflict (node, epoch, lane) do nothing`
	if _, err := l.tx.ExecContext(ctx, create, l.node, l.epoch, l.lane, l.batches[0].now, make([]byte, len(edge.Hash{}))); err != nil {
		return err
	}
	err = l.readCursor(ctx)
	l.before = l.cur
	return err
}

func (l *laneIntake) readCursor(ctx context.Context) error {
	q := `select mark, hash, max_seen, gap_since, gap_batches, first_time, last_time, last_at from cursor
		where node = $1 and epoch = $2 and lane = $3` + l.db.ForUpdate()
	var hash []byte
	err := l.tx.QueryRowContext(ctx, q, l.node, l.epoch, l.lane).
		Scan(&l.cur.mark, &hash, &l.cur.maxSeen, &l.cur.gapSince, &l.cur.gapBatches, &l.cur.firstTime, &l.cur.lastTime, &l.cur.lastAt)
	if err != nil {
		return err
	}
	l.cur.hash, err = toHash(hash)
	return err
}

// take looks at a batch's events: those not held are to be inserted, those held
// are compared. The mark moves over what follows it directly.
func (l *laneIntake) take(ctx context.Context, in *intake) error {
	b := in.batch
	if b.Probe() {
		return nil
	}
	var held map[uint64]edge.Hash
	if b.From <= l.cur.maxSeen {
		if err := l.insert(ctx); err != nil {
			return err
		}
		var err error
		if held, err = l.held(ctx, b.From, b.To); err != nil {
			return err
		}
	}
	for _, r := range in.rows() {
		if have, ok := held[r.seq]; ok {
			if have != r.hash {
				if err := l.quarantine(ctx, in, r, FlawOther); err != nil {
					return err
				}
			}
			continue
		}
		l.fresh = append(l.fresh, r)
		if !in.revoked { // who was shut out is no second machine of the node's
			l.cur.lastTime, l.cur.lastAt = max(l.cur.lastTime, r.time), in.now
		}
		if r.seq == 1 {
			l.cur.firstTime = r.time
		}
		if r.seq == l.cur.mark+1 && r.prev == l.cur.hash {
			l.cur.mark, l.cur.hash = r.seq, r.hash
		}
		if r.flaw != "" {
			if err := l.quarantine(ctx, in, r, r.flaw); err != nil {
				return err
			}
		}
	}
	l.cur.maxSeen = max(l.cur.maxSeen, b.To)
	return nil
}

// held are the hashes of the events that the inbox has of a range.
func (l *laneIntake) held(ctx context.Context, from, to uint64) (map[uint64]edge.Hash, error) {
	const q = "select seq, prev, hash from inbox where node = $1 and epoch = $2 and lane = $3 and seq >= $4 and seq <= $5"
	links, err := l.links(ctx, q, l.node, l.epoch, l.lane, from, to)
	held := make(map[uint64]edge.Hash, len(links))
	for _, r := range links {
		held[r.seq] = r.hash
	}
	return held, err
}

// insert adds the fresh rows to the inbox.
func (l *laneIntake) insert(ctx context.Context) error {
	err := insertEvents(ctx, l.tx, l.db, []*laneIntake{l})
	l.fresh = nil
	return err
}

// extend moves the mark over stored events as long as each follows the one
// before it, by number and by hash.
func (l *laneIntake) extend(ctx context.Context) error {
	const q = `select seq, prev, hash from inbox
		where node = $1 and epoch = $2 and lane = $3 and seq > $4 order by seq limit 1000`
	for l.cur.maxSeen > l.cur.mark {
		links, err := l.links(ctx, q, l.node, l.epoch, l.lane, l.cur.mark)
		if err != nil {
			return err
		}
		for _, r := range links {
			if r.seq != l.cur.mark+1 || r.prev != l.cur.hash {
				return nil
			}
			l.cur.mark, l.cur.hash = r.seq, r.hash
		}
		if len(links) == 0 {
			return nil
		}
	}
	return nil
}

func (l *laneIntake) links(ctx context.Context, q string, args ...any) ([]row, error) {
	rows, err := l.tx.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []row
	var prev, hash sql.RawBytes
	for rows.Next() {
		var r row
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

func toHash(b []byte) (edge.Hash, error) {
	var h edge.Hash
	if len(b) != len(h) {
		return h, fmt.Errorf("stored hash has %d bytes, want %d", len(b), len(h))
	}
	return edge.Hash(b), nil
}
