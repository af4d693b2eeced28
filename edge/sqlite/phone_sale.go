package sqlite

import (
	"context"
	"database/sql"

	"github.com/mirrorcart/mirrorcart/edge"
)

// hearPhoneSale takes in what a phone has paid. A word that cannot be taken is
// left out and logged: refusing its message would hold up all that follow.
func (t *tx) hearPhoneSale(ctx context.Context, r *edge.Record) error {
	if _, err := edge.ReadPhoneSale(r); err != nil {
		t.db.opt.Log.ErrorContext(ctx, "what HQ says of a payment on the phone cannot be read and is left out: it is no sale yet", "payment", r.ID, "err", err)
		return nil
	}
	err := t.exec(ctx, `INSERT INTO phone_sale (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING`, r.ID, []byte(r.Data))
	if err != nil {
		return err
	}
	return t.sellPaid(ctx)
}

// settlePhoneSales makes the sales that waited until nothing of the epochs
// before the given one can be lacking.
func (db *DB) settlePhoneSales(ctx context.Context, epoch string) error {
	present := db.epoch.Load()
	if present.id != epoch {
		return nil // another began meanwhile, and HQ is asked again
	}
	var done bool
	err := db.reader.QueryRowContext(ctx, `SELECT taken_back = ? AND NOT EXISTS (SELECT 1 FROM phone_sale) FROM gateway`, present.n).Scan(&done)
	if err != nil || done {
		return fault("sqlite.TakenBack", err)
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		e, err := t.epoch(ctx)
		if err != nil || e.id != epoch {
			return struct{}{}, err
		}
		if err := t.exec(ctx, `UPDATE gateway SET taken_back = ?`, e.n); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.sellPaid(ctx)
	})
	return err
}

// sellPaid makes sales of what phones have paid. While something of the past may
// be lacking they wait: a sale may be among it.
func (t *tx) sellPaid(ctx context.Context) error {
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	var takenBack uint32
	if err := t.conn.QueryRowContext(ctx, `SELECT taken_back FROM gateway`).Scan(&takenBack); err != nil || takenBack != e.n {
		return err
	}
	paid := map[string]*edge.PhoneSale{}
	var order []string
	err = each(ctx, t.conn, func(rows *sql.Rows) error {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return err
		}
		p, err := decode[edge.PhoneSale](body)
		paid[id], order = p, append(order, id)
		return err
	}, `SELECT id, body FROM phone_sale ORDER BY rowid`)
	if err != nil {
		return err
	}
	for _, id := range order {
		if err := t.sellPhone(ctx, id, paid[id]); err != nil {
			return err
		}
	}
	if len(order) == 0 {
		return nil
	}
	return t.exec(ctx, `DELETE FROM phone_sale`)
}

// sellPhone makes the sale of one payment, unless it is made or the cart was paid
// earlier: then HQ makes the payment due.
func (t *tx) sellPhone(ctx context.Context, id string, p *edge.PhoneSale) error {
	_, err := saleByID(ctx, t.conn, id)
	if err == nil || edge.KindOf(err) != edge.NotFound {
		return err
	}
	closing := p.Closing(id)
	c, err := t.loadPaid(ctx, p.Cart)
	if err != nil {
		return err
	}
	if stands := edge.FirstClosing(c.Closed, closing); stands.Sale != id {
		t.db.opt.Log.WarnContext(ctx, "a phone paid for a cart that was paid before: HQ has to give that money back", "payment", id, "stands", stands.Receipt)
		return nil
	}
	if second := edge.SecondClosing(c.Closed, closing); second != nil {
		if err := t.saleDue(ctx, second, *closing); err != nil {
			return err
		}
	}
	r, err := t.releaseInForce(ctx)
	if err != nil && edge.KindOf(err) != edge.Unavailable {
		return err
	}
	return t.putSale(ctx, p.Sale(id, r, t.now()), c)
}

// loadPaid is a cart that HQ took money for; a bare one where it was forgotten
// here, or lost.
func (t *tx) loadPaid(ctx context.Context, id edge.CartID) (*cartToSell, error) {
	c, err := t.loadToSell(ctx, id)
	if err == nil || edge.KindOf(err) != edge.NotFound {
		return c, err
	}
	c.Cart = &edge.Cart{ID: id, Claim: edge.Claim{Holder: edge.HeldByPhone}}
	if c.Closed, err = closingOf(ctx, t.conn, id); err != nil {
		return nil, err
	}
	err = t.conn.QueryRowContext(ctx, `SELECT coalesce(max(checkout), 0) + 1 FROM sale WHERE cart = ?`, id.String()).Scan(&c.checkout)
	return c, err
}
