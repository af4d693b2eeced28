package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"path"

	"github.com/mirrorcart/mirrorcart/edge"
)

//go:embed migration/*.sql
var migrationFiles embed.FS

// migration is one step of the schema; the first makes version 1.
type migration struct{ name, sql string }

// migrations lists the steps in the order of their files' names, as embed
// lists them.
func migrations() []migration {
	entries, err := migrationFiles.ReadDir("migration")
	if err != nil {
		panic("sqlite: embedded migrations: " + err.Error()) // cannot be: they are in the binary
	}
	var ms []migration
	for _, e := range entries {
		b, err := migrationFiles.ReadFile(path.Join("migration", e.Name()))
		if err != nil {
			panic("sqlite: embedded migrations: " + err.Error())
		}
		ms = append(ms, migration{e.Name(), string(b)})
	}
	return ms
}

// migrate takes the schema forward, each step in one transaction. A database
// that holds something is copied first.
func (db *DB) migrate(ctx context.Context, conn *sql.Conn, steps []migration) error {
	var version int
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return fmt.Errorf("sqlite.Open: reading the version: %w", err)
	}
	db.was = version
	if version >= len(steps) {
		return nil
	}
	if version > 0 {
		if err := db.backup(ctx, conn, version); err != nil {
			return err
		}
	}
	for i, m := range steps[version:] {
		if err := step(ctx, conn, m, version+i+1); err != nil {
			return fmt.Errorf("sqlite.Open: migration %s of %s: %w", m.name, db.opt.Path, err)
		}
		db.opt.Log.InfoContext(ctx, "database migrated", "version", version+i+1)
	}
	return nil
}

func step(ctx context.Context, conn *sql.Conn, m migration, version int) (err error) {
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Rollback())
		}
	}()
	if _, err := t.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	header := fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, version)
	if _, err := t.ExecContext(ctx, header); err != nil {
		return err
	}
	return t.Commit()
}

// backup copies the database beside itself, durably.
func (db *DB) backup(ctx context.Context, conn *sql.Conn, version int) error {
	to := fmt.Sprintf("%s.v%d-%s.bak", db.opt.Path, version, db.opt.Now().UTC().Format(stamp))
	unfinished := fmt.Sprintf("%s.v%d.bak%s", db.opt.Path, version, part)
	err := removeDatabase(unfinished) // of an attempt that did not end
	if err == nil {
		_, err = conn.ExecContext(ctx, `VACUUM INTO ?`, unfinished)
	}
	if err == nil {
		err = publish(unfinished, to)
	}
	if err != nil {
		return &edge.Error{
			Op: "sqlite.Open", Kind: edge.Unavailable, Msg: "no backup could be made, so the database was not upgraded: free some space",
			Err: errors.Join(err, removeDatabase(unfinished)),
		}
	}
	db.opt.Log.InfoContext(ctx, "database backed up before its upgrade", "file", to)
	return nil
}
