package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PutRelease stores a release.
func (db *DB) PutRelease(ctx context.Context, r *edge.Release) error {
	const op = "sqlite.PutRelease"
	if r.Version == 0 || r.Currency == "" {
		return edge.Errorf(op, edge.Invalid, "a release needs a version from 1 and a currency")
	}
	body, err := json.Marshal(r)
	if err != nil {
		return fault(op, err)
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		var known []byte
		err := t.conn.QueryRowContext(ctx, `SELECT body FROM release WHERE version = ?`, r.Version).Scan(&known)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return struct{}{}, t.execRelease(ctx, `INSERT INTO release (version, effective, body) VALUES (?, ?, ?)`, r.Version, r.Effective.UnixMilli(), body)
		case err != nil:
			return struct{}{}, err
		case !bytes.Equal(known, body):
			return struct{}{}, edge.Errorf(op, edge.Conflict, "catalogue %d is already here with another content: give the changed one a new version", r.Version)
		}
		return struct{}{}, nil
	})
	return err
}
