package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// remakeAll makes the rows that follow from the events taken over, where the old
// database's own could not be read. The events that were carried stand in e.
func (t *tx) remakeAll(ctx context.Context, e *epoch, got *salvaged) error {
	if len(got.Lost) == 0 {
		return nil
	}
	for _, s := range got.sales {
		for after := s.after; ; {
			evs, err := events(ctx, t.conn, nil, t.db.opt.Node, &s.epoch, edge.LaneSale, after, rewriteBatch)
			if err != nil {
				return err
			}
			if len(evs) == 0 {
				break
			}
			after = evs[len(evs)-1].Seq
			for i := range evs {
				if err := t.remake(ctx, s.n, &evs[i]); err != nil {
					return err
				}
			}
		}
	}
	for i := range got.beyond {
		if ev := &got.beyond[i]; ev.Lane == edge.LaneSale {
			if err := t.remake(ctx, e.n, ev); err != nil {
				return err
			}
		}
	}
	return nil
}

// tables lists what follows from the ledger or stands beside it, in the order
// in which it was made. How far HQ's messages took effect stays as the backup has
// it: HQ says again what came after it, be it taken over here or not.
func (t *tx) tables(ctx context.Context) (list []string, err error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite_%' AND name NOT IN ('gateway', 'epoch', 'event', 'stock', 'recall') ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}

// copyTable takes over a table's newer rows, as far as they can be read: of the
// tables whose rows change as they are in the old database, of the others where
// their key is new.
func (t *tx) copyTable(ctx context.Context, old querier, table string) error {
	from, into := `SELECT * FROM `+table, `INSERT INTO `+table+` (%s) VALUES (%s) ON CONFLICT DO NOTHING`
	var args []any
	switch table {
	case "cart", "mark", "receipt", "transfer", "shop_order", "hq_record", "hq_staff", "hq_shop", "hq_stock":
		into = `REPLACE INTO ` + table + ` (%s) VALUES (%s)`
	default:
		var key string
		err := t.conn.QueryRowContext(ctx, `SELECT coalesce(group_concat(name), '') FROM pragma_table_info(?) WHERE pk > 0`, table).Scan(&key)
		if err != nil {
			return err
		}
		if key != "n" {
			break
		}
		var last int64
		if err := t.conn.QueryRowContext(ctx, `SELECT coalesce(max(n), 0) FROM `+table).Scan(&last); err != nil {
			return err
		}
		from, args = from+` WHERE n > ? ORDER BY n`, []any{last} // only the last pages need be whole
	}
	rows, err := old.QueryContext(ctx, from, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	// By name: the old database may be of an earlier version.
	into = fmt.Sprintf(into, strings.Join(columns, ", "), strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", "))
	values, at := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		at[i] = &values[i]
	}
	skipped, why := 0, error(nil)
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return err
		}
		if err := t.exec(ctx, into, values...); err != nil {
			skipped, why = skipped+1, err // it refers to what could not be read
		}
	}
	if skipped > 0 {
		why = fmt.Errorf("%d rows do not fit: %w", skipped, why)
	}
	return errors.Join(why, rows.Err())
}
