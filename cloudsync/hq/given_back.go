package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// GivenBack says that money which was due was given back by HQ, all of it.
type GivenBack struct {
	Due       string     `json:"due"` // ID of the edge.RefundDue
	Shop      string     `json:"shop"`
	Amount    edge.Money `json:"amount"`
	Reference string     `json:"reference"` // the bank's, of the money that left
	Staff     string     `json:"staff"`
	Given     time.Time  `json:"given"` // when it left, as Staff says
	At        time.Time  `json:"at"`    // recorded, by HQ's clock
}

// GivingBack asks to record that HQ gave back what was due.
type GivingBack struct {
	Key       string // 8 to 64 bytes, drawn by who asks: asked again with it, the record is the same
	Due       string // ID of the edge.RefundDue
	Reference string // 1 to 64 bytes; no card's number
	Staff     string
	Given     time.Time // zero for now
}

const maxGivenReference = 64 // bytes

// GiveBack records, once, that HQ gave back what was due. What is not due is
// NotFound. What was given back before, by a void or a refund too, is a Conflict,
// and so is what a shop gives back: money that it took, and sales that it made of
// what a phone paid, which it has to void or refund.
func (h *HQ) GiveBack(ctx context.Context, g GivingBack) (*GivenBack, error) {
	const op = "hq.GiveBack"
	g.Reference = strings.TrimSpace(g.Reference)
	now := h.now().UTC().Truncate(time.Millisecond)
	switch {
	case len(g.Key) < 8 || len(g.Key) > 64 || !database.Storable(g.Key):
		return nil, edge.Errorf(op, edge.Invalid, "the key has %d bytes, want 8 to 64 in the header Idempotency-Key", len(g.Key))
	case g.Reference == "" || len(g.Reference) > maxGivenReference || !database.Storable(g.Reference):
		return nil, edge.Errorf(op, edge.Invalid, "want the bank's reference of the money that left, in 1 to %d bytes of text", maxGivenReference)
	case cardNumber(g.Reference):
		return nil, edge.Errorf(op, edge.Invalid, "this may be a card's number: write the last 12 digits of the bank's reference")
	case g.Given.After(now):
		return nil, edge.Errorf(op, edge.Invalid, "the money left at %s, which is yet to come", g.Given.Format(time.RFC3339))
	}
	if err := h.Project(ctx); err != nil { // its shop may have said that it gave the money back
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var back *GivenBack
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if back, err = readGivenBack(ctx, tx, g.Key); back != nil || err != nil {
			if err == nil && (back.Due != g.Due || back.Reference != g.Reference || !g.Given.IsZero() && !back.Given.Equal(g.Given.Truncate(time.Millisecond))) {
				err = edge.Errorf(op, edge.Conflict, "this key has recorded something else: %s of %s", back.Reference, back.Due)
			}
			return err
		}
		node, d, err := dueOfHQ(ctx, tx, g.Due)
		if err != nil {
			return err
		}
		back = &GivenBack{Due: d.ID, Shop: d.Shop, Amount: d.Total, Reference: g.Reference, Staff: g.Staff, Given: g.Given.UTC().Truncate(time.Millisecond), At: now}
		if g.Given.IsZero() {
			back.Given = now
		}
		if _, err := tx.ExecContext(ctx, "update refund_due set given = $1 where node = $2 and id = $3", back.Given.UnixMilli(), node, d.ID); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRowContext(ctx, "select coalesce(max(n), 0) + 1 from given_back").Scan(&n); err != nil {
			return err
		}
		const q = `insert into given_back (n, node, due, shop, key, amount, currency, reference, staff, given, at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
		_, err = tx.ExecContext(ctx, q, n, node, d.ID, back.Shop, g.Key, back.Amount.Amount, back.Amount.Currency, back.Reference, back.Staff,
			back.Given.UnixMilli(), back.At.UnixMilli())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("money was given back", "audit", true, "due", back.Due, "amount", back.Amount.Amount, "staff", g.Staff)
	h.changed.tell(struct{}{})
	return back, nil
}

// FoundDue is money that is to be given back, by HQ or by its shop, and how it
// came.
type FoundDue struct {
	edge.RefundDue
	ByHQ bool
	Came *Credit // as a bank told of it; nil where none did
}

// settledDue and soldDue are conditions of a refund_due d: that all of it was given
// back, by itself or with its sale, and that its shop made a sale of it.
const (
	settledDue = `d.given > 0 or exists (select 1 from correction c where c.node = d.node and c.sale = d.id)
		and not exists (select 1 from sale s where s.node = d.node and s.id = d.id
			and s.amount > (select sum(c.amount) from correction c where c.node = d.node and c.sale = d.id))`
	soldDue = "exists (select 1 from sale s where s.node = d.node and s.id = d.id)"
)

func scanDue(rows *sql.Rows, more ...any) (*FoundDue, error) {
	var body []byte
	var sold bool
	var d FoundDue
	if err := rows.Scan(append([]any{&body, &sold}, more...)...); err != nil {
		return nil, err
	}
	err := json.Unmarshal(body, &d.RefundDue)
	d.ByHQ = d.Taken == edge.HeldByPhone && !sold
	return &d, err
}

// FindDue lists what is to be given back, the newest first, at most limit (1 to
// 1000): of a shop, or of all where it is empty.
func (h *HQ) FindDue(ctx context.Context, shop string, limit int) ([]FoundDue, error) {
	const op = "hq.FindDue"
	const q = "select d.body, " + soldDue + " from refund_due d where ($1 = '' or d.shop = $1) and not (" + settledDue + ") order by d.at desc, d.node, d.id limit $2"
	list := []FoundDue{}
	err := database.Select(ctx, h.db.Read, q, shop, min(max(limit, 1), maxPage)).Each(func(rows *sql.Rows) error {
		d, err := scanDue(rows)
		if err == nil {
			list = append(list, *d)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	for i := range list {
		c, err := h.readCredit(ctx, h.db.Read, strings.TrimSuffix(list[i].ID, restSuffix))
		switch {
		case err == nil:
			list[i].Came = c
		case edge.KindOf(err) != edge.NotFound:
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return list, nil
}

// dueOfHQ finds money that HQ has to give back.
func dueOfHQ(ctx context.Context, tx *sql.Tx, id string) (node string, found *FoundDue, err error) {
	const op = "hq.GiveBack"
	const q = "select d.body, " + soldDue + ", d.node, " + settledDue + " from refund_due d where d.id = $1 order by d.node"
	over, shops := false, false
	err = database.Select(ctx, tx, q, id).Each(func(rows *sql.Rows) error {
		var at string
		var settled bool
		d, err := scanDue(rows, &at, &settled)
		if err != nil {
			return err
		}
		switch {
		case settled:
			over = true
		case !d.ByHQ:
			shops = true
		default:
			node, found = at, d
		}
		return nil
	})
	switch {
	case err != nil || found != nil:
		return node, found, err
	case over:
		return "", nil, edge.Errorf(op, edge.Conflict, "this money was given back already")
	case shops:
		return "", nil, edge.Errorf(op, edge.Conflict, "the shop gives this money back: at its till, or with the sale that it made of it")
	}
	return "", nil, edge.Errorf(op, edge.NotFound, "no money %.64q is due", id)
}

// cardNumber reports whether a text is nothing but what may be a card's number:
// 13 to 19 digits, of which the last checks the others (ISO/IEC 7812).
func cardNumber(s string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(s)
	if len(digits) < 13 || len(digits) > 19 {
		return false
	}
	sum := 0
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		n := int(c - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}

const givenBackColumns = "due, shop, amount, currency, reference, staff, given, at"

func scanGivenBack(scan func(...any) error) (*GivenBack, error) {
	var b GivenBack
	var given, at int64
	err := scan(&b.Due, &b.Shop, &b.Amount.Amount, &b.Amount.Currency, &b.Reference, &b.Staff, &given, &at)
	b.Given, b.At = database.Time(given), database.Time(at)
	return &b, err
}

// readGivenBack reads what a key recorded; nil where it has recorded nothing.
func readGivenBack(ctx context.Context, db database.Rower, key string) (*GivenBack, error) {
	b, err := scanGivenBack(db.QueryRowContext(ctx, "select "+givenBackColumns+" from given_back where key = $1", key).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	return b, err
}

// LatestGivenBack lists what HQ gave back, the latest first, at most limit (1 to
// 1000): of a shop, or of all where it is empty.
func (h *HQ) LatestGivenBack(ctx context.Context, shop string, limit int) ([]GivenBack, error) {
	list := []GivenBack{}
	err := database.Select(ctx, h.db.Read, "select "+givenBackColumns+" from given_back where $1 = '' or shop = $1 order by n desc limit $2",
		shop, min(max(limit, 1), maxPage)).Each(func(rows *sql.Rows) error {
		b, err := scanGivenBack(rows.Scan)
		if err == nil {
			list = append(list, *b)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.LatestGivenBack: %w", err)
	}
	return list, nil
}
