package hq

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// SettleHow is what a person makes of money that did not match by itself.
type SettleHow string

// The ways.
const (
	// SettleMatch takes it for the money of a transfer. Of more than was asked
	// for the rest is due; less is a Conflict.
	SettleMatch SettleHow = "match"
	// SettleRefund makes it due to be given back.
	SettleRefund SettleHow = "refund"
	// SettleDismiss says that it is no cart's.
	SettleDismiss SettleHow = "dismiss"
)

// Settlement is a person's word on money that came in.
type Settlement struct {
	Credit string // its ID
	How    SettleHow
	Code   string // of the transfer, where the credit does not name it itself
	Note   string
	Staff  string
}

// SettleCredit settles money that is unmatched or mismatched; any other is a
// Conflict.
func (h *HQ) SettleCredit(ctx context.Context, s Settlement) (*Credit, error) {
	const op = "hq.SettleCredit"
	s.Note = strings.TrimSpace(s.Note)
	if s.Note == "" || len(s.Note) > maxCreditText || !database.Storable(s.Note) {
		return nil, edge.Errorf(op, edge.Invalid, "say why, in 1 to %d bytes of text", maxCreditText)
	}
	var c *Credit
	var told *edge.CartID
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		told = nil
		if c, err = h.readCredit(ctx, tx, s.Credit); err != nil {
			return err
		}
		if c.State != CreditUnmatched && c.State != CreditMismatched {
			return edge.Errorf(op, edge.Conflict, "this money is settled: it is %s", c.State)
		}
		c.Note, c.Staff = s.Note, s.Staff
		if s.How == SettleDismiss {
			c.State = CreditDismissed
			return storeCredit(ctx, tx, c)
		}
		if s.Code == "" {
			s.Code = c.Code
		}
		t, err := readTransfer(ctx, tx, s.Code)
		if err != nil {
			return err
		}
		c.Code, told = t.Code, &t.Cart
		switch s.How {
		case SettleMatch:
			err = h.settleMatch(ctx, tx, c, t)
		case SettleRefund:
			c.State = CreditDue
			err = h.creditDue(ctx, tx, c, t, c.Amount.Amount)
		default:
			err = edge.Errorf(op, edge.Invalid, "%.20q settles nothing: use %s, %s or %s", s.How, SettleMatch, SettleRefund, SettleDismiss)
		}
		if err != nil {
			return err
		}
		return storeCredit(ctx, tx, c)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("money that came in was settled", "audit", true, "credit", c.ID, "how", s.How, "code", c.Code, "staff", s.Staff)
	h.tellMoney(told)
	return c, nil
}

// restSuffix ends the id of what is due of a credit that paid a transfer.
const restSuffix = "-rest"

func (h *HQ) settleMatch(ctx context.Context, tx *sql.Tx, c *Credit, t *askedTransfer) error {
	const op = "hq.SettleCredit"
	switch {
	case t.paid != "":
		return edge.Errorf(op, edge.Conflict, "transfer %s was paid by other money: give this back", t.Code)
	case c.Amount.Currency != t.Total.Currency || c.Amount.Amount < t.Total.Amount:
		return edge.Errorf(op, edge.Conflict, "%s came and transfer %s asked for %s: give it back", c.Amount, t.Code, t.Total)
	}
	at := c.At
	if at.After(t.Until) {
		at = t.Until // a person says that it counts
	}
	if err := h.pay(ctx, tx, c, t, at); err != nil {
		return err
	}
	rest := c.Amount.Amount - t.Total.Amount
	if rest == 0 {
		return nil
	}
	over := *c
	over.ID += restSuffix
	return h.creditDue(ctx, tx, &over, t, rest)
}
