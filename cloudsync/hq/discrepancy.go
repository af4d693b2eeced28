package hq

import (
	"context"
	"fmt"
	"math"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// FindDiscrepancies lists discrepancies after one's N (0 for all), in the order
// they were found, at most limit (1 to 1000). The filter's times are when.
func (h *HQ) FindDiscrepancies(ctx context.Context, f Filter, after int64, limit int) ([]audit.Discrepancy, error) {
	const op = "hq.FindDiscrepancies"
	const q = `select n, node, shop, kind, subject, message, at from discrepancy
		where n > $1 and ($2 = '' or shop = $2) and ($3 = '' or node = $3) and at >= $4 and at < $5 order by n limit $6`
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.From.IsZero() {
		from = f.From.UnixMilli()
	}
	if !f.To.IsZero() {
		to = f.To.UnixMilli()
	}
	rows, err := h.db.Read.QueryContext(ctx, q, after, f.Shop, f.Node, from, to, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []audit.Discrepancy{}
	for rows.Next() {
		var d audit.Discrepancy
		var at int64
		if err := rows.Scan(&d.N, &d.Node, &d.Shop, &d.Kind, &d.Subject, &d.Message, &at); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		d.At = database.Time(at)
		list = append(list, d)
	}
	return list, rows.Err()
}
