package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// VoidSale cancels a whole sale.
func (db *DB) VoidSale(ctx context.Context, key string, v edge.Voiding) (*edge.Void, bool, error) {
	return once(ctx, db, key, callVoid, v, func(ctx context.Context, t *tx) (*edge.Void, error) {
		h, err := history(ctx, t.conn, v.Sale)
		if err != nil {
			return nil, err
		}
		void, err := v.Void(h, t.now())
		if err != nil {
			return nil, err
		}
		void.ID, void.Shop = t.db.opt.NewID(), t.db.opt.Shop
		if void.Receipt, err = t.nextReceipt(ctx); err != nil {
			return nil, err
		}
		err = t.reverse(ctx, reversal{
			kind: edge.EventVoid, id: void.ID, sale: void.Sale, receipt: void.Receipt, moves: void.Moves(), record: void, deeds: void.Deeds(),
		})
		if err != nil {
			return nil, err
		}
		return void, t.ticket(ctx, edge.PrintVoid, void.ID, void.Staff)
	})
}

// RefundSale gives back lines of a sale, or of a receipt that is not of this
// ledger.
func (db *DB) RefundSale(ctx context.Context, key string, r edge.Refunding) (*edge.Refund, bool, error) {
	return once(ctx, db, key, callRefund, r, func(ctx context.Context, t *tx) (*edge.Refund, error) {
		return t.giveBack(ctx, r)
	})
}

// Exchange gives back goods that pay for others.
func (db *DB) Exchange(ctx context.Context, key string, x edge.Exchanging) (*edge.Exchange, bool, error) {
	return once(ctx, db, key, callExchange, x, func(ctx context.Context, t *tx) (*edge.Exchange, error) {
		back, co, err := x.Parts()
		if err != nil {
			return nil, err
		}
		refund, err := t.giveBack(ctx, back)
		if err != nil {
			return nil, err
		}
		c, s, err := t.price(ctx, co)
		if err != nil {
			return nil, err
		}
		done := &edge.Exchange{Refund: *refund, Sale: *s}
		done.Link()
		return done, t.putSale(ctx, &done.Sale, c)
	})
}

// giveBack makes a refund and everything that must commit with it.
func (t *tx) giveBack(ctx context.Context, r edge.Refunding) (*edge.Refund, error) {
	refund, err := t.refund(ctx, r)
	if err != nil {
		return nil, err
	}
	refund.ID, refund.Shop = t.db.opt.NewID(), t.db.opt.Shop
	if refund.Receipt, err = t.nextReceipt(ctx); err != nil {
		return nil, err
	}
	err = t.reverse(ctx, reversal{
		kind: edge.EventRefund, id: refund.ID, sale: refund.Sale, receipt: refund.Receipt, moves: refund.Moves(), record: refund, deeds: refund.Deeds(),
	})
	if err != nil {
		return nil, err
	}
	return refund, t.ticket(ctx, edge.PrintRefund, refund.ID, refund.Staff)
}

func (t *tx) refund(ctx context.Context, r edge.Refunding) (*edge.Refund, error) {
	h, err := history(ctx, t.conn, r.Sale)
	if err == nil {
		return r.Refund(h, t.now())
	}
	if edge.KindOf(err) != edge.NotFound || r.Sale.ID != "" {
		return nil, err
	}
	if err := t.foreign(ctx, r.Sale.Receipt); err != nil {
		return nil, err
	}
	rel, err := t.releaseInForce(ctx)
	if err != nil {
		return nil, err
	}
	return r.RefundUnknown(rel, t.now())
}

// foreign refuses a receipt that this ledger does not hold although it is the
// one that would: of the present series.
func (t *tx) foreign(ctx context.Context, r edge.Receipt) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	if r.Till == t.db.opt.Till && r.Series == e.n {
		return edge.Errorf("sqlite.RefundSale", edge.NotFound, "receipt %s was never given out: read its number again", r)
	}
	return nil
}

// reversal is a void or a refund on its way into the ledger.
type reversal struct {
	kind    string // of its event
	id      string
	sale    edge.SaleRef
	receipt edge.Receipt
	moves   []edge.StockMove
	record  any
	deeds   []edge.AuditRecord
}

// column is the kind as the table has it.
func (r *reversal) column() string {
	if r.kind == edge.EventVoid {
		return "void"
	}
	return "refund"
}

func (t *tx) reverse(ctx context.Context, r reversal) error {
	ev, err := t.append(ctx, edge.LaneSale, r.kind, r.id, r.record)
	if err != nil {
		return err
	}
	if err := t.imply(ctx, r.moves, ev.Seq); err != nil {
		return err
	}
	if err := t.audit(ctx, r.deeds); err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO reversal (id, kind, of_receipt, sale, till, series, counter, event, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, r.column(), r.sale.Receipt.String(), sql.NullString{String: r.sale.ID, Valid: r.sale.ID != ""},
		r.receipt.Till, r.receipt.Series, int64(r.receipt.Counter), ev.ID, []byte(ev.Data))
}

// Sale finds a sale and what became of it.
func (db *DB) Sale(ctx context.Context, ref edge.SaleRef) (*edge.SaleHistory, error) {
	const op = "sqlite.Sale"
	h, err := history(ctx, db.reader, ref)
	if err != nil {
		return nil, fault(op, err)
	}
	n := db.epoch.Load().n
	confirmed, err := mark(ctx, db.reader, n, edge.LaneSale)
	if err != nil {
		return nil, fault(op, err)
	}
	err = db.reader.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM event e, sale s WHERE s.id = ? AND e.id = s.event AND e.epoch = ? AND e.seq > ?)`,
		h.ID, n, int64(confirmed)).Scan(&h.Confirmed)
	return h, fault(op, err)
}

// history is the sale and its voids, refunds, Z report and e-invoice; whether
// HQ has it is left open.
func history(ctx context.Context, q querier, ref edge.SaleRef) (*edge.SaleHistory, error) {
	s, err := saleByRef(ctx, q, ref)
	if err != nil {
		return nil, err
	}
	h := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}, Refunds: []edge.Refund{}}
	if err := reversals(ctx, q, h); err != nil {
		return nil, err
	}
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT number FROM z_report WHERE till = ? AND series = ? AND last >= ? ORDER BY last LIMIT 1), 0)`,
		s.Receipt.Till, s.Receipt.Series, int64(s.Receipt.Counter)).Scan(&h.Z)
	if err != nil {
		return nil, err
	}
	h.EInvoice, err = einvoice(ctx, q, s.ID)
	return h, err
}

func saleByRef(ctx context.Context, q querier, ref edge.SaleRef) (*edge.Sale, error) {
	if ref.ID != "" {
		return saleByID(ctx, q, ref.ID)
	}
	const op = "sqlite.Sale"
	r := ref.Receipt
	if err := r.Check(); err != nil {
		return nil, err
	}
	var body []byte
	err := q.QueryRowContext(ctx, `SELECT body FROM sale WHERE till = ? AND series = ? AND counter = ?`, r.Till, r.Series, int64(r.Counter)).Scan(&body)
	if err == nil {
		return decode[edge.Sale](body)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	var kind, of string
	err = q.QueryRowContext(ctx, `SELECT kind, of_receipt FROM reversal WHERE till = ? AND series = ? AND counter = ?`, r.Till, r.Series, int64(r.Counter)).Scan(&kind, &of)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, edge.Errorf(op, edge.NotFound, "receipt %s is not in this gateway's ledger", r)
	case err != nil:
		return nil, err
	}
	return nil, edge.Errorf(op, edge.Conflict, "receipt %s is a %s: the sale is receipt %s", r, kind, of)
}

func saleByID(ctx context.Context, q querier, id string) (*edge.Sale, error) {
	var body []byte
	err := q.QueryRowContext(ctx, `SELECT body FROM sale WHERE id = ?`, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.Sale", edge.NotFound, "sale %.64q is not in this gateway's ledger", id)
	}
	if err != nil {
		return nil, err
	}
	return decode[edge.Sale](body)
}

// reversals adds the sale's voids and refunds, in the order they were made:
// those too that were made while a restored database did not know the sale.
func reversals(ctx context.Context, q querier, h *edge.SaleHistory) error {
	rows, err := q.QueryContext(ctx, `SELECT n, kind, body FROM reversal WHERE sale = ?
		UNION ALL SELECT n, kind, body FROM reversal WHERE sale IS NULL AND of_receipt = ? ORDER BY n`, h.ID, h.Receipt.String())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var kind string
		var body []byte
		if err := rows.Scan(&n, &kind, &body); err != nil {
			return err
		}
		if kind == "void" {
			h.Void = new(edge.Void)
			err = json.Unmarshal(body, h.Void)
		} else {
			h.Refunds = append(h.Refunds, edge.Refund{})
			err = json.Unmarshal(body, &h.Refunds[len(h.Refunds)-1])
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
