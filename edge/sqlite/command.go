package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

var (
	_ edge.CommandLog = (*DB)(nil)
	_ edge.Archive    = (*DB)(nil)
)

// maxCommands bounds what is remembered: a command beyond it is not begun until
// others have expired.
const maxCommands = 1000

// BeginCommand remembers a command until exp. Of a command that was begun and
// not finished the progress is kept and the answers are forgotten: it is done
// again.
func (db *DB) BeginCommand(ctx context.Context, id string, digest edge.Hash, exp time.Time) (edge.CommandMemory, bool, error) {
	type outcome struct {
		memory edge.CommandMemory
		known  bool
	}
	o, err := write(ctx, db, func(ctx context.Context, t *tx) (o outcome, err error) {
		var have []byte
		err = t.conn.QueryRowContext(ctx, `SELECT digest, done, finished FROM command WHERE id = ?`, id).
			Scan(&have, &o.memory.Done, &o.memory.Finished)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return o, t.rememberCommand(ctx, id, digest, exp)
		case err != nil:
			return o, err
		case string(have) != string(digest[:]):
			return o, edge.Errorf("sqlite.BeginCommand", edge.Conflict, "command %s came before with another content", id)
		}
		o.known = true
		if !o.memory.Finished {
			return o, t.exec(ctx, `DELETE FROM command_answer WHERE command = ?`, id)
		}
		o.memory.Answers, err = t.answers(ctx, id)
		return o, err
	})
	return o.memory, o.known, err
}

func (t *tx) rememberCommand(ctx context.Context, id string, digest edge.Hash, exp time.Time) error {
	var n int
	if err := t.conn.QueryRowContext(ctx, `SELECT count(*) FROM command`).Scan(&n); err != nil {
		return err
	}
	if n >= maxCommands {
		return edge.Errorf("sqlite.BeginCommand", edge.Unavailable, "%d commands are remembered already: this one can be given when some have expired", n)
	}
	return t.exec(ctx, `INSERT INTO command (id, digest, exp) VALUES (?, ?, ?)`, id, digest[:], exp.UnixMilli())
}

func (t *tx) answers(ctx context.Context, id string) (list [][]byte, err error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT body FROM command_answer WHERE command = ? ORDER BY n`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// NoteProgress remembers how far a command has come.
func (db *DB) NoteProgress(ctx context.Context, id string, done uint64) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `UPDATE command SET done = ? WHERE id = ? AND finished = 0`, int64(done), id)
	})
	return err
}

// NoteAnswer adds to the answers of a command; final says it is the last.
func (db *DB) NoteAnswer(ctx context.Context, id string, answer []byte, final bool) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		if err := t.exec(ctx, `INSERT INTO command_answer (command, body) VALUES (?, ?)`, id, answer); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.exec(ctx, `UPDATE command SET finished = ? WHERE id = ?`, final, id)
	})
	return err
}

// ForgetCommands deletes the commands that expired before a time.
func (db *DB) ForgetCommands(ctx context.Context, before time.Time) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `DELETE FROM command WHERE exp < ?`, before.UnixMilli())
	})
	return err
}
