package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // the SQLite driver

	"github.com/mirrorcart/mirrorcart/edge"
)

// sqlite is the database in a file: one process, one writer at a time.
type sqlite struct {
	path   string
	found  string   // the place where it lay when it was opened
	beside *os.File // see witness
}

// openSQLite opens one pool with a single connection for writing and one for
// reading. Every setting is in the DSN, so that each pooled connection has it.
func openSQLite(ctx context.Context, path string) (write, read *sql.DB, _ Dialect, err error) {
	const common = "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_cache_size=-65536&_stmt_cache_size=64&"
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, nil, err
	}
	file := (&url.URL{Scheme: "file", Path: path}).String()
	write, err = sql.Open("sqlite3", file+"?"+common+"_txlock=immediate&_secure_delete=FAST")
	if err != nil {
		return nil, nil, nil, err
	}
	write.SetMaxOpenConns(1)
	// Checkpoints in larger steps than SQLite's own: pages that many batches
	// touch are written back once.
	if _, err := write.ExecContext(ctx, "pragma wal_autocheckpoint = 8000"); err != nil {
		write.Close()
		return nil, nil, nil, &edge.Error{
			Op: "database.openSQLite", Kind: edge.Unavailable, Err: err,
			Msg: fmt.Sprintf("%s cannot be opened as a database: check that the folder exists, may be written and has room", path),
		}
	}
	read, err = sql.Open("sqlite3", file+"?"+common+"mode=ro&_query_only=1")
	if err != nil {
		write.Close()
		return nil, nil, nil, err
	}
	read.SetMaxOpenConns(4)
	d := &sqlite{path: path}
	if d.found, err = d.Place(ctx, nil); err == nil {
		err = d.openWitness()
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, write.Close(), read.Close())
	}
	return write, read, d, nil
}

// Scrub empties the WAL, which holds pages as they were; deleted rows are
// overwritten in the file itself.
func (d *sqlite) Scrub(ctx context.Context, _ *sql.DB) (done bool, err error) {
	file := (&url.URL{Scheme: "file", Path: d.path}).String()
	c, err := sql.Open("sqlite3", file+"?mode=rw&_synchronous=FULL&_busy_timeout=0")
	if err != nil {
		return false, err
	}
	var busy, pages, moved int
	err = c.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &pages, &moved)
	return err == nil && busy == 0, errors.Join(err, c.Close())
}

// alone: every write transaction is.
func (*sqlite) alone() *sql.TxOptions { return nil }

func (*sqlite) collided(error) bool { return false }

func (*sqlite) migration(name string) (string, error) {
	text, err := migrations.ReadFile("migration/" + name)
	return string(text), err
}

func (*sqlite) version(ctx context.Context, tx *sql.Tx) (version int, err error) {
	err = tx.QueryRowContext(ctx, "pragma user_version").Scan(&version)
	return version, err
}

func (*sqlite) setVersion(ctx context.Context, tx *sql.Tx, version int) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("pragma user_version = %d", version))
	return err
}

// Locks need no words where there is one writer.
func (*sqlite) ForUpdate() string { return "" }

func (*sqlite) ForUpdateIfFree() string { return "" }

func (*sqlite) Among(column string, n int, list []string) (condition string, arg any) {
	text, _ := json.Marshal(list) // strings can be written
	return fmt.Sprintf("%s in (select value from json_each($%d))", column, n), string(text)
}

func (*sqlite) Lock(context.Context, *sql.Tx, Lock) error { return nil }

func (*sqlite) TryLock(context.Context, *sql.Tx, Lock) (bool, error) { return true, nil }

const insertAtOnce = 16 // rows of one statement

func (*sqlite) Insert(ctx context.Context, tx *sql.Tx, table string, c Columns, tail string, each func(*sql.Rows) error) error {
	n := c.rows()
	whole := n - n%insertAtOnce
	if err := insertRows(ctx, tx, table, c, 0, whole, insertAtOnce, tail, each); err != nil {
		return err
	}
	return insertRows(ctx, tx, table, c, whole, n, 1, tail, each)
}

func (d *sqlite) InsertAll(ctx context.Context, t Tx, table string, c Columns) error {
	return d.Insert(ctx, t.Tx, table, c, "", nil)
}

// insertRows adds rows from to to, so many with each statement.
func insertRows(ctx context.Context, tx *sql.Tx, table string, c Columns, from, to, atOnce int, tail string, each func(*sql.Rows) error) error {
	if from == to {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, insertSQL(table, c, atOnce)+" "+tail)
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, 0, len(c)*atOnce)
	for i := from; i < to; i += atOnce {
		args = args[:0]
		for row := i; row < i+atOnce; row++ {
			for j := range c {
				args = append(args, c[j].value(row))
			}
		}
		if each == nil {
			_, err = stmt.ExecContext(ctx, args...)
		} else {
			err = Selection(func() (*sql.Rows, error) { return stmt.QueryContext(ctx, args...) }).Each(each)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *sqlite) close() error { return d.beside.Close() }
