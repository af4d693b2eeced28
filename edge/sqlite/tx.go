package sqlite

import (
	"context"
	"database/sql"
	"runtime/debug"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// tx is the transaction that requests share. Each request runs in a savepoint.
type tx struct {
	db       *DB
	conn     *sql.Conn
	appended bool // events were added
	released bool // releases were changed
	standing
}

// standing is where the ledger stands. What is empty is not known and must be
// read.
type standing struct {
	present *epoch
	last    [2]proven // of each lane, in the present epoch; see slot
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.conn.ExecContext(ctx, query, args...)
	return err
}

// again runs those of the batch once more that found no room; all of them where
// err undid all. It changes errs, and returns the transaction that stands and
// what undid it.
func (t *tx) again(batch []request, errs []error, err error) (*tx, error) {
	var some []request
	var at []int
	for i, r := range batch {
		if err != nil || noRoom(errs[i]) {
			some, at = append(some, r), append(at, i)
		}
	}
	second := &tx{db: t.db, conn: t.conn}
	theirs, secondErr := second.run(some)
	for j, i := range at {
		if errs[i] = theirs[j]; errs[i] == nil && secondErr != nil {
			errs[i] = fault("sqlite.commit", secondErr)
		}
	}
	if err != nil {
		return second, secondErr
	}
	if secondErr == nil {
		t.appended, t.released = t.appended || second.appended, t.released || second.released
		if second.present != nil {
			t.present = second.present
		}
		for i, p := range second.last {
			if p.Seq > 0 {
				t.last[i] = p
			}
		}
	}
	return t, nil
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
	if len(batch) == 1 { // the transaction itself is undone; a savepoint would copy every page
		if errs[0] = t.attempt(batch[0]); errs[0] != nil {
			t.appended, t.standing = false, standing{}
			_ = t.exec(ctx, `ROLLBACK`) // see above
			return errs, nil
		}
		return errs, t.commit(ctx)
	}
	for i, r := range batch {
		if err := t.exec(ctx, `SAVEPOINT request`); err != nil {
			return errs, err
		}
		appended, before := t.appended, t.standing
		if errs[i] = t.attempt(r); errs[i] != nil {
			t.appended, t.standing = appended, before
			if err := t.exec(ctx, `ROLLBACK TO request`); err != nil {
				return errs, err
			}
		}
		if err := t.exec(ctx, `RELEASE request`); err != nil {
			return errs, err
		}
	}
	return errs, t.commit(ctx)
}

// commit ends the transaction.
func (t *tx) commit(ctx context.Context) error {
	start := time.Now()
	err := t.exec(ctx, `COMMIT`)
	if err == nil && t.appended && t.db.opt.Committed != nil {
		t.db.opt.Committed(time.Since(start))
	}
	return err
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
