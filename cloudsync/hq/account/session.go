package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/mirrorcart/mirrorcart/edge"
)

// How long somebody stays signed in, and what happens to who does not know the
// password.
const (
	SessionLife = 12 * time.Hour
	maxWrong    = 5 // passwords in a row
	lockedFor   = 15 * time.Minute
)

// stranger's hash is compared with where there is no account, so that an answer
// takes as long as where there is one.
const stranger = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// errWrong is one for all, so that nobody learns which names there are.
func errWrong() error {
	return edge.Errorf("account.SignIn", edge.Unauthorized, "name or password is wrong, or the account is closed or locked")
}

// SignedIn is what a browser keeps of a sign-in: the session's secret, and the text
// by which it is known the next time.
type SignedIn struct{ Secret, Browser string }

// SignIn begins a session for who knows the password; browser is what the browser
// kept of an earlier sign-in, or empty. Its error is Unauthorized for everybody
// else: after five wrong passwords in a row nobody gets in for a quarter of an hour,
// but for who comes in a browser that is known, which has five of its own.
func (b *Book) SignIn(ctx context.Context, name, password, browser string) (in SignedIn, err error) {
	const op = "account.SignIn"
	t, err := b.try(ctx, name, browser)
	if err != nil {
		return in, fmt.Errorf("%s: %w", op, err)
	}
	hash := t.hash
	if hash == "" {
		hash = stranger
	}
	if len(password) > MaxPassword {
		password = "" // nobody's
	}
	right, err := argon2id.ComparePasswordAndHash(typed(password), hash)
	if err != nil {
		return in, fmt.Errorf("%s: %w", op, err)
	}
	if t.hash == "" || !right {
		return in, errWrong()
	}
	if in, err = b.begin(ctx, name, browser, t); err != nil {
		return in, fmt.Errorf("%s: %w", op, err)
	}
	return in, nil
}

// attempt is a try that was counted.
type attempt struct {
	hash  string // of the password that it is compared with; empty for none
	known bool   // the browser was
}

// try counts a try before its password is looked at, so that many at once are
// not more than allowed.
func (b *Book) try(ctx context.Context, name, browser string) (t attempt, err error) {
	err = b.db.InTx(ctx, func(tx *sql.Tx) error {
		t = attempt{}
		now := b.now()
		var hash string
		var wrong int
		var locked int64
		err := tx.QueryRowContext(ctx, "select password, wrong, locked from account where name = $1 and active = 1", name).Scan(&hash, &wrong, &locked)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		known, err := b.tryKnown(ctx, tx, name, browser)
		switch wrong++; {
		case err != nil:
			return err
		case known:
		case locked > now.UnixMilli():
			return nil
		case wrong < maxWrong:
			_, err = tx.ExecContext(ctx, "update account set wrong = $1 where name = $2", wrong, name)
		default: // the last one that is looked at
			_, err = tx.ExecContext(ctx, "update account set wrong = 0, locked = $1 where name = $2", now.Add(lockedFor).UnixMilli(), name)
			if err == nil {
				err = b.Done(ctx, tx, Act{By: name, What: "sign-in.locked", Subject: name})
			}
		}
		t = attempt{hash, known}
		return err
	})
	return t, err
}

// begin begins a session of who knew the password. One in a browser that was known
// gives strangers no new tries.
func (b *Book) begin(ctx context.Context, name, browser string, t attempt) (in SignedIn, err error) {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	err = b.db.InTx(ctx, func(tx *sql.Tx) error {
		now := b.now()
		welcome := "update account set wrong = 0, locked = 0, seen = $1 where name = $2 and active = 1 and password = $3"
		if t.known {
			welcome = "update account set seen = $1 where name = $2 and active = 1 and password = $3"
		}
		res, err := tx.ExecContext(ctx, welcome, now.UnixMilli(), name, t.hash)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 { // changed just now
			return errors.Join(err, errWrong())
		}
		if _, err := tx.ExecContext(ctx, "delete from account_session where ends <= $1", now.UnixMilli()); err != nil {
			return err
		}
		const q = "insert into account_session (hash, account, ends) values ($1, $2, $3)"
		if _, err := tx.ExecContext(ctx, q, sum[:], name, now.Add(SessionLife).UnixMilli()); err != nil {
			return err
		}
		if browser, err = b.know(ctx, tx, name, browser); err != nil {
			return err
		}
		return b.Done(ctx, tx, Act{By: name, What: "sign-in"})
	})
	return SignedIn{secret, browser}, err
}

// Session is who a session's secret belongs to; NotFound where nobody is signed
// in with it.
func (b *Book) Session(ctx context.Context, secret string) (*Person, error) {
	const op = "account.Session"
	sum := sha256.Sum256([]byte(secret))
	const q = "select " + columns + ` from account where active = 1 and name =
		(select s.account from account_session s where s.hash = $1 and s.ends > $2)`
	p, err := scanPerson(b.db.Read.QueryRowContext(ctx, q, sum[:], b.now().UnixMilli()).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "nobody is signed in: sign in again")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &p, nil
}

// SignOut ends a session.
func (b *Book) SignOut(ctx context.Context, secret string) error {
	sum := sha256.Sum256([]byte(secret))
	if _, err := b.db.Write.ExecContext(ctx, "delete from account_session where hash = $1", sum[:]); err != nil {
		return fmt.Errorf("account.SignOut: %w", err)
	}
	return nil
}

// ChangePassword takes a person's own new password, for who knows the old one,
// and ends all their sessions. Tries are counted as at the sign-in.
func (b *Book) ChangePassword(ctx context.Context, name, old, fresh, browser string) error {
	const op = "account.ChangePassword"
	if err := checkPassword(name, fresh); err != nil {
		return err
	}
	if typed(old) == typed(fresh) {
		return edge.Errorf(op, edge.Invalid, "the new password is the old one: choose another")
	}
	t, err := b.try(ctx, name, browser)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if t.hash == "" || len(old) > MaxPassword {
		return errWrong()
	}
	right, err := argon2id.ComparePasswordAndHash(typed(old), t.hash)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !right {
		return edge.Errorf(op, edge.Unauthorized, "the old password is wrong")
	}
	next, err := argon2id.CreateHash(typed(fresh), cost())
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return b.change(ctx, Act{By: name, What: "person.password", Subject: name}, func(tx *sql.Tx) (sql.Result, error) {
		if err := endSessions(ctx, tx, name); err != nil {
			return nil, err
		}
		const q = "update account set password = $1, temporary = 0, wrong = 0, locked = 0 where name = $2 and password = $3"
		return tx.ExecContext(ctx, q, next, name, t.hash)
	})
}
