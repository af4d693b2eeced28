package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"

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
	// taken is set once, by the commit that does it or by its caller, who then
	// waits no longer.
	taken *atomic.Bool
}

// write runs do in the next commit and returns after that commit is on disk.
// Once that commit has begun, ctx no longer ends the wait: the caller must learn
// what became of it.
func write[T any](ctx context.Context, db *DB, do func(context.Context, *tx) (T, error)) (T, error) {
	var got, zero T
	done := make(chan error, 1)
	r := request{
		ctx:   context.WithoutCancel(ctx),
		done:  done,
		taken: new(atomic.Bool),
		do: func(ctx context.Context, t *tx) (err error) {
			got, err = do(ctx, t)
			return err
		},
	}
	select {
	case db.queue <- r:
	case <-ctx.Done():
		return zero, errLeft(ctx)
	case <-db.stopped:
		return zero, errStopping()
	}
	if err := db.await(ctx, done, r.taken); err != nil {
		return zero, err
	}
	return got, nil
}

// Turn waits until a commit that changes nothing has had its turn: the ledger can
// be written to. It costs no write on the disk. It does not return while a commit
// hangs.
func (db *DB) Turn(ctx context.Context) error {
	_, err := write(ctx, db, func(context.Context, *tx) (struct{}, error) { return struct{}{}, nil })
	return err
}

// pen is what a commit is written with. There is one, and whoever holds it
// writes for everybody who waits.
type pen struct {
	conn  *sql.Conn
	cause error // of a missing connection
}

// await returns what became of a request in the queue. Whoever waits and finds
// the pen free commits what has gathered, so that a lone sale waits for nobody,
// not even for a goroutine to wake, and sales that come together share the next
// commit.
func (db *DB) await(ctx context.Context, done <-chan error, taken *atomic.Bool) error {
	left := ctx.Done()
	for {
		select {
		case err := <-done:
			return err
		case <-left:
			if taken.CompareAndSwap(false, true) {
				return errLeft(ctx)
			}
			left = nil
		case p := <-db.pen:
			select {
			case err := <-done: // another one wrote it meanwhile
				db.pen <- p
				return err
			default:
				db.writeAll(p)
			}
		case <-db.stopped:
			select {
			case err := <-done:
				return err
			default:
				return errStopping()
			}
		}
	}
}

func errLeft(ctx context.Context) error {
	return fmt.Errorf("sqlite: waiting to write: %w", ctx.Err())
}

func errStopping() error {
	return edge.Errorf("sqlite", edge.Unavailable, "the gateway is stopping: try again when it is back")
}

// writeAll commits the requests in the queue, as many as fit, answers them all
// and lays the pen down.
func (db *DB) writeAll(p pen) {
	defer func() { db.pen <- p }()
	batch := make([]request, 0, maxBatch)
gather:
	for len(batch) < maxBatch {
		select {
		case r := <-db.queue:
			if r.taken.CompareAndSwap(false, true) {
				batch = append(batch, r)
			}
		default:
			break gather
		}
	}
	if p.conn == nil {
		p.conn = db.mend(nil, p.cause)
	}
	if p.conn == nil {
		db.answer(batch, p.cause)
		return
	}
	if p.cause = db.commit(p.conn, batch); p.cause != nil {
		suspect := p.conn
		p.conn = nil
		p.conn = db.mend(suspect, p.cause)
	}
}

// mend is a connection in the place of one that failed; nil while there is none
// to be had.
func (db *DB) mend(conn *sql.Conn, cause error) *sql.Conn {
	select {
	case <-db.broken:
		return nil
	default:
	}
	fresh, err := db.reopen(context.Background(), conn, cause)
	if _, damaged := errors.AsType[*damagedError](err); damaged {
		db.abandon(err)
	} else if err != nil {
		db.opt.Log.Error("the database cannot be opened anew, it is tried again with the next write", "err", err)
	}
	return fresh
}

// answer tells everybody that there is no connection.
func (db *DB) answer(batch []request, cause error) {
	err := fault("sqlite.commit", cause)
	select {
	case <-db.broken:
		err = errBroken()
	default:
	}
	for _, r := range batch {
		r.done <- err
	}
}

// commit runs the batch in one transaction and answers everybody. Its error is
// one after which conn is not to be trusted.
func (db *DB) commit(conn *sql.Conn, batch []request) (suspect error) {
	defer db.rescue(batch, &suspect)
	// Nobody else writes: what the commit before left is there, if it succeeded.
	t := &tx{db: db, conn: conn, standing: db.standing}
	db.standing = standing{}
	errs, err := t.run(batch)
	again := false
	if noRoom(err) || slices.ContainsFunc(errs, noRoom) {
		if db.disk.giveUp() {
			db.opt.Log.Error("the disk is full: the room that was kept for sales is given up, free some space", "file", db.opt.Path)
		}
		// The next commits go over what the WAL holds now, if it can be emptied.
		_ = t.exec(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`)
		t, err = t.again(batch, errs, err)
		again = true
	}
	if suspicious(err) {
		suspect = err
	}
	if err == nil {
		db.committed(t)
	}
	for i, r := range batch {
		if errs[i] == nil && err != nil {
			errs[i] = fault("sqlite.commit", err)
		}
		if suspicious(errs[i]) {
			suspect = errs[i]
		}
		r.done <- errs[i]
	}
	if err == nil && suspect == nil && !again {
		db.standing = t.standing
	}
	if err == nil && t.appended {
		select {
		case db.changed <- struct{}{}:
		default:
		}
	}
	return suspect
}

// rescue ends a commit that panicked: nobody may wait for ever, nor the pen be
// lost. It is to be deferred.
func (db *DB) rescue(batch []request, suspect *error) {
	p := recover()
	if p == nil {
		return
	}
	*suspect = fmt.Errorf("a commit panicked: %v", p)
	db.opt.Log.Error("panic in a commit", "panic", p, "stack", string(debug.Stack()))
	for _, r := range batch {
		select {
		case r.done <- edge.Errorf("sqlite", edge.Internal, "a commit panicked: it is not known what was recorded; try again with the same key"):
		default: // it was answered before
		}
	}
}

// committed takes over what t, which is on disk now, found and made.
func (db *DB) committed(t *tx) {
	for i, p := range t.last {
		if p.Seq > 0 {
			db.proven[i] = p
		}
	}
	if e := t.present; e != nil && e != db.epoch.Load() {
		db.epoch.Store(e)
	}
	db.wrote.Store(db.opt.Now().UnixMilli())
	if t.released {
		db.changes.Add(1)
	}
}
