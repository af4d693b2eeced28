package talk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// sendingTo is the longest that a line may wait for its app: what was said
// yesterday is not worth saying.
const sendingTo = 24 * time.Hour

// Take takes the line that an app is to be sent next, and its
// conversation, and holds it for its taker, so that of several collectors one
// sends it. It is nil where none is due. A conversation's lines go in their
// order.
//
// may looks at the conversation, and notes in it what is about to be sent; first
// is false for a line that was tried before. Its error refuses the line for good.
func (t *Talks) Take(ctx context.Context, app, holder string, hold time.Duration, may func(c *Conversation, l *Line, first bool) error) (c *Conversation, l *Line, err error) {
	const op = "talk.Take"
	err = t.db.InTx(ctx, func(tx *sql.Tx) error {
		c, l = nil, nil
		chat, line, body, err := t.nextLine(ctx, tx, app)
		if line == nil || err != nil {
			return err
		}
		if err := t.open(chat, body, &line.Saying); err != nil {
			return err
		}
		of, err := t.read(ctx, tx, chat)
		if err != nil {
			return err
		}
		no := may(of, line, line.Tries == 0)
		if no == nil && t.now().Sub(line.At) > sendingTo {
			no = errors.New("it could not be sent for too long")
		}
		if no != nil {
			const refuse = "update chat_line set state = $1, error = $2, holder = '' where n = $3"
			_, err := tx.ExecContext(ctx, refuse, Refused, database.Text([]byte(no.Error())), line.N)
			return err
		}
		if err := t.write(ctx, tx, of); err != nil {
			return err
		}
		const take = "update chat_line set tries = tries + 1, holder = $1, held = $2 where n = $3"
		if _, err := tx.ExecContext(ctx, take, holder, t.now().Add(hold).UnixMilli(), line.N); err != nil {
			return err
		}
		line.Tries++
		c, l = of, line
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	return c, l, nil
}

func (t *Talks) nextLine(ctx context.Context, tx *sql.Tx, app string) (chat string, l *Line, body []byte, err error) {
	const q = `select n, chat, at, author, tries, body from chat_line l where state = 'queued' and app = $1 and due <= $2 and held <= $3
		and not exists (select 1 from chat_line e where e.chat = l.chat and e.state = 'queued' and e.n < l.n)
		order by due, n limit 1`
	var line Line
	var at int64
	now := t.now().UnixMilli()
	err = tx.QueryRowContext(ctx, q, app, now, now).Scan(&line.N, &chat, &at, &line.Author, &line.Tries, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, nil, nil
	}
	line.At = database.Time(at)
	return chat, &line, body, err
}

// Waits reports whether lines of an app wait to be sent, now or later.
func (t *Talks) Waits(ctx context.Context, app string) (waits bool, err error) {
	const q = "select exists (select 1 from chat_line where state = 'queued' and app = $1)"
	if err := t.db.Read.QueryRowContext(ctx, q, app).Scan(&waits); err != nil {
		return false, fmt.Errorf("talk.Waits: %w", err)
	}
	return waits, nil
}

// NoteSent notes that the app took a line.
func (t *Talks) NoteSent(ctx context.Context, n int64) error {
	return t.endLine(ctx, "talk.NoteSent", n, Sent, "")
}

// NoteFailed notes that the app will never take a line.
func (t *Talks) NoteFailed(ctx context.Context, n int64, why error) error {
	return t.endLine(ctx, "talk.NoteFailed", n, Failed, why.Error())
}

func (t *Talks) endLine(ctx context.Context, op string, n int64, state, why string) error {
	const q = "update chat_line set state = $1, error = $2, holder = '' where n = $3"
	if _, err := t.db.Write.ExecContext(ctx, q, state, database.Text([]byte(why)), n); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	t.changed()
	return nil
}

// PutBack gives a line back that could not be sent, to be tried after a
// while.
func (t *Talks) PutBack(ctx context.Context, n int64, after time.Duration, why error) error {
	const q = "update chat_line set due = $1, held = 0, holder = '', error = $2 where n = $3"
	if _, err := t.db.Write.ExecContext(ctx, q, t.now().Add(after).UnixMilli(), database.Text([]byte(why.Error())), n); err != nil {
		return fmt.Errorf("talk.PutBack: %w", err)
	}
	return nil
}
