package hq

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Flaws of events that are stored and passed but not used.
const (
	flawOpaque   = "opaque"   // has bytes that no text column takes
	flawWithheld = "withheld" // too large to travel; its data is in the shop
)

// row is an event as the inbox stores it.
type row struct {
	seq           uint64
	id, typ, subj string
	time, mono    int64
	data          []byte
	prev, hash    edge.Hash
	flaw          string // "" is none
	received      int64
}

// rows are the batch's events as they are stored.
func (in *intake) rows() []row {
	b := in.batch
	if o := b.Opaque; o != nil {
		r := row{
			seq: b.From, id: text(o.ID), typ: text(o.Type), subj: text(o.Subject), time: o.Time, mono: o.Mono,
			data: nonNil(o.Data), prev: b.PrevHash, hash: b.Hash, flaw: flawOpaque, received: in.now,
		}
		if o.Withheld > 0 {
			r.flaw = flawWithheld
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
		if !storable(e.ID) || !storable(e.Type) || !storable(e.Subject) {
			rows[i].flaw = flawOpaque
			rows[i].id, rows[i].typ, rows[i].subj = text([]byte(e.ID)), text([]byte(e.Type)), text([]byte(e.Subject))
		}
		prev = in.hashes[i]
	}
	return rows
}

// insertEvents adds the fresh rows of the lanes to the inbox at once.
func insertEvents(ctx context.Context, t transaction, d dialect, lanes []*laneIntake) error {
	var rows []laneRow
	for _, l := range lanes {
		for i := range l.fresh {
			rows = append(rows, laneRow{&l.laneKey, &l.fresh[i]})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return d.insertAll(ctx, t, "inbox", append(laneColumns(rows, len(lanes) == 1), columns{
		{"seq", pluck(rows, func(r *laneRow) int64 { return int64(r.seq) })},
		{"id", pluck(rows, func(r *laneRow) string { return r.id })},
		{"type", pluck(rows, func(r *laneRow) string { return r.typ })},
		{"time", pluck(rows, func(r *laneRow) int64 { return r.time })},
		{"mono", pluck(rows, func(r *laneRow) int64 { return r.mono })},
		{"subject", pluck(rows, func(r *laneRow) string { return r.subj })},
		{"data", pluck(rows, func(r *laneRow) []byte { return r.data })},
		{"prev", pluck(rows, func(r *laneRow) []byte { return r.prev[:] })},
		{"hash", pluck(rows, func(r *laneRow) []byte { return r.hash[:] })},
		{"flaw", pluck(rows, func(r *laneRow) *string { return r.flawOrNull() })},
		{"received", pluck(rows, func(r *laneRow) int64 { return r.received })},
	}...))
}

// laneRow is a row and the lane that it is of.
type laneRow struct {
	*laneKey
	*row
}

// laneColumns name the lane of each row; of one lane only, it is said once.
func laneColumns(rows []laneRow, one bool) columns {
	if one {
		return columns{{"node", rows[0].node}, {"epoch", rows[0].epoch}, {"lane", string(rows[0].lane)}}
	}
	return columns{
		{"node", pluck(rows, func(r *laneRow) string { return r.node })},
		{"epoch", pluck(rows, func(r *laneRow) string { return r.epoch })},
		{"lane", pluck(rows, func(r *laneRow) string { return string(r.lane) })},
	}
}

func (r *row) flawOrNull() *string {
	if r.flaw == "" {
		return nil
	}
	return &r.flaw
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
