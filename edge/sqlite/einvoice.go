package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PutEInvoice records a state that the electronic invoice of a sale came to.
func (db *DB) PutEInvoice(ctx context.Context, e edge.EInvoice) error {
	if err := e.Check(); err != nil {
		return err
	}
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		if _, err := saleByID(ctx, t.conn, e.Sale); err != nil {
			return struct{}{}, err
		}
		now, err := einvoice(ctx, t.conn, e.Sale)
		if err != nil {
			return struct{}{}, err
		}
		known, err := e.Follow(now)
		if known || err != nil {
			return struct{}{}, err
		}
		ev, err := t.append(ctx, edge.LaneSale, edge.EventEInvoice, e.Sale, e)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.exec(ctx, `INSERT INTO einvoice (sale, state, reference, event, body) VALUES (?, ?, ?, ?, ?)`,
			e.Sale, e.State, e.Reference, ev.ID, []byte(ev.Data))
	})
	return err
}

// einvoice is the state in force.
func einvoice(ctx context.Context, q querier, sale string) (edge.EInvoice, error) {
	var body []byte
	err := q.QueryRowContext(ctx, `SELECT body FROM einvoice WHERE sale = ? ORDER BY n DESC LIMIT 1`, sale).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.EInvoice{Sale: sale, State: edge.EInvoiceNone}, nil
	}
	if err != nil {
		return edge.EInvoice{}, err
	}
	e, err := decode[edge.EInvoice](body)
	if err != nil {
		return edge.EInvoice{}, err
	}
	return *e, nil
}
