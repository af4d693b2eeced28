package hq

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/big"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PhoneKey names a phone within one cart. It says nothing of the phone's other
// carts.
type PhoneKey [16]byte

// PhoneKeyOf is the key of the phone that keeps a secret.
func PhoneKeyOf(cart edge.CartID, secret string) PhoneKey {
	sum := sha256.Sum256([]byte("mirrorcart phone\x00" + cart.String() + "\x00" + secret))
	return PhoneKey(sum[:16])
}

// PhoneRole is what a phone may do with a cart.
type PhoneRole string

// The roles. A phone that HQ does not know has none.
const (
	PhoneOwner   PhoneRole = "owner"   // the first that opened it
	PhoneGuest   PhoneRole = "guest"   // let in by the owner: it changes the cart
	PhoneAsking  PhoneRole = "asking"  // to be let in
	PhoneRefused PhoneRole = "refused" // by the owner
)

// Phones is what a phone may know of the phones of a cart.
type Phones struct {
	Role   PhoneRole // its own
	Code   string    // by which the owner knows it, where it asks
	Owned  bool      // some phone owns the cart
	Asking []string  // codes of those that ask, for the owner alone
}

const maxGuests = 8 // phones that ask or were answered, of one cart

// Phones tells a phone how it stands. links is how often the cart's links were
// withdrawn: who was bound before that is a stranger now.
func (h *HQ) Phones(ctx context.Context, cart edge.CartID, links uint32, phone PhoneKey) (Phones, error) {
	p, err := readPhones(ctx, h.db.Read, cart, links, phone)
	if err != nil {
		return p, fmt.Errorf("hq.Phones: %w", err)
	}
	return p, nil
}

type rowser interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readPhones(ctx context.Context, db rowser, cart edge.CartID, links uint32, phone PhoneKey) (p Phones, err error) {
	rows, err := db.QueryContext(ctx, "select phone, role, code from cart_phone where cart = $1 and links >= $2 order by since, code", cart.String(), links)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for rows.Next() {
		var key []byte
		var role PhoneRole
		var code string
		if err := rows.Scan(&key, &role, &code); err != nil {
			return p, err
		}
		if string(key) == string(phone[:]) {
			p.Role, p.Code = role, code
		}
		switch role {
		case PhoneOwner:
			p.Owned = true
		case PhoneAsking:
			p.Asking = append(p.Asking, code)
		case PhoneGuest, PhoneRefused:
		}
	}
	if p.Role != PhoneOwner {
		p.Asking = nil
	}
	return p, rows.Err()
}

// BindPhone makes a phone the cart's owner if it has none, and tells the phone
// how it stands. However many come at once, one becomes the owner.
func (h *HQ) BindPhone(ctx context.Context, cart edge.CartID, links uint32, phone PhoneKey) (p Phones, err error) {
	bound := false
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		bound = false
		if p, err = readPhones(ctx, tx, cart, links, phone); err != nil || p.Owned {
			return err
		}
		// Those of links that were withdrawn go: a new owner answers anew.
		if _, err := tx.ExecContext(ctx, "delete from cart_phone where cart = $1", cart.String()); err != nil {
			return err
		}
		bound, p = true, Phones{Role: PhoneOwner, Owned: true}
		return h.putPhone(ctx, tx, cart, links, phone, PhoneOwner, "")
	})
	if err != nil {
		return p, fmt.Errorf("hq.BindPhone: %w", err)
	}
	if bound {
		h.carts.tell(cart)
	}
	return p, nil
}

func (h *HQ) putPhone(ctx context.Context, tx *sql.Tx, cart edge.CartID, links uint32, phone PhoneKey, role PhoneRole, code string) error {
	const q = "insert into cart_phone (cart, phone, role, code, links, since) values ($1, $2, $3, $4, $5, $6)"
	_, err := tx.ExecContext(ctx, q, cart.String(), phone[:], role, code, links, h.nowMillis())
	return err
}

// AskOwner asks the cart's owner to let a phone in. One that has asked, or was
// answered, stays as it is; where nobody owns the cart it becomes the owner.
func (h *HQ) AskOwner(ctx context.Context, cart edge.CartID, links uint32, phone PhoneKey) (p Phones, err error) {
	const op = "hq.AskOwner"
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		if p, err = readPhones(ctx, tx, cart, links, phone); err != nil || p.Role != "" {
			return err
		}
		if !p.Owned {
			return edge.Errorf(op, edge.Conflict, "no phone has this cart: open it")
		}
		var n int
		if err := tx.QueryRowContext(ctx, "select count(*) from cart_phone where cart = $1", cart.String()).Scan(&n); err != nil {
			return err
		}
		if n > maxGuests {
			return edge.Errorf(op, edge.TooMany, "%d phones have asked for this cart, no more may", maxGuests)
		}
		if p.Code, err = freeCode(ctx, tx, cart); err != nil {
			return err
		}
		p.Role = PhoneAsking
		return h.putPhone(ctx, tx, cart, links, phone, PhoneAsking, p.Code)
	})
	if err != nil {
		return p, fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(cart)
	return p, nil
}

// freeCode draws two digits that no other phone of the cart has.
func freeCode(ctx context.Context, tx *sql.Tx, cart edge.CartID) (string, error) {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(90))
		if err != nil {
			return "", err
		}
		code := fmt.Sprint(n.Int64() + 10)
		var taken int
		err = tx.QueryRowContext(ctx, "select 1 from cart_phone where cart = $1 and code = $2", cart.String(), code).Scan(&taken)
		if errors.Is(err, sql.ErrNoRows) {
			return code, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// AnswerPhone lets the owner let a phone that asks in, or refuse it.
func (h *HQ) AnswerPhone(ctx context.Context, cart edge.CartID, links uint32, owner PhoneKey, code string, in bool) error {
	const op = "hq.AnswerPhone"
	role := PhoneRefused
	if in {
		role = PhoneGuest
	}
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		p, err := readPhones(ctx, tx, cart, links, owner)
		if err != nil {
			return err
		}
		if p.Role != PhoneOwner {
			return edge.Errorf(op, edge.Forbidden, "this cart is open on another phone: only that one answers")
		}
		res, err := tx.ExecContext(ctx, "update cart_phone set role = $1 where cart = $2 and code = $3 and role = $4", role, cart.String(), code, PhoneAsking)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n > 0 || err != nil {
			return err
		}
		return edge.Errorf(op, edge.NotFound, "no phone %.4q asks to be let in", code)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(cart)
	return nil
}
