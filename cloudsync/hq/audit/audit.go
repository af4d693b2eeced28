package audit

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Check holds the records at the positions after from, up to to, against each
// other and those before them, and stores what does not add up, each once. db is
// where tx is under way; now is when it is found.
func Check(ctx context.Context, db *database.DB, tx *sql.Tx, from, to int64, now time.Time) error {
	a := auditor{db: db, tx: tx, from: from, to: to, now: now}
	for _, check := range []func(context.Context) error{a.numbers, a.arrivals, a.corrections, a.twice, a.reports} {
		if err := check(ctx); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	return nil
}

// auditor is one transaction's worth of auditing: of the positions after from,
// up to to.
type auditor struct {
	db       *database.DB
	tx       *sql.Tx
	from, to int64
	now      time.Time
}

// record is where a record came from.
type record struct{ node, shop string }

// tell stores what does not add up.
func (a *auditor) tell(ctx context.Context, r record, kind Kind, subject, format string, args ...any) error {
	d := Discrepancy{Node: r.node, Shop: r.shop, Kind: kind, Subject: database.Text([]byte(subject)), Message: database.Text(fmt.Appendf(nil, format, args...)), At: a.now}
	return d.put(ctx, a.tx)
}

// list reads all rows of a query.
func list[T any](ctx context.Context, a *auditor, scan func(*sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
	err = database.Select(ctx, a.tx, query, args...).Each(func(rows *sql.Rows) error {
		v, err := scan(rows)
		all = append(all, v)
		return err
	})
	return all, err
}

// numbers finds receipts whose number another one of the same gateway has.
func (a *auditor) numbers(ctx context.Context) error {
	const q = `select a.node, a.shop, a.receipt from sale a where a.pos > $1 and a.pos <= $2 and (
			exists (select 1 from sale b where b.receipt = a.receipt and b.node = a.node and b.pos <> a.pos)
			or exists (select 1 from correction b where b.receipt = a.receipt and b.node = a.node)
			or exists (select 1 from order_money b where b.receipt = a.receipt and b.node = a.node))
		union all
		select a.node, a.shop, a.receipt from correction a where a.pos > $1 and a.pos <= $2 and (
			exists (select 1 from correction b where b.receipt = a.receipt and b.node = a.node and b.pos <> a.pos)
			or exists (select 1 from sale b where b.receipt = a.receipt and b.node = a.node)
			or exists (select 1 from order_money b where b.receipt = a.receipt and b.node = a.node))
		union all
		select a.node, a.shop, a.receipt from order_money a where a.pos > $1 and a.pos <= $2 and (
			exists (select 1 from order_money b where b.receipt = a.receipt and b.node = a.node and b.pos <> a.pos)
			or exists (select 1 from sale b where b.receipt = a.receipt and b.node = a.node)
			or exists (select 1 from correction b where b.receipt = a.receipt and b.node = a.node))`
	type number struct {
		record
		receipt string
	}
	found, err := list(ctx, a, func(rows *sql.Rows) (n number, err error) {
		return n, rows.Scan(&n.node, &n.shop, &n.receipt)
	}, q, a.from, a.to)
	if err != nil {
		return err
	}
	for _, n := range found {
		err := a.tell(ctx, n.record, ReceiptTwice, n.receipt, "two receipts have this number: the gateway was restored, or there are two of it")
		if err != nil {
			return err
		}
	}
	return nil
}

// soldSale is a sale and where it came from.
type soldSale struct {
	record
	pos  int64
	sale edge.Sale
}

func scanSale(rows *sql.Rows) (s soldSale, err error) {
	var body []byte
	if err := rows.Scan(&s.node, &s.shop, &s.pos, &body); err != nil {
		return s, err
	}
	return s, json2.Unmarshal(body, &s.sale)
}

// arrivals looks at sales that were voided or refunded before they were here.
func (a *auditor) arrivals(ctx context.Context) error {
	const q = `select s.node, s.shop, s.pos, s.body from sale s where s.pos > $1 and s.pos <= $2
		and exists (select 1 from discrepancy d where d.kind = $3 and d.subject = s.receipt)`
	sold, err := list(ctx, a, scanSale, q, a.from, a.to, string(UnknownSale))
	if err != nil || len(sold) == 0 {
		return err
	}
	among, receipts := a.db.Among("subject", 2, database.Pluck(sold, func(s *soldSale) string { return s.sale.Receipt.String() }))
	if _, err := a.tx.ExecContext(ctx, "delete from discrepancy where kind = $1 and "+among, string(UnknownSale), receipts); err != nil {
		return err
	}
	return a.givenBack(ctx, sold)
}

// correctionOf is what an audit needs of a void or a refund.
type correctionOf struct {
	record
	pos  int64
	kind string // void or refund
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
	found, err := list(ctx, a, scanCorrection, q, a.from, a.to)
	if err != nil || len(found) == 0 {
		return err
	}
	known, err := a.ownSales(ctx, found)
	if err != nil {
		return err
	}
	var sold []soldSale
	met := map[int64]bool{} // positions of sales
	for i := range found {
		c := &found[i]
		of := known[saleKey{c.node, c.Sale.ID}]
		if c.Sale.ID == "" {
			if of, err = a.foreignSale(ctx, c); err != nil {
				return err
			}
		}
		switch {
		case len(of) == 0:
			err = a.tell(ctx, c.record, UnknownSale, c.Sale.Receipt.String(), "%s %s is of a receipt that is not here", c.kind, c.Receipt)
		case len(of) == 1 && !met[of[0].pos]: // of two, tills of two shops have the same name: the number does not tell them apart
			met[of[0].pos] = true
			sold = append(sold, of[0])
		}
		if err != nil {
			return err
		}
	}
	return a.givenBack(ctx, sold)
}

type saleKey struct{ node, id string }

// ownSales finds the sales that corrections name by their ids.
func (a *auditor) ownSales(ctx context.Context, of []correctionOf) (map[saleKey][]soldSale, error) {
	ids := map[string][]string{} // by node
	for i := range of {
		if c := &of[i]; c.Sale.ID != "" {
			ids[c.node] = append(ids[c.node], c.Sale.ID)
		}
	}
	known := map[saleKey][]soldSale{}
	for node, named := range ids {
		among, arg := a.db.Among("id", 2, named)
		found, err := list(ctx, a, scanSale, "select node, shop, pos, body from sale where node = $1 and "+among, node, arg)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			known[saleKey{s.node, s.sale.ID}] = []soldSale{s}
		}
	}
	return known, nil
}

// twice finds voids and refunds of what HQ gave back.
func (a *auditor) twice(ctx context.Context) error {
	const q = `select c.node, c.shop, c.receipt from correction c join given_back g on g.node = c.node and g.due = c.sale
		where c.pos > $1 and c.pos <= $2`
	type correction struct {
		record
		receipt string
	}
	found, err := list(ctx, a, func(rows *sql.Rows) (c correction, err error) {
		return c, rows.Scan(&c.node, &c.shop, &c.receipt)
	}, q, a.from, a.to)
	if err != nil {
		return err
	}
	for _, c := range found {
		if err := a.tell(ctx, c.record, ReversedTwice, c.receipt, "HQ has given this money back as well"); err != nil {
			return err
		}
	}
	return nil
}

// foreignSale finds the sale of a receipt that the correction's gateway did not
// hold: two where the number does not tell.
func (a *auditor) foreignSale(ctx context.Context, c *correctionOf) ([]soldSale, error) {
	const keep = "insert into foreign_refund (pos, receipt) values ($1, $2) on conflict (pos) do nothing"
	if _, err := a.tx.ExecContext(ctx, keep, c.pos, c.Sale.Receipt.String()); err != nil {
		return nil, err
	}
	const q = "select node, shop, pos, body from sale where node in (select node from node) and receipt = $1 limit 2"
	return list(ctx, a, scanSale, q, c.Sale.Receipt.String())
}

// givenBack tells of sales that were given back beyond what they were, by
// whichever gateways.
func (a *auditor) givenBack(ctx context.Context, sold []soldSale) error {
	if len(sold) == 0 {
		return nil
	}
	among, ids := a.db.Among("sale", 1, database.Pluck(sold, func(s *soldSale) string { return s.sale.ID }))
	own, err := list(ctx, a, scanCorrection, "select node, shop, pos, kind, body from correction where "+among, ids)
	if err != nil {
		return err
	}
	among, receipts := a.db.Among("f.receipt", 1, database.Pluck(sold, func(s *soldSale) string { return s.sale.Receipt.String() }))
	foreign, err := list(ctx, a, scanCorrection, `select c.node, c.shop, c.pos, c.kind, c.body
		from foreign_refund f join correction c on c.pos = f.pos where `+among, receipts)
	if err != nil {
		return err
	}
	byID, byReceipt := map[saleKey][]*correctionOf{}, map[edge.Receipt][]*correctionOf{}
	for i := range own {
		k := saleKey{own[i].node, own[i].Sale.ID}
		byID[k] = append(byID[k], &own[i])
	}
	for i := range foreign {
		byReceipt[foreign[i].Sale.Receipt] = append(byReceipt[foreign[i].Sale.Receipt], &foreign[i])
	}
	for i := range sold {
		s := &sold[i]
		if err := a.weigh(ctx, s, slices.Concat(byID[saleKey{s.node, s.sale.ID}], byReceipt[s.sale.Receipt])); err != nil {
			return err
		}
	}
	return nil
}

// weigh tells of a sale of which more was given back than there was.
func (a *auditor) weigh(ctx context.Context, s *soldSale, back []*correctionOf) error {
	left := map[edge.SKU]int{}
	for i := range s.sale.Lines {
		left[s.sale.Lines[i].SKU] += s.sale.Lines[i].Quantity
	}
	voids, refunds := 0, 0
	for _, c := range back {
		if c.kind == "void" {
			voids++
			continue
		}
		refunds++
		for i := range c.Lines {
			left[c.Lines[i].SKU] -= c.Lines[i].Quantity
		}
	}
	receipt := s.sale.Receipt.String()
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
