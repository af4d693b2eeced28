package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxLimit     = 1000
	defaultLimit = 100
	salesOnPage  = 50
)

// SaleList is the answer of /sales.json: the sales after a cursor, oldest first.
type SaleList struct {
	Sales []hq.Sale `json:"sales"`
	Next  int64     `json:"next"` // to be given as after for the next page
}

func (p *Pages) sales(c *gin.Context) {
	after, err := number(c, "after", 0, 0, 1<<62)
	if err != nil {
		p.fail(c, err)
		return
	}
	limit, err := number(c, "limit", defaultLimit, 1, maxLimit)
	if err != nil {
		p.fail(c, err)
		return
	}
	sales, err := p.HQ.Sales(c.Request.Context(), after, int(limit))
	if err != nil {
		p.fail(c, err)
		return
	}
	list := SaleList{Sales: sales, Next: after}
	if n := len(sales); n > 0 {
		list.Next = sales[n-1].Cursor
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, list)
}

// number reads a whole number of the address.
func number(c *gin.Context, name string, otherwise, least, most int64) (int64, error) {
	s, ok := c.GetQuery(name)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		return 0, edge.Errorf("web.number", edge.Invalid, "%s=%.20q: want a number from %d to %d", name, s, least, most)
	}
	return n, nil
}

// saleView is a row of the table.
type saleView struct {
	Receipt, Shop, Time, Total, Received string
	Pieces                               int
	Method                               string
	Offline                              bool
	Late                                 string // how much later it came in; empty below a minute
}

// choice is a link among others.
type choice struct {
	Name, Title string
	Chosen      bool
}

type salesView struct {
	At      string
	Shop    string // the one that is looked at; empty for all
	Name    string // its
	Periods []choice
	Sold    soldView
	Sales   []saleView
	Full    bool // there are older ones
}

func (p *Pages) salesPage(c *gin.Context) {
	ctx, w, now, shop := c.Request.Context(), p.words(c), p.Now(), c.Query("shop")
	when, ok := p.periodOf(c.DefaultQuery("period", "today"), now)
	if !ok {
		p.fail(c, edge.Errorf("web.salesPage", edge.Invalid, "period=%.20q: want today, yesterday or week", c.Query("period")))
		return
	}
	sold, err := p.soldIn(ctx, w, when, shop)
	if err != nil {
		p.fail(c, err)
		return
	}
	v := salesView{At: now.In(p.Zone).Format("15:04"), Shop: shop, Sold: sold}
	if shop != "" {
		v.Name = p.nameOf(shop)
	}
	for _, name := range []string{"today", "yesterday", "week"} {
		v.Periods = append(v.Periods, choice{name, w.known("", name), name == when.name})
	}
	if v.Sales, err = p.newest(ctx, w, now, shop); err != nil {
		p.fail(c, err)
		return
	}
	v.Full = len(v.Sales) == salesOnPage
	p.render(c, "sales", "sales", v)
}

func (p *Pages) newest(ctx context.Context, w words, now time.Time, shop string) ([]saleView, error) {
	sales, err := p.HQ.LatestSales(ctx, shop, salesOnPage)
	if err != nil {
		return nil, err
	}
	list := make([]saleView, len(sales))
	for i, s := range sales {
		row := saleView{
			Receipt: s.Sale.Receipt.String(), Shop: p.nameOf(s.Sale.Shop), Time: p.clock(s.Sale.At, now),
			Total: s.Sale.Total.In(w.lang), Received: p.clock(s.Received, now), Offline: s.Sale.Offline,
			Method: w.methods(s.Sale.Payments),
		}
		for _, l := range s.Sale.Lines {
			row.Pieces += l.Quantity
		}
		if late := s.Received.Sub(s.Sale.At); late >= time.Minute {
			row.Late = w.T("later", w.span(late))
		}
		list[i] = row
	}
	return list, nil
}
