package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	moneyOnPage = 100 // of each kind
	givenOnPage = 20
)

// Money is what the pages need of money that came in and goes back.
type Money interface {
	Credits(ctx context.Context, states []hq.CreditState, after int64, limit int) ([]hq.Credit, error)
	SettleCredit(ctx context.Context, s hq.Settlement) (*hq.Credit, error)
	SeenTransfers(ctx context.Context, limit int) ([]edge.Transfer, error)
	FindDue(ctx context.Context, shop string, limit int) ([]hq.FoundDue, error)
	GiveBack(ctx context.Context, g hq.GivingBack) (*hq.GivenBack, error)
	LatestGivenBack(ctx context.Context, shop string, limit int) ([]hq.GivenBack, error)
}

type moneyView struct {
	Summary string
	Good    bool
	At      string
	Odd     []creditView // that matched nothing
	Due     []dueView    // that HQ gives back
	Shops   []dueView    // that shops give back
	Seen    []seenView   // sold by a clerk's word
	Given   []givenView
	Today   string
}

// creditView is money that came in and matched nothing.
type creditView struct {
	ID, Amount, Why, At, Content, Account, Feed, Reference, Code string
}

// dueView is money that is to be given back.
type dueView struct {
	ID, Shop, Name, Amount, Why, At, Method, Reference, Staff string
	Came                                                      string // by what the bank calls it
}

type seenView struct{ Code, Shop, Amount, Staff, Reason, At string }

type givenView struct{ Amount, Shop, Reference, Staff, At string }

func odd() []hq.CreditState { return []hq.CreditState{hq.CreditUnmatched, hq.CreditMismatched} }

// waitingMoney counts what people at HQ have to settle or give back, as much as a
// page shows.
func (p *Pages) waitingMoney(ctx context.Context) int {
	credits, _ := p.HQ.Credits(ctx, odd(), 0, moneyOnPage) // the page itself says what does not work
	due, _ := p.HQ.FindDue(ctx, "", moneyOnPage)
	n := len(credits)
	for i := range due {
		if due[i].ByHQ {
			n++
		}
	}
	return n
}

func (p *Pages) moneyPage(c *gin.Context) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	v := moneyView{At: now.In(p.Zone).Format("15:04"), Today: p.midnight(now, 0).Format(time.DateOnly)}
	for _, fill := range []func(context.Context, words, time.Time, *moneyView) error{p.oddMoney, p.dueMoney, p.seenMoney, p.givenMoney} {
		if err := fill(ctx, w, now, &v); err != nil {
			p.fail(c, err)
			return
		}
	}
	n := len(v.Odd) + len(v.Due)
	v.Summary, v.Good = w.T("money_none"), n == 0
	switch {
	case n == 1:
		v.Summary = w.T("money_one")
	case n > 1:
		v.Summary = w.T("money_waits", n)
	}
	p.render(c, "money", "money", v)
}

func (p *Pages) oddMoney(ctx context.Context, w words, now time.Time, v *moneyView) error {
	found, err := p.HQ.Credits(ctx, odd(), 0, moneyOnPage)
	for i := range found {
		m := &found[i]
		v.Odd = append(v.Odd, creditView{
			m.ID, m.Amount.In(w.lang), w.known("c_", string(m.State)), p.clock(m.At, now), m.Content, m.Account, m.Feed, m.Reference, m.Code,
		})
	}
	return err
}

func references(paid edge.Payments) string {
	var list []string
	for _, p := range paid {
		if p.Reference != "" {
			list = append(list, p.Reference)
		}
	}
	return strings.Join(list, ", ")
}

func (p *Pages) dueMoney(ctx context.Context, w words, now time.Time, v *moneyView) error {
	found, err := p.HQ.FindDue(ctx, "", moneyOnPage)
	for i := range found {
		d := &found[i]
		due := dueView{
			ID: d.ID, Shop: d.Shop, Name: p.nameOf(d.Shop), Amount: d.Total.In(w.lang), Why: w.T("due_late"), At: p.clock(d.At, now),
			Method: w.methods(d.Payments), Reference: references(d.Payments), Staff: d.Staff,
		}
		if d.Stands.Sale != "" {
			due.Why = w.T("due_second", d.Stands.Receipt)
		}
		if d.Came != nil {
			due.Came = w.T("money_came", d.Came.Reference, d.Came.Account, p.clock(d.Came.At, now))
		}
		if d.ByHQ {
			v.Due = append(v.Due, due)
		} else {
			v.Shops = append(v.Shops, due)
		}
	}
	return err
}

func (p *Pages) seenMoney(ctx context.Context, w words, now time.Time, v *moneyView) error {
	found, err := p.HQ.SeenTransfers(ctx, moneyOnPage)
	for i := range found {
		t := &found[i]
		v.Seen = append(v.Seen, seenView{t.Code, p.nameOf(t.Shop), t.Total.In(w.lang), t.Seen.Staff, t.Seen.Reason, p.clock(t.At, now)})
	}
	return err
}

func (p *Pages) givenMoney(ctx context.Context, w words, now time.Time, v *moneyView) error {
	found, err := p.HQ.LatestGivenBack(ctx, "", givenOnPage)
	for i := range found {
		b := &found[i]
		v.Given = append(v.Given, givenView{b.Amount.In(w.lang), p.nameOf(b.Shop), b.Reference, b.Staff, p.clock(b.Given, now)})
	}
	return err
}

// settleMoney takes a person's word on money that matched nothing.
func (p *Pages) settleMoney(c *gin.Context) {
	_, err := p.HQ.SettleCredit(c.Request.Context(), hq.Settlement{
		Credit: c.Param("id"), How: hq.SettleHow(c.PostForm("how")), Code: c.PostForm("code"), Note: c.PostForm("note"), Staff: officer(c),
	})
	p.moneyDone(c, err)
}

// giveBack takes a person's word that money was given back, which happens once:
// the key is the money's own name.
func (p *Pages) giveBack(c *gin.Context) {
	g := hq.GivingBack{Key: c.Param("id"), Due: c.Param("id"), Reference: c.PostForm("reference"), Staff: officer(c)}
	var err error
	if day := c.PostForm("day"); day != "" && day != p.midnight(p.Now(), 0).Format(time.DateOnly) { // today's is now
		if g.Given, err = time.ParseInLocation(time.DateOnly, day, p.Zone); err != nil {
			p.fail(c, edge.Errorf("web.giveBack", edge.Invalid, "want a day as 2026-11-21, not %.20q", day))
			return
		}
	}
	_, err = p.HQ.GiveBack(c.Request.Context(), g)
	p.moneyDone(c, err)
}

func (p *Pages) moneyDone(c *gin.Context, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/money?lang="+langOf(c))
}
