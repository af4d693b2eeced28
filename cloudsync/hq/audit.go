package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

const auditAtOnce = 5000 // positions of one transaction

// auditSome holds the next records that were projected against each other. It
// refuses nothing and holds up nothing.
func (h *HQ) auditSome(ctx context.Context) (pos int64, busy bool, err error) {
	busy, err = h.inProjection(ctx, func(tx *sql.Tx) error {
		a := auditor{HQ: h, tx: tx}
		if a.from, a.to, err = nextPositions(ctx, tx, "audit", auditAtOnce); err != nil || a.from == a.to {
			pos = a.to
			return err
		}
		for _, check := range []func(context.Context) error{a.numbers, a.arrivals, a.corrections, a.reports} {
			if err := check(ctx); err != nil {
				return err
			}
		}
		pos = a.to
		return setProgress(ctx, tx, "audit", pos)
	})
	if err != nil {
		return 0, busy, fmt.Errorf("audit: %w", err)
	}
	return pos, busy, nil
}

// auditor is one transaction's worth of auditing: of the positions after from,
// up to to.
type auditor struct {
	*HQ
	tx       *sql.Tx
	from, to int64
}

// record is where a record came from.
type record struct{ node, shop string }

// tell stores what does not add up.
func (a *auditor) tell(ctx context.Context, r record, kind DiscrepancyKind, subject, format string, args ...any) error {
	d := Discrepancy{Node: r.node, Shop: r.shop, Kind: kind, Subject: text([]byte(subject)), Message: text(fmt.Appendf(nil, format, args...)), At: a.now()}
	return d.put(ctx, a.tx)
}

// each runs a query and hands over its rows once all are read, so that what is
// done with one may ask the database again.
func each[T any](ctx context.Context, a *auditor, scan func(*sql.Rows) (T, error), do func(T) error, query string, args ...any) error {
	rows, err := a.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return err
		}
		list = append(list, v)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, v := range list {
		if err := do(v); err != nil {
			return err
		}
	}
	return nil
}

// numbers finds receipts whose number another one of the same gateway has.
func (a *auditor) numbers(ctx context.Context) error {
	const q = `select a.node, a.shop, a.receipt from sale a where a.pos > $1 and a.pos <= $2 and (
			exists (select 1 from sale b where b.receipt = a.receipt and b.node = a.node and b.pos <> a.pos)
			or exists (select 1 from correction b where b.receipt = a.receipt and b.node = a.node))
		union all
		select a.node, a.shop, a.receipt from correction a where a.pos > $1 and a.pos <= $2 and (
			exists (select 1 from correction b where b.receipt = a.receipt and b.node = a.node and b.pos <> a.pos)
			or exists (select 1 from sale b where b.receipt = a.receipt and b.node = a.node))`
	type number struct {
		record
		receipt string
	}
	return each(ctx, a, func(rows *sql.Rows) (n number, err error) {
		return n, rows.Scan(&n.node, &n.shop, &n.receipt)
	}, func(n number) error {
		return a.tell(ctx, n.record, ReceiptTwice, n.receipt, "two receipts have this number: the gateway was restored, or there are two of it")
	}, q, a.from, a.to)
}

// soldSale is a sale and where it came from.
type soldSale struct {
	record
	sale edge.Sale
}

func scanSale(rows *sql.Rows) (s soldSale, err error) {
	var body []byte
	if err := rows.Scan(&s.node, &s.shop, &body); err != nil {
		return s, err
	}
	return s, json2.Unmarshal(body, &s.sale)
}

// arrivals looks at sales that were voided or refunded before they were here.
func (a *auditor) arrivals(ctx context.Context) error {
	const q = `select s.node, s.shop, s.body from sale s where s.pos > $1 and s.pos <= $2
		and exists (select 1 from discrepancy d where d.kind = $3 and d.subject = s.receipt)`
	return each(ctx, a, scanSale, func(s soldSale) error {
		const settled = "delete from discrepancy where kind = $1 and subject = $2"
		if _, err := a.tx.ExecContext(ctx, settled, string(UnknownSale), s.sale.Receipt.String()); err != nil {
			return err
		}
		return a.givenBack(ctx, &s)
	}, q, a.from, a.to, string(UnknownSale))
}

// correctionOf is what an audit needs of a void or a refund.
type correctionOf struct {
	record
	pos  int64
	kind string
	returned
}

// returned is what the bodies of voids and refunds have in common.
type returned struct {
	Receipt edge.Receipt `json:"receipt"`
	Sale    edge.SaleRef `json:"sale"`
	Lines   []struct {
		SKU      edge.SKU `json:"sku"`
		Quantity int      `json:"quantity"`
	} `json:"lines"`
}

func scanCorrection(rows *sql.Rows) (c correctionOf, err error) {
	var body []byte
	if err := rows.Scan(&c.node, &c.shop, &c.pos, &c.kind, &body); err != nil {
		return c, err
	}
	return c, json2.Unmarshal(body, &c.returned)
}

// corrections holds voids and refunds against their sales.
func (a *auditor) corrections(ctx context.Context) error {
	const q = "select node, shop, pos, kind, body from correction where pos > $1 and pos <= $2 order by pos"
	return each(ctx, a, scanCorrection, func(c correctionOf) error { return a.correction(ctx, &c) }, q, a.from, a.to)
}

func (a *auditor) correction(ctx context.Context, c *correctionOf) error {
	const sale = "select node, shop, body from sale where "
	q, args := sale+"node = $1 and id = $2", []any{c.node, c.Sale.ID}
	if c.Sale.ID == "" {
		const keep = "insert into foreign_refund (pos, receipt) values ($1, $2) on conflict (pos) do nothing"
		if _, err := a.tx.ExecContext(ctx, keep, c.pos, c.Sale.Receipt.String()); err != nil {
			return err
		}
		q, args = sale+"node in (select node from node) and receipt = $1 limit 2", []any{c.Sale.Receipt.String()}
	}
	var found []soldSale
	err := each(ctx, a, scanSale, func(s soldSale) error {
		found = append(found, s)
		return nil
	}, q, args...)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return a.tell(ctx, c.record, UnknownSale, c.Sale.Receipt.String(), "%s %s is of a receipt that is not here", c.kind, c.Receipt)
	case len(found) == 2:
		return nil // tills of two shops have the same name: the number does not tell them apart
	}
	return a.givenBack(ctx, &found[0])
}

// givenBack tells of a sale that was given back beyond what it was, by
// whichever gateways.
func (a *auditor) givenBack(ctx context.Context, s *soldSale) error {
	const q = `select node, shop, pos, kind, body from correction where node = $1 and sale = $2
		union all select c.node, c.shop, c.pos, c.kind, c.body from foreign_refund f join correction c on c.pos = f.pos where f.receipt = $3`
	voids, refunds := 0, 0
	left := map[edge.SKU]int{}
	for i := range s.sale.Lines {
		left[s.sale.Lines[i].SKU] += s.sale.Lines[i].Quantity
	}
	receipt := s.sale.Receipt.String()
	err := each(ctx, a, scanCorrection, func(c correctionOf) error {
		if c.kind == "void" {
			voids++
			return nil
		}
		refunds++
		for i := range c.Lines {
			left[c.Lines[i].SKU] -= c.Lines[i].Quantity
		}
		return nil
	}, q, s.node, s.sale.ID, receipt)
	if err != nil {
		return err
	}
	if voids > 1 || voids == 1 && refunds > 0 {
		return a.tell(ctx, s.record, ReversedTwice, receipt, "it was voided %d times and refunded %d times", voids, refunds)
	}
	for _, sku := range slices.Sorted(maps.Keys(left)) {
		if n := left[sku]; n < 0 {
			return a.tell(ctx, s.record, RefundedOver, receipt, "%d more of %s came back than were sold", -n, sku)
		}
	}
	return nil
}
