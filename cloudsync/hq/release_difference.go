package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const compareAtOnce = 2000 // positions of one transaction

// Difference is a sale that was priced otherwise than the catalogue has it that
// HQ had in force for its node at that time. It stays as it is: the receipt was
// printed, most often by a shop that had no line.
type Difference struct {
	Cursor   int64            `json:"-"` // of the sale; for the next page
	Node     string           `json:"node"`
	Shop     string           `json:"shop"`
	Receipt  edge.Receipt     `json:"receipt"`
	At       time.Time        `json:"at"`       // by the shop's clock
	Offline  bool             `json:"offline"`  // the line was down
	Priced   uint32           `json:"priced"`   // the version it was priced with
	Expected uint32           `json:"expected"` // the version in force
	Amount   edge.Money       `json:"amount"`   // taken less expected
	Lines    []LineDifference `json:"lines"`    // those that differ
}

// LineDifference is a line that differs. Amounts are minor units.
type LineDifference struct {
	SKU      edge.SKU `json:"sku"`
	Quantity int      `json:"quantity"`
	Taken    int64    `json:"taken"`             // before discounts, which shops may give
	Expected int64    `json:"expected"`          // 0 where Unknown
	Unknown  bool     `json:"unknown,omitempty"` // the catalogue in force does not have it
	By       int64    `json:"by"`                // Taken less Expected
}

// FindDifferences lists sales that were priced otherwise than expected, after a
// cursor (0 for all), in the order in which they came, at most limit (1 to 1000).
// The filter's times are those of the sale; it has no types.
func (h *HQ) FindDifferences(ctx context.Context, f Filter, after int64, limit int) ([]Difference, error) {
	const op = "hq.FindDifferences"
	var c conditions
	c.add("x.pos > ?", after)
	if f.Shop != "" {
		c.add("x.shop = ?", f.Shop)
	}
	if f.Node != "" {
		c.add("x.node = ?", f.Node)
	}
	c.between("x.at", f)
	q := "select x.pos, x.body from difference x" + c.where() + " order by x.pos limit " + strconv.Itoa(min(max(limit, 1), maxPage))
	list := []Difference{}
	err := database.Select(ctx, h.db.Read, q, c.args...).Each(func(rows *sql.Rows) error {
		var pos int64
		var body []byte
		if err := rows.Scan(&pos, &body); err != nil {
			return err
		}
		var d Difference
		err := json.Unmarshal(body, &d)
		d.Cursor = pos
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}

// comparePricesSome looks at the next sales that were projected.
func (h *HQ) comparePricesSome(ctx context.Context) (pos int64, busy bool, err error) {
	busy, err = h.inProjection(ctx, func(tx *sql.Tx) error {
		var from int64
		if from, pos, err = nextPositions(ctx, tx, "difference", compareAtOnce); err != nil || from == pos {
			return err
		}
		prices := priceList{tx: tx, releases: &h.releases}
		if err := prices.load(ctx); err != nil {
			return err
		}
		if len(prices.issued) > 0 {
			if err := prices.compareSales(ctx, from, pos); err != nil {
				return err
			}
		}
		return setProgress(ctx, tx, "difference", pos)
	})
	if err != nil {
		return 0, busy, fmt.Errorf("comparing prices: %w", err)
	}
	return pos, busy, nil
}

// compareSales looks at the sales after a position, up to another.
func (p *priceList) compareSales(ctx context.Context, after, upTo int64) error {
	sales, err := salesBetween(ctx, p.tx, after, upTo)
	if err != nil {
		return err
	}
	for i := range sales {
		d, err := p.compare(ctx, &sales[i])
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := putDifference(ctx, p.tx, d); err != nil {
			return err
		}
	}
	return nil
}

func putDifference(ctx context.Context, tx *sql.Tx, d *Difference) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	const q = `insert into difference (pos, node, shop, receipt, at, priced, expected, amount, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (pos) do nothing`
	_, err = tx.ExecContext(ctx, q, d.Cursor, d.Node, d.Shop, d.Receipt.String(), d.At.UnixMilli(), d.Priced, d.Expected, d.Amount.Amount, body)
	return err
}

// pricedSale is a sale to compare.
type pricedSale struct {
	Sale
	shop string
}

func salesBetween(ctx context.Context, tx *sql.Tx, after, upTo int64) ([]pricedSale, error) {
	rows, err := tx.QueryContext(ctx, "select pos, node, shop, body from sale where pos > $1 and pos <= $2 order by pos", after, upTo)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []pricedSale
	for rows.Next() {
		var s pricedSale
		var body []byte
		if err := rows.Scan(&s.Cursor, &s.Node, &s.shop, &body); err != nil {
			return nil, err
		}
		if json2.Unmarshal(body, &s.Sale.Sale) != nil {
			s.Sale.Sale = edge.Sale{} // cannot be compared, and must not hold up the others
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// priceList knows which release was in force when.
type priceList struct {
	tx       *sql.Tx
	issued   []releaseName // newest first
	releases *keptReleases
}

// counts is from when on a release counts: not before it was issued.
func (n releaseName) counts() int64 { return max(n.effective, n.issued) }

func (p *priceList) load(ctx context.Context) error {
	rows, err := p.tx.QueryContext(ctx, "select version, effective, issued from release where issued > 0 order by version desc")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n releaseName
		if err := rows.Scan(&n.version, &n.effective, &n.issued); err != nil {
			return err
		}
		p.issued = append(p.issued, n)
	}
	return rows.Err()
}

// compare is nil where the sale was priced as expected, or nothing had been
// issued when it was made.
func (p *priceList) compare(ctx context.Context, s *pricedSale) (*Difference, error) {
	at := slices.IndexFunc(p.issued, func(n releaseName) bool { return n.counts() <= s.Sale.Sale.At.UnixMilli() })
	if at < 0 {
		return nil, nil
	}
	r, err := p.releases.read(ctx, p.tx, p.issued[at])
	if err != nil {
		return nil, err
	}
	d := difference(s, r)
	if s.Sale.Sale.Release == r.Version && len(d.Lines) == 0 {
		return nil, nil
	}
	return d, nil
}

// difference compares each line of a sale with r.
func difference(s *pricedSale, r *edge.Release) *Difference {
	sale := &s.Sale.Sale
	d := &Difference{
		Cursor: s.Cursor, Node: s.Node, Shop: s.shop, Receipt: sale.Receipt, At: sale.At, Offline: sale.Offline,
		Priced: sale.Release, Expected: r.Version, Amount: edge.Money{Currency: sale.Total.Currency}, Lines: []LineDifference{},
	}
	for i := range sale.Lines {
		l := &sale.Lines[i]
		line := LineDifference{SKU: l.SKU, Quantity: l.Quantity, Taken: l.Total + l.Discount}
		v, ok := r.Variant(l.SKU)
		line.Unknown = !ok || v.Price.Currency != sale.Total.Currency
		if !line.Unknown {
			line.Expected = v.Price.Amount * int64(l.Quantity)
		}
		line.By = line.Taken - line.Expected
		if line.By != 0 || line.Unknown {
			d.Lines = append(d.Lines, line)
			d.Amount.Amount += line.By
		}
	}
	return d
}
