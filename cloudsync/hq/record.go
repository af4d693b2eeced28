package hq

import (
	"context"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// correctionEntry is a void or a refund on its way into the table of
// corrections: a receipt that gives a sale back, or some of it.
type correctionEntry struct {
	*entry
	kind, id string
	receipt  edge.Receipt
	sale     edge.SaleRef
	lines    []edge.SaleLine
	total    edge.Money
	at       time.Time
	moves    []edge.StockMove
}

func (p *projector) void(e *entry) (flaw error) {
	var v edge.Void
	if err := json2.Unmarshal(e.Data, &v); err != nil {
		return fmt.Errorf("not a void: %w", err)
	}
	return p.correct(correctionEntry{e, KindVoid, v.ID, v.Receipt, v.Sale, v.Lines, v.Total, v.At, v.Moves()})
}

func (p *projector) refund(e *entry) (flaw error) {
	var r edge.Refund
	if err := json2.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("not a refund: %w", err)
	}
	lines := database.Pluck(r.Lines, func(l *edge.RefundLine) edge.SaleLine { return l.SaleLine })
	return p.correct(correctionEntry{e, KindRefund, r.ID, r.Receipt, r.Sale, lines, r.Total, r.At, r.Moves()})
}

func (p *projector) correct(c correctionEntry) (flaw error) {
	if err := checkReceipt(c.kind, c.id, c.receipt, c.lines, c.total); err != nil {
		return err
	}
	if err := checkMoves(c.moves); err != nil {
		return err
	}
	for _, name := range []string{c.sale.ID, c.sale.Receipt.String()} {
		if err := checkKey("the sale of a "+c.kind+",", name); err != nil {
			return err
		}
	}
	for i := range c.lines {
		if l := &c.lines[i]; l.Quantity < 1 || l.Total < 0 {
			return fmt.Errorf("%s %.40q gives back %d pieces for %d", c.kind, c.id, l.Quantity, l.Total)
		}
	}
	p.corrections = append(p.corrections, c)
	return nil
}

// storeCorrections stores what was given back and moves the stock that came
// back.
func (p *projector) storeCorrections(ctx context.Context) error {
	list := p.corrections
	stored, err := p.insertOnce(ctx, "correction", "node, id", database.Columns{
		database.Of("pos", list, func(c *correctionEntry) int64 { return c.pos }),
		database.Of("node", list, func(c *correctionEntry) string { return c.Node }),
		database.Of("shop", list, func(c *correctionEntry) string { return c.shop }),
		database.Of("kind", list, func(c *correctionEntry) string { return c.kind }),
		database.Of("id", list, func(c *correctionEntry) string { return c.id }),
		database.Of("sale", list, func(c *correctionEntry) string { return c.sale.ID }),
		database.Of("receipt", list, func(c *correctionEntry) string { return c.receipt.String() }),
		database.Of("amount", list, func(c *correctionEntry) int64 { return c.total.Amount }),
		database.Of("currency", list, func(c *correctionEntry) string { return c.total.Currency }),
		database.Of("at", list, func(c *correctionEntry) int64 { return c.at.UnixMilli() }),
		database.Of("received", list, func(c *correctionEntry) int64 { return c.received }),
		database.Of("body", list, func(c *correctionEntry) []byte { return c.Data }),
	}, database.Pluck(list, func(c *correctionEntry) *entry { return c.entry }), func(i int) string {
		return fmt.Sprintf("%s %.40q", list[i].kind, list[i].id)
	})
	if err != nil {
		return err
	}
	for i := range list {
		if c := &list[i]; stored[i] {
			p.moveAll(c.entry, c.moves)
		}
	}
	return nil
}

// reportEntry is a Z report on its way into the table of them.
type reportEntry struct {
	*entry
	z edge.ZReport
}

func (p *projector) zReport(e *entry) (flaw error) {
	r := reportEntry{entry: e}
	if err := json2.Unmarshal(e.Data, &r.z); err != nil {
		return fmt.Errorf("not a Z report: %w", err)
	}
	if err := checkKey("the till of a Z report,", r.z.Till); err != nil {
		return err
	}
	if err := r.z.Check(); err != nil {
		return err
	}
	p.reports = append(p.reports, r)
	return nil
}

func (p *projector) storeReports(ctx context.Context) error {
	list := p.reports
	_, err := p.insertOnce(ctx, "z_report", "node, till, series, number", database.Columns{
		database.Of("pos", list, func(r *reportEntry) int64 { return r.pos }),
		database.Of("node", list, func(r *reportEntry) string { return r.Node }),
		database.Of("shop", list, func(r *reportEntry) string { return r.shop }),
		database.Of("till", list, func(r *reportEntry) string { return r.z.Till }),
		database.Of("series", list, func(r *reportEntry) int64 { return int64(r.z.Series) }),
		database.Of("number", list, func(r *reportEntry) int64 { return int64(r.z.Number) }),
		database.Of("first", list, func(r *reportEntry) int64 { return int64(r.z.From) }),
		database.Of("last", list, func(r *reportEntry) int64 { return int64(r.z.To) }),
		database.Of("at", list, func(r *reportEntry) int64 { return r.z.At.UnixMilli() }),
		database.Of("received", list, func(r *reportEntry) int64 { return r.received }),
		database.Of("body", list, func(r *reportEntry) []byte { return r.Data }),
	}, database.Pluck(list, func(r *reportEntry) *entry { return r.entry }), func(i int) string {
		z := &list[i].z
		return fmt.Sprintf("the Z report %s-%d-%d", z.Till, z.Series, z.Number)
	})
	return err
}

type invoiceKey struct{ node, sale string }

// invoiceEntry is an invoice's state on its way into the table of them.
type invoiceEntry struct {
	*entry
	v edge.EInvoice
}

// einvoice keeps the newest state. Where events of two epochs come crosswise,
// newest is by the shop's clock.
func (p *projector) einvoice(e *entry) (flaw error) {
	i := invoiceEntry{entry: e}
	if err := json2.Unmarshal(e.Data, &i.v); err != nil {
		return fmt.Errorf("not an invoice's state: %w", err)
	}
	if err := checkKey("the sale of an invoice,", i.v.Sale); err != nil {
		return err
	}
	if err := i.v.Check(); err != nil {
		return err
	}
	k := invoiceKey{e.Node, i.v.Sale}
	if before, ok := p.invoices[k]; !ok || before.v.At.UnixMilli() <= i.v.At.UnixMilli() {
		p.invoices[k] = i
	}
	return nil
}

func (p *projector) storeInvoices(ctx context.Context) error {
	list := make([]invoiceEntry, 0, len(p.invoices))
	for _, i := range p.invoices {
		list = append(list, i)
	}
	const tail = `on conflict (node, sale) do update set state = excluded.state, at = excluded.at, pos = excluded.pos, body = excluded.body
		where einvoice.at <= excluded.at`
	return p.db.Insert(ctx, p.tx, "einvoice", database.Columns{
		database.Of("node", list, func(i *invoiceEntry) string { return i.Node }),
		database.Of("sale", list, func(i *invoiceEntry) string { return i.v.Sale }),
		database.Of("state", list, func(i *invoiceEntry) string { return string(i.v.State) }),
		database.Of("at", list, func(i *invoiceEntry) int64 { return i.v.At.UnixMilli() }),
		database.Of("pos", list, func(i *invoiceEntry) int64 { return i.pos }),
		database.Of("body", list, func(i *invoiceEntry) []byte { return i.Data }),
	}, tail, nil)
}
