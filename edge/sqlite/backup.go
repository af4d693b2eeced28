package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// part ends the name of a backup that is not finished.
const part = ".part"

// BackupFile is a backup that Restore takes.
type BackupFile struct {
	Path string
	At   time.Time
	Size int64 // bytes
}

// Backup writes the database at path, as of one moment, into the new file to.
// The gateway may run on it meanwhile and is not held up: the copy is read
// through a connection of its own. When Backup returns, the copy is verified,
// and it is on the disk under its name in full or not at all.
func Backup(ctx context.Context, path, to string) (err error) {
	const op = "sqlite.Backup"
	if statOrNil(path) == nil {
		return edge.Errorf(op, edge.NotFound, "there is no database %s", path)
	}
	if statOrNil(to) != nil {
		return edge.Errorf(op, edge.Conflict, "%s is there already, it was left as it is: give another name", to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	unfinished := to + part
	if err := removeDatabase(unfinished); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fault(op, err), removeDatabase(unfinished))
		}
	}()
	return inIdleTime(ctx, func(ctx context.Context) error {
		if err := vacuumInto(ctx, path, unfinished); err != nil {
			return err
		}
		switch who, err := identify(ctx, unfinished); {
		case err != nil:
			return err
		case who == identity{}:
			return edge.Errorf(op, edge.Invalid, "%s is empty: there is nothing to back up yet", path)
		}
		return publish(unfinished, to)
	})
}

func vacuumInto(ctx context.Context, path, to string) (err error) {
	// It is publish that brings the copy to the disk.
	r, err := sql.Open("sqlite3", dsn(path, "mode=ro&_busy_timeout=5000&_synchronous=OFF"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if _, err := r.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return err
	}
	return os.Chmod(to, 0o600)
}

// publish gives a finished file its name, durably.
func publish(unfinished, to string) error {
	f, err := os.OpenFile(unfinished, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	trickle(f)
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, to); err != nil {
		return err
	}
	return syncFolder(to)
}

// NextBackup is the path of a new backup of node in dir. It is named for the
// time, but after those that are there even where the clock went back: the names
// say which is the newest.
func NextBackup(node, dir string, at time.Time) string {
	at = at.UTC().Truncate(time.Second)
	if there := Backups(node, dir); len(there) > 0 && !at.After(there[0].At) {
		at = there[0].At.Add(time.Second)
	}
	return filepath.Join(dir, node+"-"+at.Format(stamp)+".db")
}

// Backups lists the backups of a gateway in the folders, the newest first. A
// folder that cannot be read has none.
func Backups(node string, folders ...string) (list []BackupFile) {
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			name, isBackup := strings.CutSuffix(e.Name(), ".db")
			text, isOurs := strings.CutPrefix(name, node+"-")
			at, err := time.Parse(stamp, text)
			info, infoErr := e.Info()
			if isBackup && isOurs && err == nil && infoErr == nil {
				list = append(list, BackupFile{filepath.Join(dir, e.Name()), at, info.Size()})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b BackupFile) int { return b.At.Compare(a.At) })
	return list
}

// pruneBackups deletes all but the newest keep of node's backups in dir, and what
// unfinished ones left.
func pruneBackups(node, dir string, keep int) error {
	var errs []error
	for i, b := range Backups(node, dir) {
		if i >= keep {
			errs = append(errs, os.Remove(b.Path))
		}
	}
	entries, err := os.ReadDir(dir)
	errs = append(errs, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), node+"-") && strings.Contains(e.Name(), ".db"+part) {
			errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}
