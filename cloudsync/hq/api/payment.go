package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// BankPayment is money that a bank says came in, and what became of it.
type BankPayment struct {
	Cursor    string         `json:"cursor"`
	ID        string         `json:"id"`
	Feed      string         `json:"feed"`
	Reference string         `json:"reference"` // the bank's
	Account   string         `json:"account"`
	Amount    edge.Money     `json:"amount"`
	Content   string         `json:"content"`
	At        time.Time      `json:"at"` // when it was sent
	Received  time.Time      `json:"received"`
	Code      string         `json:"code"`
	State     hq.CreditState `json:"state"`
	Note      string         `json:"note"`
	Staff     string         `json:"staff"` // who settled it
}

func newBankPayment(c hq.Credit) BankPayment {
	return BankPayment{
		Cursor: positionCursor("payments", c.N), ID: c.ID, Feed: c.Feed, Reference: c.Reference, Account: c.Account, Amount: c.Amount,
		Content: c.Content, At: c.At, Received: c.Received, Code: c.Code, State: c.State, Note: c.Note, Staff: c.Staff,
	}
}

func (a *API) paymentsFrom(c *gin.Context) (source[BankPayment], error) {
	f, err := filterOf(c)
	names := may(c, account.Operate) // payers write theirs
	states := make([]hq.CreditState, len(f.Types))
	for i, t := range f.Types {
		states[i] = hq.CreditState(t)
	}
	return source[BankPayment]{"payments", func(ctx context.Context, after string, limit int) (p page[BankPayment], err error) {
		n, err := position("payments", after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.Credits(ctx, states, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, credit := range found {
			if !names {
				credit.Content = ""
			}
			p.rows = append(p.rows, newBankPayment(credit))
			p.next = p.rows[len(p.rows)-1].Cursor
		}
		return p, nil
	}}, err
}

// PaymentSettlement is the body of a request to settle money that did not match
// by itself.
type PaymentSettlement struct {
	How  hq.SettleHow `json:"how"`
	Code string       `json:"code,omitempty"` // of the transfer, where the payment does not name it
	Note string       `json:"note"`           // why
}

func (a *API) settlePayment(c *gin.Context) {
	var s PaymentSettlement
	if err := body(c, &s); err != nil {
		a.fail(c, err)
		return
	}
	credit, err := a.HQ.SettleCredit(c.Request.Context(), hq.Settlement{
		Credit: c.Param("id"), How: s.How, Code: s.Code, Note: s.Note, Staff: c.GetString(tokenName),
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, newBankPayment(*credit))
}

// SeenTransfer is a sale by a clerk's word that its money came, of which no bank
// has told.
type SeenTransfer struct {
	Code   string      `json:"code"`
	Shop   string      `json:"shop"`
	Cart   edge.CartID `json:"cart"`
	Total  edge.Money  `json:"total"`
	Sale   string      `json:"sale"`
	Staff  string      `json:"staff"` // whose word it is
	Reason string      `json:"reason"`
	At     time.Time   `json:"at"` // when the money was asked for
}

func (a *API) seenTransfers(c *gin.Context) {
	limit, err := limitOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	found, err := a.HQ.SeenTransfers(c.Request.Context(), limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	list := []SeenTransfer{}
	for _, t := range found {
		list = append(list, SeenTransfer{t.Code, t.Shop, t.Cart, t.Total, t.Sale, t.Seen.Staff, t.Seen.Reason, t.At})
	}
	reply(c, http.StatusOK, gin.H{"transfers": list})
}

// refundsDue lists money that is to be given back.
func (a *API) refundsDue(c *gin.Context) {
	f, err := filterOf(c)
	limit, limitErr := limitOf(c)
	if err == nil {
		err = limitErr
	}
	var due []edge.RefundDue
	if err == nil {
		due, err = a.HQ.RefundsDue(c.Request.Context(), f.Shop, limit)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	if due == nil {
		due = []edge.RefundDue{}
	}
	reply(c, http.StatusOK, gin.H{"due": due})
}

// refundsGiven lists what HQ gave back.
func (a *API) refundsGiven(c *gin.Context) {
	f, err := filterOf(c)
	limit, limitErr := limitOf(c)
	if err == nil {
		err = limitErr
	}
	var given []hq.GivenBack
	if err == nil {
		given, err = a.HQ.LatestGivenBack(c.Request.Context(), f.Shop, limit)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, gin.H{"given": given})
}

// GivingBack is the body of a record that HQ gave back what was due.
type GivingBack struct {
	Reference string    `json:"reference"`      // the bank's, of the money that left
	Given     time.Time `json:"given,omitzero"` // when it left
}

func (a *API) giveBack(c *gin.Context) {
	var g GivingBack
	if err := body(c, &g); err != nil {
		a.fail(c, err)
		return
	}
	back, err := a.HQ.GiveBack(c.Request.Context(), hq.GivingBack{
		Key: c.GetHeader("Idempotency-Key"), Due: c.Param("id"), Reference: g.Reference, Given: g.Given, Staff: c.GetString(tokenName),
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, back)
}
