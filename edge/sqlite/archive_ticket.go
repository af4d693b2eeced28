package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Sale finds a sale and what became of it, but for whether HQ has it.
func (a *Archive) Sale(ctx context.Context, ref edge.SaleRef) (*edge.SaleHistory, error) {
	h, err := history(ctx, a.reader, ref)
	return h, fault("sqlite.Sale", err)
}

// Reversal finds a void or a refund by its id; the other is nil.
func (a *Archive) Reversal(ctx context.Context, id string) (*edge.Void, *edge.Refund, error) {
	return a.db.Reversal(ctx, id)
}

// KnownOrder finds an order.
func (a *Archive) KnownOrder(ctx context.Context, id string) (*edge.KnownOrder, error) {
	return a.db.KnownOrder(ctx, id)
}

// OrderOfMoney is the order that money was taken for, or given back.
func (a *Archive) OrderOfMoney(ctx context.Context, id string) (string, error) {
	return a.db.OrderOfMoney(ctx, id)
}

// OrderContact is not found: names are read by the gateway alone, whose secret
// opens them.
func (a *Archive) OrderContact(_ context.Context, id string) (*edge.Contact, error) {
	return nil, edge.Errorf("sqlite.OrderContact", edge.NotFound, "to whom order %.64q goes only its gateway can tell", id)
}

// ZReport finds a Z report by its id.
func (a *Archive) ZReport(ctx context.Context, id string) (*edge.ZReport, error) {
	return a.db.ZReport(ctx, id)
}

// Cart finds a cart.
func (a *Archive) Cart(ctx context.Context, id edge.CartID) (*edge.Cart, error) {
	return a.db.Cart(ctx, id)
}

// Places are the names and addresses of shops that HQ has told of.
func (a *Archive) Places(ctx context.Context) (map[string]edge.Place, error) { return a.db.Places(ctx) }

// Release is the release in force.
func (a *Archive) Release(ctx context.Context) (*edge.Release, error) { return a.db.Release(ctx) }

// TicketOf finds what a receipt's number is of, and its id.
func (a *Archive) TicketOf(ctx context.Context, r edge.Receipt) (kind edge.PrintKind, id string, err error) {
	const op = "sqlite.TicketOf"
	if err := r.Check(); err != nil {
		return "", "", err
	}
	err = a.reader.QueryRowContext(ctx, `
		SELECT 'receipt', id FROM sale WHERE till = ?1 AND series = ?2 AND counter = ?3
		UNION ALL SELECT kind, id FROM reversal WHERE till = ?1 AND series = ?2 AND counter = ?3
		UNION ALL SELECT 'order', id FROM order_money WHERE till = ?1 AND series = ?2 AND counter = ?3`,
		r.Till, r.Series, int64(r.Counter)).Scan(&kind, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", edge.Errorf(op, edge.NotFound, "receipt %s is not in this gateway's ledger", r)
	}
	return kind, id, fault(op, err)
}

// ZReportOf finds the id of the newest Z report of a number.
func (a *Archive) ZReportOf(ctx context.Context, number uint32) (id string, err error) {
	const op = "sqlite.ZReportOf"
	err = a.reader.QueryRowContext(ctx, `SELECT id FROM z_report WHERE number = ? ORDER BY n DESC LIMIT 1`, number).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", edge.Errorf(op, edge.NotFound, "there is no Z report %d", number)
	}
	return id, fault(op, err)
}
