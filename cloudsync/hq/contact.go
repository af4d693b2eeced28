package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Consent says what the shopper agreed to, so that HQ may keep a name.
type Consent struct {
	Agreed string // version of the wording
}

// PutContact keeps to whom a cart's order goes, as a phone entered it. Whatever
// was there goes.
func (h *HQ) PutContact(ctx context.Context, cart edge.CartID, phone PhoneKey, c *edge.Contact, agreed Consent) error {
	const op = "hq.PutContact"
	if err := c.Check(); err != nil {
		return err
	}
	if agreed.Agreed == "" || len(agreed.Agreed) > 64 || !database.Storable(agreed.Agreed) {
		return edge.Errorf(op, edge.Invalid, "a name is kept only with the shopper's consent")
	}
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := contactFree(ctx, tx, cart); err != nil {
			return err
		}
		return h.storeContact(ctx, tx, cart, phone[:], c, agreed, h.nowMillis())
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(cart)
	return nil
}

// storeContact keeps a contact, which a phone entered or, where there is none, a
// shop, sealed with its person's key.
func (h *HQ) storeContact(ctx context.Context, tx *sql.Tx, cart edge.CartID, phone []byte, c *edge.Contact, agreed Consent, at int64) error {
	address, err := json.Marshal(c.Address)
	if err != nil {
		return err
	}
	who, key, err := h.person(ctx, tx, c.Phone)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "delete from contact where cart = $1", cart.String()); err != nil {
		return err
	}
	seal := func(column string, text []byte) []byte { return key.Seal(contactPlace(cart, column), text) }
	const q = `insert into contact (cart, phone, consent, agreed, salt, person, name, number, address)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	_, err = tx.ExecContext(ctx, q, cart.String(), append([]byte{}, phone...), at, agreed.Agreed, []byte{}, who,
		seal("name", []byte(c.Name)), seal("number", []byte(c.Phone)), seal("address", address))
	if err != nil {
		return err
	}
	return h.destroyUnneeded(ctx, tx)
}

// contactFree refuses while an order is on its way to where the contact says.
func contactFree(ctx context.Context, tx *sql.Tx, cart edge.CartID) error {
	o, err := readOrder(ctx, tx, "cart = $1 and live = 1", cart.String())
	switch {
	case edge.KindOf(err) == edge.NotFound:
		return nil
	case err != nil:
		return err
	}
	switch o.State() {
	case edge.OrderDelivered, edge.OrderCollected, edge.OrderReturnRequested:
		return nil
	}
	return edge.Errorf("hq.contactFree", edge.Conflict, "order %s is on its way there: cancel it first", o.ID)
}

// Contact is to whom a cart's order goes, for the phone that entered it alone;
// an edge.Error of kind NotFound for every other.
func (h *HQ) Contact(ctx context.Context, cart edge.CartID, phone PhoneKey) (*edge.Contact, error) {
	c, err := h.readContact(ctx, h.db.Read, cart, &phone)
	if err != nil {
		return nil, fmt.Errorf("hq.Contact: %w", err)
	}
	return c, nil
}

// ContactOfOrder is to whom an order goes, for those who bring it there.
func (h *HQ) ContactOfOrder(ctx context.Context, id string) (*edge.Contact, error) {
	const op = "hq.ContactOfOrder"
	o, err := readOrder(ctx, h.db.Read, "id = $1", id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	c, err := h.readContact(ctx, h.db.Read, o.Cart, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return c, nil
}

// DeleteContact forgets to whom a cart's order goes.
func (h *HQ) DeleteContact(ctx context.Context, cart edge.CartID, phone PhoneKey) error {
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := contactFree(ctx, tx, cart); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "delete from contact where cart = $1 and phone = $2", cart.String(), phone[:]); err != nil {
			return err
		}
		return h.destroyUnneeded(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("hq.DeleteContact: %w", err)
	}
	h.carts.tell(cart)
	return nil
}

// forgetStrangers forgets the phones and contacts of carts that are forgotten,
// once no order goes there any more, and returns how many contacts.
func (h *HQ) forgetStrangers(ctx context.Context) (contacts int, err error) {
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const phones = "delete from cart_phone where not exists (select 1 from cart where cart.id = cart_phone.cart)"
		if _, err := tx.ExecContext(ctx, phones); err != nil {
			return err
		}
		const strangers = `delete from contact where not exists (select 1 from cart where cart.id = contact.cart)
			and not exists (select 1 from orders where orders.cart = contact.cart and orders.live = 1)`
		res, err := tx.ExecContext(ctx, strangers)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if contacts = int(n); err != nil || n == 0 {
			return err
		}
		return h.destroyUnneeded(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("hq.forgetStrangers: %w", err)
	}
	return contacts, nil
}

// readContact reads a contact; of a phone that did not enter it there is none.
func (h *HQ) readContact(ctx context.Context, db database.Rower, cart edge.CartID, phone *PhoneKey) (*edge.Contact, error) {
	const q = "select c.phone, p.id, p.key, c.name, c.number, c.address from contact c join person p on p.id = c.person where c.cart = $1"
	var by, sealed, name, number, address []byte
	var who string
	err := db.QueryRowContext(ctx, q, cart.String()).Scan(&by, &who, &sealed, &name, &number, &address)
	if errors.Is(err, sql.ErrNoRows) || err == nil && phone != nil && string(by) != string(phone[:]) {
		return nil, edge.Errorf("hq.readContact", edge.NotFound, "nobody entered to whom the order goes")
	}
	if err != nil {
		return nil, err
	}
	key, err := h.persons.OpenKey(who, sealed)
	if err != nil {
		return nil, err
	}
	return openContact(key.Open, cart, name, number, address)
}

// openContact opens a contact's fields.
func openContact(open func(place string, sealed []byte) ([]byte, error), cart edge.CartID, name, number, address []byte) (*edge.Contact, error) {
	for _, f := range []struct {
		column string
		sealed *[]byte
	}{{"name", &name}, {"number", &number}, {"address", &address}} {
		text, err := open(contactPlace(cart, f.column), *f.sealed)
		if err != nil {
			return nil, fmt.Errorf("contact's %s: %w", f.column, err)
		}
		*f.sealed = text
	}
	c := edge.Contact{Name: string(name), Phone: string(number)}
	return &c, json.Unmarshal(address, &c.Address)
}

// contactPlace keeps one field from being taken for another.
func contactPlace(cart edge.CartID, column string) string { return cart.String() + " " + column }
