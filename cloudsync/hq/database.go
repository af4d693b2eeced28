package hq

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// The files in migration are read by both databases, with SQLite's names of
// types. One in migration/postgres stands for its namesake there.
//
//go:embed migration
var migrations embed.FS

// dialect is what the databases do not have in common. Statements are written
// once, for both: SQLite numbers $1, $2, … by where they first stand, so they
// must come in that order.
type dialect interface {
	// alone are the options of a transaction that reads, decides and writes as
	// if there were no other.
	alone() *sql.TxOptions
	// forUpdate ends a select whose rows nobody else may change before the
	// transaction ends.
	forUpdate() string
	// forUpdateIfFree does the same, and leaves out rows that another transaction
	// holds.
	forUpdateIfFree() string
	// lock waits until no other transaction holds the lock, and holds it to the
	// end; tryLock does not wait and reports whether it holds it.
	lock(ctx context.Context, tx *sql.Tx, l lock) error
	tryLock(ctx context.Context, tx *sql.Tx, l lock) (bool, error)
	// insert adds many rows at once, in their order. tail follows the values;
	// where it returns columns, each is called with every row of them.
	insert(ctx context.Context, tx *sql.Tx, table string, c columns, tail string, each func(*sql.Rows) error) error
	// insertAll adds many rows at once and wants nothing back: the way of the
	// inbox, which takes the most.
	insertAll(ctx context.Context, t transaction, table string, c columns) error
	// among is a condition that a column of text is one of a list, which goes with
	// it as argument n.
	among(column string, n int, list []string) (condition string, arg any)
	// incarnation reads which one the ledger is, "" where it is none yet, and
	// whether it lies in the same place as when it became that; place names where
	// it lies. vouches reports whether it holds all that committed was told of.
	incarnation(ctx context.Context, tx *sql.Tx) (id string, same bool, err error)
	place(ctx context.Context, tx *sql.Tx) (string, error)
	vouches(id string, position int64) bool
	committed(id string, position int64) error
	close() error
	// collided reports whether a transaction failed for another one's sake only,
	// so that it may succeed when it is run again.
	collided(err error) bool
	// migration reads a file of migration in the database's own terms.
	migration(name string) (string, error)
	// version reads and setVersion writes how many migrations are done. Between
	// the two nobody else migrates.
	version(ctx context.Context, tx *sql.Tx) (int, error)
	setVersion(ctx context.Context, tx *sql.Tx, version int) error
}

// transaction is one under way, and the connection that it has to itself.
type transaction struct {
	*sql.Tx
	conn *sql.Conn
}

// lock is something that one transaction at a time may do in the database.
type lock int64

// The locks.
const (
	lockMigration lock = 0x6d69_7272_6f72_0001 + iota
	lockPositions
	lockProjection
	lockIncarnation
)

// openDatabase opens a pool for writing and one for reading, and brings the
// schema up to date. where is a file's path or a postgres:// URL.
func openDatabase(ctx context.Context, where string) (write, read *sql.DB, d dialect, err error) {
	open := openSQLite
	if IsPostgres(where) {
		open = openPostgres
	}
	write, read, d, err = open(ctx, where)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := migrate(ctx, write, d); err != nil {
		if !IsPostgres(where) { // an address may hold a password
			err = fmt.Errorf("%s: %w", where, err)
		}
		return nil, nil, nil, errors.Join(err, write.Close(), read.Close(), d.close())
	}
	return write, read, d, nil
}

// IsPostgres reports whether a database's address is that of a PostgreSQL
// server, and not the path of a file.
func IsPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// migrate brings the schema up to date, each file in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB, d dialect) error {
	files, err := fs.Glob(migrations, "migration/*.sql") // sorted by name
	if err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = migrateOne(ctx, db, d, files); err != nil {
			return err
		}
	}
	return nil
}

// migrateOne does the next migration; done says that there was none to do.
func migrateOne(ctx context.Context, db *sql.DB, d dialect, files []string) (done bool, err error) {
	const op = "hq.migrate"
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	defer tx.Rollback()
	have, err := d.version(ctx, tx)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if have > len(files) {
		return false, edge.Errorf(op, edge.Conflict,
			"the database was written by a newer version of this program (schema %d, this one knows %d): update the program or restore the backup from before",
			have, len(files))
	}
	if have == len(files) {
		return true, nil
	}
	name := path.Base(files[have])
	text, err := d.migration(name)
	if err == nil {
		_, err = tx.ExecContext(ctx, text)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	if err := d.setVersion(ctx, tx, have+1); err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	return false, nil
}

const maxCollisions = 20 // before a transaction is given up

// inTx runs f in one write transaction that sees none of the others half done.
// Where it collides with another it is run again, so f must begin anew each
// time it is called.
func (h *HQ) inTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	return h.retry(ctx, h.dialect.alone(), func(t transaction) error { return f(t.Tx) })
}

func (h *HQ) retry(ctx context.Context, o *sql.TxOptions, f func(t transaction) error) error {
	for try := 1; ; try++ {
		err := h.tryTx(ctx, o, f)
		if err == nil || !h.dialect.collided(err) || try == maxCollisions {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(rand.N(time.Duration(try) * 5 * time.Millisecond)): //nolint:gosec // not a secret
		}
	}
}

func (h *HQ) tryTx(ctx context.Context, o *sql.TxOptions, f func(t transaction) error) error {
	conn, err := h.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := f(transaction{tx, conn}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
