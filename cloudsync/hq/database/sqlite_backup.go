package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Backup writes the SQLite database at path, as of one moment, into the new file
// to, also while headquarters runs on it. The file is there in full or not at all.
func Backup(ctx context.Context, path, to string) (err error) {
	const op = "database.Backup"
	if _, err := os.Stat(path); err != nil {
		return &edge.Error{Op: op, Kind: edge.NotFound, Err: err, Msg: "there is no database to back up"}
	}
	if _, err := os.Lstat(to); err == nil {
		return edge.Errorf(op, edge.Conflict, "%s is there already, it was left as it is: give another name", to)
	}
	unfinished := to + ".part"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", op, err)
			_ = os.Remove(unfinished) // mostly not there
		}
	}()
	db, err := sql.Open("sqlite3", fileURL(path, "mode=ro&_busy_timeout=5000"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "vacuum into $1", unfinished)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := checkLedger(ctx, unfinished); err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(unfinished, 0o600), syncPath(unfinished)); err != nil {
		return err
	}
	return errors.Join(os.Rename(unfinished, to), syncPath(filepath.Dir(to)))
}

// Restore puts a backup in the place of the SQLite database at path, while no
// headquarters runs on it. What was there is kept as aside, "" where nothing was,
// with the files beside it: the WAL of the old database, left there, would be read
// into the new one and damage it. A backup that cannot be used changes nothing.
func Restore(ctx context.Context, path string, backup io.Reader, at time.Time) (aside string, err error) {
	const op = "database.Restore"
	if err := unused(ctx, path); err != nil {
		return "", err
	}
	next := path + ".next"
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", op, err), removeDatabase(next))
		}
	}()
	if err := removeDatabase(next); err != nil { // of an attempt that did not end
		return "", err
	}
	if err := write(next, backup); err != nil {
		return "", err
	}
	if err := checkLedger(ctx, next); err != nil {
		return "", err
	}
	db, err := Open(ctx, next) // of a newer program it is refused now, and not at the next start
	if err != nil {
		return "", err
	}
	if err := errors.Join(db.Close(), syncPath(next), os.Remove(next+witnessEnd)); err != nil {
		return "", err
	}
	if aside, err = moveAside(path, at); err != nil {
		return "", err
	}
	return aside, errors.Join(os.Rename(next, path), syncPath(filepath.Dir(path)))
}

// unused refuses a database that somebody has open. One that cannot be read is
// nobody's.
func unused(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sql.Open("sqlite3", fileURL(path, "mode=rw&_busy_timeout=0&_locking_mode=EXCLUSIVE"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "begin exclusive; rollback")
	if e, ok := errors.AsType[sqlite3.Error](err); ok && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked) {
		return &edge.Error{Op: "database.Restore", Kind: edge.Conflict, Err: err, Msg: path + " is in use: stop headquarters first"}
	}
	return nil
}

// checkLedger refuses a file that is no whole database of headquarters'.
func checkLedger(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite3", fileURL(path, "mode=ro&immutable=1"))
	if err != nil {
		return err
	}
	defer db.Close()
	var found, id string
	err = db.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&found)
	if err == nil && found != "ok" {
		err = errors.New(found)
	}
	if err == nil {
		err = db.QueryRowContext(ctx, "select id from ledger where one = 1").Scan(&id)
	}
	if err != nil {
		return &edge.Error{Op: "database.checkLedger", Kind: edge.Invalid, Err: err, Msg: "the backup is damaged, or none of headquarters' database: take another"}
	}
	return nil
}

// moveAside gives the database a second name and takes the files beside it away.
// The caller puts the new one over the first name: there is one at every moment.
func moveAside(path string, at time.Time) (aside string, err error) {
	kept := path + ".aside-" + at.UTC().Format("20060102T150405Z")
	if err := os.Link(path, kept); err == nil {
		aside = kept
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+end, kept+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, syncPath(filepath.Dir(path))
}

func fileURL(path, query string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}

// write makes a file of all that is read.
func write(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// removeDatabase deletes a database that is not in use, with what lies beside it.
func removeDatabase(path string) error {
	for _, end := range []string{"", "-wal", "-shm", witnessEnd} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncPath puts a file, or a folder's names, onto the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
