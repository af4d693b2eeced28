package database

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

// DB is headquarters' database, open.
type DB struct {
	Write *sql.DB
	Read  *sql.DB // refuses to write
	Dialect
}

// Dialect is what the databases do not have in common. Statements are written
// once, for both: SQLite numbers $1, $2, … by where they first stand, so they
// must come in that order.
type Dialect interface {
	// ForUpdate ends a select whose rows nobody else may change before the
	// transaction ends.
	ForUpdate() string
	// ForUpdateIfFree does the same, and leaves out rows that another transaction
	// holds.
	ForUpdateIfFree() string
	// Lock waits until no other transaction holds the lock, and holds it to the
	// end; TryLock does not wait and reports whether it holds it.
	Lock(ctx context.Context, tx *sql.Tx, l Lock) error
	TryLock(ctx context.Context, tx *sql.Tx, l Lock) (bool, error)
	// Insert adds many rows at once, in their order. tail follows the values;
	// where it returns columns, each is called with every row of them.
	Insert(ctx context.Context, tx *sql.Tx, table string, c Columns, tail string, each func(*sql.Rows) error) error
	// InsertAll adds many rows at once and wants nothing back: the way of the
	// inbox, which takes the most.
	InsertAll(ctx context.Context, t Tx, table string, c Columns) error
	// Among is a condition that a column of text is one of a list, which goes with
	// it as argument n.
	Among(column string, n int, list []string) (condition string, arg any)
	// Incarnation reads which one the ledger is, "" where it is none yet, and
	// whether it lies in the same place as when it became that; Place names where
	// it lies. Vouches reports whether it holds all that Committed was told of.
	Incarnation(ctx context.Context, tx *sql.Tx) (id string, same bool, err error)
	Place(ctx context.Context, tx *sql.Tx) (string, error)
	Vouches(id string, position int64) bool
	Committed(id string, position int64) error

	// Scrub clears what deleted persons leave behind in the files of the database
	// that write writes to, and reports whether it could: it waits for nobody.
	Scrub(ctx context.Context, write *sql.DB) (done bool, err error)

	// alone are the options of a transaction that reads, decides and writes as
	// if there were no other.
	alone() *sql.TxOptions
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

// Tx is a transaction under way, and the connection that it has to itself.
type Tx struct {
	*sql.Tx
	conn *sql.Conn
}

// Lock is something that one transaction at a time may do in the database.
type Lock int64

// The locks.
const (
	lockMigration   Lock = 0x6d69_7272_6f72_0001 + iota
	LockPositions        // gives events their positions
	LockProjection       // projects
	LockIncarnation      // says which incarnation the ledger is
	LockRollout          // decides how bundles go on
)

// Open opens a pool for writing and one for reading, and brings the schema up
// to date. where is a file's path or a postgres:// URL.
func Open(ctx context.Context, where string) (*DB, error) {
	open := openSQLite
	if IsPostgres(where) {
		open = openPostgres
	}
	write, read, dialect, err := open(ctx, where)
	if err != nil {
		return nil, err
	}
	db := &DB{Write: write, Read: read, Dialect: dialect}
	if err := db.migrate(ctx); err != nil {
		if !IsPostgres(where) { // an address may hold a password
			err = fmt.Errorf("%s: %w", where, err)
		}
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes both pools.
func (db *DB) Close() error { return errors.Join(db.Read.Close(), db.Write.Close(), db.close()) }

// IsPostgres reports whether a database's address is that of a PostgreSQL
// server, and not the path of a file.
func IsPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// migrate brings the schema up to date, each file in a transaction of its own.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migration/*.sql") // sorted by name
	if err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = db.migrateOne(ctx, files); err != nil {
			return err
		}
	}
	return nil
}

// migrateOne does the next migration; done says that there was none to do.
func (db *DB) migrateOne(ctx context.Context, files []string) (done bool, err error) {
	const op = "database.migrate"
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	defer tx.Rollback()
	have, err := db.version(ctx, tx)
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
	text, err := db.migration(name)
	if err == nil {
		_, err = tx.ExecContext(ctx, text)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	if err := db.setVersion(ctx, tx, have+1); err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	return false, nil
}

const maxCollisions = 20 // before a transaction is given up

// InTx runs f in one write transaction that sees none of the others half done.
// Where it collides with another it is run again, so f must begin anew each
// time it is called.
func (db *DB) InTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	return db.retry(ctx, db.alone(), func(t Tx) error { return f(t.Tx) })
}

// InTxBeside does the same, but f sees what other transactions commit
// meanwhile: it locks what it must find unchanged.
func (db *DB) InTxBeside(ctx context.Context, f func(t Tx) error) error {
	return db.retry(ctx, nil, f)
}

func (db *DB) retry(ctx context.Context, o *sql.TxOptions, f func(t Tx) error) error {
	for try := 1; ; try++ {
		err := db.tryTx(ctx, o, f)
		if err == nil || !db.collided(err) || try == maxCollisions {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(rand.N(time.Duration(try) * 5 * time.Millisecond)): //nolint:gosec // not a secret
		}
	}
}

func (db *DB) tryTx(ctx context.Context, o *sql.TxOptions, f func(t Tx) error) error {
	conn, err := db.Write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := f(Tx{tx, conn}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
