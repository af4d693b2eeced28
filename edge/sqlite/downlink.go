package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.Office = (*DB)(nil)

// Applied is the number of the last downlink message that took effect.
func (db *DB) Applied(ctx context.Context) (n uint64, err error) {
	err = db.reader.QueryRowContext(ctx, `SELECT applied FROM gateway`).Scan(&n)
	return n, fault("sqlite.Applied", err)
}

// Apply stores that downlink message n took effect, with what it brought. What
// no shop could hold is left out: refusing its message would hold up all that
// follow, for ever.
func (db *DB) Apply(ctx context.Context, n uint64, d edge.Delivery) error {
	log := db.opt.Log.With("message", n)
	leaveOut := func(what string, err error) bool {
		if err != nil {
			log.ErrorContext(ctx, "part of a message of HQ left out", "part", what, "err", err)
		}
		return err != nil
	}
	var releases []issued
	for _, s := range d.Releases {
		if r, err := newIssued(s); !leaveOut("catalogue", err) {
			db.ahead.keep(r)
			releases = append(releases, r)
		}
	}
	d.Stock = slices.DeleteFunc(slices.Clone(d.Stock), func(s edge.ShopStock) bool { return leaveOut("stock", s.Check()) })
	d.Records = slices.DeleteFunc(slices.Clone(d.Records), func(r edge.Record) bool { return leaveOut("record", r.Check()) })
	if d.Staff != nil && leaveOut("staff", d.Staff.Check()) {
		d.Staff = nil
	}
	d.Persons = slices.DeleteFunc(slices.Clone(d.Persons), func(a edge.PersonAsk) bool { return leaveOut("person", a.Check()) })
	persons, err := db.findAsked(ctx, d.Persons)
	if err != nil {
		return err
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		res, err := t.conn.ExecContext(ctx, `UPDATE gateway SET applied = ?1 WHERE applied < ?1`, int64(n))
		if err != nil {
			return struct{}{}, err
		}
		if changed, err := res.RowsAffected(); err != nil || changed == 0 {
			return struct{}{}, err
		}
		for _, c := range d.Carts {
			_, err := t.mergeCart(ctx, c)
			switch edge.KindOf(err) {
			case edge.Invalid, edge.TooLarge:
				leaveOut("cart", err) // not its id: whoever knows that may change the cart
			default:
				if err != nil {
					return struct{}{}, err
				}
			}
		}
		return struct{}{}, errors.Join(t.putIssued(ctx, releases), t.takeWord(ctx, n, d), t.doAsked(ctx, persons))
	})
	if err == nil && len(persons) > 0 {
		db.emptyWAL(ctx) // what it still holds of destroyed keys
	}
	return err
}

// takeWord stores HQ's newest word.
func (t *tx) takeWord(ctx context.Context, n uint64, d edge.Delivery) error {
	for i := range d.Stock {
		if err := t.putShopStock(ctx, &d.Stock[i]); err != nil {
			return err
		}
	}
	for i := range d.Records {
		r := &d.Records[i]
		if r.Kind == edge.RecordSale { // the sale itself says all of it
			if err := t.hearPhoneSale(ctx, r); err != nil {
				return err
			}
			continue
		}
		err := t.exec(ctx, `INSERT INTO hq_record (kind, id, n, state, at, data) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (kind, id) DO UPDATE SET n = excluded.n, state = excluded.state, at = excluded.at, data = excluded.data`,
			r.Kind, r.ID, int64(n), r.State, r.At.UnixMilli(), []byte(r.Data))
		if err != nil {
			return err
		}
		if r.Kind == edge.RecordPayment {
			if err := t.hearTransfer(ctx, r); err != nil {
				return err
			}
		}
	}
	if err := t.forgetPassing(ctx, d.Records); err != nil || d.Staff == nil {
		return err
	}
	if err := t.exec(ctx, `DELETE FROM hq_staff`); err != nil {
		return err
	}
	for _, m := range d.Staff.Members {
		if err := t.exec(ctx, `INSERT INTO hq_staff (name, role, pin, active) VALUES (?, ?, ?, ?)`, m.Name, m.Role, m.PIN, m.Active); err != nil {
			return err
		}
	}
	return nil
}

// passing is how long what is of a shopper's visit stays: photos and votes live
// for a day.
const passing = 3 * 24 * time.Hour

// forgetPassing forgets old word of visits whenever new word of one comes.
func (t *tx) forgetPassing(ctx context.Context, came []edge.Record) error {
	for i := range came {
		if r := &came[i]; r.Kind == edge.RecordPhoto || r.Kind == edge.RecordVote {
			err := t.exec(ctx, `DELETE FROM hq_record WHERE kind = ? AND at < ?`, r.Kind, r.At.Add(-passing).UnixMilli())
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// putShopStock makes a shop's figures those of s, touching only the rows that
// differ: writing everything anew would keep the till waiting.
func (t *tx) putShopStock(ctx context.Context, s *edge.ShopStock) error {
	levels := s.Levels
	if levels == nil {
		levels = map[edge.SKU]int64{}
	}
	body, err := json.Marshal(levels)
	if err != nil {
		return err
	}
	err = t.exec(ctx, `INSERT INTO hq_shop (shop, as_of, name, address) VALUES (?, ?, ?, ?)
		ON CONFLICT (shop) DO UPDATE SET as_of = excluded.as_of, name = excluded.name, address = excluded.address`, s.Shop, s.AsOf.UnixMilli(), s.Name, s.Address)
	if err != nil {
		return err
	}
	if !s.Update {
		err = t.exec(ctx, `DELETE FROM hq_stock WHERE shop = ?1 AND sku NOT IN (SELECT key FROM json_each(?2))`, s.Shop, string(body))
		if err != nil {
			return err
		}
	}
	return t.exec(ctx, `INSERT INTO hq_stock (sku, shop, quantity) SELECT key, ?1, value FROM json_each(?2) WHERE true
		ON CONFLICT (sku, shop) DO UPDATE SET quantity = excluded.quantity WHERE quantity <> excluded.quantity`, s.Shop, string(body))
}

// StockElsewhere is what each shop had of a SKU when HQ last said so.
func (db *DB) StockElsewhere(ctx context.Context, sku edge.SKU) ([]edge.ShopLevel, error) {
	const op = "sqlite.StockElsewhere"
	rows, err := db.reader.QueryContext(ctx, `SELECT h.shop, h.name, h.address, h.as_of, coalesce(s.quantity, 0) FROM hq_shop h
		LEFT JOIN hq_stock s ON s.shop = h.shop AND s.sku = ? ORDER BY h.shop`, sku)
	if err != nil {
		return nil, fault(op, err)
	}
	defer rows.Close()
	list := []edge.ShopLevel{}
	for rows.Next() {
		var l edge.ShopLevel
		var asOf int64
		if err := rows.Scan(&l.Shop, &l.Name, &l.Address, &asOf, &l.Quantity); err != nil {
			return nil, fault(op, err)
		}
		l.AsOf = time.UnixMilli(asOf).UTC()
		list = append(list, l)
	}
	return list, fault(op, rows.Err())
}

// Places are the names and addresses of shops that HQ has told of.
func (db *DB) Places(ctx context.Context) (map[string]edge.Place, error) {
	places := map[string]edge.Place{}
	err := each(ctx, db.reader, func(rows *sql.Rows) error {
		var shop string
		var p edge.Place
		err := rows.Scan(&shop, &p.Name, &p.Address)
		places[shop] = p
		return err
	}, `SELECT shop, name, address FROM hq_shop WHERE name <> '' OR address <> ''`)
	return places, fault("sqlite.Places", err)
}

// Record finds a record that HQ sent.
func (db *DB) Record(ctx context.Context, kind edge.RecordKind, id string) (*edge.Record, error) {
	list, err := db.records(ctx, `WHERE kind = ? AND id = ?`, kind, id)
	if err != nil {
		return nil, fault("sqlite.Record", err)
	}
	if len(list) == 0 {
		return nil, edge.Errorf("sqlite.Record", edge.NotFound, "HQ has told nothing of %s %.80q", kind, id)
	}
	return &list[0], nil
}

// Records lists the records that HQ changed last, newest first.
func (db *DB) Records(ctx context.Context, kind edge.RecordKind, limit int) ([]edge.Record, error) {
	list, err := db.records(ctx, `WHERE kind = ? ORDER BY n DESC, id LIMIT ?`, kind, max(limit, 0))
	return list, fault("sqlite.Records", err)
}

func (db *DB) records(ctx context.Context, which string, args ...any) ([]edge.Record, error) {
	return recordsOf(ctx, db.reader, which, args...)
}

func recordsOf(ctx context.Context, q querier, which string, args ...any) ([]edge.Record, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, id, state, at, data FROM hq_record `+which, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []edge.Record{}
	for rows.Next() {
		var r edge.Record
		var at int64
		if err := rows.Scan(&r.Kind, &r.ID, &r.State, &at, (*[]byte)(&r.Data)); err != nil {
			return nil, err
		}
		r.At = time.UnixMilli(at).UTC()
		list = append(list, r)
	}
	return list, rows.Err()
}

// Staff is the directory that HQ sent last.
func (db *DB) Staff(ctx context.Context) (*edge.Directory, error) {
	const op = "sqlite.Staff"
	rows, err := db.reader.QueryContext(ctx, `SELECT name, role, pin, active FROM hq_staff ORDER BY name`)
	if err != nil {
		return nil, fault(op, err)
	}
	defer rows.Close()
	d := &edge.Directory{Members: []edge.Member{}}
	for rows.Next() {
		var m edge.Member
		if err := rows.Scan(&m.Name, &m.Role, &m.PIN, &m.Active); err != nil {
			return nil, fault(op, err)
		}
		d.Members = append(d.Members, m)
	}
	return d, fault(op, rows.Err())
}
