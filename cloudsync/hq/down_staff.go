package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PutStaff makes d the directory of a shop, and tells its nodes.
func (h *HQ) PutStaff(ctx context.Context, shop string, d *edge.Directory) error {
	const op = "hq.PutStaff"
	if err := d.Check(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		nodes, err := nodeNames(ctx, tx, shop)
		if err != nil {
			return err
		}
		if shop == "" || len(nodes) == 0 {
			return edge.Errorf(op, edge.NotFound, "no gateway of a shop %.70q is enrolled", shop)
		}
		if _, err := tx.ExecContext(ctx, "delete from staff where shop = $1", shop); err != nil {
			return err
		}
		for _, m := range d.Members {
			const q = "insert into staff (shop, name, role, pin, active) values ($1, $2, $3, $4, $5)"
			if _, err := tx.ExecContext(ctx, q, shop, m.Name, m.Role, m.PIN, toInt(m.Active)); err != nil {
				return err
			}
		}
		for _, node := range nodes {
			if err := h.queueSituation(ctx, tx, node, situation{Staff: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("staff directory changed", "audit", true, "shop", shop, "members", len(d.Members))
	h.downs.tell(struct{}{})
	return nil
}

// Staff is the directory of a shop; empty where HQ has none.
func (h *HQ) Staff(ctx context.Context, shop string) (*edge.Directory, error) {
	d, err := h.directory(ctx, "where shop = $1", shop)
	if err != nil {
		return nil, fmt.Errorf("hq.Staff: %w", err)
	}
	return d, nil
}

// staffOf is the directory of the shop that a node stands in.
func (h *HQ) staffOf(ctx context.Context, node string) (*edge.Directory, error) {
	return h.directory(ctx, "where shop = (select n.shop from node n where n.node = $1)", node)
}

func (h *HQ) directory(ctx context.Context, where, arg string) (*edge.Directory, error) {
	rows, err := h.db.Read.QueryContext(ctx, "select name, role, pin, active from staff "+where+" order by name", arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	d := &edge.Directory{Members: []edge.Member{}}
	for rows.Next() {
		var m edge.Member
		var active int
		if err := rows.Scan(&m.Name, &m.Role, &m.PIN, &active); err != nil {
			return nil, err
		}
		m.Active = active != 0
		d.Members = append(d.Members, m)
	}
	return d, rows.Err()
}

// SendRecord tells a node how an order or a payment stands.
func (h *HQ) SendRecord(ctx context.Context, node string, r edge.Record) error {
	const op = "hq.SendRecord"
	if err := h.db.InTx(ctx, func(tx *sql.Tx) error { return h.queueRecord(ctx, tx, node, &r) }); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.downs.tell(struct{}{})
	return nil
}

// queueRecord stores word of a record for a node; whoever calls it tells
// h.downs once the transaction is committed.
func (h *HQ) queueRecord(ctx context.Context, tx *sql.Tx, node string, r *edge.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	part, err := cloudsync.NewPart(cloudsync.PartRecord, r)
	if err != nil {
		return err
	}
	err = h.queueDown(ctx, tx, node, &cloudsync.Down{Parts: []cloudsync.Part{part}})
	if errors.Is(err, sql.ErrNoRows) {
		return edge.Errorf("hq.queueRecord", edge.NotFound, "no gateway %.70q is enrolled", node)
	}
	return err
}
