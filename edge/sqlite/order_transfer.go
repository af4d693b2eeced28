package sqlite

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

// RequestOrderTransfer asks for money of an order by bank transfer.
func (db *DB) RequestOrderTransfer(ctx context.Context, key string, a edge.OrderTransferAsk) (*edge.Transfer, bool, error) {
	return once(ctx, db, key, callOrderAsk, a, func(ctx context.Context, t *tx) (*edge.Transfer, error) {
		k, err := knownOrder(ctx, t.conn, a.Order)
		if err != nil {
			return nil, err
		}
		tr, err := a.Transfer(k, t.now())
		if err != nil {
			return nil, err
		}
		return t.askTransfer(ctx, tr)
	})
}

// SeeOrderTransfer takes money for an order by a clerk's word that it came.
func (db *DB) SeeOrderTransfer(ctx context.Context, key string, w edge.TransferSeen) (*edge.OrderMoney, bool, error) {
	return once(ctx, db, key, callOrderSeen, w, func(ctx context.Context, t *tx) (*edge.OrderMoney, error) {
		tr, _, err := loadTransfer(ctx, t.conn, w.Code)
		if err != nil {
			return nil, err
		}
		k, err := knownOrder(ctx, t.conn, tr.Order)
		if err != nil {
			return nil, err
		}
		m, err := tr.SeeOrder(w, k, t.now())
		if err != nil {
			return nil, err
		}
		if err := t.putOrderMoney(ctx, k, m); err != nil {
			return nil, err
		}
		if err := t.audit(ctx, tr.Deeds(m.Receipt)); err != nil {
			return nil, err
		}
		return m, t.changeTransfer(ctx, tr)
	})
}

// hearOrderTransfer takes in that the bank has money for an order.
func (t *tx) hearOrderTransfer(ctx context.Context, tr *edge.Transfer, credit edge.Credit) error {
	k, err := knownOrder(ctx, t.conn, tr.Order)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return err
	}
	changed, m, due := tr.HearOrder(credit, k, t.now())
	if !changed {
		return nil
	}
	if m != nil {
		if err := t.putOrderMoney(ctx, k, m); err != nil {
			return err
		}
	}
	if due != nil {
		due.Shop = t.db.opt.Shop
		if err := t.putDue(ctx, due, nil); err != nil {
			return err
		}
	}
	return t.changeTransfer(ctx, tr)
}
