package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// saleTimes remembers between which times the sales of each full block lie, so
// that those of a day are found without reading all of them. It is read from the
// sales when somebody asks, and kept in memory: an index would cost each sale more
// than people who look into the past once in a while. A full block stays as it is,
// for sales are only ever added behind the last.
type saleTimes struct {
	size   int64 // sales of a block; 0 for salesOfBlock
	mu     sync.Mutex
	blocks []saleBlock // oldest first
}

// saleBlock are the sales from + 1 to from + size, and their earliest and latest
// time, as text.
type saleBlock struct {
	from             int64
	earliest, latest string
}

const (
	salesOfBlock = 512
	// saleAt is the sale's own time: the id of one that a phone paid does not tell
	// it. As text, whatever follows a moment's seconds is later than that moment.
	saleAt     = `json_extract(CAST(body AS TEXT), '$.at')`
	saleSecond = "2006-01-02T15:04:05"
)

// places lists the stretches of sales, as numbers above the first up to the
// second, the newest first, in which those of a time are.
func (s *saleTimes) places(ctx context.Context, q querier, from, until string) (list [][2]int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size == 0 {
		s.size = salesOfBlock
	}
	var last int64
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(n), 0) FROM sale`).Scan(&last); err != nil {
		return nil, err
	}
	var known int64
	if n := len(s.blocks); n > 0 {
		known = s.blocks[n-1].from + s.size
	}
	full := last / s.size * s.size
	var fresh []saleBlock
	err = each(ctx, q, func(rows *sql.Rows) error {
		var b saleBlock
		err := rows.Scan(&b.from, &b.earliest, &b.latest)
		fresh = append(fresh, b)
		return err
	}, fmt.Sprintf(`SELECT (n - 1) / %d * %[1]d, min(%[2]s), max(%[2]s) FROM sale WHERE n > ? AND n <= ? GROUP BY 1 ORDER BY 1`, s.size, saleAt), known, full)
	if err != nil {
		return nil, err
	}
	s.blocks = append(s.blocks, fresh...)
	list = append(list, [2]int64{full, last})
	for _, b := range slices.Backward(s.blocks) {
		if b.latest < from || b.earliest >= until {
			continue
		}
		if newest := &list[len(list)-1]; newest[0] == b.from+s.size {
			newest[0] = b.from
		} else {
			list = append(list, [2]int64{b.from, b.from + s.size})
		}
	}
	return list, nil
}

// SalesBetween lists the sales of a stretch of time, by their own.
func (db *DB) SalesBetween(ctx context.Context, from, until time.Time, limit int) (sales []edge.RecordedSale, err error) {
	first, end := from.UTC().Format(saleSecond), until.UTC().Format(saleSecond)
	places, err := db.saleTimes.places(ctx, db.reader, first, end)
	if err != nil {
		return nil, fault("sqlite.SalesBetween", err)
	}
	for _, p := range places {
		found, err := db.salesWhere(ctx, `n > ? AND n <= ? AND `+saleAt+` >= ? AND `+saleAt+` < ? ORDER BY n DESC LIMIT ?`,
			p[0], p[1], first, end, limit-len(sales))
		if err != nil {
			return nil, err
		}
		if sales = append(sales, found...); len(sales) >= limit {
			break
		}
	}
	// What came back from headquarters was recorded behind what was sold after it.
	slices.SortStableFunc(sales, func(a, b edge.RecordedSale) int { return b.At.Compare(a.At) })
	return sales, nil
}
