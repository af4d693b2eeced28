package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// keepConfirmed is how long messages stay that the node has applied: one that
// is put back to a backup gets again what it has forgotten since.
const keepConfirmed = 30 * 24 * time.Hour

// queued is a message as it waits for its node.
type queued struct {
	cloudsync.Down
	Situation *situation `json:"situation,omitempty"`
}

// queueDown gives a message for a node the node's next number and stores it.
func (h *HQ) queueDown(ctx context.Context, tx *sql.Tx, node string, d *cloudsync.Down) error {
	return h.queue(ctx, tx, node, queued{Down: *d})
}

func (h *HQ) queue(ctx context.Context, tx *sql.Tx, node string, q queued) error {
	q.Node = node
	if err := tx.QueryRowContext(ctx, "select down_last from node where node = $1", node).Scan(&q.Prev); err != nil {
		return fmt.Errorf("number for %s: %w", node, err)
	}
	q.N = max(q.Prev+1, uint64(max(h.nowMillis(), 0)))
	if _, err := tx.ExecContext(ctx, "update node set down_last = $1 where node = $2", q.N, node); err != nil {
		return err
	}
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	stock := q.Situation != nil && q.Situation.Stock != nil
	_, err = tx.ExecContext(ctx, "insert into down (node, n, body, created, stock) values ($1, $2, $3, $4, $5)",
		node, q.N, body, h.nowMillis(), toInt(stock))
	return err
}

// pending is a downlink message sealed to be published.
type pending struct {
	n       uint64
	message cloudsync.Message
}

// waiting is a message that a node has not confirmed. It follows the last one
// before it that is held: the one it was queued behind may be forgotten here,
// and must not be waited for.
type waiting struct {
	n, prev uint64
	body    []byte
}

// pendingDown lists the messages after a number that a node has not confirmed,
// in order, at most limit.
func (h *HQ) pendingDown(ctx context.Context, node string, after uint64, limit int) ([]pending, error) {
	found, err := h.waitingDown(ctx, node, after, limit)
	if err != nil {
		return nil, fmt.Errorf("hq.pendingDown: %w", err)
	}
	topic := cloudsync.Topic{Node: node, Branch: cloudsync.BranchDown}.String()
	list := make([]pending, 0, len(found))
	for _, w := range found {
		sealed, err := h.sealDown(ctx, node, topic, w)
		if err != nil {
			return nil, fmt.Errorf("hq.pendingDown: message %d: %w", w.n, err)
		}
		list = append(list, pending{w.n, cloudsync.Message{Topic: topic, Payload: sealed}})
	}
	return list, nil
}

func (h *HQ) waitingDown(ctx context.Context, node string, after uint64, limit int) ([]waiting, error) {
	const q = `select d.n, d.body, (select coalesce(max(p.n), 0) from down p where p.node = d.node and p.n < d.n)
		from down d join node n on n.node = d.node
		where d.node = $1 and d.n > n.down_mark and d.n > $2 order by d.n limit $3`
	rows, err := h.db.Read.QueryContext(ctx, q, node, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []waiting
	for rows.Next() {
		var w waiting
		if err := rows.Scan(&w.n, &w.body, &w.prev); err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

func (h *HQ) sealDown(ctx context.Context, node, topic string, w waiting) ([]byte, error) {
	var q queued
	if err := json.Unmarshal(w.body, &q); err != nil {
		return nil, err
	}
	d := q.Down
	d.Prev = w.prev
	if q.Situation != nil {
		d.Parts = append(d.Parts, h.parts(ctx, node, q.Situation)...)
	}
	packed, err := h.codec.EncodeDown(&d)
	if refused, ok := errors.AsType[*cloudsync.RefusalError](err); ok && len(d.Parts) > 0 {
		h.log.Error("a message is sent without its parts, or all after it would wait for ever", "node", node, "message", w.n, "error", refused)
		d.Parts = nil
		packed, err = h.codec.EncodeDown(&d)
	}
	if err != nil {
		return nil, err
	}
	return cloudsync.Seal(h.key, cloudsync.KindDown, topic, packed), nil
}

// confirmed takes a node's word of what it applied last, and reports whether
// more waits for it. The word may go back: the node was restored. A node that
// has applied more than HQ remembers giving out says that HQ was.
func (h *HQ) confirmed(ctx context.Context, t cloudsync.Topic, payload []byte) (waiting bool, err error) {
	const op = "hq.confirmed"
	body, err := h.authentic(ctx, cloudsync.KindConfirm, t, payload)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	c, err := cloudsync.DecodeConfirm(body)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	var last, mark uint64
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const q = "select down_last, down_mark from node where node = $1"
		if err := tx.QueryRowContext(ctx, q, t.Node).Scan(&last, &mark); err != nil {
			return err
		}
		waiting = c.First && c.Down < mark
		if waiting { // it was put back, and has forgotten what HQ counts on
			if err := h.queueAll(ctx, tx, t.Node); err != nil {
				return err
			}
		}
		const store = "update node set down_mark = $1, down_last = case when down_last < $2 then $2 else down_last end, seen = $3 where node = $4"
		_, err := tx.ExecContext(ctx, store, c.Down, c.Down, h.nowMillis(), t.Node)
		if err != nil || c.Down <= mark {
			return err
		}
		return h.forgetDown(ctx, tx, t.Node, c.Down)
	})
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if c.Down > last {
		h.log.Error("the shop applied more than HQ remembers sending", "node", t.Node, "hq", last, "shop", c.Down)
	}
	h.changed.tell(struct{}{})
	return waiting || last > c.Down, nil
}

// forgetDown deletes a node's old messages up to its mark. Numbers follow the
// clock and are never behind it, so what is numbered before a time is older.
func (h *HQ) forgetDown(ctx context.Context, tx *sql.Tx, node string, mark uint64) error {
	old := h.now().Add(-keepConfirmed).UnixMilli()
	_, err := tx.ExecContext(ctx, "delete from down where node = $1 and n <= $2 and n < $3", node, mark, old)
	return err
}
