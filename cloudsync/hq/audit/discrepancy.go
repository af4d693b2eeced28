package audit

import (
	"context"
	"database/sql"
	"time"
)

// Discrepancy is a record that does not add up with others. It took effect all
// the same: a person has to find out what happened.
type Discrepancy struct {
	N       int64     `json:"-"` // in the order they were found
	Node    string    `json:"node"`
	Shop    string    `json:"shop"`
	Kind    Kind      `json:"kind"`
	Subject string    `json:"subject"` // the receipt, or the Z report
	Message string    `json:"message"`
	At      time.Time `json:"at"` // found, by HQ's clock
}

// Kind says what does not add up.
type Kind string

// The kinds of discrepancy.
const (
	ReceiptTwice  Kind = "receipt_twice"  // a number was given out twice: a clone, or a restored gateway
	ZGap          Kind = "z_gap"          // a Z report does not follow the one before it
	ZOverlap      Kind = "z_overlap"      // it covers receipts that the one before it covers
	ZDiffers      Kind = "z_differs"      // its totals are not those of the receipts that HQ has
	UnknownSale   Kind = "unknown_sale"   // a void or a refund of a receipt that HQ does not have yet
	ReversedTwice Kind = "reversed_twice" // a sale was voided twice, or voided and refunded
	RefundedOver  Kind = "refunded_over"  // more was given back than was sold
)

// put stores a discrepancy once.
func (d *Discrepancy) put(ctx context.Context, tx *sql.Tx) error {
	const q = `insert into discrepancy (node, shop, kind, subject, message, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (node, kind, subject) do nothing`
	_, err := tx.ExecContext(ctx, q, d.Node, d.Shop, string(d.Kind), d.Subject, d.Message, d.At.UnixMilli())
	return err
}
