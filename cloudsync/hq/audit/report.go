package audit

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// closedDay is a Z report and where it came from.
type closedDay struct {
	record
	z edge.ZReport
}

func scanReport(rows *sql.Rows) (c closedDay, err error) {
	var body []byte
	if err := rows.Scan(&c.node, &c.shop, &body); err != nil {
		return c, err
	}
	return c, json2.Unmarshal(body, &c.z)
}

// name names the report among those of its gateway.
func (c *closedDay) name() string { return fmt.Sprintf("%s-%d Z %d", c.z.Till, c.z.Series, c.z.Number) }

// reports holds Z reports against those before them and against the receipts.
func (a *auditor) reports(ctx context.Context) error {
	const q = "select node, shop, body from z_report where pos > $1 and pos <= $2 order by pos"
	found, err := list(ctx, a, scanReport, q, a.from, a.to)
	if err != nil {
		return err
	}
	for i := range found {
		if err := errors.Join(a.tiles(ctx, &found[i]), a.totals(ctx, &found[i])); err != nil {
			return err
		}
	}
	return nil
}

// tiles tells of a report that does not begin where the one before it ends.
func (a *auditor) tiles(ctx context.Context, c *closedDay) error {
	const q = "select number, last from z_report where node = $1 and till = $2 and series = $3 and number < $4 order by number desc limit 1"
	var number, last uint64
	err := a.tx.QueryRowContext(ctx, q, c.node, c.z.Till, int64(c.z.Series), int64(c.z.Number)).Scan(&number, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	switch {
	case c.z.From <= last:
		return a.tell(ctx, c.record, ZOverlap, c.name(), "it begins with receipt %d, report %d before it ends with %d", c.z.From, number, last)
	case uint64(c.z.Number) != number+1, c.z.From != last+1:
		return a.tell(ctx, c.record, ZGap, c.name(), "it begins with receipt %d, the last report here before it is %d and ends with %d", c.z.From, number, last)
	}
	return nil
}

// receiptKind is what totals are split by.
type receiptKind struct{ kind, currency string }

func (k receiptKind) compare(o receiptKind) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), cmp.Compare(k.currency, o.currency))
}

// totals tells of a report that says otherwise than the receipts do that are
// here.
func (a *auditor) totals(ctx context.Context, c *closedDay) error {
	said := map[receiptKind]edge.ZCount{}
	for i := range c.z.Totals {
		t := &c.z.Totals[i]
		for kind, n := range map[string]edge.ZCount{"sale": t.Sales, "void": t.Voids, "refund": t.Refunds, "order": t.OrdersPaid, "order refund": t.OrdersRefunded} {
			if kind[0] == 'o' && n.Count == 0 {
				continue
			}
			said[receiptKind{kind, t.Currency}] = edge.ZCount{Count: n.Count, Amount: n.Amount}
		}
	}
	here := map[receiptKind]edge.ZCount{}
	for _, r := range numberRanges(&c.z) {
		if err := a.addUp(ctx, c.node, r, here); err != nil {
			return err
		}
	}
	kinds := slices.Concat(slices.Collect(maps.Keys(said)), slices.Collect(maps.Keys(here)))
	slices.SortFunc(kinds, receiptKind.compare)
	for _, k := range kinds {
		if s, h := said[k], here[k]; s != h {
			return a.tell(ctx, c.record, ZDiffers, c.name(), "it says %d of kind %s for %s, here are %d for %s", s.Count, k.kind,
				edge.Money{Amount: s.Amount, Currency: k.currency}, h.Count, edge.Money{Amount: h.Amount, Currency: k.currency})
		}
	}
	if c.z.Missing > 0 {
		return a.tell(ctx, c.record, ZDiffers, c.name(), "%d of its receipts are lost at the gateway", c.z.Missing)
	}
	return nil
}

// addUp adds up the receipts from r[0] to r[1], which are equally long.
func (a *auditor) addUp(ctx context.Context, node string, r [2]string, sums map[receiptKind]edge.ZCount) error {
	const q = `select kind, currency, count(*), cast(sum(amount) as bigint) from (
			select 'sale' as kind, currency, amount from sale where node = $1 and receipt between $2 and $3 and length(receipt) = $4
			union all
			select kind, currency, amount from correction where node = $1 and receipt between $2 and $3 and length(receipt) = $4
			union all
			select kind, currency, amount from order_money where node = $1 and receipt between $2 and $3 and length(receipt) = $4
		) as receipts group by kind, currency`
	rows, err := a.tx.QueryContext(ctx, q, node, r[0], r[1], len([]rune(r[0])))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k receiptKind
		var n edge.ZCount
		if err := rows.Scan(&k.kind, &k.currency, &n.Count, &n.Amount); err != nil {
			return err
		}
		n.Count, n.Amount = n.Count+sums[k].Count, n.Amount+sums[k].Amount
		sums[k] = n
	}
	return rows.Err()
}

// numberRanges splits the receipts of a report where their numbers get longer,
// so that each part is in order as text too.
func numberRanges(z *edge.ZReport) (list [][2]string) {
	number := func(counter uint64) string {
		return edge.Receipt{Till: z.Till, Series: z.Series, Counter: counter}.String()
	}
	from := z.From
	for limit := uint64(999_999); ; limit = 10*limit + 9 {
		if from <= limit {
			to := min(limit, z.To)
			list = append(list, [2]string{number(from), number(to)})
			if from = to + 1; to == z.To {
				return list
			}
		}
		if limit > 1<<59 {
			return append(list, [2]string{number(from), number(z.To)})
		}
	}
}
