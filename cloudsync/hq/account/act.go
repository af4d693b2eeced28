package account

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// Act is something that somebody changed at headquarters, or tried to.
type Act struct {
	N       int64     `json:"n"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`                // a person, a key, a token, or ByCommand; empty where nobody knows who
	What    string    `json:"what"`              // person.add, staff.put, refused.site, or a route such as POST /orders/:id/state
	Subject string    `json:"subject,omitempty"` // to what
	Detail  string    `json:"detail,omitempty"`
	State   ActState  `json:"state"`
}

// ActState says what came of an act.
type ActState int

// What comes of an act. One that stays begun was cut short by a fault.
const (
	ActBegun ActState = iota
	ActDone
	ActRefused
)

// MarshalText names the state.
func (s ActState) MarshalText() ([]byte, error) {
	return []byte([]string{"begun", "done", "refused"}[s]), nil
}

const maxActText = 500 // bytes

// Done writes an act down with what it changes, in one transaction.
func (b *Book) Done(ctx context.Context, tx *sql.Tx, a Act) error {
	a.State = ActDone
	_, err := b.write(ctx, tx, a)
	return err
}

// Begin writes an act down before it is tried: what is not written down is not
// done. End says what came of it.
func (b *Book) Begin(ctx context.Context, a Act) (n int64, err error) {
	a.State = ActBegun
	err = b.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		n, err = b.write(ctx, tx, a)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("account.Begin: %w", err)
	}
	return n, nil
}

// End says what came of an act that was begun.
func (b *Book) End(ctx context.Context, n int64, s ActState) error {
	if _, err := b.db.Write.ExecContext(ctx, "update act set done = $1 where n = $2", s, n); err != nil {
		return fmt.Errorf("account.End: %w", err)
	}
	return nil
}

// Refused writes down what was turned away, and changed nothing.
func (b *Book) Refused(ctx context.Context, a Act) error {
	a.State = ActRefused
	err := b.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := b.write(ctx, tx, a)
		return err
	})
	if err != nil {
		return fmt.Errorf("account.Refused: %w", err)
	}
	return nil
}

func (b *Book) write(ctx context.Context, tx *sql.Tx, a Act) (n int64, err error) {
	text := func(s string) string {
		return database.Text([]byte(s[:min(len(s), maxActText)]))
	}
	const q = "insert into act (at, person, what, subject, detail, done) values ($1, $2, $3, $4, $5, $6) returning n"
	err = tx.QueryRowContext(ctx, q, b.now().UnixMilli(), text(a.By), text(a.What), text(a.Subject), text(a.Detail), a.State).Scan(&n)
	return n, err
}

// Acts lists what was done before act number before, newest first; 0 is from the
// newest on.
func (b *Book) Acts(ctx context.Context, before int64, limit int) ([]Act, error) {
	const q = "select n, at, person, what, subject, detail, done from act where n < $1 or $2 = 0 order by n desc limit $3"
	list := []Act{}
	err := database.Select(ctx, b.db.Read, q, before, before, min(max(limit, 1), 1000)).Each(func(rows *sql.Rows) error {
		var a Act
		var at int64
		err := rows.Scan(&a.N, &at, &a.By, &a.What, &a.Subject, &a.Detail, &a.State)
		a.At = database.Time(at)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account.Acts: %w", err)
	}
	return list, nil
}
