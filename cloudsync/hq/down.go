package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// keepConfirmed is how long messages stay that the node has applied: one that
// is put back to a backup gets again what it has forgotten since.
const keepConfirmed = 30 * 24 * time.Hour

// queueDown gives a message for a node the node's next number and stores it.
func (h *HQ) queueDown(ctx context.Context, tx *sql.Tx, node string, d *cloudsync.Down) error {
	d.Node = node
	if err := tx.QueryRowContext(ctx, "select down_last from node where node = $1", node).Scan(&d.Prev); err != nil {
		return fmt.Errorf("number for %s: %w", node, err)
	}
	d.N = max(d.Prev+1, uint64(max(h.nowMillis(), 0)))
	if _, err := tx.ExecContext(ctx, "update node set down_last = $1 where node = $2", d.N, node); err != nil {
		return err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "insert into down (node, n, body, created) values ($1, $2, $3, $4)",
		node, d.N, body, h.nowMillis())
	return err
}

// pending is a downlink message sealed to be published.
type pending struct {
	n       uint64
	message cloudsync.Message
}

// pendingDown lists the messages after a number that a node has not confirmed,
// in order, at most limit. Each follows the last one before it that is held: the
// one it was queued behind may be forgotten here, and must not be waited for.
func (h *HQ) pendingDown(ctx context.Context, node string, after uint64, limit int) ([]pending, error) {
	const q = `select d.n, d.body, (select coalesce(max(p.n), 0) from down p where p.node = d.node and p.n < d.n)
		from down d join node n on n.node = d.node
		where d.node = $1 and d.n > n.down_mark and d.n > $2 order by d.n limit $3`
	rows, err := h.read.QueryContext(ctx, q, node, after, limit)
	if err != nil {
		return nil, fmt.Errorf("hq.pendingDown: %w", err)
	}
	defer rows.Close()
	topic := cloudsync.Topic{Node: node, Branch: cloudsync.BranchDown}.String()
	var list []pending
	for rows.Next() {
		var n, prev uint64
		var body []byte
		if err := rows.Scan(&n, &body, &prev); err != nil {
			return nil, fmt.Errorf("hq.pendingDown: %w", err)
		}
		sealed, err := h.sealDown(topic, body, prev)
		if err != nil {
			return nil, fmt.Errorf("hq.pendingDown: message %d: %w", n, err)
		}
		list = append(list, pending{n, cloudsync.Message{Topic: topic, Payload: sealed}})
	}
	return list, rows.Err()
}

func (h *HQ) sealDown(topic string, body []byte, prev uint64) ([]byte, error) {
	var d cloudsync.Down
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, err
	}
	d.Prev = prev
	packed, err := h.codec.EncodeDown(&d)
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
	err = h.inTx(ctx, func(tx *sql.Tx) error {
		const q = "select down_last, down_mark from node where node = $1"
		if err := tx.QueryRowContext(ctx, q, t.Node).Scan(&last, &mark); err != nil {
			return err
		}
		const store = "update node set down_mark = $1, down_last = $2, seen = $3 where node = $4"
		_, err := tx.ExecContext(ctx, store, c.Down, max(last, c.Down), h.nowMillis(), t.Node)
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
	return last > c.Down, nil
}

// forgetDown deletes a node's old messages up to its mark. Numbers follow the
// clock and are never behind it, so what is numbered before a time is older.
func (h *HQ) forgetDown(ctx context.Context, tx *sql.Tx, node string, mark uint64) error {
	old := h.now().Add(-keepConfirmed).UnixMilli()
	_, err := tx.ExecContext(ctx, "delete from down where node = $1 and n <= $2 and n < $3", node, mark, old)
	return err
}
