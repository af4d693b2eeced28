package hq

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// Discrepancy is a record that does not add up with others. It took effect all
// the same: a person has to find out what happened.
type Discrepancy struct {
	N       int64           `json:"-"` // in the order they were found
	Node    string          `json:"node"`
	Shop    string          `json:"shop"`
	Kind    DiscrepancyKind `json:"kind"`
	Subject string          `json:"subject"` // the receipt, or the Z report
	Message string          `json:"message"`
	At      time.Time       `json:"at"` // found, by HQ's clock
}

// DiscrepancyKind says what does not add up.
type DiscrepancyKind string

// The kinds of discrepancy.
const (
	ReceiptTwice  DiscrepancyKind = "receipt_twice"  // a number was given out twice: a clone, or a restored gateway
	ZGap          DiscrepancyKind = "z_gap"          // a Z report does not follow the one before it
	ZOverlap      DiscrepancyKind = "z_overlap"      // it covers receipts that the one before it covers
	ZDiffers      DiscrepancyKind = "z_differs"      // its totals are not those of the receipts that HQ has
	UnknownSale   DiscrepancyKind = "unknown_sale"   // a void or a refund of a receipt that HQ does not have yet
	ReversedTwice DiscrepancyKind = "reversed_twice" // a sale was voided twice, or voided and refunded
	RefundedOver  DiscrepancyKind = "refunded_over"  // more was given back than was sold
)

// FindDiscrepancies lists discrepancies after one's N (0 for all), in the order
// they were found, at most limit (1 to 1000). The filter's times are when.
func (h *HQ) FindDiscrepancies(ctx context.Context, f Filter, after int64, limit int) ([]Discrepancy, error) {
	const op = "hq.FindDiscrepancies"
	const q = `select n, node, shop, kind, subject, message, at from discrepancy
		where n > $1 and ($2 = '' or shop = $2) and ($3 = '' or node = $3) and at >= $4 and at < $5 order by n limit $6`
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.From.IsZero() {
		from = f.From.UnixMilli()
	}
	if !f.To.IsZero() {
		to = f.To.UnixMilli()
	}
	rows, err := h.db.Read.QueryContext(ctx, q, after, f.Shop, f.Node, from, to, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Discrepancy{}
	for rows.Next() {
		var d Discrepancy
		var at int64
		if err := rows.Scan(&d.N, &d.Node, &d.Shop, &d.Kind, &d.Subject, &d.Message, &at); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		d.At = database.Time(at)
		list = append(list, d)
	}
	return list, rows.Err()
}

// put stores a discrepancy once.
func (d *Discrepancy) put(ctx context.Context, tx *sql.Tx) error {
	const q = `insert into discrepancy (node, shop, kind, subject, message, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (node, kind, subject) do nothing`
	_, err := tx.ExecContext(ctx, q, d.Node, d.Shop, string(d.Kind), d.Subject, d.Message, d.At.UnixMilli())
	return err
}
