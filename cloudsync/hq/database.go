package hq

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the SQLite driver

	"github.com/mirrorcart/mirrorcart/edge"
)

//go:embed migration/*.sql
var migrations embed.FS

// openDatabase opens one pool with a single connection for writing and one for
// reading. Every setting is in the DSN, so that each pooled connection has it.
func openDatabase(ctx context.Context, path string) (write, read *sql.DB, err error) {
	const common = "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&"
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	file := (&url.URL{Scheme: "file", Path: path}).String()
	write, err = sql.Open("sqlite3", file+"?"+common+"_txlock=immediate")
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write, path); err != nil {
		write.Close()
		return nil, nil, err
	}
	read, err = sql.Open("sqlite3", file+"?"+common+"mode=ro&_query_only=1")
	if err != nil {
		write.Close()
		return nil, nil, err
	}
	read.SetMaxOpenConns(4)
	return write, read, nil
}

// migrate brings the schema up to date: each file in a transaction of its own,
// user_version counting the files done.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	files, err := fs.Glob(migrations, "migration/*.sql") // sorted by name
	if err != nil {
		return err
	}
	var have int
	if err := db.QueryRowContext(ctx, "pragma user_version").Scan(&have); err != nil {
		return &edge.Error{
			Op: "hq.migrate", Kind: edge.Unavailable, Err: err,
			Msg: fmt.Sprintf("%s cannot be opened as a database: check that the folder exists, may be written and has room", path),
		}
	}
	if have > len(files) {
		return edge.Errorf("hq.migrate", edge.Conflict,
			"%s was written by a newer version of this program (schema %d, this one knows %d): update the program or restore the backup from before",
			path, have, len(files))
	}
	for i := have; i < len(files); i++ {
		if err := migrateOne(ctx, db, files[i], i+1); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimPrefix(files[i], "migration/"), err)
		}
	}
	return nil
}

func migrateOne(ctx context.Context, db *sql.DB, file string, version int) error {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("pragma user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}
