package hq

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// rangesWithin translates a stretch of time into runs of numbers, one for each
// epoch that has events in it. What is missing at either end is within: a run
// begins behind the last event held from before the time, and ends before the
// first one from after it.
func (h *HQ) rangesWithin(ctx context.Context, node string, lane edge.Lane, from, to time.Time) ([]cloudsync.Args, error) {
	first, last := from.UnixMilli(), int64(math.MaxInt64)
	if !to.IsZero() {
		last = to.UnixMilli()
	}
	const q = `select i.epoch, c.max_seen, c.opened = (select max(d.opened) from cursor d where d.node = $1 and d.lane = $2),
			min(case when i.time >= $3 and i.time <= $4 then i.seq end), max(case when i.time >= $3 and i.time <= $4 then i.seq end)
		from inbox i join cursor c on c.node = i.node and c.epoch = i.epoch and c.lane = i.lane
		where i.node = $1 and i.lane = $2 group by i.epoch, c.max_seen, c.opened order by c.opened`
	rows, err := h.db.Read.QueryContext(ctx, q, node, lane, first, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []heldRun
	for rows.Next() {
		var r heldRun
		if err := rows.Scan(&r.epoch, &r.highest, &r.newest, &r.first, &r.last); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(runs) == 0 { // nothing of the lane is held: all of it
		return []cloudsync.Args{{Lane: lane, From: 1}}, nil
	}
	var list []cloudsync.Args
	for _, r := range runs {
		a, any, err := h.widen(ctx, node, lane, r, first, last)
		if err != nil {
			return nil, err
		}
		if any {
			list = append(list, a)
		}
	}
	return list, nil
}

// heldRun is what of an epoch is held within a stretch of time; first and last
// are null where nothing is.
type heldRun struct {
	epoch       string
	highest     uint64
	newest      bool
	first, last sql.NullInt64
}

// widen finds the numbers around a run; any is false where the epoch has none.
func (h *HQ) widen(ctx context.Context, node string, lane edge.Lane, r heldRun, first, last int64) (a cloudsync.Args, any bool, err error) {
	const q = `select
		(select coalesce(max(seq), 0) from inbox where node = $1 and epoch = $2 and lane = $3 and time < $4 and seq < $5),
		(select coalesce(min(seq), 0) from inbox where node = $1 and epoch = $2 and lane = $3 and time > $6 and seq > $7)`
	below, above := int64(math.MaxInt64), int64(0)
	if r.first.Valid {
		below, above = r.first.Int64, r.last.Int64
	}
	var before, after uint64
	if err := h.db.Read.QueryRowContext(ctx, q, node, r.epoch, lane, first, below, last, above).Scan(&before, &after); err != nil {
		return a, false, err
	}
	a = cloudsync.Args{Epoch: r.epoch, Lane: lane, From: before + 1}
	switch {
	case after > 0 && after <= a.From: // nothing lies between
		return a, false, nil
	case after > 0:
		a.To = after - 1
	case !r.first.Valid && !r.newest:
		return a, false, nil // the epoch ended before
	case a.From > r.highest: // perhaps there is nothing newer: begin with what is certainly there
		a.From = r.highest
	}
	return a, true, nil
}
