package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// recallAtOnce bounds the events of one answer: a till that makes records of
// them must not keep a sale waiting.
const recallAtOnce = 50

// recalled answers a node that asks for what it lacks of its own past. HQ
// remembers nothing of it: the node says with each question how far it has come.
func (h *HQ) recalled(ctx context.Context, t cloudsync.Topic, payload []byte) (cloudsync.Message, error) {
	const op = "hq.recalled"
	body, err := h.authentic(ctx, cloudsync.KindRecall, t, payload)
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	r, err := h.codec.DecodeRecall(body)
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	if r.Node != t.Node {
		return cloudsync.Message{}, &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: fmt.Sprintf("a question of %s came on %s", r.Node, t)}
	}
	b, err := h.lacking(ctx, r)
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	b.Nonce = r.Nonce
	packed, err := h.codec.EncodeBatch(b)
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	if b.N > 0 {
		h.log.Info("a shop takes back what it lacks of its past", "node", b.Node, "epoch", b.Epoch, "from", b.From, "to", b.To)
	}
	topic := cloudsync.Topic{Node: t.Node, Branch: cloudsync.BranchDown}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(h.key, cloudsync.KindRecalled, topic, packed)}, nil
}

// lacking is a batch of the first events that the node lacks, in the oldest
// epoch of which it lacks some; without events where it lacks none.
func (h *HQ) lacking(ctx context.Context, r *cloudsync.Recall) (*cloudsync.Batch, error) {
	have := map[string]uint64{r.Epoch: 1 << 62}
	for _, m := range r.Have {
		have[m.Epoch] = m.Seq
	}
	const q = `select c.epoch, c.mark, i.type, i.data from cursor c
		join inbox i on i.node = c.node and i.epoch = c.epoch and i.lane = c.lane and i.seq = 1
		where c.node = $1 and c.lane = $2 order by c.opened, c.epoch`
	rows, err := h.db.Read.QueryContext(ctx, q, r.Node, edge.LaneSale)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type lack struct {
		epoch       string
		after, mark uint64
	}
	var lacks []lack
	for rows.Next() {
		var l lack
		var kind string
		var data []byte
		if err := rows.Scan(&l.epoch, &l.mark, &kind, &data); err != nil {
			return nil, err
		}
		after, known := have[l.epoch]
		if l.after = after; after < l.mark && (known || before(kind, data, r.Series)) {
			lacks = append(lacks, l)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, l := range lacks {
		b, err := h.stretch(ctx, laneKey{r.Node, l.epoch, edge.LaneSale}, l.after, l.mark)
		if err != nil || b.N > 0 {
			return b, err
		}
	}
	return &cloudsync.Batch{Node: r.Node, Epoch: r.Epoch, Lane: edge.LaneSale, From: 1}, nil
}

// before reports whether an epoch's first event names a series below the given
// one. An epoch that does not say can be placed by who knows it alone.
func before(kind string, data []byte, series uint32) bool {
	var opened edge.EpochOpened
	return kind == edge.EventEpoch && json.Unmarshal(data, &opened) == nil && opened.Series > 0 && opened.Series < series
}

// stretch is a batch of the lane's events after one, up to the mark. An event
// whose content HQ does not have as it was is told of alone. What was set aside
// because its key was taken back ends it: it is told of once it counts.
func (h *HQ) stretch(ctx context.Context, l laneKey, after, mark uint64) (*cloudsync.Batch, error) {
	const q = `select seq, id, type, time, mono, subject, data, prev, hash, flaw from inbox
		where node = $1 and epoch = $2 and lane = $3 and seq > $4 and seq <= $5 order by seq limit $6`
	rows, err := h.db.Read.QueryContext(ctx, q, l.node, l.epoch, l.lane, after, mark, recallAtOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	b := &cloudsync.Batch{Node: l.node, Epoch: l.epoch, Lane: l.lane, From: after + 1, To: after}
	size, aside := 0, false
	for rows.Next() {
		e := edge.Event{Node: l.node, Epoch: l.epoch, Lane: l.lane}
		var prev, hash sql.RawBytes
		var flaw sql.NullString
		if err := rows.Scan(&e.Seq, &e.ID, &e.Type, &e.Time, &e.Mono, &e.Subject, (*[]byte)(&e.Data), &prev, &hash, &flaw); err != nil {
			return nil, err
		}
		if aside = FlawKind(flaw.String) == FlawRevoked; aside {
			break
		}
		if size += len(e.Data); b.N > 0 && (size > cloudsync.MaxBatch || flaw.Valid) {
			break
		}
		if b.N == 0 {
			if b.PrevHash, err = toHash(prev); err != nil {
				return nil, err
			}
		}
		if b.Hash, err = toHash(hash); err != nil {
			return nil, err
		}
		b.N, b.To = b.N+1, e.Seq
		if flaw.Valid {
			b.Opaque = cloudsync.NewOpaque(&e)
			b.Opaque.Withheld, b.Opaque.Data = max(len(e.Data), 1), nil
			break
		}
		b.Events = append(b.Events, e)
	}
	if b.N == 0 && !aside && rows.Err() == nil {
		return nil, fmt.Errorf("event %d of %s, lane %s, passed and is not held", after+1, l.node, l.lane)
	}
	return b, rows.Err()
}
