package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// CopyPlain makes the new file to a copy of a shop's database at path that has
// its tables and indexes but none of its rules, and opens it with the settings
// that the till writes with. What SQLite itself can do on this disk is measured
// on it. It has one connection.
func CopyPlain(ctx context.Context, path, to string) (_ *sql.DB, err error) {
	const op = "sqlite.CopyPlain"
	if err := vacuumInto(ctx, path, to); err != nil {
		return nil, fault(op, err)
	}
	db, err := sql.Open("sqlite3", dsn(to, writing))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fault(op, err), db.Close())
		}
	}()
	db.SetMaxOpenConns(1)
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	drop := "PRAGMA foreign_keys = OFF;"
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		drop += "DROP TRIGGER " + name + ";"
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, drop)
	return db, err
}
