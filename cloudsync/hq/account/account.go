package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Book holds everybody who may use headquarters.
type Book struct {
	db  *database.DB
	now func() time.Time
}

// New makes the book that a database holds.
func New(db *database.DB, now func() time.Time) *Book { return &Book{db: db, now: now} }

// Person is somebody who signs in.
type Person struct {
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	Active    bool      `json:"active"`
	Temporary bool      `json:"temporary"`       // the password is the one that headquarters made
	Locked    time.Time `json:"locked,omitzero"` // until then strangers' passwords are not looked at
	Created   time.Time `json:"created"`
	Seen      time.Time `json:"seen,omitzero"` // when they signed in last
}

const maxPeople = 1000

var personName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// ByCommand signs in the log for whoever has the machine's settings.
const ByCommand = "command"

// Add adds a person, and returns the password for their first sign-in.
func (b *Book) Add(ctx context.Context, by, name string, role Role) (password string, err error) {
	const op = "account.Add"
	if !personName.MatchString(name) {
		return "", edge.Errorf(op, edge.Invalid, "%.70q is no name to sign in with: want 1 to 64 of a-z, 0-9, dot, _, @ and -", name)
	}
	if _, err := ParseRole(string(role)); err != nil {
		return "", err
	}
	password, hash, err := newPassword()
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	err = b.db.InTx(ctx, func(tx *sql.Tx) error {
		var people int
		if err := tx.QueryRowContext(ctx, "select count(*) from account").Scan(&people); err != nil {
			return err
		}
		if people >= maxPeople {
			return edge.Errorf(op, edge.TooMany, "there are %d people already, which is all that there may be", people)
		}
		const q = `insert into account (name, role, password, temporary, active, created) values ($1, $2, $3, 1, 1, $4) on conflict do nothing`
		res, err := tx.ExecContext(ctx, q, name, role, hash, b.now().UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, edge.Errorf(op, edge.Conflict, "there is a %s already: choose another name, or make a new password for them", name))
		}
		return b.Done(ctx, tx, Act{By: by, What: "person.add", Subject: name, Detail: string(role)})
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// SetRole changes what a person may do, from their next click on.
func (b *Book) SetRole(ctx context.Context, by, name string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return b.change(ctx, Act{By: by, What: "person.role", Subject: name, Detail: string(role)}, func(tx *sql.Tx) (sql.Result, error) {
		return tx.ExecContext(ctx, "update account set role = $1 where name = $2", role, name)
	})
}

// SetActive lets a person sign in, or no more; whoever may not is signed out.
func (b *Book) SetActive(ctx context.Context, by, name string, active bool) error {
	act, on := Act{By: by, What: "person.stop", Subject: name}, 0
	if active {
		act.What, on = "person.resume", 1
	}
	return b.change(ctx, act, func(tx *sql.Tx) (sql.Result, error) {
		if err := errors.Join(endSessions(ctx, tx, name), forgetBrowsers(ctx, tx, name)); err != nil {
			return nil, err
		}
		return tx.ExecContext(ctx, "update account set active = $1 where name = $2", on, name)
	})
}

// Reset gives a person a new password for their next sign-in, unlocks them and
// signs them out.
func (b *Book) Reset(ctx context.Context, by, name string) (password string, err error) {
	password, hash, err := newPassword()
	if err != nil {
		return "", fmt.Errorf("account.Reset: %w", err)
	}
	err = b.change(ctx, Act{By: by, What: "person.reset", Subject: name}, func(tx *sql.Tx) (sql.Result, error) {
		if err := endSessions(ctx, tx, name); err != nil {
			return nil, err
		}
		return tx.ExecContext(ctx, "update account set password = $1, temporary = 1, wrong = 0, locked = 0 where name = $2", hash, name)
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// change does something to one person and writes down who did, and what it made of
// the keys that the person made, unless nobody would be left who can undo it.
func (b *Book) change(ctx context.Context, a Act, do func(*sql.Tx) (sql.Result, error)) error {
	const op = "account.change"
	return b.db.InTx(ctx, func(tx *sql.Tx) error {
		before, err := admins(ctx, tx)
		if err != nil {
			return err
		}
		keys, err := keysOf(ctx, tx, a.Subject)
		if err != nil {
			return err
		}
		res, err := do(tx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, edge.Errorf(op, edge.NotFound, "there is no person %.70q", a.Subject))
		}
		after, err := admins(ctx, tx)
		if err != nil {
			return err
		}
		if before > 0 && after == 0 {
			return edge.Errorf(op, edge.Conflict, "%s is the last administrator: make somebody else one first", a.Subject)
		}
		if err := b.Done(ctx, tx, a); err != nil {
			return err
		}
		return b.keysChanged(ctx, tx, a, keys)
	})
}

func admins(ctx context.Context, tx *sql.Tx) (n int, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) from account where role = $1 and active = 1", Admin).Scan(&n)
	return n, err
}

func endSessions(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, "delete from account_session where account = $1", name)
	return err
}

const columns = "name, role, active, temporary, locked, created, seen"

// People lists everybody who signs in or did.
func (b *Book) People(ctx context.Context) ([]Person, error) {
	list := []Person{}
	err := database.Select(ctx, b.db.Read, "select "+columns+" from account order by name").Each(func(rows *sql.Rows) error {
		p, err := scanPerson(rows.Scan)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account.People: %w", err)
	}
	return list, nil
}

// HasPeople reports whether anybody has been added: until then nobody can sign
// in with a password.
func (b *Book) HasPeople(ctx context.Context) (has bool, err error) {
	if err := b.db.Read.QueryRowContext(ctx, "select exists (select 1 from account)").Scan(&has); err != nil {
		return false, fmt.Errorf("account.HasPeople: %w", err)
	}
	return has, nil
}

func scanPerson(scan func(...any) error) (p Person, err error) {
	var active, temporary int
	var locked, created, seen int64
	err = scan(&p.Name, &p.Role, &active, &temporary, &locked, &created, &seen)
	p.Active, p.Temporary = active != 0, temporary != 0
	p.Locked, p.Created, p.Seen = database.Time(locked), database.Time(created), database.Time(seen)
	return p, err
}
