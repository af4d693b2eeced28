package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// A contact is read with its person's key, and never without.
const contacts = `SELECT c.of, c.agreed, c.at, c.sealed, p.id, p.key FROM order_contact c JOIN person p ON p.id = c.person `

// putContact keeps to whom an order goes, sealed with the person's key and apart
// from the order.
func (t *tx) putContact(ctx context.Context, order string, a *edge.OrderAsk) error {
	who, key, err := t.person(ctx, a.Contact.Phone)
	if err != nil {
		return err
	}
	body, err := json.Marshal(a.Contact)
	if err != nil {
		return err
	}
	for _, c := range a.Consents() {
		if err := t.putConsent(ctx, c); err != nil {
			return err
		}
	}
	return t.exec(ctx, `INSERT INTO order_contact (of, person, found, agreed, at, salt, sealed) VALUES (?, ?, ?, ?, ?, x'', ?)`,
		order, who, a.Remember, a.Agreed, t.now().UnixMilli(), key.Seal(order, body))
}

// eachContact reads contacts. One that cannot be opened is left out: what is
// wrong with its key may be mended, and holds up no other.
func (db *DB) eachContact(ctx context.Context, take func(c *edge.OrderContact), which string, args ...any) error {
	keys, err := db.persons()
	if err != nil {
		return err
	}
	return each(ctx, db.reader, func(rows *sql.Rows) error {
		var c edge.OrderContact
		var at int64
		var who string
		var sealed, key []byte
		if err := rows.Scan(&c.Order, &c.Agreed, &at, &sealed, &who, &key); err != nil {
			return err
		}
		contact, err := openContact(keys, c.Order, who, key, sealed)
		if err != nil {
			db.opt.Log.ErrorContext(ctx, "to whom an order goes cannot be read", "order", c.Order, "err", err)
			return nil
		}
		c.Contact, c.At = *contact, time.UnixMilli(at).UTC()
		take(&c)
		return nil
	}, contacts+which, args...)
}

func openContact(keys *person.Keys, order, who string, key, sealed []byte) (*edge.Contact, error) {
	open, err := keys.OpenKey(who, key)
	if err != nil {
		return nil, err
	}
	body, err := open.Open(order, sealed)
	if err != nil {
		return nil, err
	}
	return decode[edge.Contact](body)
}

// WaitingContacts lists the contacts that HQ lacks of orders that were placed,
// oldest first, at most limit.
func (db *DB) WaitingContacts(ctx context.Context, limit int) (list []edge.OrderContact, err error) {
	if db.opt.Persons == nil {
		return nil, nil
	}
	err = db.eachContact(ctx, func(c *edge.OrderContact) { list = append(list, *c) },
		`JOIN shop_order o ON o.id = c.of WHERE c.sent = 0 AND o.state = 'placed' ORDER BY c.at LIMIT ?`, limit)
	return list, fault("sqlite.WaitingContacts", err)
}

// ContactSent says that HQ has a contact, or will never take it.
func (db *DB) ContactSent(ctx context.Context, order string) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `UPDATE order_contact SET sent = 1 WHERE of = ?`, order)
	})
	return err
}

// OrderContact is to whom an order goes.
func (db *DB) OrderContact(ctx context.Context, id string) (*edge.Contact, error) {
	const op = "sqlite.OrderContact"
	keys, err := db.persons()
	if err != nil {
		return nil, err
	}
	var who string
	var sealed, key []byte
	err = db.reader.QueryRowContext(ctx, `SELECT c.sealed, p.id, p.key FROM order_contact c JOIN person p ON p.id = c.person WHERE c.of = ?`, id).
		Scan(&sealed, &who, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "it is not known here to whom order %.64q goes", id)
	}
	if err != nil {
		return nil, fault(op, err)
	}
	c, err := openContact(keys, id, who, key, sealed)
	return c, fault(op, err)
}

// Customers lists the contacts that are found by a telephone number.
func (db *DB) Customers(ctx context.Context, phone string, limit int) ([]edge.Contact, error) {
	const op, looked = "sqlite.Customers", 50
	keys, err := db.persons()
	if err != nil {
		return nil, err
	}
	list := []edge.Contact{}
	for _, index := range keys.Index(phone) {
		err := db.eachContact(ctx, func(c *edge.OrderContact) {
			same := func(k edge.Contact) bool { return reflect.DeepEqual(k, c.Contact) }
			if len(list) < limit && !slices.ContainsFunc(list, same) {
				list = append(list, c.Contact)
			}
		}, `WHERE p.phone = ? AND c.found = 1 ORDER BY c.at DESC, c.rowid DESC LIMIT ?`, index, looked)
		if err != nil {
			return nil, fault(op, err)
		}
	}
	return list, nil
}

// ForgetCustomer forgets what is kept of a telephone number by now. It is asked for
// as HQ asks, so that a backup brings nobody back.
func (db *DB) ForgetCustomer(ctx context.Context, phone string) error {
	if _, err := db.persons(); err != nil {
		return err
	}
	ask := edge.NewPersonAsk(db.opt.NewID(), edge.PersonForget, db.opt.Now().Add(-edge.ClocksApart), phone)
	found, err := db.findAsked(ctx, []edge.PersonAsk{*ask})
	if err != nil {
		return err
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) { return struct{}{}, t.doAsked(ctx, found) })
	if err == nil {
		db.emptyWAL(ctx) // what it still holds of destroyed keys
	}
	return err
}

// forgetContact forgets to whom an order goes. While it is on its way there only
// that it is found by the number is forgotten, and the rest when the order has come
// to its end; then gone is false. destroyUnneeded is to follow.
func (t *tx) forgetContact(ctx context.Context, order string) (gone bool, err error) {
	k, err := knownOrder(ctx, t.conn, order)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return false, err
	}
	if err == nil && k.OnItsWay() {
		return false, t.exec(ctx, `UPDATE order_contact SET found = 0, last = 1 WHERE of = ?`, order)
	}
	return true, t.exec(ctx, `DELETE FROM order_contact WHERE of = ?`, order)
}

// pruneContacts forgets to whom orders went, once they have come to their end,
// after the times that keep says, and returns how many.
func (db *DB) pruneContacts(ctx context.Context, keep edge.PersonKeep) (int, error) {
	const op = "sqlite.pruneContacts"
	var ended []edge.OrderState
	for _, s := range edge.OrderStates() {
		if !s.Live() {
			ended = append(ended, s)
		}
	}
	states, err := json.Marshal(ended)
	if err != nil {
		return 0, err
	}
	const late = `state IN (SELECT value FROM json_each(?1)) AND (last = 1 OR found = 0 AND o.at < ?2 OR found = 1 AND order_contact.at < ?3)`
	const over = `of IN (SELECT id FROM hq_record o WHERE kind = 'order' AND ` + late + ` UNION ALL SELECT id FROM shop_order o WHERE ` + late + `)`
	now := db.opt.Now()
	args := []any{string(states), now.Add(-keep.Contacts).UnixMilli(), now.Add(-keep.Customers).UnixMilli()}
	var any bool
	err = db.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM order_contact WHERE `+over+`)`, args...).Scan(&any)
	if err != nil || !any {
		return 0, fault(op, err)
	}
	n, err := write(ctx, db, func(ctx context.Context, t *tx) (int64, error) {
		r, err := t.conn.ExecContext(ctx, `DELETE FROM order_contact WHERE `+over, args...)
		if err != nil {
			return 0, err
		}
		n, err := r.RowsAffected()
		return n, errors.Join(err, t.destroyUnneeded(ctx))
	})
	if err != nil {
		return 0, fault(op, err)
	}
	db.emptyWAL(ctx)
	return int(n), nil
}
