package talk

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

const resealAtOnce = 100 // rows of one transaction

// sealedTable is one that holds sealed rows: its key, what comes before all keys,
// and where each row is sealed for.
type sealedTable struct {
	name, key, place string
	before           any
}

func sealedTables() []sealedTable {
	return []sealedTable{
		{"chat", "id", "id", ""},
		{"chat_line", "n", "chat", 0},
		{"chat_key", "app", "'key of ' || app", ""},
	}
}

// Reseal seals with the master key in use what another one sealed, or earlier
// versions did with a key made of headquarters' own, a few rows in each
// transaction, and returns how many. What no key opens stays as it is.
func (t *Talks) Reseal(ctx context.Context) (sum int, err error) {
	for _, table := range sealedTables() {
		for after := table.before; after != nil; {
			var last any
			var n int
			err := t.db.InTx(ctx, func(tx *sql.Tx) (err error) { last, n, err = t.resealSome(ctx, tx, table, after); return err })
			if err != nil {
				return sum, fmt.Errorf("talk.Reseal: %s: %w", table.name, err)
			}
			sum += n
			after = last
		}
	}
	return sum, nil
}

// resealSome does so for the next rows, and returns the last one's key: nil where
// there was none.
func (t *Talks) resealSome(ctx context.Context, tx *sql.Tx, table sealedTable, after any) (last any, n int, err error) {
	type row struct {
		key    any
		place  string
		sealed []byte
	}
	var list []row
	q := fmt.Sprintf("select %[1]s, %[2]s, body from %[3]s where %[1]s > $1 and length(body) > 0 and substr(body, 1, 4) <> $2 order by %[1]s limit $3", table.key, table.place, table.name)
	err = database.Select(ctx, tx, q, after, t.keys.Mark(), resealAtOnce).Each(func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.key, &r.place, &r.sealed)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range list {
		last = r.key
		text, err := t.unseal(r.place, r.sealed)
		if err != nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("update %s set body = $1 where %s = $2", table.name, table.key), t.keys.Seal(r.place, text), r.key); err != nil {
			return nil, 0, err
		}
		n++
	}
	return last, n, nil
}
