package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Release is the newest release that is in effect.
func (db *DB) Release(ctx context.Context) (*edge.Release, error) {
	r, err := db.releaseInForce(ctx, db.reader)
	if err != nil {
		return nil, fault("sqlite.Release", err)
	}
	// Only what was read as committed is kept.
	db.release.Store(r)
	return r, nil
}

func (db *DB) releaseInForce(ctx context.Context, q querier) (*edge.Release, error) {
	var version uint32
	err := q.QueryRowContext(ctx, `SELECT version FROM release WHERE effective <= ? ORDER BY version DESC LIMIT 1`, db.opt.Now().UnixMilli()).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.Release", edge.Unavailable, "the shop has no catalogue yet: load one, or wait for HQ to send it")
	}
	if err != nil {
		return nil, err
	}
	if r := db.release.Load(); r != nil && r.Version == version {
		return r, nil
	}
	var body []byte
	if err := q.QueryRowContext(ctx, `SELECT body FROM release WHERE version = ?`, version).Scan(&body); err != nil {
		return nil, err
	}
	return decode[edge.Release](body)
}

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
			return struct{}{}, t.exec(ctx, `INSERT INTO release (version, effective, body) VALUES (?, ?, ?)`, r.Version, r.Effective.UnixMilli(), body)
		case err != nil:
			return struct{}{}, err
		case !bytes.Equal(known, body):
			return struct{}{}, edge.Errorf(op, edge.Conflict, "catalogue %d is already here with another content: give the changed one a new version", r.Version)
		}
		return struct{}{}, nil
	})
	return err
}
