package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

const (
	groupBatches = 24 // of one transaction
	commitWithin = time.Minute
	nextBatch    = 50 * time.Millisecond

	// Between two words of a node less than this apart, the second is not noted.
	seenEvery = time.Second
)

// commits groups the batches that wait while a transaction is under way into
// the next one: the disk is waited for once for all of them.
type commits struct {
	mu      sync.Mutex
	waiting []*intake
	busy    bool
	ended   time.Time // of the last one
	running sync.WaitGroup
}

// coming reports whether batches wait, or came so lately that the next ones are
// likely to be on their way: a shop that has much to send waits for acks.
func (c *commits) coming() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy || time.Since(c.ended) < nextBatch
}

// enqueue gives a batch its place; in.done tells when it is committed or has
// failed.
func (h *HQ) enqueue(in *intake) {
	in.done = make(chan struct{})
	h.commits.mu.Lock()
	defer h.commits.mu.Unlock()
	h.commits.waiting = append(h.commits.waiting, in)
	if !h.commits.busy {
		h.commits.busy = true
		h.commits.running.Go(h.commitWaiting)
	}
}

// commitWaiting commits until nothing waits.
func (h *HQ) commitWaiting() {
	for {
		h.commits.mu.Lock()
		n := min(len(h.commits.waiting), groupBatches)
		group := h.commits.waiting[:n:n]
		h.commits.waiting = h.commits.waiting[n:]
		h.commits.busy = n > 0
		h.commits.ended = time.Now()
		h.commits.mu.Unlock()
		if n == 0 {
			return
		}
		h.commitGroup(group)
	}
}

// commitGroup commits batches together, or each by itself if that fails, so
// that one that cannot be stored is no other's misfortune.
func (h *HQ) commitGroup(group []*intake) {
	ctx, cancel := context.WithTimeout(context.Background(), commitWithin)
	defer cancel()
	err := h.storeGroup(ctx, group)
	passed := false
	for _, in := range group {
		in.err = err
		if err != nil && len(group) > 1 {
			in.err = h.storeGroup(ctx, []*intake{in})
		}
		passed = passed || in.passed && in.err == nil
		close(in.done)
	}
	if passed {
		h.passed.tell(struct{}{})
	}
}

// stored is what a transaction that took batches in has come to.
type stored struct {
	ledger string // the database's incarnation
	pos    int64  // the last that was given; 0 where nothing passed a mark
	fresh  int    // events
}

// storeGroup takes batches in, extends the marks over all that follows them
// without a gap, and makes the acks, in one transaction.
func (h *HQ) storeGroup(ctx context.Context, group []*intake) error {
	var s stored
	begin := time.Now()
	err := h.db.InTxBeside(ctx, func(t database.Tx) (err error) {
		s, err = h.storeWithin(ctx, t, group)
		return err
	})
	if errors.Is(err, errMoved) {
		if err := h.identify(ctx); err != nil {
			return err
		}
		return h.storeGroup(ctx, group)
	}
	if err != nil {
		return err
	}
	if h.timed != nil {
		h.timed(time.Since(begin))
	}
	h.taken.store(group, s.fresh)
	for _, in := range group {
		in.ledger = s.ledger
	}
	if s.ledger != *h.ledger.Load() {
		h.ledger.Store(&s.ledger)
	}
	if s.pos == 0 {
		return nil
	}
	if err := h.db.Committed(s.ledger, s.pos); err != nil { // what is committed is, and may be acknowledged
		h.log.Warn("the next start will be less watchful for a restored backup", "error", err)
	}
	return nil
}

// storeWithin is storeGroup's work in its transaction, which may be tried more
// than once. Its error is errMoved where the database is another than it was.
func (h *HQ) storeWithin(ctx context.Context, t database.Tx, group []*intake) (s stored, err error) {
	lanes := byLane(group)
	for _, l := range lanes {
		l.tx, l.db = t, h.db
	}
	for _, in := range group {
		in.alarms = nil
	}
	if err := noteSeen(ctx, t.Tx, h.db, lanes); err != nil {
		return s, err
	}
	for _, l := range lanes {
		if err := l.lock(ctx); err != nil {
			return s, err
		}
		for _, in := range l.batches {
			if err := l.take(ctx, in); err != nil {
				return s, err
			}
		}
	}
	if err := insertEvents(ctx, t, h.db, lanes); err != nil {
		return s, err
	}
	for _, l := range lanes {
		s.fresh += len(l.fresh)
		if err := l.settle(ctx); err != nil {
			return s, err
		}
	}
	var same bool
	if s.ledger, same, err = h.db.Incarnation(ctx, t.Tx); err == nil && !same {
		err = errMoved
	}
	if err != nil {
		return s, err
	}
	s.pos, err = h.pass(ctx, t.Tx, lanes)
	return s, err
}

// noteSeen notes that the nodes were heard. One whose row another transaction
// changes is noted the next time: who takes batches in waits for nobody who may
// be waiting for the row of another of these nodes.
func noteSeen(ctx context.Context, tx *sql.Tx, db *database.DB, lanes []*laneIntake) error {
	among, nodes := db.Among("node", 2, database.Pluck(lanes, func(l **laneIntake) string { return (*l).node }))
	q := "update node set seen = $1 where node in (select node from node where " + among + " and (seen <= $3 or seen > $1)" + db.ForUpdateIfFree() + ")"
	now := lanes[0].batches[0].now
	_, err := tx.ExecContext(ctx, q, now, nodes, now-seenEvery.Milliseconds())
	return err
}

// settle extends the mark, stores the cursor and makes the acks.
func (l *laneIntake) settle(ctx context.Context) error {
	if err := l.extend(ctx); err != nil {
		return err
	}
	l.noteGap()
	if l.cur != l.before {
		const q = `update cursor set mark = $1, hash = $2, max_seen = $3, gap_since = $4, gap_batches = $5,
			first_time = $6, last_time = $7, last_at = $8 where node = $9 and epoch = $10 and lane = $11`
		_, err := l.tx.ExecContext(ctx, q, l.cur.mark, l.cur.hash[:], l.cur.maxSeen, l.cur.gapSince, l.cur.gapBatches,
			l.cur.firstTime, l.cur.lastTime, l.cur.lastAt, l.node, l.epoch, l.lane)
		if err != nil {
			return err
		}
	}
	for _, in := range l.batches {
		var err error
		if in.ack, err = l.ack(ctx, in.batch); err != nil {
			return err
		}
		if err := l.checkHistory(ctx, in); err != nil {
			return err
		}
		in.passed = l.cur.mark > l.before.mark
	}
	return nil
}

// checkHistory opens an incident where the shop's history is seen not to be
// HQ's: the hash it asks about is another one here, or what is held beyond the
// mark does not follow it.
func (l *laneIntake) checkHistory(ctx context.Context, in *intake) error {
	b := in.batch
	other := b.Probe() && b.To > 0 && b.To <= l.cur.mark && b.Hash != in.ack.AtHash
	if !other && !in.ack.Fork {
		return nil
	}
	what := fmt.Sprintf("the shop's event %d is not the one held", b.To)
	if in.ack.Fork {
		what = fmt.Sprintf("event %d is held and does not follow event %d", l.cur.mark+1, l.cur.mark)
	}
	return openIncident(ctx, l.tx.Tx, Incident{
		Kind: IncidentDiverged, Node: l.node, Epoch: l.epoch, Lane: l.lane, What: what, Opened: database.Time(in.now),
	})
}

// noteGap keeps since when the lane has waited for what is missing.
func (l *laneIntake) noteGap() {
	switch {
	case l.cur.maxSeen <= l.cur.mark:
		l.cur.gapSince, l.cur.gapBatches = 0, 0
	case l.cur.gapSince == 0 || l.cur.mark > l.before.mark:
		l.cur.gapSince, l.cur.gapBatches = l.batches[0].now, 0
	default:
		for _, in := range l.batches {
			if !in.batch.Probe() {
				l.cur.gapBatches++
			}
		}
	}
}

// pass gives positions to what the marks passed. From here to the commit no
// other transaction does, so positions can be seen in their order.
// It returns the last position, 0 where nothing passed.
func (h *HQ) pass(ctx context.Context, tx *sql.Tx, lanes []*laneIntake) (int64, error) {
	moved := false
	for _, l := range lanes {
		moved = moved || l.cur.mark > l.before.mark
	}
	if !moved {
		return 0, nil
	}
	if err := h.db.Lock(ctx, tx, database.LockPositions); err != nil {
		return 0, err
	}
	pos, err := lastPosition(ctx, tx)
	if err != nil {
		return 0, err
	}
	const q = "insert into passage (last, first, node, epoch, lane, from_seq, to_seq) values ($1, $2, $3, $4, $5, $6, $7)"
	for _, l := range lanes {
		n := int64(l.cur.mark - l.before.mark)
		if n == 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, q, pos+n, pos+1, l.node, l.epoch, l.lane, l.before.mark+1, l.cur.mark); err != nil {
			return 0, err
		}
		pos += n
	}
	return pos, nil
}

// quarantine sets r aside, its names as they came.
func (l *laneIntake) quarantine(ctx context.Context, in *intake, r row, kind FlawKind) error {
	b := in.batch
	reason := string(kind)
	if kind == FlawOther {
		reason = "another event with this number is held"
	}
	raw := b.Opaque
	if raw == nil {
		raw = cloudsync.NewOpaque(&b.Events[r.seq-b.From])
	}
	body, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	fresh, err := setAside(ctx, l.tx.Tx, Flaw{
		Node: b.Node, Epoch: b.Epoch, Lane: b.Lane, Seq: r.seq, Hash: r.hash,
		Kind: kind, Reason: reason, Body: body, At: database.Time(in.now),
	})
	if err != nil || !fresh {
		return err
	}
	alarm := fmt.Sprintf("event %d: %s", r.seq, reason)
	in.alarms = append(in.alarms, alarm)
	i := Incident{Kind: IncidentQuarantine, Node: b.Node, What: alarm, Opened: database.Time(in.now)}
	if kind == FlawOther {
		i.Kind, i.Epoch, i.Lane = IncidentMismatch, b.Epoch, b.Lane
	}
	return openIncident(ctx, l.tx.Tx, i)
}
