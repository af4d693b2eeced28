package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// queueDown gives a message for a node the node's next number and stores it.
func (h *HQ) queueDown(ctx context.Context, tx *sql.Tx, node string, d *cloudsync.Down) error {
	const next = "update node set down_last = down_last + 1 where node = $1 returning down_last"
	d.Node = node
	if err := tx.QueryRowContext(ctx, next, node).Scan(&d.N); err != nil {
		return fmt.Errorf("number for %s: %w", node, err)
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "insert into down (node, n, body, created) values ($1, $2, $3, $4)",
		node, d.N, body, h.nowMillis())
	return err
}
