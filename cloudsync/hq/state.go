package hq

import (
	"context"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// heard takes a node's word, or that of its will, of whether it is connected.
// The will of an earlier connection changes nothing.
func (h *HQ) heard(ctx context.Context, t cloudsync.Topic, payload []byte) error {
	const op = "hq.heard"
	body, err := h.authentic(ctx, cloudsync.KindState, t, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	s, err := cloudsync.DecodeState(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	const up = "update node set up = 1, session = $1, since = $2 where node = $3 and (session <> $1 or up = 0)"
	const down = "update node set up = 0, since = $1 where node = $2 and session = $3 and up = 1"
	q, args := up, []any{s.Session, h.nowMillis(), t.Node}
	if !s.Up {
		q, args = down, []any{h.nowMillis(), t.Node, s.Session}
	}
	res, err := h.db.Write.ExecContext(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if n, err := res.RowsAffected(); err == nil && n > 0 {
		h.changed.tell(struct{}{})
	}
	return nil
}

// behind lists the connected nodes that have not confirmed all the downlink
// messages held for them.
func (h *HQ) behind(ctx context.Context) ([]string, error) {
	const q = `select n.node, n.up, n.since, n.seen from node n
		where exists (select 1 from down d where d.node = n.node and d.n > n.down_mark) order by n.node`
	rows, err := h.db.Read.QueryContext(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("hq.behind: %w", err)
	}
	defer rows.Close()
	var nodes []string
	for rows.Next() {
		var n string
		var up bool
		var since, seen int64
		if err := rows.Scan(&n, &up, &since, &seen); err != nil {
			return nil, fmt.Errorf("hq.behind: %w", err)
		}
		if connected(up, database.Time(since), database.Time(seen), h.now()) {
			nodes = append(nodes, n)
		}
	}
	return nodes, rows.Err()
}
