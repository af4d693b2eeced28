package hq

import (
	"context"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// correction is a void or a refund: a receipt that gives a sale back, or some
// of it.
type correction struct {
	kind, id string
	receipt  edge.Receipt
	sale     edge.SaleRef
	lines    []edge.SaleLine
	total    edge.Money
	at       time.Time
	moves    []edge.StockMove
}

func (p *projector) void(ctx context.Context, e *entry) error {
	var v edge.Void
	if err := json2.Unmarshal(e.Data, &v); err != nil {
		p.refuse(e, fmt.Errorf("not a void: %w", err))
		return nil
	}
	return p.correct(ctx, e, correction{"void", v.ID, v.Receipt, v.Sale, v.Lines, v.Total, v.At, v.Moves()})
}

func (p *projector) refund(ctx context.Context, e *entry) error {
	var r edge.Refund
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		p.refuse(e, fmt.Errorf("not a refund: %w", err))
		return nil
	}
	lines := make([]edge.SaleLine, len(r.Lines))
	for i := range r.Lines {
		lines[i] = r.Lines[i].SaleLine
	}
	return p.correct(ctx, e, correction{"refund", r.ID, r.Receipt, r.Sale, lines, r.Total, r.At, r.Moves()})
}

// correct stores what was given back and moves the stock that came back.
func (p *projector) correct(ctx context.Context, e *entry, c correction) error {
	err := checkReceipt(c.kind, c.id, c.receipt, c.lines, c.total)
	if err == nil {
		err = checkMoves(c.moves)
	}
	if err == nil && (!storable(c.sale.ID) || !storable(c.sale.Receipt.Till)) {
		err = fmt.Errorf("%s %.40q is of a sale with a name that no database takes", c.kind, c.id)
	}
	for i := range c.lines {
		if l := &c.lines[i]; err == nil && (l.Quantity < 1 || l.Total < 0) {
			err = fmt.Errorf("%s %.40q gives back %d pieces for %d", c.kind, c.id, l.Quantity, l.Total)
		}
	}
	if err != nil {
		p.refuse(e, err)
		return nil
	}
	const q = `insert into correction (pos, node, shop, kind, id, sale, receipt, amount, currency, at, received, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (node, id) do nothing`
	res, err := p.tx.ExecContext(ctx, q, e.pos, e.Node, e.shop, c.kind, c.id, c.sale.ID, c.receipt.String(),
		c.total.Amount, c.total.Currency, c.at.UnixMilli(), e.received, []byte(e.Data))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		p.refuse(e, fmt.Errorf("%s %.40q is held already from another event", c.kind, c.id))
		return err
	}
	p.moveAll(e, c.moves)
	return nil
}

func (p *projector) zReport(ctx context.Context, e *entry) error {
	var z edge.ZReport
	err := json2.Unmarshal(e.Data, &z)
	switch {
	case err != nil:
		err = fmt.Errorf("not a Z report: %w", err)
	case !storable(z.Till):
		err = fmt.Errorf("the Z report %d is of a till with a name that no database takes", z.Number)
	default:
		err = z.Check()
	}
	if err != nil {
		p.refuse(e, err)
		return nil
	}
	const q = `insert into z_report (pos, node, shop, till, series, number, first, last, at, received, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (node, till, series, number) do nothing`
	res, err := p.tx.ExecContext(ctx, q, e.pos, e.Node, e.shop, z.Till, int64(z.Series), int64(z.Number), int64(z.From), int64(z.To),
		z.At.UnixMilli(), e.received, []byte(e.Data))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		p.refuse(e, fmt.Errorf("the Z report %s-%d-%d is held already from another event", z.Till, z.Series, z.Number))
		return err
	}
	return nil
}

// einvoice keeps the newest state. Where events of two epochs come crosswise,
// newest is by the shop's clock.
func (p *projector) einvoice(ctx context.Context, e *entry) error {
	var v edge.EInvoice
	err := json2.Unmarshal(e.Data, &v)
	switch {
	case err != nil:
		err = fmt.Errorf("not an invoice's state: %w", err)
	case !storable(v.Sale):
		err = fmt.Errorf("invoice of a sale with a name that no database takes")
	default:
		err = v.Check()
	}
	if err != nil {
		p.refuse(e, err)
		return nil
	}
	const q = `insert into einvoice (node, sale, state, at, pos, body) values ($1, $2, $3, $4, $5, $6)
		on conflict (node, sale) do update set state = excluded.state, at = excluded.at, pos = excluded.pos, body = excluded.body
		where einvoice.at <= excluded.at`
	_, err = p.tx.ExecContext(ctx, q, e.Node, v.Sale, string(v.State), v.At.UnixMilli(), e.pos, []byte(e.Data))
	return err
}
