package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// askedTransfer is a transfer as HQ knows it.
type askedTransfer struct {
	edge.Transfer
	node  string
	phone bool   // HQ asked, for a phone
	paid  string // by which credit
}

func scanTransfer(scan func(...any) error) (*askedTransfer, error) {
	var t askedTransfer
	var body []byte
	var phone int64
	if err := scan(&t.node, &phone, &t.paid, &body); err != nil {
		return nil, err
	}
	t.phone = phone != 0
	return &t, json.Unmarshal(body, &t.Transfer)
}

const transferColumns = "node, phone, credit, body"

func readTransfer(ctx context.Context, db database.Rower, code string) (*askedTransfer, error) {
	t, err := scanTransfer(db.QueryRowContext(ctx, "select "+transferColumns+" from transfer where code = $1", code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.Transfer", edge.NotFound, "no transfer has the code %.20q", code)
	}
	return t, err
}

// firstTransfer is the first of the codes that is known; nil where none is.
func firstTransfer(ctx context.Context, db database.Rower, codes []string) (*askedTransfer, error) {
	for _, code := range codes {
		t, err := readTransfer(ctx, db, code)
		if err == nil || edge.KindOf(err) != edge.NotFound {
			return t, err
		}
	}
	return nil, nil //nolint:nilnil // it may be on its way
}

func putTransfer(ctx context.Context, tx *sql.Tx, t *askedTransfer) error {
	body, err := json.Marshal(&t.Transfer)
	if err != nil {
		return err
	}
	const q = `insert into transfer (code, node, shop, cart, phone, amount, currency, at, until, credit, seen, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (code) do update set seen = excluded.seen, body = excluded.body`
	_, err = tx.ExecContext(ctx, q, t.Code, t.node, t.Shop, t.Cart.String(), toInt(t.phone), t.Total.Amount, t.Total.Currency,
		t.At.UnixMilli(), t.Until.UnixMilli(), t.paid, toInt(t.Seen != nil), body)
	return err
}

// transfer takes in what a shop says of a transfer. Money for it that came
// earlier than its event is matched now.
func (p *projector) transfer(ctx context.Context, e *entry) (flaw, err error) {
	var t edge.Transfer
	if err := json2.Unmarshal(e.Data, &t); err != nil {
		return fmt.Errorf("not a transfer: %w", err), nil
	}
	if err := t.Check(); err != nil {
		return err, nil
	}
	t.Shop = e.shop
	known, err := readTransfer(ctx, p.tx, t.Code)
	switch {
	case edge.KindOf(err) == edge.NotFound && err != nil:
	case err != nil:
		return nil, err
	case known.node != e.Node || known.phone:
		return fmt.Errorf("transfer %s is another gateway's", t.Code), nil
	case !t.Forward(&known.Transfer):
		return nil, nil // said again, after a restore
	default:
		known.Transfer = t
		return nil, putTransfer(ctx, p.tx, known)
	}
	asked := &askedTransfer{Transfer: t, node: e.Node}
	if err := putTransfer(ctx, p.tx, asked); err != nil {
		return nil, err
	}
	return nil, p.matchEarlier(ctx, asked)
}

// matchEarlier matches money that waits for a transfer.
func (p *projector) matchEarlier(ctx context.Context, t *askedTransfer) error {
	var waiting []*Credit
	err := database.Select(ctx, p.tx, "select "+creditColumns+" from credit where code = $1 and state = $2 order by n", t.Code, string(CreditUnmatched)).Each(func(rows *sql.Rows) error {
		c, err := p.scanCredit(rows.Scan)
		waiting = append(waiting, c)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range waiting {
		if err := p.match(ctx, p.tx, c, t); err != nil {
			return err
		}
		p.money = true
	}
	return nil
}

// PhoneAsk asks for a cart's money by bank transfer, on the phone.
type PhoneAsk struct {
	Cart   edge.CartID
	Amount int64         // the total that was shown
	Key    string        // names the request among those of the cart
	Prefix string        // of its code
	Life   time.Duration // of the request
	// Text makes the code that is shown, for an amount and a purpose.
	Text func(total edge.Money, purpose string) (string, error)
}

// RequestPhoneTransfer lets a phone pay for a cart, as MayTakeMoney allows: the
// cart is the phone's from now on and for as long as the request lives. Where a
// request for the same is open, that one is the answer.
func (h *HQ) RequestPhoneTransfer(ctx context.Context, a PhoneAsk) (*edge.Transfer, error) {
	const op = "hq.RequestPhoneTransfer"
	if err := h.MayTakeMoney(ctx, a.Cart); err != nil {
		return nil, err
	}
	r, err := h.Release(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	now := h.now().UTC().Truncate(time.Millisecond)
	c, err := h.GiveCart(ctx, a.Cart, edge.HeldByPhone, now.Add(a.Life+edge.ClaimMargin))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	_, total, err := edge.PriceCart(c, r)
	if err != nil {
		return nil, err
	}
	ask := edge.TransferAsk{Cart: a.Cart, Amount: a.Amount, Life: a.Life}
	var asked *edge.Transfer
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		c, node, err := readCart(ctx, tx, a.Cart)
		if err != nil {
			return err
		}
		var shop string
		if err := tx.QueryRowContext(ctx, "select shop from node where node = $1", node).Scan(&shop); err != nil {
			return err
		}
		ask.Code = edge.TransferCode(a.Prefix, shop, a.Cart, a.Key)
		if ask.Text, err = a.Text(total, ask.Code); err != nil {
			return err
		}
		asked, err = ask.OnPhone(c, r, now)
		if err != nil {
			return err
		}
		asked.Shop = shop
		if err := fitsPhoneSale(asked); err != nil {
			return err
		}
		before, err := openTransfer(ctx, tx, asked)
		if err != nil || before != nil {
			asked = before
			return err
		}
		return putTransfer(ctx, tx, &askedTransfer{Transfer: *asked, node: node, phone: true})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(a.Cart)
	return asked, nil
}

// fitsPhoneSale refuses what the shop could not be told of once it is paid.
func fitsPhoneSale(t *edge.Transfer) error {
	p := &edge.PhonePayment{Payment: edge.Payment{Method: edge.ByPhone, Amount: t.Total.Amount, Reference: t.Code}, At: t.At}
	_, err := t.PhoneSale(p, true).Record("bank-000000000000000000000000")
	if edge.KindOf(err) == edge.TooLarge {
		return edge.Errorf("hq.RequestPhoneTransfer", edge.TooLarge, "a cart of %d products is too large to be paid on the phone: pay at the till", len(t.Lines))
	}
	return err
}

// openTransfer is a request of a phone for the same as t; nil where there is
// none.
func openTransfer(ctx context.Context, tx *sql.Tx, t *edge.Transfer) (*edge.Transfer, error) {
	known, err := newestTransfer(ctx, tx, t.Cart)
	if err != nil || known == nil || known.paid != "" || !known.Asks(t) {
		return nil, err
	}
	return &known.Transfer, nil
}

func newestTransfer(ctx context.Context, db database.Rower, cart edge.CartID) (*askedTransfer, error) {
	const q = "select " + transferColumns + " from transfer where cart = $1 and phone = 1 order by at desc, code limit 1"
	t, err := scanTransfer(db.QueryRowContext(ctx, q, cart.String()).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nobody has asked
	}
	return t, err
}

// PhoneTransfer is the newest request of a phone for a cart's money, as it
// stands; an edge.Error of kind NotFound where there is none.
func (h *HQ) PhoneTransfer(ctx context.Context, cart edge.CartID) (*edge.Transfer, error) {
	const op = "hq.PhoneTransfer"
	t, err := newestTransfer(ctx, h.db.Read, cart)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if t == nil {
		return nil, edge.Errorf(op, edge.NotFound, "nobody has asked to pay for this cart by transfer")
	}
	return &t.Transfer, h.stateOf(ctx, t)
}

// stateOf fills in how a phone's transfer stands.
func (h *HQ) stateOf(ctx context.Context, t *askedTransfer) error {
	t.State = t.StateAt(h.now())
	if t.paid != "" {
		c, err := h.readCredit(ctx, h.db.Read, t.paid)
		if err != nil {
			return err
		}
		t.State, t.Credit = edge.TransferConfirmed, &edge.Credit{ID: c.ID, Amount: c.Amount, At: c.At}
		if t.Sale = c.ID; c.State == CreditDue {
			t.Sale, t.Due = "", c.ID
		}
		return nil
	}
	var mismatched int
	err := h.db.Read.QueryRowContext(ctx, "select count(*) from credit where code = $1 and state = $2", t.Code, string(CreditMismatched)).Scan(&mismatched)
	if mismatched > 0 {
		t.State = edge.TransferMismatched
	}
	return err
}

// SeenTransfers lists transfers that clerks sold by their word alone, and whose
// money no bank has told of, oldest first, at most limit: people have to look.
func (h *HQ) SeenTransfers(ctx context.Context, limit int) ([]edge.Transfer, error) {
	const q = "select " + transferColumns + " from transfer where seen = 1 and credit = '' order by at, code limit $1"
	list := []edge.Transfer{}
	err := database.Select(ctx, h.db.Read, q, limit).Each(func(rows *sql.Rows) error {
		t, err := scanTransfer(rows.Scan)
		if err == nil {
			list = append(list, t.Transfer)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.SeenTransfers: %w", err)
	}
	return list, nil
}
