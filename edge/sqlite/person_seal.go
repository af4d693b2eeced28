package sqlite

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// resealAll seals with the master key in use what another one sealed, a few rows
// in each commit. Each row says which key sealed it, so that a gateway that was
// stopped goes on where it was.
func (db *DB) resealAll(ctx context.Context) error {
	if db.opt.Persons == nil {
		return nil
	}
	sum := 0
	for _, mark := range db.opt.Persons.Older() {
		for _, step := range []func(context.Context, *tx, []byte) (int, error){resealPersons, resealAsks} {
			for n := resealAtOnce; n == resealAtOnce; sum += n {
				var err error
				n, err = write(ctx, db, func(ctx context.Context, t *tx) (int, error) { return step(ctx, t, mark) })
				if err != nil {
					return err
				}
			}
		}
	}
	if sum > 0 {
		db.opt.Log.InfoContext(ctx, "the keys of persons are sealed with the first master key: the others are needed for old backups alone", "persons", sum)
	}
	return nil
}

// sealedRow is a row to be sealed anew.
type sealedRow struct {
	id             string
	sealed, number []byte
}

func (t *tx) sealedRows(ctx context.Context, query string, mark []byte) (list []sealedRow, err error) {
	err = each(ctx, t.conn, func(rows *sql.Rows) error {
		var r sealedRow
		err := rows.Scan(&r.id, &r.sealed, &r.number)
		list = append(list, r)
		return err
	}, query, mark, resealAtOnce)
	return list, err
}

func resealPersons(ctx context.Context, t *tx, mark []byte) (int, error) {
	keys := t.db.opt.Persons
	list, err := t.sealedRows(ctx, `SELECT id, key, number FROM person WHERE substr(key, 1, 4) = ? LIMIT ?`, mark)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		key, err := keys.OpenKey(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		number, err := key.Open(r.id, r.number)
		if err != nil {
			return 0, err
		}
		sealed, err := keys.Reseal(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		if err := t.exec(ctx, `UPDATE person SET phone = ?, key = ? WHERE id = ?`, keys.Index(string(number))[0], sealed, r.id); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func resealAsks(ctx context.Context, t *tx, mark []byte) (int, error) {
	keys := t.db.opt.Persons
	list, err := t.sealedRows(ctx, `SELECT id, sealed, x'' FROM person_ask WHERE substr(sealed, 1, 4) = ? LIMIT ?`, mark)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		body, err := keys.Open(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		if err := t.exec(ctx, `UPDATE person_ask SET sealed = ? WHERE id = ?`, keys.Seal(r.id, body), r.id); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// adoptContacts gives persons to the contacts that earlier versions kept, each
// with a key made of the gateway's secret. What that secret does not open nobody
// can read: it stays without a person until it is forgotten.
func (db *DB) adoptContacts(ctx context.Context) error {
	if db.opt.Persons == nil || len(db.opt.Secret) < sha256.Size {
		return nil
	}
	for after := int64(0); ; {
		last, err := write(ctx, db, func(ctx context.Context, t *tx) (int64, error) { return t.adoptSome(ctx, after) })
		if err != nil || last == after {
			return err
		}
		after = last
	}
}

func (t *tx) adoptSome(ctx context.Context, after int64) (last int64, err error) {
	type old struct {
		n            int64
		of           string
		salt, sealed []byte
	}
	var list []old
	err = each(ctx, t.conn, func(rows *sql.Rows) error {
		var o old
		err := rows.Scan(&o.n, &o.of, &o.salt, &o.sealed)
		list = append(list, o)
		return err
	}, `SELECT rowid, of, salt, sealed FROM order_contact WHERE person IS NULL AND rowid > ? ORDER BY rowid LIMIT ?`, after, resealAtOnce)
	last = after
	for _, o := range list {
		last = o.n
		c, lost := t.db.openOld(o.of, o.salt, o.sealed)
		if lost != nil {
			t.db.opt.Log.ErrorContext(ctx, "to whom an order goes was kept with another device key and cannot be read", "order", o.of)
			continue
		}
		var who string
		var key *person.Key
		if who, key, err = t.person(ctx, c.Phone); err != nil {
			return after, err
		}
		body, err := json.Marshal(c)
		if err != nil {
			return after, err
		}
		err = t.exec(ctx, `UPDATE order_contact SET person = ?, salt = x'', sealed = ? WHERE rowid = ?`, who, key.Seal(o.of, body), o.n)
		if err != nil {
			return after, err
		}
	}
	return last, err
}

// openOld opens a contact as earlier versions kept it.
func (db *DB) openOld(order string, salt, sealed []byte) (*edge.Contact, error) {
	if len(salt) == 0 {
		return nil, errors.New("no salt")
	}
	key, err := hkdf.Key(sha256.New, db.opt.Secret, salt, "mirrorcart order contact 1", sha256.Size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	open, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	body, err := open.Open(nil, nil, sealed, []byte(order))
	if err != nil {
		return nil, err
	}
	return decode[edge.Contact](body)
}
