package hq

import (
	"context"
	"encoding/json"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const maxGaps = 16 // missing ranges named in one ack

// ack says how far the lane is held, as the transaction sees it.
func (l *laneIntake) ack(ctx context.Context, b *cloudsync.Batch) (*cloudsync.Ack, error) {
	a := &cloudsync.Ack{Node: b.Node, Epoch: b.Epoch, Lane: b.Lane, Mark: l.cur.mark, Hash: l.cur.hash}
	a.At, a.AtHash = min(l.cur.mark, b.To), l.cur.hash
	var err error
	if a.At < l.cur.mark {
		if a.AtHash, err = l.hashAt(ctx, a.At); err != nil {
			return nil, err
		}
	}
	if b.Probe() {
		if a.Series, err = l.highestSeries(ctx); err != nil {
			return nil, err
		}
		const q = "select exists (select 1 from incident where node = $1 and kind = $2 and closed = 0 and settled = 0)"
		if err := l.tx.QueryRowContext(ctx, q, l.node, string(IncidentClone)).Scan(&a.Clone); err != nil {
			return nil, err
		}
	}
	if l.cur.maxSeen <= l.cur.mark {
		return a, nil
	}
	a.Missing, err = l.gaps(ctx)
	if err != nil {
		return nil, err
	}
	// What is held just above the mark and was not passed does not follow it.
	a.Fork = len(a.Missing) == 0 || a.Missing[0][0] > l.cur.mark+1
	return a, nil
}

// highestSeries is the highest receipt series of the node's epochs, 0 where none
// of them named its own.
func (l *laneIntake) highestSeries(ctx context.Context) (highest uint32, err error) {
	const q = `select i.data from cursor c
		join inbox i on i.node = c.node and i.epoch = c.epoch and i.lane = c.lane and i.seq = 1
		where c.node = $1 and i.type = $2`
	rows, err := l.tx.QueryContext(ctx, q, l.node, edge.EventEpoch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return 0, err
		}
		var opened edge.EpochOpened
		if json.Unmarshal(data, &opened) == nil { // what cannot be read is in quarantine
			highest = max(highest, opened.Series)
		}
	}
	return highest, rows.Err()
}

func (l *laneIntake) hashAt(ctx context.Context, seq uint64) (edge.Hash, error) {
	if seq == 0 {
		return edge.Hash{}, nil
	}
	const q = "select hash from inbox where node = $1 and epoch = $2 and lane = $3 and seq = $4"
	var hash []byte
	if err := l.tx.QueryRowContext(ctx, q, l.node, l.epoch, l.lane, seq).Scan(&hash); err != nil {
		return edge.Hash{}, err
	}
	return toHash(hash)
}

// gaps lists the ranges missing between the mark and the highest event held.
func (l *laneIntake) gaps(ctx context.Context) ([][2]uint64, error) {
	const q = `select before + 1, seq - 1 from (
			select seq, lag(seq, 1, $1) over (order by seq) as before
			from inbox where node = $2 and epoch = $3 and lane = $4 and seq > $1
		) as held where seq > before + 1 order by seq limit $5`
	rows, err := l.tx.QueryContext(ctx, q, l.cur.mark, l.node, l.epoch, l.lane, maxGaps)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var gaps [][2]uint64
	for rows.Next() {
		var g [2]uint64
		if err := rows.Scan(&g[0], &g[1]); err != nil {
			return nil, err
		}
		gaps = append(gaps, g)
	}
	return gaps, rows.Err()
}
