package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Restored is what became of a database that a backup took the place of.
type Restored struct {
	At     time.Time
	Why    string   // why the gateway did it by itself; empty when it was told to
	From   string   // the backup; empty where a new database was begun
	Aside  string   // where the database that was there is kept; empty where there was none
	Series uint32   // the receipt series that sales go on in
	Events int      // events beyond the backup that were taken over from the database put aside
	Lost   []string // what of it could not be taken over, in words
}

// Restore puts a backup in the place of the gateway's database, which is moved
// aside and kept. Whatever the ledger there holds beyond the backup, and can
// still be read, is taken over: receipts were printed for it. A new epoch and a
// new receipt series are opened in it at once, so that the next start sells on
// without giving out a number again, whether the line is up or not. It refuses,
// and changes nothing, while a gateway runs on the database, and a backup that
// is damaged, of a newer version, or of another gateway.
func Restore(ctx context.Context, opt Options, from string) (_ *Restored, err error) {
	const op = "sqlite.Restore"
	opt, err = opt.complete()
	if err != nil {
		return nil, err
	}
	if err := checkBackup(ctx, op, from, opt); err != nil {
		return nil, err
	}
	l, err := acquire(op, opt.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	if err := undoMove(opt.Path); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	r, err := opt.restore(ctx, from, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return r, nil
}

// checkBackup refuses a file that cannot take the database's place.
func checkBackup(ctx context.Context, op, from string, opt Options) error {
	st, err := os.Stat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return edge.Errorf(op, edge.NotFound, "there is no backup %s", from)
	case err != nil:
		return fmt.Errorf("%s: %w", op, err)
	case os.SameFile(st, statOrNil(opt.Path)):
		return edge.Errorf(op, edge.Invalid, "%s is the gateway's database itself: name a backup of it", from)
	}
	found, err := whose(ctx, from)
	empty := found == identity{}
	if err == nil && !empty {
		err = found.belongs(from, opt.Node, opt.Shop)
	}
	if errors.Is(err, errDamaged) {
		return &edge.Error{Op: op, Kind: edge.Invalid, Msg: from + " is damaged: take another backup", Err: errors.Unwrap(err)}
	}
	if err == nil && empty {
		return edge.Errorf(op, edge.Invalid, "%s is empty: take another backup", from)
	}
	return err
}

func statOrNil(path string) fs.FileInfo {
	st, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return st
}

// restore makes the new database beside the old one, in full, before it takes
// its place. The lock is held. An empty from begins a new database.
func (opt Options) restore(ctx context.Context, from, why string) (*Restored, error) {
	r := &Restored{At: opt.Now(), Why: why, From: from}
	next := opt
	next.Path, next.Reserve = opt.Path+".next", 0
	if err := removeDatabase(next.Path); err != nil { // of an attempt that did not end
		return nil, err
	}
	if from != "" {
		if err := copyDurably(from, next.Path); err != nil {
			return nil, err
		}
	}
	old := ""
	if statOrNil(opt.Path) != nil {
		old = opt.Path
	}
	db, err := next.openFile(ctx, start{reopen: true, old: old})
	if err != nil {
		return nil, errors.Join(err, removeDatabase(next.Path))
	}
	r.Series, r.Events, r.Lost = db.Series(), db.saved.Events, db.saved.Lost
	if err := db.Close(); err != nil { // the last connection leaves no WAL behind
		return nil, errors.Join(err, removeDatabase(next.Path))
	}
	if old != "" {
		if r.Aside, err = moveAside(old, r.At); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(next.Path, opt.Path); err != nil {
		return nil, err
	}
	opt.Log.WarnContext(ctx, "the database was replaced", "why", why, "backup", from, "kept", r.Aside,
		"series", r.Series, "events_taken_over", r.Events, "lost", r.Lost)
	return r, syncFolder(opt.Path)
}

// moveAside gives the database a second name and takes the files beside it
// away, so that no WAL of the old one is ever read into the new one. The caller
// puts the new one over the first name: there is a database at every moment.
func moveAside(path string, at time.Time) (aside string, err error) {
	aside = fmt.Sprintf("%s.aside-%s", path, at.UTC().Format(stamp))
	for n := 2; statOrNil(aside) != nil; n++ {
		aside = fmt.Sprintf("%s.aside-%s-%d", path, at.UTC().Format(stamp), n)
	}
	if err := errors.Join(os.Link(path, aside), syncFolder(path)); err != nil {
		return "", err
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, syncFolder(path)
}

// undoMove takes back a moveAside that a power cut ended before the new database
// was in place: what the WAL holds belongs to the old one.
func undoMove(path string) error {
	now := statOrNil(path)
	if now == nil {
		return nil
	}
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range list {
		aside := filepath.Join(filepath.Dir(path), e.Name())
		if !strings.HasPrefix(aside, path+".aside-") || !os.SameFile(statOrNil(aside), now) {
			continue
		}
		for _, end := range []string{"-wal", "-shm"} {
			if err := os.Rename(aside+end, path+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := errors.Join(syncFolder(path), os.Remove(aside)); err != nil {
			return err
		}
	}
	return nil
}

// stamp is how file names say when.
const stamp = "20060102T150405Z"

// removeDatabase deletes a database that is not in use, with what lies beside it.
func removeDatabase(path string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyDurably copies a file and leaves nothing of it where it fails.
func copyDurably(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return syncFolder(to)
}
