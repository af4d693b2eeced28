package hq

import (
	"context"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// row is an event as the inbox stores it.
type row struct {
	seq           uint64
	id, typ, subj string
	time, mono    int64
	data          []byte
	prev, hash    edge.Hash
	flaw          FlawKind // "" is none; why it is not used
	received      int64
}

// rows are the batch's events as they are stored.
func (in *intake) rows() []row {
	b := in.batch
	if o := b.Opaque; o != nil {
		r := row{
			seq: b.From, id: database.Text(o.ID), typ: database.Text(o.Type), subj: database.Text(o.Subject), time: o.Time, mono: o.Mono,
			data: nonNil(o.Data), prev: b.PrevHash, hash: b.Hash, flaw: FlawOpaque, received: in.now,
		}
		if o.Withheld > 0 {
			r.flaw = FlawWithheld
		}
		return []row{r}
	}
	rows := make([]row, len(b.Events))
	prev := b.PrevHash
	for i := range b.Events {
		e := &b.Events[i]
		rows[i] = row{
			seq: e.Seq, id: e.ID, typ: e.Type, subj: e.Subject, time: e.Time, mono: e.Mono,
			data: nonNil(e.Data), prev: prev, hash: in.hashes[i], received: in.now,
		}
		if in.revoked {
			rows[i].flaw = FlawRevoked
		}
		if !database.Storable(e.ID) || !database.Storable(e.Type) || !database.Storable(e.Subject) {
			rows[i].flaw = FlawOpaque
			rows[i].id, rows[i].typ, rows[i].subj = database.Text([]byte(e.ID)), database.Text([]byte(e.Type)), database.Text([]byte(e.Subject))
		}
		prev = in.hashes[i]
	}
	return rows
}

// insertEvents adds the fresh rows of the lanes to the inbox at once.
func insertEvents(ctx context.Context, t database.Tx, db *database.DB, lanes []*laneIntake) error {
	var rows []laneRow
	for _, l := range lanes {
		for i := range l.fresh {
			rows = append(rows, laneRow{&l.laneKey, &l.fresh[i]})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return db.InsertAll(ctx, t, "inbox", append(laneColumns(rows, len(lanes) == 1), database.Columns{
		database.Of("seq", rows, func(r *laneRow) int64 { return int64(r.seq) }),
		database.Of("id", rows, func(r *laneRow) string { return r.id }),
		database.Of("type", rows, func(r *laneRow) string { return r.typ }),
		database.Of("time", rows, func(r *laneRow) int64 { return r.time }),
		database.Of("mono", rows, func(r *laneRow) int64 { return r.mono }),
		database.Of("subject", rows, func(r *laneRow) string { return r.subj }),
		database.Of("data", rows, func(r *laneRow) []byte { return r.data }),
		database.Of("prev", rows, func(r *laneRow) []byte { return r.prev[:] }),
		database.Of("hash", rows, func(r *laneRow) []byte { return r.hash[:] }),
		database.Of("flaw", rows, func(r *laneRow) *string { return r.flawOrNull() }),
		database.Of("received", rows, func(r *laneRow) int64 { return r.received }),
	}...))
}

// laneRow is a row and the lane that it is of.
type laneRow struct {
	*laneKey
	*row
}

// laneColumns name the lane of each row; of one lane only, it is said once.
func laneColumns(rows []laneRow, one bool) database.Columns {
	if one {
		return database.Columns{database.Same("node", rows[0].node), database.Same("epoch", rows[0].epoch), database.Same("lane", string(rows[0].lane))}
	}
	return database.Columns{
		database.Of("node", rows, func(r *laneRow) string { return r.node }),
		database.Of("epoch", rows, func(r *laneRow) string { return r.epoch }),
		database.Of("lane", rows, func(r *laneRow) string { return string(r.lane) }),
	}
}

func (r *row) flawOrNull() *string {
	if r.flaw == "" {
		return nil
	}
	flaw := string(r.flaw)
	return &flaw
}

// nonNil keeps an empty value apart from the database's null.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
