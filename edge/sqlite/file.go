package sqlite

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

	"github.com/mirrorcart/mirrorcart/edge"
)

// applicationID marks our files in SQLite's header: "Mcrt".
const applicationID = 0x4d637274

// Settings go into the data source name, so that every connection has them.
const (
	writing = "mode=rw&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_secure_delete=FAST&_stmt_cache_size=64"
	reading = "mode=ro&_query_only=1&_busy_timeout=5000&_stmt_cache_size=32"
)

func dsn(path, settings string) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings}).String()
}

// prepareFile makes the file if it is missing, and refuses it if it is not
// ours to open.
func prepareFile(ctx context.Context, path, node, shop string) error {
	const op = "sqlite.Open"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return errors.Join(f.Close(), syncFolder(path))
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: making the database: %w", op, err)
	}
	found, err := whose(ctx, path)
	if err != nil || found == (identity{}) {
		return err
	}
	return found.belongs(path, node, shop)
}

// whose says whose database the file is. Its answer is empty where nothing is in
// it yet, or any more.
func whose(ctx context.Context, path string) (who identity, err error) {
	if empty, err := checkHeader(path); err != nil || empty {
		return who, err
	}
	return identify(ctx, path)
}

// checkHeader looks at the file's first bytes (SQLite file format, 1.3).
func checkHeader(path string) (empty bool, err error) {
	const op, magic = "sqlite.Open", "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return false, edge.Errorf(op, edge.Invalid, "%s is not a file: give the path of the database's file", path)
	}
	var head [len(magic)]byte
	n, err := io.ReadFull(f, head[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return true, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, fmt.Errorf("%s: reading %s: %w", op, path, err)
	case string(head[:]) != magic:
		return false, &edge.Error{
			Op: op, Kind: edge.Invalid, Err: errDamaged,
			Msg: path + " is not a database, it was left as it is: move it away or give another path",
		}
	}
	return false, nil
}

// identity is whose a database is.
type identity struct{ node, shop string }

// belongs refuses another gateway's database.
func (i identity) belongs(path, node, shop string) error {
	if i.node == node && i.shop == shop {
		return nil
	}
	return edge.Errorf("sqlite.Open", edge.Conflict, "%s belongs to gateway %q of shop %q, this is gateway %q of shop %q: correct the settings or give another path", path, i.node, i.shop, node, shop)
}

// Inspect refuses what Open would refuse: a database that is damaged, another
// gateway's, another program's or of a newer version. It reads alone, and may be
// called beside a gateway that runs. Its error is of kind NotFound where there is
// no database yet.
func Inspect(ctx context.Context, opt Options) error {
	opt, err := opt.complete()
	if err != nil {
		return err
	}
	if statOrNil(opt.Path) == nil {
		return edge.Errorf("sqlite.Inspect", edge.NotFound, "there is no database %s", opt.Path)
	}
	found, err := whose(ctx, opt.Path)
	if err != nil || found == (identity{}) {
		return err
	}
	return found.belongs(opt.Path, opt.Node, opt.Shop)
}

// errDamaged is in the chain of the error of a damaged database.
var errDamaged = errors.New("damaged")

// identify opens the file for reading only and refuses it unless it is whole
// and of a version we know. Its answer is empty where the power went before the
// gateway's name was written.
func identify(ctx context.Context, path string) (who identity, err error) {
	const op = "sqlite.Open"
	r, err := sql.Open("sqlite3", dsn(path, reading))
	if err != nil {
		return who, fmt.Errorf("%s: %w", op, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	damaged := func(err error) error {
		if !suspicious(err) && !errors.As(err, new(*damagedError)) {
			return fault(op, err)
		}
		return &edge.Error{
			Op: op, Kind: edge.Unavailable, Err: fmt.Errorf("%w: %w", errDamaged, err),
			Msg: path + " is damaged, it was left as it is: put the last backup in its place with `edge restore --latest`, or move it away to start anew",
		}
	}
	var id, version, tables int
	var check string
	err = errors.Join(
		r.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id),
		r.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version),
		r.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables),
		r.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&check),
	)
	known := len(migrations())
	switch {
	case ctx.Err() != nil:
		return who, fmt.Errorf("%s: %w", op, ctx.Err())
	case err != nil:
		return who, damaged(err)
	case id == 0 && version == 0 && tables == 0:
		return who, nil // made, but the power went before the first migration
	case id != applicationID:
		return who, edge.Errorf(op, edge.Invalid, "%s is another program's database, it was left as it is: give another path", path)
	case version > known:
		return who, edge.Errorf(op, edge.Unavailable, "%s has version %d, this program knows versions up to %d: run the newer program, or put the backup from before its update in place", path, version, known)
	case check != "ok":
		return who, damaged(&damagedError{check})
	}
	err = r.QueryRowContext(ctx, `SELECT node, shop FROM gateway`).Scan(&who.node, &who.shop)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return who, nil // the power went right after the first migration
	case err != nil:
		return who, damaged(err)
	}
	return who, nil
}

// syncFolder makes the names of the file, and of those beside it, durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sqlite: syncing the folder: %w", err)
	}
	return nil
}
