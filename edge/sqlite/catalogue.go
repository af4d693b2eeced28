package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// release is a release that was read, and what it was read from.
type release struct {
	*edge.Release
	from source
}

// source tells releases apart that have the same version: one of a folder has
// no hash, and HQ may issue a version anew after it was restored.
type source struct {
	version uint32
	signed  edge.Hash
}

// Release is the newest release that is in effect: of those HQ issued, where
// there is one.
func (db *DB) Release(ctx context.Context) (*edge.Release, error) {
	r, err := db.readInForce(ctx, db.reader)
	if err != nil {
		return nil, fault("sqlite.Release", err)
	}
	// Only what was read as committed is kept.
	db.release.Store(r)
	return r.Release, nil
}

func (db *DB) releaseInForce(ctx context.Context, q querier) (*edge.Release, error) {
	r, err := db.readInForce(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.Release, nil
}

func (db *DB) readInForce(ctx context.Context, q querier) (*release, error) {
	now := db.opt.Now()
	var from source
	var err error
	body := `SELECT body FROM hq_release WHERE version = ?`
	from.version, from.signed, err = issuedInForce(ctx, q, now)
	if errors.Is(err, sql.ErrNoRows) {
		body = `SELECT body FROM release WHERE version = ?`
		from.signed = edge.Hash{}
		err = q.QueryRowContext(ctx, `SELECT version FROM release WHERE effective <= ? ORDER BY version DESC LIMIT 1`, now.UnixMilli()).Scan(&from.version)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.Release", edge.Unavailable, "the shop has no catalogue yet: load one, or wait for HQ to send it")
	}
	if err != nil {
		return nil, err
	}
	if r := db.release.Load(); r != nil && r.from == from {
		return r, nil
	}
	var raw []byte
	if err := q.QueryRowContext(ctx, body, from.version).Scan(&raw); err != nil {
		return nil, err
	}
	r, err := decode[edge.Release](raw)
	if err != nil {
		return nil, err
	}
	return &release{r, from}, nil
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
