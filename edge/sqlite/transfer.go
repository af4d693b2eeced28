package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// RequestTransfer asks for a cart's money by bank transfer.
func (db *DB) RequestTransfer(ctx context.Context, key string, a edge.TransferAsk) (*edge.Transfer, bool, error) {
	return once(ctx, db, key, callAsk, a, func(ctx context.Context, t *tx) (*edge.Transfer, error) {
		c, err := t.loadToSell(ctx, a.Cart)
		if err != nil {
			return nil, err
		}
		if c.order.Valid {
			return nil, errOrdered(c.order.String)
		}
		r, err := t.releaseInForce(ctx)
		if err != nil {
			return nil, err
		}
		a.Deal = c.deal
		tr, err := a.Transfer(c.Cart, r, t.now())
		if err != nil {
			return nil, err
		}
		return t.askTransfer(ctx, tr)
	})
}

// askTransfer stores a new transfer; where one that asks for the same is open,
// that one is the answer.
func (t *tx) askTransfer(ctx context.Context, tr *edge.Transfer) (*edge.Transfer, error) {
	asked, err := bodies[edge.Transfer](ctx, t.conn, `SELECT body FROM transfer WHERE cart = ? ORDER BY n DESC LIMIT 10`, tr.Cart.String())
	if err != nil {
		return nil, err
	}
	for i := range asked {
		if asked[i].Asks(tr) {
			return &asked[i], nil
		}
	}
	e, err := t.epoch(ctx)
	if err != nil {
		return nil, err
	}
	tr.Shop = t.db.opt.Shop
	body, err := t.tellTransfer(ctx, tr)
	if err != nil {
		return nil, err
	}
	return tr, t.exec(ctx, `INSERT INTO transfer (code, cart, epoch, body) VALUES (?, ?, ?, ?)`, tr.Code, tr.Cart.String(), e.n, body)
}

// tellTransfer adds the event of a transfer's state.
func (t *tx) tellTransfer(ctx context.Context, tr *edge.Transfer) (body []byte, err error) {
	ev, err := t.append(ctx, edge.LaneSale, edge.EventTransfer, tr.Code, tr)
	if err != nil {
		return nil, err
	}
	return []byte(ev.Data), nil
}

// changeTransfer stores another state of a transfer.
func (t *tx) changeTransfer(ctx context.Context, tr *edge.Transfer) error {
	body, err := t.tellTransfer(ctx, tr)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE transfer SET body = ? WHERE code = ?`, body, tr.Code)
}

func loadTransfer(ctx context.Context, q querier, code string) (tr *edge.Transfer, epoch uint32, err error) {
	var body []byte
	err = q.QueryRowContext(ctx, `SELECT epoch, body FROM transfer WHERE code = ?`, code).Scan(&epoch, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, edge.Errorf("sqlite.Transfer", edge.NotFound, "no transfer has the code %.20q in this shop", code)
	}
	if err != nil {
		return nil, 0, err
	}
	tr, err = decode[edge.Transfer](body)
	return tr, epoch, err
}

// SeeTransfer sells by a clerk's word that a transfer's money came.
func (db *DB) SeeTransfer(ctx context.Context, key string, w edge.TransferSeen) (*edge.Sale, bool, error) {
	return once(ctx, db, key, callSeen, w, func(ctx context.Context, t *tx) (*edge.Sale, error) {
		tr, _, err := loadTransfer(ctx, t.conn, w.Code)
		if err != nil {
			return nil, err
		}
		c, err := t.loadToSell(ctx, tr.Cart)
		if err != nil {
			return nil, err
		}
		s, err := tr.See(w, c.Cart, t.now())
		if err != nil {
			return nil, err
		}
		if err := t.putSale(ctx, s, c); err != nil {
			return nil, err
		}
		tr.Sale = s.ID
		if err := t.audit(ctx, tr.Deeds(s.Receipt)); err != nil {
			return nil, err
		}
		return s, t.changeTransfer(ctx, tr)
	})
}

// hearTransfer takes in what HQ says of a transfer. A word that cannot be taken
// is left out and logged: refusing its message would hold up all that follow.
func (t *tx) hearTransfer(ctx context.Context, r *edge.Record) error {
	log := t.db.opt.Log.With("transfer", r.ID)
	w, err := edge.ReadTransferWord(r)
	if err != nil {
		log.ErrorContext(ctx, "what HQ says of a transfer cannot be read and is left out", "err", err)
		return nil
	}
	tr, asked, err := loadTransfer(ctx, t.conn, r.ID)
	if edge.KindOf(err) == edge.NotFound {
		log.ErrorContext(ctx, "HQ has money for a transfer that is not known here: a backup was put in place, or HQ is wrong")
		return nil
	}
	if err != nil {
		return err
	}
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	if asked != e.n && tr.State == edge.TransferAwaiting {
		log.WarnContext(ctx, "money came for a transfer from before this database was put in place: see whether its sale is known, and record it if it is not")
		if !tr.Hold(w.Credit) {
			return nil
		}
		return t.changeTransfer(ctx, tr)
	}
	if tr.Order != "" {
		return t.hearOrderTransfer(ctx, tr, w.Credit)
	}
	c, err := t.loadToSell(ctx, tr.Cart)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return err
	}
	changed, s, due := tr.Hear(w.Credit, c.Cart, t.now())
	if !changed {
		return nil
	}
	if s != nil {
		if err := t.putSale(ctx, s, c); err != nil {
			return err
		}
		tr.Sale = s.ID
	}
	if due != nil {
		due.Shop = t.db.opt.Shop
		if due.Stands.Sale == "" && c.Cart == nil {
			if stands, err := closingOf(ctx, t.conn, tr.Cart); err != nil {
				return err
			} else if stands != nil {
				due.Stands = *stands
			}
		}
		if err := t.putDue(ctx, due, nil); err != nil {
			return err
		}
	}
	return t.changeTransfer(ctx, tr)
}

// remakeTransfer takes a transfer of an earlier epoch, as far as it had come.
func (t *tx) remakeTransfer(ctx context.Context, series uint32, tr *edge.Transfer) error {
	have, _, err := loadTransfer(ctx, t.conn, tr.Code)
	if err == nil && !tr.Forward(have) {
		return nil
	}
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return err
	}
	body, err := json.Marshal(tr)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO transfer (code, cart, epoch, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body`, tr.Code, tr.Cart.String(), series, body)
}

// Transfer finds a transfer by its code.
func (db *DB) Transfer(ctx context.Context, code string) (*edge.Transfer, error) {
	tr, _, err := loadTransfer(ctx, db.reader, code)
	return tr, fault("sqlite.Transfer", err)
}

// Transfers lists the newest transfers.
func (db *DB) Transfers(ctx context.Context, limit int) ([]edge.Transfer, error) {
	list, err := bodies[edge.Transfer](ctx, db.reader, `SELECT body FROM transfer ORDER BY n DESC LIMIT ?`, limit)
	return append([]edge.Transfer{}, list...), fault("sqlite.Transfers", err)
}
