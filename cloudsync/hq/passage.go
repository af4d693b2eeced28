package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Record is an event as the inbox holds it.
type Record struct {
	Cursor   int64      `json:"cursor"` // its position in the order in which the marks passed the events
	Event    edge.Event `json:"event"`
	Hash     edge.Hash  `json:"hash"`
	Flaw     string     `json:"flaw,omitempty"` // why its content is not used
	Received time.Time  `json:"received"`       // by HQ's clock
}

// Events lists the events that the marks have passed, after a cursor (0 for
// all), oldest first, at most limit (1 to 1000). Who goes on from the last
// cursor skips no event, whatever number of collectors is at work.
func (h *HQ) Events(ctx context.Context, after int64, limit int) ([]Record, error) {
	list, err := readEvents(ctx, h.db.Read, after, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("hq.Events: %w", err)
	}
	return list, nil
}

// passage is a run of a lane's events that took the positions first to last.
type passage struct {
	laneKey
	first, last    int64
	fromSeq, toSeq uint64
}

// readEvents reads the events behind a position, in order.
func readEvents(ctx context.Context, db database.Queryer, after int64, limit int) ([]Record, error) {
	list := []Record{}
	for len(list) < limit {
		passages, err := readPassages(ctx, db, after, (limit-len(list))/8+1)
		if err != nil || len(passages) == 0 {
			return list, err
		}
		for _, p := range passages {
			if len(list) == limit {
				return list, nil
			}
			if list, err = p.events(ctx, db, after, limit, list); err != nil {
				return nil, err
			}
			after = list[len(list)-1].Cursor
		}
	}
	return list, nil
}

func readPassages(ctx context.Context, db database.Queryer, after int64, limit int) ([]passage, error) {
	const q = "select first, last, node, epoch, lane, from_seq, to_seq from passage where last > $1 order by last limit $2"
	rows, err := db.QueryContext(ctx, q, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []passage
	for rows.Next() {
		var p passage
		if err := rows.Scan(&p.first, &p.last, &p.node, &p.epoch, &p.lane, &p.fromSeq, &p.toSeq); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// events appends the passage's events behind a position, until list has limit.
func (p passage) events(ctx context.Context, db database.Queryer, after int64, limit int, list []Record) ([]Record, error) {
	const q = `select seq, id, type, time, mono, subject, data, hash, flaw, received from inbox
		where node = $1 and epoch = $2 and lane = $3 and seq >= $4 and seq <= $5 order by seq limit $6`
	from := p.fromSeq
	if after >= p.first {
		from += uint64(after - p.first + 1)
	}
	rows, err := db.QueryContext(ctx, q, p.node, p.epoch, p.lane, from, p.toSeq, limit-len(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	before := len(list)
	var hash sql.RawBytes
	for rows.Next() {
		r := Record{Event: edge.Event{Node: p.node, Epoch: p.epoch, Lane: p.lane}}
		e := &r.Event
		var flaw sql.NullString
		var received int64
		if err := rows.Scan(&e.Seq, &e.ID, &e.Type, &e.Time, &e.Mono, &e.Subject, (*[]byte)(&e.Data), &hash, &flaw, &received); err != nil {
			return nil, err
		}
		if r.Hash, err = toHash(hash); err != nil {
			return nil, err
		}
		r.Cursor, r.Flaw, r.Received = p.first+int64(e.Seq-p.fromSeq), flaw.String, database.Time(received)
		list = append(list, r)
	}
	if len(list) == before && rows.Err() == nil {
		return nil, fmt.Errorf("events %d to %d of %s, lane %s, passed and are not held", from, p.toSeq, p.node, p.lane)
	}
	return list, rows.Err()
}
