package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
)

// Discrepancy is a record that does not add up with others.
type Discrepancy struct {
	Cursor string `json:"cursor"`
	audit.Discrepancy
}

func (a *API) discrepanciesFrom(c *gin.Context) (source[Discrepancy], error) {
	const list = "discrepancies"
	f, err := filterOf(c)
	return source[Discrepancy]{list, func(ctx context.Context, after string, limit int) (p page[Discrepancy], err error) {
		n, err := position(list, after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.FindDiscrepancies(ctx, f, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, d := range found {
			p.next = positionCursor(list, d.N)
			p.rows = append(p.rows, Discrepancy{p.next, d})
		}
		return p, nil
	}}, err
}
