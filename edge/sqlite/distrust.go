package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"github.com/mirrorcart/mirrorcart/edge"
)

// proven is a lane's last event that is known to be on the disk.
type proven struct {
	n uint32 // of the epoch
	position
}

// slot is a lane's place in an array.
func slot(lane edge.Lane) int {
	if lane == edge.LaneSale {
		return 0
	}
	return 1
}

// suspicious reports whether an error says that the disk or the file failed.
// After it a later success proves nothing: a kernel that could not write a page
// may forget that it had to.
func suspicious(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok || noRoom(err) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrIoErr, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrCantOpen:
		return true
	}
	return false
}

// errBroken says that the database failed and could not be proven whole.
func errBroken() error {
	return edge.Errorf("sqlite", edge.Unavailable, "the database failed and could not be proven whole, nothing was recorded: start the gateway again, which repairs it")
}

// reopen takes a new connection in the place of one that failed, once the
// database is proven to hold what was acknowledged. It is told by the disk, not
// by what the kernel remembers of it.
func (db *DB) reopen(ctx context.Context, conn *sql.Conn, cause error) (*sql.Conn, error) {
	db.note("database", "the disk failed at "+db.opt.Now().UTC().Format(time.RFC3339)+": what was not acknowledged then was not recorded, and all that was is there; have the disk checked")
	if conn != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it
		_ = conn.Close()
	}
	if err := forgetCached(db.opt.Path + "-wal"); err != nil {
		return nil, err
	}
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.prove(ctx, conn), tune(ctx, conn)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	db.opt.Log.WarnContext(ctx, "the database was opened anew after an error and is whole", "cause", cause)
	return conn, nil
}

// forgetCached makes the kernel read a file from the disk again.
func forgetCached(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// damagedError says what is wrong with the database.
type damagedError struct{ what string }

func (e *damagedError) Error() string { return "the database is damaged: " + e.what }

// prove checks that the database is whole and holds all that was acknowledged.
func (db *DB) prove(ctx context.Context, conn *sql.Conn) error {
	var check string
	if err := conn.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&check); err != nil {
		return err
	}
	if check != "ok" {
		return &damagedError{check}
	}
	for _, lane := range edge.Lanes() {
		p := db.proven[slot(lane)]
		if p.Seq == 0 {
			continue
		}
		h, err := hashAt(ctx, conn, p.n, lane, p.Seq)
		switch {
		case edge.KindOf(err) == edge.NotFound && err != nil, err == nil && h != p.Hash:
			return &damagedError{fmt.Sprintf("event %d of lane %s is not what was acknowledged", p.Seq, lane)}
		case err != nil:
			return err
		}
	}
	return nil
}

// abandon ends all writing: what was acknowledged is not there.
func (db *DB) abandon(why error) {
	db.opt.Log.Error("the database could not be proven whole and takes no more writes", "err", why)
	db.note("database", "the database could not be proven whole: start the gateway again, which repairs it")
	db.breaking.Do(func() { close(db.broken) })
}
