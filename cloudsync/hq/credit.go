package hq

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// CreditState is what became of money that came in.
type CreditState string

// The states. The first two wait for people, see SettleCredit.
const (
	CreditUnmatched  CreditState = "unmatched"  // no known transfer is named, or not yet
	CreditMismatched CreditState = "mismatched" // a transfer asked for another amount
	CreditMatched    CreditState = "matched"    // it paid a transfer; its shop says what that became
	CreditDue        CreditState = "refund_due" // it is to be given back
	CreditDismissed  CreditState = "dismissed"  // people say that it is none of a cart's
)

// CreditStates lists them all.
func CreditStates() []CreditState {
	return []CreditState{CreditUnmatched, CreditMismatched, CreditMatched, CreditDue, CreditDismissed}
}

// Credit is money that a bank says came in.
type Credit struct {
	ID        string
	Feed      string // who told
	Reference string // the bank's name of it
	Account   string
	Amount    edge.Money
	Content   string // what the bank passes on of what the payer wrote; forgotten once it is matched or dismissed
	At        time.Time
	Received  time.Time
	Code      string // of the transfer that it is for; empty where none is named
	State     CreditState
	Note      string // of whoever settled it
	Staff     string
	N         int64 // cursor
}

// Limits of what a feed tells.
const (
	maxCreditText   = 500 // bytes
	maxCreditAmount = 1 << 43
	creditTimeLimit = 30 * 24 * time.Hour // how far a bank's time is believed
)

// creditID names a credit by what every feed tells alike of it, so that the same
// money told twice, by whomever, counts once.
func creditID(c *Credit) string {
	h := sha256.New()
	fmt.Fprintf(h, "mirrorcart credit 1\x00%s\x00%s\x00%d %s", c.Account, c.Reference, c.Amount.Amount, c.Amount.Currency)
	return "bank-" + hex.EncodeToString(h.Sum(nil)[:12])
}

// TakeCredit takes in money that a bank says came in, for the first known one of
// codes, and matches it. The same money again changes nothing. Of the credit,
// ID, Received, Code, State, Note, Staff and N are left to it.
func (h *HQ) TakeCredit(ctx context.Context, c Credit, codes []string) (*Credit, error) {
	const op = "hq.TakeCredit"
	now := h.now().UTC()
	c.Content = cut(strings.ToValidUTF8(strings.ReplaceAll(c.Content, "\x00", ""), "?"), maxCreditText)
	switch {
	case c.Reference == "" || len(c.Reference) > maxKey || !database.Storable(c.Reference) || len(c.Account) > maxKey || !database.Storable(c.Account):
		return nil, edge.Errorf(op, edge.Invalid, "money without the bank's reference, or with one of more than %d bytes", maxKey)
	case c.Amount.Amount < 1 || c.Amount.Amount > maxCreditAmount || !currency.MatchString(c.Amount.Currency):
		return nil, edge.Errorf(op, edge.Invalid, "money of %d %.10q", c.Amount.Amount, c.Amount.Currency)
	}
	c.ID, c.Received, c.State, c.Note, c.Staff = creditID(&c), now, CreditUnmatched, "", ""
	if c.At.IsZero() || c.At.After(now) || now.Sub(c.At) > creditTimeLimit {
		c.At = now // a feed without a clock, or with a wrong one
	}
	c.At = c.At.UTC().Truncate(time.Millisecond)
	var told *edge.CartID
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		told = nil
		known, err := h.readCredit(ctx, tx, c.ID)
		if err == nil {
			c = *known
			return nil
		}
		if edge.KindOf(err) != edge.NotFound {
			return err
		}
		t, err := firstTransfer(ctx, tx, codes)
		if err != nil {
			return err
		}
		if len(codes) > 0 {
			c.Code = codes[0] // its transfer may be on its way
		}
		if err := tx.QueryRowContext(ctx, "select coalesce(max(n), 0) + 1 from credit").Scan(&c.N); err != nil {
			return err
		}
		const q = `insert into credit (id, n, feed, reference, account, amount, currency, content, at, received, code, state, note, staff)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
		_, err = tx.ExecContext(ctx, q, c.ID, c.N, c.Feed, c.Reference, c.Account, c.Amount.Amount, c.Amount.Currency, h.sealCredit(&c),
			c.At.UnixMilli(), c.Received.UnixMilli(), c.Code, string(c.State), "", "")
		if err != nil || t == nil {
			return err
		}
		told = &t.Cart
		return h.match(ctx, tx, &c, t)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.tellMoney(told)
	return &c, nil
}

func (h *HQ) tellMoney(cart *edge.CartID) {
	if cart != nil {
		h.carts.tell(*cart)
		h.downs.tell(struct{}{})
	}
	h.changed.tell(struct{}{})
}

// cut shortens s to at most n bytes, between letters.
func cut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s[:n+1])
		s = s[:n+1-size]
	}
	return s
}

// match holds a credit against the transfer that it names. What is not what was
// asked for waits for people; what was paid already is due by itself.
func (h *HQ) match(ctx context.Context, tx *sql.Tx, c *Credit, t *askedTransfer) error {
	c.Code = t.Code
	switch {
	case t.paid != "" && t.paid != c.ID:
		c.State = CreditDue
		if err := h.creditDue(ctx, tx, c, t, c.Amount.Amount); err != nil {
			return err
		}
	case c.Amount != t.Total:
		c.State = CreditMismatched
		if err := h.tellShop(ctx, tx, t, edge.Credit{ID: c.ID, Amount: c.Amount, At: c.At}); err != nil {
			return err
		}
	default:
		if err := h.pay(ctx, tx, c, t, c.At); err != nil {
			return err
		}
	}
	return storeCredit(ctx, tx, c)
}

// pay lets a credit pay its transfer, sent at a time: the shop makes its sale of
// it, or, of a phone's, the cart is paid here.
func (h *HQ) pay(ctx context.Context, tx *sql.Tx, c *Credit, t *askedTransfer, at time.Time) error {
	c.State, t.paid = CreditMatched, c.ID
	if _, err := tx.ExecContext(ctx, "update transfer set credit = $1 where code = $2", c.ID, t.Code); err != nil {
		return err
	}
	credit := edge.Credit{ID: c.ID, Amount: t.Total, At: at}
	if !t.phone {
		return h.tellShop(ctx, tx, t, credit)
	}
	if at.After(t.Until) {
		c.State = CreditDue
		return h.creditDue(ctx, tx, c, t, t.Total.Amount)
	}
	p := &edge.PhonePayment{
		ID: c.ID, Cart: t.Cart, Total: t.Total, At: h.now().UTC().Truncate(time.Millisecond),
		Payment: edge.Payment{Method: edge.ByPhone, Amount: t.Total.Amount, Reference: t.Code},
	}
	due, err := h.recordPayment(ctx, tx, p)
	if err != nil && edge.KindOf(err) == edge.NotFound { // the cart is forgotten
		c.State = CreditDue
		return h.creditDue(ctx, tx, c, t, t.Total.Amount)
	}
	if err != nil || due != nil {
		return err
	}
	return h.queuePhoneSale(ctx, tx, t, p)
}

// queuePhoneSale lets the cart's shop make the sale: its ledger numbers receipts
// and moves its stock.
func (h *HQ) queuePhoneSale(ctx context.Context, tx *sql.Tx, t *askedTransfer, p *edge.PhonePayment) error {
	order, err := readOrder(ctx, tx, "cart = $1 and live = 1", t.Cart.String())
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return err
	}
	elsewhere := err == nil && (order.Way != edge.Collect || order.Shop != t.Shop)
	r, err := t.PhoneSale(p, elsewhere).Record(p.ID)
	if err != nil {
		return err
	}
	return h.queueRecord(ctx, tx, t.node, r)
}

// tellShop tells a transfer's shop of its money.
func (h *HQ) tellShop(ctx context.Context, tx *sql.Tx, t *askedTransfer, credit edge.Credit) error {
	if t.phone {
		return nil
	}
	state := edge.TransferConfirmed
	if credit.Amount != t.Total {
		state = edge.TransferMismatched
	}
	r, err := edge.TransferWord{Cart: t.Cart, Credit: credit}.Record(t.Code, state, h.now())
	if err != nil {
		return err
	}
	return h.queueRecord(ctx, tx, t.node, r)
}

// creditDue makes an amount of a credit due to be given back.
func (h *HQ) creditDue(ctx context.Context, tx *sql.Tx, c *Credit, t *askedTransfer, amount int64) error {
	d := &edge.RefundDue{
		ID: c.ID, Shop: t.Shop, Cart: t.Cart, Taken: edge.HeldByPhone, Total: edge.Money{Amount: amount, Currency: c.Amount.Currency},
		Payments: edge.Payments{{Method: edge.BankTransfer, Amount: amount, Reference: t.Code}}, At: h.now().UTC(),
	}
	if cart, _, err := readCart(ctx, tx, t.Cart); err == nil && cart.Closed != nil && cart.Closed.Sale != c.ID {
		d.Stands = *cart.Closed
	} else if err != nil && edge.KindOf(err) != edge.NotFound {
		return err
	}
	if err := d.Check(); err != nil {
		return err
	}
	return h.putDue(ctx, tx, t.node, t.Shop, d)
}

const creditColumns = "id, n, feed, reference, account, amount, currency, content, at, received, code, state, note, staff"

func (h *HQ) scanCredit(scan func(...any) error) (*Credit, error) {
	var c Credit
	var at, received int64
	err := scan(&c.ID, &c.N, &c.Feed, &c.Reference, &c.Account, &c.Amount.Amount, &c.Amount.Currency, &c.Content, &at, &received, &c.Code, &c.State, &c.Note, &c.Staff)
	c.At, c.Received = database.Time(at), database.Time(received)
	h.openCredit(&c)
	return &c, err
}

func (h *HQ) readCredit(ctx context.Context, db database.Rower, id string) (*Credit, error) {
	c, err := h.scanCredit(db.QueryRowContext(ctx, "select "+creditColumns+" from credit where id = $1", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.Credit", edge.NotFound, "no money %.64q came in", id)
	}
	return c, err
}

// storeCredit stores what became of a credit. What the bank passed on may name
// who paid, and is forgotten once nobody needs it.
func storeCredit(ctx context.Context, tx *sql.Tx, c *Credit) error {
	over := c.State == CreditMatched || c.State == CreditDismissed
	if over {
		c.Content = ""
	}
	const q = "update credit set code = $1, state = $2, note = $3, staff = $4, content = case when $5 = 1 then '' else content end where id = $6"
	_, err := tx.ExecContext(ctx, q, c.Code, string(c.State), c.Note, c.Staff, toInt(over), c.ID)
	return err
}

// Credits lists money that came in after a cursor, in the order it came, at most
// limit: of the states, or of all where there is none.
func (h *HQ) Credits(ctx context.Context, states []CreditState, after int64, limit int) ([]Credit, error) {
	const op = "hq.Credits"
	if len(states) == 0 {
		states = CreditStates()
	}
	names := make([]string, len(states))
	for i, s := range states {
		if !slices.Contains(CreditStates(), s) {
			return nil, edge.Errorf(op, edge.Invalid, "%.40q is no state of money that came in: use some of %v", s, CreditStates())
		}
		names[i] = string(s)
	}
	among, arg := h.db.Among("state", 1, names)
	found := []Credit{}
	err := database.Select(ctx, h.db.Read, "select "+creditColumns+" from credit where "+among+" and n > $2 order by n limit $3", arg, after, limit).Each(func(rows *sql.Rows) error {
		c, err := h.scanCredit(rows.Scan)
		if err == nil {
			found = append(found, *c)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return found, nil
}
