package sqlite

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const contactSalt = 16 // bytes

// putContact keeps to whom an order goes, encrypted and apart from it.
func (t *tx) putContact(ctx context.Context, order string, a *edge.OrderAsk) error {
	salt := make([]byte, contactSalt)
	rand.Read(salt) // never fails (crypto/rand)
	seal, err := t.db.contactCipher(salt)
	if err != nil {
		return err
	}
	body, err := json.Marshal(a.Contact)
	if err != nil {
		return err
	}
	var phone []byte
	if a.Remember {
		if phone, err = t.db.phoneIndex(a.Contact.Phone); err != nil {
			return err
		}
	}
	return t.exec(ctx, `INSERT INTO order_contact (of, phone, agreed, at, salt, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		order, phone, a.Agreed, t.now().UnixMilli(), salt, seal.Seal(nil, nil, body, []byte(order)))
}

// WaitingContacts lists the contacts that HQ lacks of orders that were placed,
// oldest first, at most limit.
func (db *DB) WaitingContacts(ctx context.Context, limit int) (list []edge.OrderContact, err error) {
	err = each(ctx, db.reader, func(rows *sql.Rows) error {
		var c edge.OrderContact
		var at int64
		var salt, sealed []byte
		if err := rows.Scan(&c.Order, &c.Agreed, &at, &salt, &sealed); err != nil {
			return err
		}
		who, err := db.openContact(c.Order, salt, sealed)
		if err != nil {
			return err
		}
		c.Contact, c.At = *who, time.UnixMilli(at).UTC()
		list = append(list, c)
		return nil
	}, `SELECT c.of, c.agreed, c.at, c.salt, c.sealed FROM order_contact c JOIN shop_order o ON o.id = c.of
		WHERE c.sent = 0 AND o.state = 'placed' ORDER BY c.at LIMIT ?`, limit)
	return list, fault("sqlite.WaitingContacts", err)
}

// ContactSent says that HQ has a contact, or will never take it.
func (db *DB) ContactSent(ctx context.Context, order string) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `UPDATE order_contact SET sent = 1 WHERE of = ?`, order)
	})
	return err
}

// pruneContacts forgets to whom orders went that came to their end before a
// time, unless the shopper agreed to be found again.
func (db *DB) pruneContacts(ctx context.Context, before time.Time) error {
	var ended []edge.OrderState
	for _, s := range edge.OrderStates() {
		if !s.Live() {
			ended = append(ended, s)
		}
	}
	states, err := json.Marshal(ended)
	if err != nil {
		return err
	}
	const over = `phone IS NULL AND of IN (
		SELECT id FROM hq_record WHERE kind = 'order' AND at < ?1 AND state IN (SELECT value FROM json_each(?2))
		UNION ALL SELECT id FROM shop_order WHERE at < ?1 AND state IN (SELECT value FROM json_each(?2)))`
	var any bool
	err = db.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM order_contact WHERE `+over+`)`, before.UnixMilli(), string(states)).Scan(&any)
	if err != nil || !any {
		return fault("sqlite.pruneContacts", err)
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `DELETE FROM order_contact WHERE `+over, before.UnixMilli(), string(states))
	})
	return err
}

// contactKey makes a key of the gateway's secret.
func (db *DB) contactKey(salt []byte, purpose string) ([]byte, error) {
	if len(db.opt.Secret) < sha256.Size {
		return nil, edge.Errorf("sqlite.contact", edge.Unavailable, "this database has no secret to keep names with")
	}
	return hkdf.Key(sha256.New, db.opt.Secret, salt, purpose, sha256.Size)
}

// contactCipher is that of one contact. Its nonces stand before what it seals.
func (db *DB) contactCipher(salt []byte) (cipher.AEAD, error) {
	key, err := db.contactKey(salt, "mirrorcart order contact 1")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// phoneIndex is by what a telephone number is found: nobody reads it back
// without the gateway's secret.
func (db *DB) phoneIndex(phone string) ([]byte, error) {
	key, err := db.contactKey(nil, "mirrorcart telephone index 1")
	if err != nil {
		return nil, err
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(phone))
	return m.Sum(nil), nil
}

// OrderContact is to whom an order goes.
func (db *DB) OrderContact(ctx context.Context, id string) (*edge.Contact, error) {
	const op = "sqlite.OrderContact"
	var salt, sealed []byte
	err := db.reader.QueryRowContext(ctx, `SELECT salt, sealed FROM order_contact WHERE of = ?`, id).Scan(&salt, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "it is not known here to whom order %.64q goes", id)
	}
	if err != nil {
		return nil, fault(op, err)
	}
	c, err := db.openContact(id, salt, sealed)
	return c, fault(op, err)
}

func (db *DB) openContact(order string, salt, sealed []byte) (*edge.Contact, error) {
	open, err := db.contactCipher(salt)
	if err != nil {
		return nil, err
	}
	body, err := open.Open(nil, nil, sealed, []byte(order))
	if err != nil {
		return nil, err
	}
	return decode[edge.Contact](body)
}

// Customers lists the contacts that are found by a telephone number.
func (db *DB) Customers(ctx context.Context, phone string, limit int) ([]edge.Contact, error) {
	const op, looked = "sqlite.Customers", 50
	index, err := db.phoneIndex(phone)
	if err != nil {
		return nil, err
	}
	list := []edge.Contact{}
	err = each(ctx, db.reader, func(rows *sql.Rows) error {
		var of string
		var salt, sealed []byte
		if err := rows.Scan(&of, &salt, &sealed); err != nil {
			return err
		}
		c, err := db.openContact(of, salt, sealed)
		if err != nil {
			return err
		}
		if len(list) < limit && !slices.ContainsFunc(list, func(k edge.Contact) bool { return reflect.DeepEqual(k, *c) }) {
			list = append(list, *c)
		}
		return nil
	}, `SELECT of, salt, sealed FROM order_contact WHERE phone = ? ORDER BY at DESC, rowid DESC LIMIT ?`, index, looked)
	return list, fault(op, err)
}

// ForgetCustomer forgets a telephone number and whatever nobody needs of it.
func (db *DB) ForgetCustomer(ctx context.Context, phone string) error {
	index, err := db.phoneIndex(phone)
	if err != nil {
		return err
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		var orders []string
		err := each(ctx, t.conn, func(rows *sql.Rows) error {
			var of string
			err := rows.Scan(&of)
			orders = append(orders, of)
			return err
		}, `SELECT of FROM order_contact WHERE phone = ?`, index)
		if err != nil {
			return struct{}{}, err
		}
		for _, of := range orders {
			if err := t.forgetContact(ctx, of); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// forgetContact forgets to whom an order goes, or while it is on its way there
// how that is found.
func (t *tx) forgetContact(ctx context.Context, order string) error {
	k, err := knownOrder(ctx, t.conn, order)
	if err != nil {
		return err
	}
	if k.OnItsWay() {
		return t.exec(ctx, `UPDATE order_contact SET phone = NULL WHERE of = ?`, order)
	}
	return t.exec(ctx, `DELETE FROM order_contact WHERE of = ?`, order)
}
