package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

// PriceDifference is a sale that was priced otherwise than by the catalogue in
// force.
type PriceDifference struct {
	Cursor string `json:"cursor"`
	hq.Difference
}

func (a *API) priceDifferencesFrom(c *gin.Context) (source[PriceDifference], error) {
	const list = "price_differences"
	f, err := filterOf(c)
	return source[PriceDifference]{list, func(ctx context.Context, after string, limit int) (p page[PriceDifference], err error) {
		n, err := position(list, after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.FindDifferences(ctx, f, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, d := range found {
			p.next = positionCursor(list, d.Cursor)
			p.rows = append(p.rows, PriceDifference{p.next, d})
		}
		return p, nil
	}}, err
}
