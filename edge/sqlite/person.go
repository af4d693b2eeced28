package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

const (
	resealAtOnce = 50                   // persons of one commit, so that no sale waits for long
	keepAsks     = 400 * 24 * time.Hour // no backup is as old
)

func (db *DB) persons() (*person.Keys, error) {
	if db.opt.Persons == nil {
		return nil, edge.Errorf("sqlite.persons", edge.Unavailable, "this database has no master key to keep names with")
	}
	return db.opt.Persons, nil
}

// person finds the person of a telephone number, or begins one.
func (t *tx) person(ctx context.Context, phone string) (id string, key *person.Key, err error) {
	keys, err := t.db.persons()
	if err != nil {
		return "", nil, err
	}
	for _, index := range keys.Index(phone) {
		var sealed []byte
		err := t.conn.QueryRowContext(ctx, `SELECT id, key FROM person WHERE phone = ? ORDER BY rowid DESC LIMIT 1`, index).Scan(&id, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		if key, err = keys.OpenKey(id, sealed); err == nil {
			return id, key, nil
		}
	}
	id = t.db.opt.NewID()
	key, sealed, err := keys.NewKey(id)
	if err != nil {
		return "", nil, err
	}
	return id, key, t.exec(ctx, `INSERT INTO person (id, phone, key, number) VALUES (?, ?, ?, ?)`,
		id, keys.Index(phone)[0], sealed, key.Seal(id, []byte(phone)))
}

// destroyUnneeded destroys the keys of persons of whom nothing is kept. A key is
// overwritten where it lies before its row goes.
func (t *tx) destroyUnneeded(ctx context.Context) error {
	const unneeded = ` WHERE NOT EXISTS (SELECT 1 FROM order_contact c WHERE c.person = person.id)`
	return errors.Join(
		t.exec(ctx, `UPDATE person SET key = zeroblob(length(key))`+unneeded),
		t.exec(ctx, `DELETE FROM person`+unneeded))
}

// contactsOf lists the orders whose contacts HQ asks about, and counts the
// persons whose number cannot be read here.
func (db *DB) contactsOf(ctx context.Context, a *edge.PersonAsk) (orders []string, unread int, err error) {
	if db.opt.Persons == nil {
		return nil, 0, nil
	}
	var is []string
	err = each(ctx, db.reader, func(rows *sql.Rows) error {
		var id string
		var sealed, number []byte
		if err := rows.Scan(&id, &sealed, &number); err != nil {
			return err
		}
		key, err := db.opt.Persons.OpenKey(id, sealed)
		if err == nil {
			number, err = key.Open(id, number)
		}
		switch {
		case err != nil:
			unread++
		case a.Is(string(number)):
			is = append(is, id)
		}
		return nil
	}, `SELECT id, key, number FROM person`)
	for _, id := range is {
		err = errors.Join(err, each(ctx, db.reader, func(rows *sql.Rows) error {
			var of string
			var at int64
			err := rows.Scan(&of, &at)
			if err == nil && a.Covers(time.UnixMilli(at)) {
				orders = append(orders, of)
			}
			return err
		}, `SELECT of, at FROM order_contact WHERE person = ? ORDER BY at`, id))
	}
	return orders, unread, fault("sqlite.contactsOf", err)
}

// asked is what HQ asks of a person, and whom it was found to be.
type asked struct {
	edge.PersonAsk
	orders []string
	unread int
}

// findAsked reads ahead what HQ's words of persons are about, so that no sale
// waits for it.
func (db *DB) findAsked(ctx context.Context, asks []edge.PersonAsk) ([]asked, error) {
	var list []asked
	for _, a := range asks {
		orders, unread, err := db.contactsOf(ctx, &a)
		if err != nil {
			return nil, err
		}
		list = append(list, asked{a, orders, unread})
	}
	return list, nil
}

// doAsked does what HQ asks of persons. The audit log has what became of it, which
// HQ hears as it hears of a sale.
func (t *tx) doAsked(ctx context.Context, list []asked) error {
	for i := range list {
		a := &list[i]
		if err := t.keepAsk(ctx, &a.PersonAsk); err != nil {
			return err
		}
		if a.Do != edge.PersonForget {
			continue
		}
		gone, err := t.forgetAsked(ctx, a)
		if err != nil {
			return err
		}
		if err := t.putAudit(ctx, a.Forgotten(gone, len(a.orders)-gone, a.unread)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) forgetAsked(ctx context.Context, a *asked) (gone int, err error) {
	for _, of := range a.orders {
		ok, err := t.forgetContact(ctx, of)
		if err != nil {
			return 0, err
		}
		if ok {
			gone++
		}
	}
	return gone, t.destroyUnneeded(ctx)
}

// keepAsk remembers what HQ asked for.
func (t *tx) keepAsk(ctx context.Context, a *edge.PersonAsk) error {
	if t.db.opt.Persons == nil {
		return nil
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return errors.Join(
		t.exec(ctx, `INSERT INTO person_ask (id, at, waits, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			a.ID, a.At.UnixMilli(), a.Do == edge.PersonTell, t.db.opt.Persons.Seal(a.ID, body)),
		t.exec(ctx, `DELETE FROM person_ask WHERE at < ?`, t.now().Add(-keepAsks).UnixMilli()))
}

// asks lists what HQ asked of persons. What cannot be read is left out.
func (db *DB) asks(ctx context.Context, which string, args ...any) (list []edge.PersonAsk, err error) {
	if db.opt.Persons == nil {
		return nil, nil
	}
	err = each(ctx, db.reader, func(rows *sql.Rows) error {
		var id string
		var sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return err
		}
		body, err := db.opt.Persons.Open(id, sealed)
		if err != nil {
			db.opt.Log.ErrorContext(ctx, "what headquarters asked of a person cannot be read", "ask", id, "err", err)
			return nil
		}
		a, err := decode[edge.PersonAsk](body)
		if err == nil {
			list = append(list, *a)
		}
		return err
	}, `SELECT id, sealed FROM person_ask `+which, args...)
	return list, fault("sqlite.asks", err)
}

// WaitingPersons lists what HQ wants to be told of persons, at most limit.
func (db *DB) WaitingPersons(ctx context.Context, limit int) ([]edge.PersonTold, error) {
	asks, err := db.asks(ctx, `WHERE waits = 1 ORDER BY at LIMIT ?`, limit)
	if err != nil {
		return nil, err
	}
	list := []edge.PersonTold{}
	for i := range asks {
		orders, _, err := db.contactsOf(ctx, &asks[i])
		if err != nil {
			return nil, err
		}
		told := edge.PersonTold{Ask: asks[i].ID, Contacts: []edge.OrderContact{}}
		for _, of := range orders {
			err := db.eachContact(ctx, func(c *edge.OrderContact) { told.Contacts = append(told.Contacts, *c) }, `WHERE c.of = ?`, of)
			if err != nil {
				return nil, fault("sqlite.WaitingPersons", err)
			}
		}
		list = append(list, told)
	}
	return list, nil
}

// PersonTold says that HQ was told, or will never take it.
func (db *DB) PersonTold(ctx context.Context, ask string) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `UPDATE person_ask SET waits = 0 WHERE id = ?`, ask)
	})
	return err
}

// KeepPersons looks after what is kept of people until ctx ends. At its start it
// forgets again whom HQ had forgotten, since the database may be a backup; then,
// now and then, it forgets what was kept for long enough, and seals with the
// master key in use what another one sealed.
func (db *DB) KeepPersons(ctx context.Context, keep edge.PersonKeep) error {
	if err := keep.Check(); err != nil {
		return err
	}
	if err := db.forgetAgain(ctx); err != nil && ctx.Err() == nil {
		db.opt.Log.ErrorContext(ctx, "whom headquarters had forgotten could not be forgotten again", "err", err)
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		n, err := db.pruneContacts(ctx, keep)
		if err == nil {
			err = db.tidied(ctx, "contacts", n)
		}
		if err != nil && ctx.Err() == nil {
			db.opt.Log.ErrorContext(ctx, "to whom old orders went could not be forgotten", "err", err)
		}
		n, err = db.pruneConsents(ctx, db.opt.Now().Add(-keep.Consents))
		if err == nil {
			err = db.tidied(ctx, "consents", n)
		}
		if err != nil && ctx.Err() == nil {
			db.opt.Log.ErrorContext(ctx, "old consents could not be forgotten", "err", err)
		}
		if err := db.resealAll(ctx); err != nil && ctx.Err() == nil {
			db.opt.Log.ErrorContext(ctx, "not all persons' keys are sealed with the master key in use", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tidied records how much of something was forgotten because its time was over.
func (db *DB) tidied(ctx context.Context, what string, n int) error {
	if n == 0 {
		return nil
	}
	return db.Audit(ctx, edge.AuditRecord{Kind: edge.AuditTidied, About: what, Reason: fmt.Sprint(n)})
}

// forgetAgain does again what HQ asked to be forgotten.
func (db *DB) forgetAgain(ctx context.Context) error {
	asks, err := db.asks(ctx, ``)
	if err != nil {
		return err
	}
	for i := range asks {
		if asks[i].Do != edge.PersonForget {
			continue
		}
		found, err := db.findAsked(ctx, asks[i:i+1])
		if err != nil {
			return err
		}
		if len(found[0].orders) == 0 {
			continue
		}
		_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) { return struct{}{}, t.doAsked(ctx, found) })
		if err != nil {
			return err
		}
		db.emptyWAL(ctx)
	}
	return nil
}
