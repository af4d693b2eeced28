package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	pullsOnPage   = 10
	mattersOnShop = 5  // of each kind
	stockOnPage   = 50 // articles of which none is left
	shiftsOnPage  = 10
)

// shopPageView is the page of one shop.
type shopPageView struct {
	Shop     string // its id
	Name     string
	At       string
	Good     bool
	Gateways []shopView
	Sold     soldView
	Pulls    []pullView
	Matters  []matterView // those that wait
	Stock    stockView
	Shifts   []shiftView // newest first
	From, To string      // days the form proposes
	Today    string
}

// shiftView is the end of a till's shift.
type shiftView struct {
	When, Till, Staff string
	Counted, Expected string
	Difference        string
	Off               bool // there is one
	Reason            string
}

type stockView struct {
	Sum string
	Out string
	Low []edge.SKU // none left, or below zero
	All bool       // Low has them all
}

func (p *Pages) shopPage(c *gin.Context) {
	ctx, w, now, shop := c.Request.Context(), p.words(c), p.Now(), c.Param("shop")
	gateways, err := p.tiles(ctx, w, now, shop)
	if err == nil && len(gateways) == 0 {
		err = edge.Errorf("web.shopPage", edge.NotFound, "no shop %.70q is enrolled", shop)
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	v := shopPageView{
		Shop: shop, Name: p.nameOf(shop), At: now.In(p.Zone).Format("15:04"), Gateways: gateways,
		Good: !slices.ContainsFunc(gateways, func(g shopView) bool { return g.State != "good" }),
		From: p.midnight(now, 0).Format(time.DateOnly), To: p.midnight(now, 0).Format(time.DateOnly), Today: p.midnight(now, 0).Format(time.DateOnly),
	}
	today, _ := p.periodOf("today", now)
	if v.Sold, err = p.soldIn(ctx, w, today, shop); err != nil {
		p.fail(c, err)
		return
	}
	if v.Pulls, err = p.pulls(ctx, w, now, shop); err != nil {
		p.fail(c, err)
		return
	}
	for _, kind := range matterKinds() {
		list, err := p.matters(ctx, w, now, kind, shop, mattersOnShop)
		if err != nil {
			p.fail(c, err)
			return
		}
		v.Matters = append(v.Matters, slices.DeleteFunc(list, func(m matterView) bool { return !m.Waiting })...)
	}
	if v.Stock, err = p.stock(ctx, w, shop); err != nil {
		p.fail(c, err)
		return
	}
	if v.Shifts, err = p.shifts(ctx, p.words(c), now, shop); err != nil {
		p.fail(c, err)
		return
	}
	p.render(c, "shop", v.Name, v)
}

func (p *Pages) shifts(ctx context.Context, w words, now time.Time, shop string) ([]shiftView, error) {
	closed, err := p.HQ.ClosedShifts(ctx, shop, shiftsOnPage)
	if err != nil {
		return nil, err
	}
	list := make([]shiftView, len(closed))
	for i := range closed {
		r := &closed[i]
		amount := func(n int64) string { return edge.Money{Amount: n, Currency: r.Amount.Currency}.In(w.lang) }
		list[i] = shiftView{
			When: p.clock(r.At, now), Till: r.Till, Staff: r.Staff, Counted: amount(r.Amount.Amount), Expected: amount(*r.Expected),
			Difference: amount(r.Difference()), Off: r.Difference() != 0, Reason: r.Reason,
		}
	}
	return list, nil
}

func (p *Pages) stock(ctx context.Context, w words, shop string) (v stockView, err error) {
	stock, err := p.HQ.Stock(ctx, shop)
	if err != nil {
		return v, err
	}
	if len(stock) == 0 {
		return stockView{Sum: w.T("stock_none")}, nil
	}
	var pieces int64
	for sku, n := range stock {
		pieces += n
		if n <= 0 {
			v.Low = append(v.Low, sku)
		}
	}
	slices.Sort(v.Low)
	v.Sum = w.T("stock_sum", len(stock), pieces)
	if len(v.Low) > 0 {
		v.Out = w.T("stock_out", len(v.Low))
	}
	v.All = len(v.Low) <= stockOnPage
	v.Low = v.Low[:min(len(v.Low), stockOnPage)]
	return v, nil
}

// startPull asks the shop for something. The same again while it is not over is
// that one: a finger that presses twice asks once.
func (p *Pages) startPull(c *gin.Context) {
	ctx, shop := c.Request.Context(), c.Param("shop")
	r, err := p.pullRequest(c, shop)
	if err != nil {
		p.fail(c, err)
		return
	}
	pulls, err := p.HQ.Pulls(ctx, shop, pullsOnPage)
	if err != nil {
		p.fail(c, err)
		return
	}
	if !slices.ContainsFunc(pulls, func(other hq.Pull) bool { return !other.Over && same(other.PullRequest, r) }) {
		id, err := p.HQ.Pull(ctx, r)
		if err != nil {
			p.fail(c, err)
			return
		}
		p.Log.Info("pull asked for on the pages", "audit", true, "pull", id, "shop", shop, "kind", r.Kind, "by", visitorOf(c).name)
	}
	c.Redirect(http.StatusSeeOther, "/shops/"+url.PathEscape(shop)+"?lang="+langOf(c)+"#pulls")
}

// same reports whether two requests ask for the same. Stored ones have their
// times in another zone.
func same(a, b hq.PullRequest) bool {
	times := a.FromTime.Equal(b.FromTime) && a.ToTime.Equal(b.ToTime)
	a.FromTime, a.ToTime, b.FromTime, b.ToTime = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return times && a == b
}

// pullRequest reads the form. Days are whole days in the shops' zone.
func (p *Pages) pullRequest(c *gin.Context, shop string) (hq.PullRequest, error) {
	r := hq.PullRequest{Shop: shop, Kind: c.PostForm("kind")}
	if r.Kind != hq.PullRange {
		return r, nil
	}
	from, err := time.ParseInLocation(time.DateOnly, c.PostForm("from"), p.Zone)
	if err == nil {
		r.FromTime = from
		if to := c.PostForm("to"); to != "" {
			var last time.Time
			last, err = time.ParseInLocation(time.DateOnly, to, p.Zone)
			r.ToTime = p.midnight(last, 1).Add(-time.Millisecond)
		}
	}
	if err != nil {
		return r, edge.Errorf("web.pullRequest", edge.Invalid, "want days as 2026-11-21, not %.20q to %.20q", c.PostForm("from"), c.PostForm("to"))
	}
	return r, nil
}
