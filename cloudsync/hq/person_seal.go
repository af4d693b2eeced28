package hq

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const resealAtOnce = 100 // rows of one transaction

// keepPersons seals with the master key in use what another one sealed, a few
// rows in each transaction; each row says which key sealed it. It forgets old
// exports too.
func (h *HQ) keepPersons(ctx context.Context) error {
	if err := errors.Join(h.adoptContacts(ctx), h.deleteAgain(ctx), h.forgetUnread(ctx)); err != nil { // what other collectors left
		return err
	}
	sum := 0
	for _, mark := range h.persons.Older() {
		for _, step := range []func(context.Context, *sql.Tx, []byte) (int, error){h.resealPersons, h.resealAsks, h.resealTold} {
			for n := resealAtOnce; n == resealAtOnce; sum += n {
				err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) { n, err = step(ctx, tx, mark); return err })
				if err != nil {
					return fmt.Errorf("hq.keepPersons: %w", err)
				}
			}
		}
	}
	said, err := h.talks.Reseal(ctx)
	if err != nil {
		return err
	}
	paid, err := h.resealCredits(ctx)
	if err != nil {
		return err
	}
	if sum += said + paid; sum > 0 {
		if err := h.listAnew(ctx); err != nil {
			return err
		}
		h.log.Info("all is sealed with the first master key: the others are needed for old backups alone", "audit", true, "rows", sum)
	}
	if h.traces.Load() {
		h.scrub(ctx)
	}
	return h.forgetExports(ctx)
}

// sealedRow is a row to be sealed anew, by its key of one or two columns.
type sealedRow struct {
	id, node       string
	sealed, number []byte
}

func sealedRows(ctx context.Context, tx *sql.Tx, query string, mark []byte) (list []sealedRow, err error) {
	err = database.Select(ctx, tx, query, mark, resealAtOnce).Each(func(rows *sql.Rows) error {
		var r sealedRow
		err := rows.Scan(&r.id, &r.node, &r.sealed, &r.number)
		list = append(list, r)
		return err
	})
	return list, err
}

func (h *HQ) resealPersons(ctx context.Context, tx *sql.Tx, mark []byte) (int, error) {
	list, err := sealedRows(ctx, tx, "select id, '', key, number from person where substr(key, 1, 4) = $1 order by id limit $2", mark)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		key, err := h.persons.OpenKey(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		number, err := key.Open(r.id, r.number)
		if err != nil {
			return 0, err
		}
		sealed, err := h.persons.Reseal(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		const q = "update person set phone = $1, key = $2 where id = $3"
		if _, err := tx.ExecContext(ctx, q, h.persons.Index(string(number))[0], sealed, r.id); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (h *HQ) resealAsks(ctx context.Context, tx *sql.Tx, mark []byte) (int, error) {
	list, err := sealedRows(ctx, tx, "select id, '', sealed, sealed from person_ask where substr(sealed, 1, 4) = $1 order by id limit $2", mark)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		body, err := h.persons.Open(r.id, r.sealed)
		if err != nil {
			return 0, err
		}
		if _, err := tx.ExecContext(ctx, "update person_ask set sealed = $1 where id = $2", h.persons.Seal(r.id, body), r.id); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (h *HQ) resealTold(ctx context.Context, tx *sql.Tx, mark []byte) (int, error) {
	const of = "select ask, node, sealed, sealed from person_answer where event = '' and substr(sealed, 1, 4) = $1 order by ask, node limit $2"
	list, err := sealedRows(ctx, tx, of, mark)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		body, err := h.persons.Open(toldPlace(r.id, r.node), r.sealed)
		if err != nil {
			return 0, err
		}
		const q = "update person_answer set sealed = $1 where ask = $2 and node = $3 and event = ''"
		if _, err := tx.ExecContext(ctx, q, h.persons.Seal(toldPlace(r.id, r.node), body), r.id, r.node); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// oldContact is one as earlier versions kept it.
type oldContact struct {
	cart, agreed                       string
	phone, salt, name, number, address []byte
	consent                            int64
}

// adoptContacts gives persons to the contacts that earlier versions kept, each
// with a key made of HQ's own. What that does not open nobody can read: it stays
// without a person until it is forgotten.
func (h *HQ) adoptContacts(ctx context.Context) error {
	for after := ""; ; {
		last := after
		err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) { last, err = h.adoptSome(ctx, tx, after); return err })
		if err != nil {
			return fmt.Errorf("hq.adoptContacts: %w", err)
		}
		if last == after {
			return nil
		}
		after = last
	}
}

func (h *HQ) adoptSome(ctx context.Context, tx *sql.Tx, after string) (last string, err error) {
	var list []oldContact
	const q = "select cart, phone, consent, agreed, salt, name, number, address from contact where person = '' and cart > $1 order by cart limit $2"
	err = database.Select(ctx, tx, q, after, resealAtOnce).Each(func(rows *sql.Rows) error {
		var o oldContact
		err := rows.Scan(&o.cart, &o.phone, &o.consent, &o.agreed, &o.salt, &o.name, &o.number, &o.address)
		list = append(list, o)
		return err
	})
	last = after
	for _, o := range list {
		last = o.cart
		c, cart, lost := h.openOld(&o)
		if lost != nil {
			h.log.Error("to whom an order goes was kept with another key of headquarters and cannot be read", "error", lost)
			continue
		}
		if err := h.storeContact(ctx, tx, cart, o.phone, c, Consent{Agreed: o.agreed}, o.consent); err != nil {
			return after, err
		}
	}
	return last, err
}

func (h *HQ) openOld(o *oldContact) (*edge.Contact, edge.CartID, error) {
	var cart edge.CartID
	if err := cart.UnmarshalText([]byte(o.cart)); err != nil {
		return nil, cart, err
	}
	secret, err := h.Secret("contacts")
	if err != nil {
		return nil, cart, err
	}
	key, err := hkdf.Key(sha256.New, secret, o.salt, "mirrorcart contact 1", sha256.Size)
	if err != nil {
		return nil, cart, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, cart, err
	}
	open, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, cart, err
	}
	c, err := openContact(func(place string, sealed []byte) ([]byte, error) {
		return open.Open(nil, nil, sealed, []byte(place))
	}, cart, o.name, o.number, o.address)
	return c, cart, err
}
