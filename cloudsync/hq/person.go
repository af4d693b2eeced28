package hq

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// ownKeys are the master keys where none are given: made of HQ's own key.
func (h *HQ) ownKeys() (*person.Keys, error) {
	secret, err := h.Secret("persons")
	if err != nil {
		return nil, err
	}
	return person.Parse(fmt.Appendf(nil, "%x", secret))
}

// person finds the person of a telephone number, or begins one.
func (h *HQ) person(ctx context.Context, tx *sql.Tx, phone string) (id string, key *person.Key, err error) {
	ids, err := h.personsOf(ctx, tx, phone)
	if err != nil {
		return "", nil, err
	}
	for _, id := range ids {
		var sealed []byte
		if err := tx.QueryRowContext(ctx, "select key from person where id = $1", id).Scan(&sealed); err != nil {
			return "", nil, err
		}
		if key, err := h.persons.OpenKey(id, sealed); err == nil {
			return id, key, nil
		}
	}
	id = h.newID()
	key, sealed, err := h.persons.NewKey(id)
	if err != nil {
		return "", nil, err
	}
	_, err = tx.ExecContext(ctx, "insert into person (id, phone, key, number) values ($1, $2, $3, $4)",
		id, h.persons.Index(phone)[0], sealed, key.Seal(id, []byte(phone)))
	return id, key, err
}

// personsOf lists who has a telephone number: one, but for copies of the
// database that were put together.
func (h *HQ) personsOf(ctx context.Context, db database.Queryer, phone string) (ids []string, err error) {
	for _, index := range h.persons.Index(phone) {
		err := database.Select(ctx, db, "select id from person where phone = $1 order by id desc", index).Each(func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// destroyUnneeded destroys the keys of persons of whom nothing is kept. A key is
// overwritten where it lies before its row goes, and what the database's files still
// hold of it is cleared by the next scrub.
func (h *HQ) destroyUnneeded(ctx context.Context, tx *sql.Tx) error {
	const unneeded = " where not exists (select 1 from contact c where c.person = person.id)"
	if _, err := tx.ExecContext(ctx, "update person set key = $1"+unneeded, make([]byte, destroyedKey)); err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, "delete from person"+unneeded)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if n > 0 {
		h.traces.Store(true)
	}
	return err
}

// destroyedKey is as long as a sealed key: mark, nonce, key and tag.
const destroyedKey = 4 + 12 + 32 + 16

// forgetPerson deletes what headquarters keeps of the person that an ask is
// about: contacts that were entered by then, and the conversations that were
// ever about their carts.
func (h *HQ) forgetPerson(ctx context.Context, tx *sql.Tx, a *edge.PersonAsk, ids []string) (contacts, chats int64, err error) {
	until := a.At.Add(edge.ClocksApart).UnixMilli()
	for _, id := range ids {
		for _, q := range []struct {
			query string
			sum   *int64
		}{
			{"delete from chat where id in (select cc.chat from chat_cart cc join contact c on c.cart = cc.cart where c.person = $1 and c.consent <= $2)", &chats},
			{"delete from contact where person = $1 and consent <= $2", &contacts},
		} {
			res, err := tx.ExecContext(ctx, q.query, id, until)
			if err != nil {
				return 0, 0, err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return 0, 0, err
			}
			*q.sum += n
		}
	}
	return contacts, chats, h.destroyUnneeded(ctx, tx)
}

// personsAsked lists the persons that an ask is about, by their numbers. It reads
// all of them: the number itself is known to nobody any more.
func (h *HQ) personsAsked(ctx context.Context, a *edge.PersonAsk) ([]string, error) {
	list, err := h.numbers(ctx, nil)
	return personsIn(list, a), err
}

// numbered is a person, and the number as which the person is known.
type numbered struct{ id, number string }

func personsIn(list []numbered, a *edge.PersonAsk) (ids []string) {
	for _, p := range list {
		if a.Is(p.number) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// numbers reads the numbers of all persons but those whose keys a master key of a
// mark has sealed. Whose number cannot be read is left out; forgetUnread comes back
// to them.
func (h *HQ) numbers(ctx context.Context, but []byte) (list []numbered, err error) {
	unread := 0
	const q = "select id, key, number from person where substr(key, 1, 4) <> $1"
	err = database.Select(ctx, h.db.Read, q, append([]byte{}, but...)).Each(func(rows *sql.Rows) error {
		var id string
		var sealed, number []byte
		if err := rows.Scan(&id, &sealed, &number); err != nil {
			return err
		}
		key, err := h.persons.OpenKey(id, sealed)
		if err == nil {
			number, err = key.Open(id, number)
		}
		if err != nil {
			unread++
			return nil
		}
		list = append(list, numbered{id, string(number)})
		return nil
	})
	if unread > 0 {
		h.log.Error("persons' numbers cannot be read: whoever of them was deleted goes once their master key's line is back in the file of master keys", "persons", unread)
	}
	return list, err
}

// onTheirWay refuses while an order of one of the persons is on its way.
func onTheirWay(ctx context.Context, tx *sql.Tx, ids []string) error {
	for _, id := range ids {
		var carts []string
		err := database.Select(ctx, tx, "select cart from contact where person = $1", id).Each(func(rows *sql.Rows) error {
			var cart string
			err := rows.Scan(&cart)
			carts = append(carts, cart)
			return err
		})
		if err != nil {
			return err
		}
		for _, text := range carts {
			var cart edge.CartID
			if err := cart.UnmarshalText([]byte(text)); err != nil {
				return err
			}
			if err := contactFree(ctx, tx, cart); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrub clears what deleted persons leave behind in the database's files; where
// that cannot be now, keepPersons tries again.
func (h *HQ) scrub(ctx context.Context) {
	done, err := h.db.Scrub(ctx, h.db.Write)
	h.traces.Store(!done)
	if err != nil && ctx.Err() == nil {
		h.log.Error("traces of deleted persons in the database's files are cleared later", "error", err)
	}
}
