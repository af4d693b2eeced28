package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (a *API) eventsFrom(c *gin.Context) (source[Event], error) {
	f, err := filterOf(c)
	return source[Event]{"events", func(ctx context.Context, after string, limit int) (page[Event], error) {
		return a.events(ctx, f, after, limit)
	}}, err
}

func (a *API) events(ctx context.Context, f hq.Filter, after string, limit int) (p page[Event], err error) {
	pos, err := position("events", after)
	if err != nil {
		return p, err
	}
	found, span, err := a.HQ.FindEvents(ctx, f, pos, limit)
	if err != nil {
		return p, err
	}
	for _, e := range found {
		p.rows = append(p.rows, newEvent(e))
	}
	p.next, p.more = positionCursor("events", span.Next), span.More
	return p, nil
}

// auditFrom lists who did what at the shops' tills.
func (a *API) auditFrom(c *gin.Context) (source[Audit], error) {
	f, err := filterOf(c)
	f.Types = []string{edge.EventAudit}
	return source[Audit]{"audit", func(ctx context.Context, after string, limit int) (p page[Audit], err error) {
		pos, err := position("audit", after)
		if err != nil {
			return p, err
		}
		found, span, err := a.HQ.FindEvents(ctx, f, pos, limit)
		if err != nil {
			return p, err
		}
		for _, e := range found {
			if v, err := newAudit(e); err == nil { // else it was set aside
				p.rows = append(p.rows, v)
			}
		}
		p.next, p.more = positionCursor("audit", span.Next), span.More
		return p, nil
	}}, err
}

func (a *API) salesFrom(c *gin.Context) (source[Receipt], error) {
	f, err := filterOf(c)
	kinds := []string{hq.KindSale, hq.KindVoid, hq.KindRefund}
	for _, t := range f.Types {
		if !slices.Contains(kinds, t) {
			return source[Receipt]{}, invalid("type=%.40q: want some of %s", t, strings.Join(kinds, ","))
		}
	}
	if len(f.Types) == 0 {
		f.Types = kinds
	}
	return source[Receipt]{"sales", receipts(a, "sales", f, newReceipt)}, err
}

func (a *API) zReportsFrom(c *gin.Context) (source[ZReport], error) {
	f, err := filterOf(c)
	f.Types = []string{hq.KindZReport}
	return source[ZReport]{"z_reports", receipts(a, "z-reports", f, newZReport)}, err
}

func receipts[T any](a *API, list string, f hq.Filter, row func(hq.Receipt) T) func(context.Context, string, int) (page[T], error) {
	return func(ctx context.Context, after string, limit int) (p page[T], err error) {
		pos, err := position(list, after)
		if err != nil {
			return p, err
		}
		found, span, err := a.HQ.FindReceipts(ctx, f, pos, limit)
		if err != nil {
			return p, err
		}
		for _, r := range found {
			p.rows = append(p.rows, row(r))
		}
		p.next, p.more = positionCursor(list, span.Next), span.More
		return p, nil
	}
}

func (a *API) stockFrom(c *gin.Context) (source[Stock], error) {
	f, err := filterOf(c)
	return source[Stock]{"stock", func(ctx context.Context, after string, limit int) (p page[Stock], err error) {
		at, err := place("stock", after)
		if err != nil {
			return p, err
		}
		shop, sku, _ := strings.Cut(at, "\x00")
		if !storable(sku) {
			return p, invalid("after=%.40q is no cursor of this list: give what next was, or leave it out", after)
		}
		found, err := a.HQ.FindStock(ctx, f, shop, edge.SKU(sku), limit)
		if err != nil {
			return p, err
		}
		for _, f := range found {
			p.rows = append(p.rows, newStock(f))
		}
		p.next, p.more = after, len(found) == limit
		if len(p.rows) > 0 {
			p.next = p.rows[len(p.rows)-1].Cursor
		}
		return p, nil
	}}, err
}

func (a *API) shopsFrom(c *gin.Context) (source[Shop], error) {
	f, err := filterOf(c)
	return source[Shop]{"shops", func(ctx context.Context, after string, limit int) (p page[Shop], err error) {
		at, err := place("shops", after)
		if err != nil {
			return p, err
		}
		all, err := a.HQ.Shops(ctx)
		if err != nil {
			return p, err
		}
		name := func(s hq.Shop) string { return s.Shop + "\x00" + s.Node }
		slices.SortFunc(all, func(a, b hq.Shop) int { return cmp.Compare(name(a), name(b)) })
		p.next = after
		for _, s := range all {
			if name(s) <= at || f.Shop != "" && s.Shop != f.Shop || f.Node != "" && s.Node != f.Node {
				continue
			}
			if len(p.rows) == limit {
				p.more = true
				break
			}
			p.next = cursor("shops", name(s))
			p.rows = append(p.rows, Shop{p.next, s})
		}
		return p, nil
	}}, err
}
