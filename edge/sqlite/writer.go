package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"

	"github.com/mirrorcart/mirrorcart/edge"
)

// maxBatch bounds the requests of one commit, and so how long one may wait for
// the others.
const maxBatch = 64

// request is one caller's work inside a commit.
type request struct {
	ctx  context.Context // without its cancellation: SQLite answers an interrupt by undoing everybody's work
	do   func(context.Context, *tx) error
	done chan<- error
}

// tx is the transaction that requests share. Each request runs in a savepoint.
type tx struct {
	db       *DB
	conn     *sql.Conn
	appended bool   // events were added
	present  *epoch // nil until it is read
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.conn.ExecContext(ctx, query, args...)
	return err
}

// write runs do in the next commit and returns after that commit is on disk.
// Once the writer has taken the request, ctx no longer ends the wait: the
// caller must learn what became of it.
func write[T any](ctx context.Context, db *DB, do func(context.Context, *tx) (T, error)) (T, error) {
	var got, zero T
	done := make(chan error, 1)
	r := request{
		ctx:  context.WithoutCancel(ctx),
		done: done,
		do: func(ctx context.Context, t *tx) (err error) {
			got, err = do(ctx, t)
			return err
		},
	}
	select {
	case db.queue <- r:
	case <-ctx.Done():
		return zero, fmt.Errorf("sqlite: waiting to write: %w", ctx.Err())
	case <-db.quit:
		return zero, edge.Errorf("sqlite", edge.Unavailable, "the gateway is stopping: try again when it is back")
	}
	if err := <-done; err != nil {
		return zero, err
	}
	return got, nil
}

// commitLoop takes whatever requests have gathered while the commit before was
// on its way to the disk, so a lone sale never waits for company.
func (db *DB) commitLoop(conn *sql.Conn) {
	defer close(db.stopped)
	defer conn.Close()
	batch := make([]request, 0, maxBatch)
	for {
		select {
		case <-db.quit:
			return
		case r := <-db.queue:
			batch = append(batch[:0], r)
		}
	gather:
		for len(batch) < maxBatch {
			select {
			case r := <-db.queue:
				batch = append(batch, r)
			default:
				break gather
			}
		}
		db.commit(conn, batch)
	}
}

// commit runs the batch in one transaction and answers everybody.
func (db *DB) commit(conn *sql.Conn, batch []request) {
	t := &tx{db: db, conn: conn}
	errs, err := t.run(batch)
	if err != nil {
		err = fault("sqlite.commit", err)
	}
	for i, r := range batch {
		if errs[i] == nil {
			errs[i] = err
		}
		r.done <- errs[i]
	}
	if err == nil && t.appended {
		select {
		case db.changed <- struct{}{}:
		default:
		}
	}
}

// run returns each request's own error, and the error that undid them all.
func (t *tx) run(batch []request) (errs []error, err error) {
	ctx := context.Background()
	errs = make([]error, len(batch))
	if err := t.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return errs, err
	}
	defer func() {
		if err != nil {
			// It may be gone already: SQLite itself undoes a transaction that
			// met a full disk.
			_ = t.exec(ctx, `ROLLBACK`)
		}
	}()
	for i, r := range batch {
		if err := t.exec(ctx, `SAVEPOINT request`); err != nil {
			return errs, err
		}
		appended := t.appended
		if errs[i] = t.attempt(r); errs[i] != nil {
			t.appended, t.present = appended, nil
			if err := t.exec(ctx, `ROLLBACK TO request`); err != nil {
				return errs, err
			}
		}
		if err := t.exec(ctx, `RELEASE request`); err != nil {
			return errs, err
		}
	}
	return errs, t.exec(ctx, `COMMIT`)
}

// attempt runs one request; its panic is its own error and nobody else's.
func (t *tx) attempt(r request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.db.opt.Log.ErrorContext(r.ctx, "panic in a write", "panic", p, "stack", string(debug.Stack()))
			err = edge.Errorf("sqlite", edge.Internal, "a write panicked: %v", p)
		}
	}()
	return fault("sqlite", r.do(r.ctx, t))
}
